package alert_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/pipeline/alert"
	"stockdigest.app/stockdigest/internal/pipeline/cluster"
	"stockdigest.app/stockdigest/internal/pipeline/triage"
)

func at(hour, minute int) time.Time {
	return time.Date(2026, 11, 24, hour, minute, 0, 0, time.UTC)
}

func acme() stockdigest.Ticker {
	return stockdigest.Ticker{Symbol: "ZQLA", Name: "Zanderquill Optics Inc.", Exchange: "NYSE", CIK: "0000000001"}
}

// An item is a page that the company's feed lists from a moment on.
type item struct {
	title, publisher string
	published        time.Time
	listed           time.Time
}

func (i item) article() stockdigest.Article {
	url := "https://" + strings.ToLower(strings.ReplaceAll(i.publisher, " ", "")) + ".example/" + stockdigest.Hash(i.title)[:8]
	return stockdigest.Article{
		ID: stockdigest.NewArticleID(url), URL: url, Title: i.title, Publisher: i.publisher, Description: i.title + ".",
		PublishedAt: i.published, Dated: true,
	}
}

// A town is the outside and the rows of a test.
type town struct {
	now     time.Time
	items   []item
	filings []stockdigest.SeenFiling
	report  *stockdigest.Report
	told    []stockdigest.ToldStory
	readers []stockdigest.Reader

	mu     sync.Mutex
	looked time.Time
	seen   map[stockdigest.ArticleID]time.Time
	mails  map[stockdigest.DeliveryID]stockdigest.Delivery
	broken error // of the next look that is saved
}

func (w *town) FollowedTickers(context.Context) ([]stockdigest.Symbol, error) {
	return []stockdigest.Symbol{"ZQLA"}, nil
}

func (w *town) Readers(context.Context, stockdigest.ReaderState) ([]stockdigest.Reader, error) {
	return w.readers, nil
}

func (w *town) AlertGround(context.Context, stockdigest.Symbol, stockdigest.Window) (stockdigest.AlertGround, error) {
	return stockdigest.AlertGround{
		Ticker: acme(), Looked: w.looked, Filings: w.filings, Report: w.report, Told: w.told,
		Feeds: []stockdigest.TickerFeed{
			{Feed: stockdigest.Feed{URL: "own"}, Role: stockdigest.RoleCompany},
			{Feed: stockdigest.Feed{URL: "industry"}, Role: stockdigest.RoleIndustry, Subject: "optics"},
		},
	}, nil
}

func (w *town) SaveLook(_ context.Context, look stockdigest.AlertLook) (added int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		err, w.broken = w.broken, nil
		return 0, err
	}
	w.looked = look.At
	for _, l := range look.Listings {
		for _, f := range l.Found {
			if _, ok := w.seen[f.Article.ID]; !ok {
				w.seen[f.Article.ID] = look.At
			}
		}
	}
	for _, m := range look.Mails {
		if _, ok := w.mails[m.DeliveryKey.ID()]; !ok {
			w.mails[m.DeliveryKey.ID()] = m
			added++
		}
	}
	return added, nil
}

func (w *town) listen(_ context.Context, feeds []stockdigest.TickerFeed, now time.Time) ([]stockdigest.Listing, error) {
	if len(feeds) != 1 || feeds[0].Role != stockdigest.RoleCompany {
		return nil, fmt.Errorf("asked for %+v, want the company's feed alone", feeds)
	}
	l := stockdigest.Listing{Poll: stockdigest.Poll{FeedURL: "own"}, Seen: map[stockdigest.ArticleID]struct{}{}}
	for _, i := range w.items {
		if i.listed.After(now) {
			continue
		}
		a := i.article()
		a.FirstSeenAt = now
		if seen, ok := w.seen[a.ID]; ok {
			a.FirstSeenAt, l.Seen[a.ID] = seen, struct{}{}
		}
		l.Found = append(l.Found, stockdigest.Found{
			Article: a, Role: stockdigest.RoleCompany, Verdict: stockdigest.Verdict{ArticleID: a.ID, Decision: stockdigest.Pending},
		})
	}
	return []stockdigest.Listing{l}, nil
}

// headlines are what the operator was told, sorted.
func (w *town) headlines(t *testing.T) []string {
	t.Helper()
	all := []string{}
	for _, m := range w.mails {
		var matter stockdigest.AlertMatter
		if err := json.Unmarshal(m.Matter, &matter); err != nil {
			t.Fatal(err)
		}
		if m.Recipient == stockdigest.Operator {
			all = append(all, matter.Stories[0].Headline)
		}
	}
	slices.Sort(all)
	return all
}

