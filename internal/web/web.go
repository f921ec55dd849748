// Package web is the service's face to the network: one router for all sites,
// and what keeps it safe. A site hands over a table of routes, each with who
// may use it; everything else is decided here and once: who is asking, refusal
// of requests from other sites, security headers, limits of size and time, the
// log, and what an error may say to the outside.
//
// A handler answers at once: long work is a run, and the answer names it.
package web

import (
	"net/http"
	"time"

	"stockdigest.app/stockdigest"
)

// A Role says who may use a route.
type Role string

// The roles, each above the one before.
const (
	Anyone    Role = "anyone"
	Members   Role = "members"   // readers and operators; the handler decides what is whose
	Operators Role = "operators" // who may do everything
)

// A Handler answers a request of who, whose role the router has checked; on a
// route for anyone it is not looked up and who is empty. An error it returns is
// written by the site's Fail; a handler that has begun to answer returns nil.
type Handler func(w http.ResponseWriter, r *http.Request, who stockdigest.Access) error

// A Route is one way in.
type Route struct {
	Method string // GET also answers HEAD; empty: every method
	Path   string // as chi writes it: /jobs/{id}
	Who    Role
	Serve  Handler
	// Abroad takes requests that other sites make a browser send. It is for
	// routes where the address alone gives the right, and cookies none.
	Abroad bool
}

// A Site is a part of the service.
type Site struct {
	Prefix string // unknown paths below it fail its way
	Routes []Route
	Fail   func(w http.ResponseWriter, r *http.Request, f Failure) // nil: JSON
}

// A Failure is what a person outside may know of an error.
type Failure struct {
	Status     int
	Message    string
	RetryAfter time.Duration              // zero: nobody knows
	Account    *stockdigest.CreditAccount // of a reader who has no credits left
}
