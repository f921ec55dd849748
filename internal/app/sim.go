package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/sim"
)

// SimConfig says what world to pretend and where.
type SimConfig struct {
	Listen   string // loopback address; port 0 takes a free one
	Seed     uint64
	Tickers  int
	Articles int
	Shared   float64
	Scale    float64
	Faults   string // as sim.ParseFaults reads them
	AsOf     time.Time
	Journal  string

	MailListen string // loopback address of the mail server
	MailFaults string // as sim.ParseMailFaults reads them
	MailLog    string // file that gets a line for each mail; empty: none
}

// Sim starts a pretend world, prints the settings that point the product at it,
// and serves until ctx ends.
func Sim(ctx context.Context, opts Options, cfg SimConfig, console *Console) (err error) {
	faults, err := sim.ParseFaults(cfg.Faults)
	if err != nil {
		return err
	}
	if cfg.AsOf.IsZero() {
		cfg.AsOf = time.Now().UTC().Truncate(time.Minute)
	}
	world, err := sim.New(sim.Config{
		Seed: cfg.Seed, Tickers: cfg.Tickers, Articles: cfg.Articles, Shared: cfg.Shared, AsOf: cfg.AsOf.UTC(), Zone: opts.TimeZone,
		Scale: cfg.Scale, Faults: faults, Journal: cfg.Journal, Now: time.Now,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	listener, err := listenHere(ctx, cfg.Listen)
	if err != nil {
		return err
	}
	settings := world.Settings("http://" + listener.Addr().String())
	mails, more, err := serveMails(ctx, cfg)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, mails.Close()) }()
	if err := showSettings(console, append(settings, more...)); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serveWorld(ctx, world, listener)
}

// serveMails starts the mail server and tells the settings that point the
// product at it. Its certificate is its own: in production it is not trusted.
func serveMails(ctx context.Context, cfg SimConfig) (*sim.MailServer, []sim.Setting, error) {
	faults, err := sim.ParseMailFaults(cfg.MailFaults, faultShare)
	if err != nil {
		return nil, nil, err
	}
	if cfg.MailListen == "" {
		cfg.MailListen = "127.0.0.1:0"
	}
	listener, err := listenHere(ctx, cfg.MailListen)
	if err != nil {
		return nil, nil, err
	}
	server, err := sim.NewMailServer(sim.MailConfig{Seed: cfg.Seed, Faults: faults, Log: cfg.MailLog, TLS: true, Now: time.Now})
	if err != nil {
		return nil, nil, errors.Join(err, listener.Close())
	}
	go func() { _ = server.Serve(listener) }() // ends with the server
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("name the mail server: %w", err), server.Close())
	}
	return server, []sim.Setting{
		{Name: "SMTP_HOST", Value: host},
		{Name: "SMTP_PORT", Value: port},
		{Name: "SMTP_FROM", Value: "digest@stockdigest.example"},
		{Name: "STOCKDIGEST_BASE_URL", Value: "http://127.0.0.1:8080"}, // where serve listens unless it is told otherwise
	}, nil
}

func listenHere(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, stockdigest.Invalid(fmt.Sprintf("--listen %q is no loopback address such as 127.0.0.1:8090", address))
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "cannot listen at " + address + ": give --listen another port", Err: err}
	}
	return listener, nil
}

func showSettings(console *Console, settings []sim.Setting) error {
	if console.JSON {
		all := map[string]string{}
		for _, s := range settings {
			all[s.Name] = s.Value
		}
		return console.Data(all)
	}
	for _, s := range settings {
		console.Print("export %s=%s", s.Name, s.Value)
	}
	return nil
}

// serveWorld serves until ctx ends. Requests under way are cut then: some of
// them hang on purpose.
func serveWorld(ctx context.Context, world http.Handler, listener net.Listener) error {
	server := &http.Server{Handler: world, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the pretend world: %w", err)
	}
	return nil
}
