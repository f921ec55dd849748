//go:build !unix

package storetest

import (
	"fmt"
	"io"
)

func startServer() (string, io.Closer, error) {
	return "", nil, fmt.Errorf("%w: set TEST_POSTGRES_URL", errNoServer)
}
