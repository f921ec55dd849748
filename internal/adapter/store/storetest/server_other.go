//go:build !unix

package storetest

import "fmt"

type keptServer struct{ url string }

func startServer(...string) (*keptServer, error) {
	return nil, fmt.Errorf("%w: set TEST_POSTGRES_URL", errNoServer)
}

func (*keptServer) obey(string) error { return errNoServer }

// Close does nothing: there is no server.
func (*keptServer) Close() error { return nil }
