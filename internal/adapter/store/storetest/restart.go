package storetest

import (
	"errors"
	"os"
	"testing"
)

// A Server is a PostgreSQL server of one test, which may stop it and start it
// again. It loses nothing that it acknowledged: synchronous_commit is on. Only
// fsync is off, which matters to a machine that loses its power and not to a
// server that is killed.
type Server struct {
	URL  string // of its database postgres, without the migrations
	kept *keptServer
}

// NewServer starts a server that ends with the test, with settings such as
// max_connections=20.
func NewServer(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	kept, err := startServer(append([]string{"fsync=off", "shared_buffers=32MB"}, settings...)...)
	if errors.Is(err, errNoServer) && os.Getenv("CI") != "true" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := kept.Close(); err != nil {
			tb.Errorf("stop the server: %v", err)
		}
	})
	return &Server{URL: kept.url, kept: kept}
}

// Stop ends the server at once, as a crash does: no connection is ended in
// peace, and the next start recovers from the log.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	if err := s.kept.obey("stop"); err != nil {
		tb.Fatal(err)
	}
}

// Start starts the stopped server. It returns before connections are taken.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	if err := s.kept.obey("start"); err != nil {
		tb.Fatal(err)
	}
}

// Keep remembers the data of the stopped server.
func (s *Server) Keep(tb testing.TB) {
	tb.Helper()
	if err := s.kept.obey("keep"); err != nil {
		tb.Fatal(err)
	}
}

// Forget gives the stopped server the data that Keep remembered: what was
// acknowledged since then never happened.
func (s *Server) Forget(tb testing.TB) {
	tb.Helper()
	if err := s.kept.obey("forget"); err != nil {
		tb.Fatal(err)
	}
}
