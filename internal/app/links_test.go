package app_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/sim"
)

// TestAGoogleLinkIsOpenedOnceForAll has the pretend Google trade a link for the
// address of an article, through the program's own client.
func TestAGoogleLinkIsOpenedOnceForAll(t *testing.T) {
	t.Parallel()
	_, opts := pretend(t, sim.Config{Seed: 1, Tickers: 1})
	world, err := app.Pretend(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	through := world.Transport
	world.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		asked++
		return through.RoundTrip(r)
	})
	var out bytes.Buffer
	a, err := app.New(t.Context(), opts, world, &app.Console{Out: &out, Err: &out})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	const article = "https://wire.pages.example/2026/story"
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	open := app.LinksOf(a)
	for range 2 {
		target, err := open.Target(ctx, sim.GoogleLink(article))
		if err != nil || target != article {
			t.Fatalf("got %q, %v, want %s", target, err, article)
		}
	}
	if asked > 3 { // robots.txt, the page of the link, the question
		t.Errorf("%d requests for one link, opened twice", asked)
	}
	if same, err := open.Target(ctx, article); same != article || err != nil {
		t.Errorf("got %q, %v, want a plain link left alone", same, err)
	}
	if _, err := open.Target(ctx, "https://news.google.com/rss/articles/CBMiNoSuchThing"); err == nil {
		t.Error("a link that Google does not know is opened")
	} else if stockdigest.Message(err) == "" {
		t.Errorf("got %v, want a reason", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
