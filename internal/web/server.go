package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"stockdigest.app/stockdigest"
)

// The limits of a connection.
const (
	headerTime = 5 * time.Second
	readTime   = 15 * time.Second
	writeTime  = 30 * time.Second
	idleTime   = time.Minute
	maxHeader  = 16 << 10
	drainTime  = 3 * time.Second // to finish what is being answered when the server stops
)

// Config says where the server listens.
type Config struct {
	Addr string // host:port; port 0 is any free one
}

// Deps is what the server needs. Without sites it answers the health pages
// only, and needs no Accounts.
type Deps struct {
	Accounts Accounts
	Sites    []Site
	Health   *Health
	Now      func() time.Time
	Log      *slog.Logger
	Listens  func(net.Addr) // told once the server listens; may be nil
}

// A Server answers requests.
type Server struct {
	addr     string
	accounts Accounts
	sites    []Site
	health   *Health
	now      func() time.Time
	log      *slog.Logger
	listens  func(net.Addr)
	router   chi.Router
}

// New returns a server that does not listen yet.
func New(c Config, d Deps) *Server {
	s := &Server{
		addr: c.Addr, accounts: d.Accounts, sites: append([]Site{d.Health.site()}, d.Sites...),
		health: d.Health, now: d.Now, log: d.Log, listens: d.Listens,
	}
	s.router = s.route()
	return s
}

// Routes returns the router, which chi.Walk lists.
func (s *Server) Routes() chi.Router { return s.router }

// Run listens and answers until ctx ends, then finishes what it has begun
// within three seconds.
func (s *Server) Run(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", s.addr, err)
	}
	server := &http.Server{
		Handler: s.router, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	if s.listens != nil {
		s.listens(listener.Addr())
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve on %s: %w", s.addr, err)
	case <-ctx.Done():
	}
	s.health.stop()
	return s.drain(ctx, server, served)
}

func (s *Server) drain(ctx context.Context, server *http.Server, served <-chan error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close() // whoever still waits has waited long enough
	}
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	if err != nil {
		return fmt.Errorf("stop the web server: %w", err)
	}
	return nil
}

// route is the face as code: what every request passes, then the routes.
func (s *Server) route() chi.Router {
	r := chi.NewRouter()
	r.Use(identify, s.access, harden, s.catch, s.noTokens, s.sameSite, limit, middleware.GetHead)
	for _, site := range s.sites {
		for _, route := range site.Routes {
			s.add(r, site, route)
		}
	}
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, s.siteOf(r), stockdigest.NotFound("there is nothing here"))
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, s.siteOf(r), WithStatus(http.StatusMethodNotAllowed, stockdigest.Invalid("this address does not take "+method(r)+" requests")))
	})
	return r
}

func (s *Server) add(r chi.Router, site Site, route Route) {
	serve := func(w http.ResponseWriter, r *http.Request) {
		if err := s.serve(w, r, route); err != nil {
			s.fail(w, r, site, err)
		}
	}
	if route.Method == "" {
		r.HandleFunc(route.Path, serve)
		return
	}
	r.MethodFunc(route.Method, route.Path, serve)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, route Route) error {
	var who stockdigest.Access
	if route.Who != Anyone {
		var err error
		if who, err = s.who(r); err != nil {
			return fmt.Errorf("find out who asks: %w", err)
		}
		if err := admit(route.Who, who); err != nil {
			return err
		}
	}
	return route.Serve(w, r, who)
}

// siteOf returns the site whose prefix the path is below.
func (s *Server) siteOf(r *http.Request) Site {
	for _, site := range s.sites {
		if site.Prefix != "" && (r.URL.Path == site.Prefix || strings.HasPrefix(r.URL.Path, site.Prefix+"/")) {
			return site
		}
	}
	return Site{}
}
