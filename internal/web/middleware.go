package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

const (
	// The header that ties an answer to the lines of the log. It is always ours:
	// one from outside could forge lines.
	requestID = "X-Request-Id"

	// The largest body: far more than any form or order, and less than any harm.
	maxBody = 64 << 10

	// When a request is given up, so that a database that hangs does
	// not keep people waiting.
	slow = 5 * time.Second

	// What a page may load: our style sheet and pictures.
	pages = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

var (
	errSlow = fmt.Errorf("no answer within %s", slow)

	errTokenInURL = refuse(http.StatusUnauthorized, "never put a token into an address: send it as Authorization: Bearer, and replace this one")
)

func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(requestID, rand.Text())
		next.ServeHTTP(w, r)
	})
}

// access logs each request once. The address is logged as the route's pattern:
// what people put into paths and queries is their own.
func (s *Server) access(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := s.now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(ww, r) // which panics only to abort
		s.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("request_id", w.Header().Get(requestID)), slog.String("method", method(r)),
			slog.String("route", routeOf(r)), slog.Int("status", ww.Status()),
			slog.Int("bytes", ww.BytesWritten()), slog.Duration("took", s.now().Sub(begin)))
	})
}

// method is the request's method when it is a known one.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

func routeOf(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil && c.RoutePattern() != "" {
		return c.RoutePattern()
	}
	return "none"
}

// catch turns a panic into an answer without detail.
func (s *Server) catch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.caught(w, r)
		next.ServeHTTP(w, r)
	})
}

// caught is deferred by catch.
func (s *Server) caught(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p) // the server knows it
	}
	s.log.LogAttrs(r.Context(), slog.LevelError, "request panicked",
		slog.String("request_id", w.Header().Get(requestID)), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	s.fail(w, r, s.siteOf(r), errPanic)
}

var errPanic = errors.New("the handler panicked")

// harden sets what browsers keep to.
func harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pages)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if secure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// noTokens refuses a token in the address, which is in logs and histories
// before we see it.
func (s *Server) noTokens(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hasToken(r.URL) {
			s.fail(w, r, Site{}, errTokenInURL)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func hasToken(u *url.URL) bool {
	query, _ := url.ParseQuery(u.RawQuery) // what can be read of it
	for name, values := range query {
		if slices.ContainsFunc(values, isToken) {
			return true
		}
		switch strings.ToLower(name) {
		case "token", "access_token", "api_token", "admin_token", "auth", "authorization", "api_key", "apikey", "key", "session", "secret", "password":
			return true
		}
	}
	return false
}

// sameSite refuses what another site makes a browser send, but on the routes
// that take it.
func (s *Server) sameSite(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	for _, site := range s.sites {
		for _, route := range site.Routes {
			if route.Abroad {
				guard.AddInsecureBypassPattern(route.Method + " " + route.Path)
			}
		}
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, s.siteOf(r), refuse(http.StatusForbidden, "this came from another site: open ours and try again"))
	}))
	return guard.Handler(next)
}

// limit bounds the size of a body and the time of an answer.
func limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeoutCause(r.Context(), slow, errSlow)
		defer cancel()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// isToken reports whether s begins like the tokens that we give out.
func isToken(s string) bool { return strings.HasPrefix(s, "sd_") && len(s) > 20 }

// clientOf returns the address of the client, or its network when it is IPv6,
// where one person has billions. Behind proxies it is the entry that the
// outermost of ours added to X-Forwarded-For; those before it are the client's
// own words.
func clientOf(r *http.Request, proxies int) string {
	address := r.RemoteAddr
	if host, err := netip.ParseAddrPort(address); err == nil {
		address = host.Addr().String()
	}
	if proxies > 0 {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if len(hops) >= proxies {
			address = strings.TrimSpace(hops[len(hops)-proxies])
		}
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	network, _ := ip.Prefix(64) // 64 bits are always there
	return network.String()
}
