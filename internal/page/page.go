// Package page turns one HTML page into an article: readable text, title,
// author, time, language and paywall. It bounds what it parses: bytes, nodes,
// depth and time.
package page