func newTown() *town {
	return &town{seen: map[stockdigest.ArticleID]time.Time{}, mails: map[stockdigest.DeliveryID]stockdigest.Delivery{}}
}

// A looker looks once at the town.
type looker func(*town) error

func lookout(w *town) error {
	linker := names.NewLinker([]stockdigest.Ticker{acme()})
	_, err := alert.New(alert.Deps{
		Store: w, Listen: w.listen, Judge: triage.Rules(linker), Stories: cluster.Stories,
		Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
	}, false).Look(context.Background())
	return err
}

// byArticle is a lookout that knows articles and no stories: it mails every page
// with a hard event that was not listed before.
func byArticle(w *town) error {
	listings, err := w.listen(context.Background(), []stockdigest.TickerFeed{{Role: stockdigest.RoleCompany}}, w.now)
	if err != nil {
		return err
	}
	look := stockdigest.AlertLook{At: w.now, Listings: listings}
	for _, f := range listings[0].Found {
		if _, seen := listings[0].Seen[f.Article.ID]; seen || w.looked.IsZero() || !events.First(f.Article.Title).Hard() {
			continue
		}
		matter, err := json.Marshal(stockdigest.AlertMatter{Stories: []stockdigest.Alert{{Headline: f.Article.Title}}})
		if err != nil {
			return err
		}
		look.Mails = append(look.Mails, stockdigest.Delivery{
			DeliveryKey: stockdigest.DeliveryKey{Period: string(f.Article.ID), Kind: stockdigest.MailAlert, Recipient: stockdigest.Operator}, Matter: matter,
		})
	}
	_, err = w.SaveLook(context.Background(), look)
	return err
}

const (
	recall = "Zanderquill Optics recalls 12,000 riflescopes after eye injuries"
	chief  = "Zanderquill Optics names Ada Quill as chief executive"
	told   = "Zanderquill Optics raises its full-year revenue forecast to $1.4 billion"
)

// aDay is a town in which, through a day, one story is told by three papers, one
// by one, and one was told by the night's digest.
func aDay() *town {
	w := newTown()
	w.items = []item{
		{chief, "Early Bird", at(8, 0), at(8, 10)}, // before the first look
		{told, "Night Post", at(2, 30), at(2, 30)},
		{"Zanderquill Optics raised its full-year revenue forecast to $1.4 billion", "Late Post", at(9, 30), at(9, 40)},
		{recall, "First Wire", at(9, 20), at(9, 25)},
		{"Zanderquill Optics recalls 12,000 riflescopes over eye injuries", "Second Wire", at(9, 50), at(9, 55)},
		{"Zanderquill Optics recalls 12,000 riflescopes following eye injuries", "Third Wire", at(9, 10), at(10, 30)},
		{"Zanderquill Optics shows its summer catalogue", "First Wire", at(10, 10), at(10, 20)},
		{"Zanderquill Optics sued over a patent in 2019", "Old Times", at(4, 0), at(10, 20)}, // listed again
		{"Quarry workers strike at a mine in the north", "First Wire", at(10, 10), at(10, 20)},
	}
	night := w.items[1].article()
	w.report = &stockdigest.Report{Articles: []stockdigest.ReportArticle{{URL: night.URL, Gate: "entity"}}}
	w.told = []stockdigest.ToldStory{{
		Story:  stockdigest.Story{ID: "told", Ticker: "ZQLA", Headline: told, Articles: []stockdigest.ArticleID{night.ID}},
		ToldAt: at(7, 0), Texts: []string{told + "."}, Titles: []string{told}, Bodies: []string{told + "."},
	}}
	return w
}

func dayFaults(t *testing.T, look looker) string {
	t.Helper()
	w := aDay()
	for hour := 9; hour <= 13; hour++ {
		w.now = at(hour, 0)
		if err := look(w); err != nil {
			t.Fatal(err)
		}
	}
	return cmp.Diff([]string{recall}, w.headlines(t))
}

