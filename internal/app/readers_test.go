package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

// deskOf opens a live program on a fresh database.
func deskOf(t *testing.T) *app.App {
	t.Helper()
	opts := options(t)
	a, err := app.New(t.Context(), opts, app.Live(opts), silent())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestReaderIsAddedAndChanged(t *testing.T) {
	t.Parallel()
	a, ctx := deskOf(t), t.Context()
	r, err := a.AddReader(ctx, app.ReaderChange{Email: "Ada@example.com", Follow: []string{"brk.b", "NASDAQ:AAPL"}})
	if err != nil || r.State != stockdigest.ReaderActive || r.Plan != stockdigest.PlanBeta || r.TimeZone != "America/New_York" {
		t.Fatalf("got %+v, %v, want an active reader on the free plan", r, err)
	}
	for _, step := range []struct {
		change app.ReaderChange
		want   string
	}{
		{app.ReaderChange{Follow: []string{"msft", "aapl"}}, "active beta America/New_York AAPL BRK-B MSFT"},
		{app.ReaderChange{Unfollow: []string{"BRK/B"}}, "active beta America/New_York AAPL MSFT"},
		{app.ReaderChange{State: stockdigest.ReaderPaused}, "paused beta America/New_York AAPL MSFT"},
		{app.ReaderChange{Plan: stockdigest.PlanPremium, TimeZone: "Asia/Tokyo"}, "paused premium Asia/Tokyo AAPL MSFT"},
	} {
		r, err := a.ChangeReader(ctx, "ada@example.com", step.change)
		if err != nil {
			t.Fatal(err)
		}
		words := []string{string(r.State), string(r.Plan), r.TimeZone}
		for _, s := range r.Tickers {
			words = append(words, string(s))
		}
		got := strings.Join(words, " ")
		if got != step.want {
			t.Errorf("%+v: got %s, want %s", step.change, got, step.want)
		}
	}
	if _, err := a.ChangeReader(ctx, "ada@example.com", app.ReaderChange{Follow: []string{"AAPLE"}}); !errors.Is(err, stockdigest.ErrNotFound) {
		t.Errorf("got %v, want the unknown ticker refused", err)
	}
	if _, err := a.ChangeReader(ctx, "bob@example.com", app.ReaderChange{}); !errors.Is(err, stockdigest.ErrNotFound) {
		t.Errorf("got %v, want no such reader", err)
	}
	if paused, err := a.Readers(ctx, stockdigest.ReaderPaused); err != nil || len(paused) != 1 {
		t.Errorf("got %v, %v, want the paused reader", paused, err)
	}
}

// TestTokenIsShownOnce looks for the token in all that the program prints.
func TestTokenIsShownOnce(t *testing.T) {
	t.Parallel()
	a, ctx := deskOf(t), t.Context()
	r, err := a.AddReader(ctx, app.ReaderChange{Email: "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who, name string
		want      stockdigest.Access
	}{
		{"ada@example.com", "phone", stockdigest.Access{Name: "phone", Reader: r.ID}},
		{"", "grace", stockdigest.Access{Name: "grace"}},
	} {
		secret, err := a.NewToken(ctx, c.who, c.name, time.Hour)
		if err != nil || secret.Access != c.want || secret.Expires.IsZero() {
			t.Fatalf("got %+v, %v, want %+v", secret, err, c.want)
		}
		var out, said bytes.Buffer
		if err := app.ShowSecret(&app.Console{Out: &out, Err: &said}, secret); err != nil {
			t.Fatal(err)
		}
		if out.String() != secret.Token+"\n" || strings.Contains(said.String(), secret.Token) {
			t.Errorf("got %q and %q, want the token alone where scripts read it", out.String(), said.String())
		}
		var told app.NewSecret
		if err := json.Unmarshal(dataOf(t, secret), &told); err != nil || told.Token != secret.Token || told.Access != c.want {
			t.Errorf("got %+v, %v as JSON, want %+v", told, err, secret)
		}
		if err := a.RevokeToken(ctx, c.who, c.name); err != nil {
			t.Error(err)
		}
		if err := a.RevokeToken(ctx, c.who, c.name); !errors.Is(err, stockdigest.ErrNotFound) {
			t.Errorf("got %v, want nothing left to revoke", err)
		}
	}
	if _, err := a.NewToken(ctx, "", "grace", -time.Hour); !errors.Is(err, stockdigest.ErrInvalid) {
		t.Errorf("got %v, want a lifetime below zero refused", err)
	}
}

func dataOf(t *testing.T, secret app.NewSecret) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := app.ShowSecret(&app.Console{Out: &out, Err: io.Discard, JSON: true}, secret); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
