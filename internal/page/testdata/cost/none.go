//go:build none

package main

func read(string) {}