func TestAStoryIsAnAlertOnceAndNothingElseIs(t *testing.T) {
	t.Parallel()
	if dayFaults(t, byArticle) == "" {
		t.Fatal("a lookout that knows no stories passes")
	}
	if diff := dayFaults(t, lookout); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestALookThatFailsIsMadeUpByTheNext(t *testing.T) {
	t.Parallel()
	w := aDay()
	for hour := 9; hour <= 11; hour++ {
		w.now = at(hour, 0)
		if hour == 10 {
			w.broken = context.DeadlineExceeded
		}
		if err := lookout(w); (err != nil) != (hour == 10) {
			t.Fatalf("at %d: %v", hour, err)
		}
	}
	got := w.headlines(t)
	if len(got) != 1 || !strings.Contains(got[0], "riflescopes") {
		t.Errorf("got %q, want the recall once", got)
	}
}

func TestItemsOfA8KDecideWhetherItIsAnAlert(t *testing.T) {
	t.Parallel()
	filing := func(n int, form string, seen time.Time, fresh bool, items ...string) stockdigest.SeenFiling {
		f := stockdigest.Filing{
			Accession: stockdigest.Accession(fmt.Sprintf("0000000001-26-%06d", n)), Form: form, FiledAt: at(9, n), Items: items,
			URL: fmt.Sprintf("https://sec.example/%d", n),
		}
		return stockdigest.SeenFiling{Filing: f, SeenAt: seen, Fresh: fresh}
	}
	w := newTown()
	w.filings = []stockdigest.SeenFiling{
		filing(1, "8-K", at(9, 30), true, "5.02", "9.01"), filing(2, "8-K", at(9, 30), true, "7.01", "9.01"),
		filing(3, "10-Q", at(9, 30), true), filing(4, "8-K", at(9, 30), false, "1.03"), filing(5, "8-K/A", at(8, 30), true, "4.02"),
		filing(6, "8-K", at(9, 30), true, "2.01"), filing(7, "8-K", at(9, 30), true, "1.03"),
	}
	w.report = &stockdigest.Report{Filings: []stockdigest.ReportFiling{{Accession: w.filings[5].Accession}}}
	for _, hour := range []int{9, 10, 11} {
		w.now = at(hour, 0)
		if err := lookout(w); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"8-K: a change of directors or officers", "8-K: bankruptcy or receivership"}
	if diff := cmp.Diff(want, w.headlines(t)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	key := stockdigest.DeliveryKey{Period: "0000000001-26-000001", Kind: stockdigest.MailAlert, Recipient: stockdigest.Operator}
	if _, ok := w.mails[key.ID()]; !ok {
		t.Error("the mail about a filing is not known by its accession")
	}
}

func TestAlertsGoToThoseWhoAskedForThem(t *testing.T) {
	t.Parallel()
	reader := func(id string, agreed, alerts bool, symbols ...stockdigest.Symbol) stockdigest.Reader {
		return stockdigest.Reader{
			ID: stockdigest.ReaderID(id), TimeZone: "Europe/Berlin", Tickers: symbols, Mails: stockdigest.MailWishes{Agreed: agreed, Alerts: alerts},
		}
	}
	w := aDay()
	w.readers = []stockdigest.Reader{
		reader("asks", true, true, "ZQLA"), reader("left", false, true, "ZQLA"), reader("not asked", true, false, "ZQLA"), reader("elsewhere", true, true, "MRRW"),
	}
	sleeper := reader("sleeps", true, true, "ZQLA")
	sleeper.Mails.QuietFrom, sleeper.Mails.QuietTo = 10*60, 12*60 // 10:00 UTC is 11:00 in Berlin
	w.readers = append(w.readers, sleeper)
	for _, hour := range []int{9, 10} {
		w.now = at(hour, 0)
		if err := lookout(w); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]string{}
	for _, m := range w.mails {
		got[string(m.Recipient)] = m.NotBefore.UTC().Format("15:04")
	}
	want := map[string]string{"operator": "10:00", "asks": "10:00", "sleeps": "11:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestQuietHoursAreWhereTheReaderIs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		zone     string
		from, to stockdigest.ClockTime
		now      time.Time
		want     time.Time
	}{
		{"UTC", 22 * 60, 7 * 60, at(21, 59), at(21, 59)},
		{"UTC", 22 * 60, 7 * 60, at(22, 0), at(31, 0)},
		{"UTC", 22 * 60, 7 * 60, at(3, 0), at(7, 0)},
		{"UTC", 22 * 60, 7 * 60, at(7, 0), at(7, 0)},
		{"UTC", 9 * 60, 17 * 60, at(12, 0), at(17, 0)},
		{"UTC", 9 * 60, 17 * 60, at(17, 0), at(17, 0)},
		{"UTC", 0, 0, at(3, 0), at(3, 0)},
		{"Asia/Tokyo", 22 * 60, 7 * 60, at(14, 0), at(22, 0)}, // 23:00 there
		{"America/New_York", 22 * 60, 7 * 60, at(14, 0), at(14, 0)},
	} {
		r := stockdigest.Reader{TimeZone: tt.zone, Mails: stockdigest.MailWishes{QuietFrom: tt.from, QuietTo: tt.to}}
		if got := alert.Awake(r, tt.now); !got.Equal(tt.want) {
			t.Errorf("%s %s-%s at %s: got %s, want %s", tt.zone, tt.from, tt.to, tt.now, got, tt.want)
		}
	}
}
