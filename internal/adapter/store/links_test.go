package store_test

import (
	"testing"
	"time"

	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func TestALinkIsRememberedForADay(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			now := storetest.Now()
			c.Now = func() time.Time { return now }
			db := storetest.Open(t, c)
			const link, target = "https://news.google.com/rss/articles/abc", "https://wire.example/story"
			if _, ok, err := db.Resolved(t.Context(), link); ok || err != nil {
				t.Fatalf("an unknown link: %v, %v", ok, err)
			}
			must(t, db.SaveResolved(t.Context(), link, "https://old.example/", now))
			must(t, db.SaveResolved(t.Context(), link, target, now))
			now = now.Add(23 * time.Hour)
			if got, ok, err := db.Resolved(t.Context(), link); got != target || !ok || err != nil {
				t.Errorf("after 23 hours: %q, %v, %v; want the target", got, ok, err)
			}
			now = now.Add(2 * time.Hour)
			if got, ok, err := db.Resolved(t.Context(), link); ok || err != nil {
				t.Errorf("after 25 hours: %q, %v; want it forgotten", got, err)
			}
			must(t, db.SaveResolved(t.Context(), link+"/2", target, now))
			must(t, db.SaveResolved(t.Context(), link, target, now.Add(-2*time.Hour)))
			if _, ok, err := db.Resolved(t.Context(), link); !ok || err != nil {
				t.Errorf("saved again: %v, %v; want it known", ok, err)
			}
		})
	}
}
