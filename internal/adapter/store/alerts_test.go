package store_test

import (
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func alertTo(who stockdigest.Recipient) stockdigest.Delivery {
	return stockdigest.Delivery{DeliveryKey: stockdigest.DeliveryKey{Period: "story", Kind: stockdigest.MailAlert, Recipient: who}}
}

func TestALookIsKeptWholeAndOnce(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db, ctx := open(t), t.Context()
			run := claimed(t, db, morning)
			must(t, db.SetFeeds(ctx, "ACME", []stockdigest.TickerFeed{{Feed: stockdigest.Feed{URL: "https://feeds.example/one", Source: "feed"}, Role: stockdigest.RoleCompany}}))
			day := stockdigest.Daily.Window(morning.Add(time.Hour))
			ground, err := db.AlertGround(ctx, "ACME", day)
			must(t, err)
			if !ground.Looked.IsZero() || ground.Report != nil || len(ground.Feeds) != 1 || ground.Ticker.Symbol != "ACME" {
				t.Errorf("got %+v", ground)
			}
			a := articleAt(1)
			look := stockdigest.AlertLook{
				Ticker: "ACME", At: morning.Add(time.Hour), Mails: []stockdigest.Delivery{alertTo(stockdigest.Operator)},
				Listings: []stockdigest.Listing{{Poll: pollOf("https://feeds.example/one", 1), Found: []stockdigest.Found{foundIn(stockdigest.RoleCompany, stockdigest.Pending, a)}}},
			}
			added, err := db.SaveLook(ctx, look)
			must(t, err)
			same(t, added, 1)
			listed, err := db.Sighted(ctx, "https://feeds.example/one", day)
			must(t, err)
			same(t, listed, []stockdigest.Article{a})

			_, err = db.SaveLook(ctx, look) // somebody was faster
			wantKind(t, err, stockdigest.ErrConflict)
			stale := look
			stale.Before, stale.Mails = morning, []stockdigest.Delivery{alertTo("reader")}
			_, err = db.SaveLook(ctx, stale)
			wantKind(t, err, stockdigest.ErrConflict)
			mails, err := db.Deliveries(ctx, stockdigest.DeliveryFilter{})
			must(t, err)
			same(t, len(mails), 1)

			must(t, db.SaveReport(ctx, run, reportOf(run), ""))
			ground, err = db.AlertGround(ctx, "ACME", day)
			must(t, err)
			same(t, ground.Looked, look.At)
			same(t, ground.Feeds[0].Feed.Health.ETag, "e1")
			same(t, ground.Report.ID, reportOf(run).ID)
			next := look
			next.Before, next.At = look.At, look.At.Add(time.Hour)
			added, err = db.SaveLook(ctx, next)
			must(t, err)
			same(t, added, 0)
		})
	}
}

func TestTheGroundKnowsWhenFilingsWereSeen(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db, ctx := open(t), t.Context()
			claimed(t, db, morning)
			filed := stockdigest.Filing{Accession: "0000000001-26-000001", CIK: "0000000001", Form: "8-K", FiledAt: morning, Items: []string{"5.02"}, URL: "https://sec.example/1"}
			_, err := db.SaveFiled(ctx, "ACME", nil)
			must(t, err)
			_, err = db.SaveFiled(ctx, "ACME", []stockdigest.Filing{filed})
			must(t, err)
			ground, err := db.AlertGround(ctx, "ACME", stockdigest.Daily.Window(morning.Add(time.Hour)))
			must(t, err)
			if len(ground.Filings) != 1 || !ground.Filings[0].Fresh || ground.Filings[0].SeenAt.IsZero() || ground.Filings[0].Items[0] != "5.02" {
				t.Errorf("got %+v", ground.Filings)
			}
			ground, err = db.AlertGround(ctx, "ACME", stockdigest.Daily.Window(morning.Add(25*time.Hour)))
			must(t, err)
			same(t, len(ground.Filings), 0)
		})
	}
}

func TestOnlyAnAlertThatWaitsCanBeDropped(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db, ctx := open(t), t.Context()
			other := alertTo(stockdigest.Operator)
			other.Kind = stockdigest.MailBatch
			_, err := db.AddDeliveries(ctx, []stockdigest.Delivery{alertTo(stockdigest.Operator), other})
			must(t, err)
			for _, tt := range []struct {
				id   stockdigest.DeliveryID
				want bool
			}{
				{alertTo(stockdigest.Operator).DeliveryKey.ID(), true},
				{alertTo(stockdigest.Operator).DeliveryKey.ID(), false},
				{other.DeliveryKey.ID(), false},
				{alertTo("nobody").DeliveryKey.ID(), false},
			} {
				dropped, err := db.DropAlert(ctx, tt.id, "the digest told it")
				must(t, err)
				same(t, dropped, tt.want)
			}
			gone, err := db.Delivery(ctx, alertTo(stockdigest.Operator).DeliveryKey.ID())
			must(t, err)
			same(t, gone.State, stockdigest.DeliverySuppressed)
			same(t, gone.Cause, "the digest told it")
		})
	}
}
