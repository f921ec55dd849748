package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

func TestSimTellsItsSettingsAndServesUntilStopped(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- app.Sim(ctx, app.Options{}, app.SimConfig{Listen: "127.0.0.1:0", Tickers: 2}, &app.Console{Out: in, Err: io.Discard, JSON: true})
	}()
	var settings map[string]string
	if err := json.NewDecoder(out).Decode(&settings); err != nil {
		t.Fatal(err)
	}
	opts := app.Options{Pretend: settings["STOCKDIGEST_PRETEND"]}
	world, err := app.Pretend(t.Context(), opts)
	if err != nil || len(world.Tickers()) != 2 || settings["OPENAI_BASE_URL"] != opts.Pretend+"/v1" {
		t.Errorf("got %d companies with %v, %v", len(world.Tickers()), settings, err)
	}
	mails, err := net.Dial("tcp", net.JoinHostPort(settings["SMTP_HOST"], settings["SMTP_PORT"]))
	if err != nil {
		t.Fatalf("no mail server: %v", err)
	}
	if err := mails.Close(); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopped with %v", err)
	}
	if _, err := app.Pretend(t.Context(), opts); !errors.Is(err, stockdigest.ErrUnavailable) {
		t.Errorf("got %v of a world that is no more", err)
	}
}

func TestSimRefusesWhatItCannotPretend(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]app.SimConfig{
		"address": {Listen: "0.0.0.0:0"}, "fault": {Listen: "127.0.0.1:0", Faults: "plague=1"},
		"tickers": {Listen: "127.0.0.1:0", Tickers: -1}, "share": {Listen: "127.0.0.1:0", Shared: 2},
		"mail fault": {Listen: "127.0.0.1:0", MailFaults: "450"}, "mail address": {Listen: "127.0.0.1:0", MailListen: "0.0.0.0:0"},
	} {
		var out bytes.Buffer
		if err := app.Sim(t.Context(), app.Options{}, cfg, &app.Console{Out: &out, Err: &out}); !errors.Is(err, stockdigest.ErrInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
