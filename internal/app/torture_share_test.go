package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// The night of this rig: every ticker has five feeds of twenty articles, and
// half of the articles are those of other tickers too, each time in another
// order, as search feeds give them.
const (
	shareTickers  = 60
	shareParallel = 20
	shareFeeds    = 5
	shareItems    = 20
)

// A saver keeps what a ticker's feeds listed; *store.DB is one, and the
// predecessor's way is another.
type saver interface {
	save(ctx context.Context, symbol stockdigest.Symbol, polls [][]stockdigest.Article) error
}

// TestSharedArticlesLoseNothing lets 60 tickers, 20 at a time, keep articles of
// which they share half. Every article that went in must be there, no
// transaction may have been chosen as the victim of a deadlock, none may last
// longer than a second.
func TestSharedArticlesLoseNothing(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			db := storetest.Open(t, c)
			got := shareNight(t, c, storeSaver{db}, shareTickers)
			measured(t, "%s: %d tickers, %d parallel: %s", engine, shareTickers, shareParallel, got)
			if len(got.lost) > 0 || got.deadlocks > 0 || tight() && got.longest > time.Second || got.connections > 12 {
				t.Errorf("got %s; want nothing lost, no deadlock, transactions of 1 s and 12 connections at most\n%s", got, got.errors)
			}
		})
	}
}

// TestSharedArticlesHarnessCatchesThePredecessor puts the predecessor's way
// under the same harness: rows in the order they came, a few tries, then on.
func TestSharedArticlesHarnessCatchesThePredecessor(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			caught(t, func() bool {
				c := config(t)
				storetest.Open(t, c)
				got := shareNight(t, c, predecessor{rawDB(t, c)}, 4)
				measured(t, "%s, the predecessor's way: %s", engine, got)
				return len(got.lost) > 0 && (engine != "postgres" || got.deadlocks > 0)
			})
		})
	}
}

// A shared is what a night of shared articles did to the database.
type shared struct {
	lost        []string // articles that went in and are not there
	deadlocks   int
	longest     time.Duration // transaction
	connections int           // at once, of the program
	took        time.Duration
	errors      *tally
}

func (s shared) String() string {
	return fmt.Sprintf("%d articles lost, %d deadlocks, longest transaction %s, %d connections, %s",
		len(s.lost), s.deadlocks, s.longest.Round(time.Millisecond), s.connections, s.took.Round(time.Millisecond))
}

func shareNight(t *testing.T, c store.Config, s saver, tickers int) shared {
	t.Helper()
	got := shared{errors: &tally{}}
	raw := rawDB(t, c)
	watch := watchPostgres(t, c)
	var group errgroup.Group
	group.SetLimit(shareParallel)
	var mu sync.Mutex
	want := map[string]bool{}
	began := time.Now()
	for i := range tickers {
		group.Go(func() error {
			polls := sharedPolls(i)
			mu.Lock()
			for _, a := range slices.Concat(polls...) {
				want[string(a.ID)] = true
			}
			mu.Unlock()
			got.errors.add(s.save(t.Context(), symbolOf(i), polls))
			return nil
		})
	}
	_ = group.Wait() // errors are counted, what was lost is judged
	got.took = time.Since(began)
	got.longest, got.connections, got.deadlocks = watch()
	there := map[string]bool{}
	for _, id := range column(t, raw, "SELECT id FROM articles") {
		there[id] = true
	}
	for id := range want {
		if !there[id] {
			got.lost = append(got.lost, id)
		}
	}
	for id := range there {
		if !want[id] {
			t.Errorf("article %s is in the database and was never listed", id)
		}
	}
	return got
}

func symbolOf(i int) stockdigest.Symbol { return stockdigest.Symbol(fmt.Sprintf("T%03d", i)) }

// sharedPolls lists what the feeds of the i-th ticker give.
func sharedPolls(i int) [][]stockdigest.Article {
	random := rand.New(rand.NewPCG(7, uint64(i)))
	var polls [][]stockdigest.Article
	for f := range shareFeeds {
		var list []stockdigest.Article
		for n := range shareItems {
			name := fmt.Sprintf("own-%d-%d-%d", i, f, n)
			if n%2 == 0 {
				name = fmt.Sprintf("shared-%d-%d", f, n)
			}
			list = append(list, pageOf("https://news.example/"+name))
		}
		random.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
		polls = append(polls, list)
	}
	return polls
}

func pageOf(url string) stockdigest.Article {
	return stockdigest.Article{
		ID: stockdigest.NewArticleID(url), URL: url, Title: "What " + url + " tells",
		PublishedAt: storetest.Now().Add(-time.Hour), Dated: true, FirstSeenAt: storetest.Now(),
	}
}

// storeSaver keeps them with the product's store, all feeds of a ticker at once.
type storeSaver struct{ db *store.DB }

func (s storeSaver) save(ctx context.Context, symbol stockdigest.Symbol, polls [][]stockdigest.Article) error {
	run, err := takenRun(ctx, s.db, symbol)
	if err != nil {
		return err
	}
	var group errgroup.Group
	for f, list := range polls {
		group.Go(func() error {
			var found []stockdigest.Found
			for _, a := range list {
				found = append(found, stockdigest.Found{
					Article: a, Role: stockdigest.RoleCompany, Link: a.URL, Verdict: stockdigest.Verdict{ArticleID: a.ID, Decision: stockdigest.Pending},
				})
			}
			feed := fmt.Sprintf("https://feeds.example/%d", f) // the same feeds for everybody: their health is one row
			return s.db.SavePoll(ctx, run, stockdigest.Poll{FeedURL: feed, At: storetest.Now(), Items: len(found)}, found)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, a := range slices.Concat(polls...) {
		text := stockdigest.Text{ArticleID: a.ID, Body: "The text of " + a.URL, FetchedAt: storetest.Now(), FinalURL: a.URL}
		if err := s.db.SaveText(ctx, run, text, stockdigest.Verdict{ArticleID: a.ID, Decision: stockdigest.Selected}); err != nil {
			return err
		}
	}
	return s.db.FinishStep(ctx, run, stockdigest.StepExtract, "")
}

// predecessor keeps them as the program before this one did.
type predecessor struct{ db *sql.DB }

func (p predecessor) save(ctx context.Context, _ stockdigest.Symbol, polls [][]stockdigest.Article) error {
	var group errgroup.Group
	for _, list := range polls {
		group.Go(func() error { return p.poll(ctx, list) })
	}
	return group.Wait()
}

func (p predecessor) poll(ctx context.Context, list []stockdigest.Article) error {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, a := range list {
		var known int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM articles WHERE id = $1", string(a.ID)).Scan(&known); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO articles (id, url, title, publisher, description, author, published_at, dated, first_seen_at)
			VALUES ($1, $2, $3, '', '', '', '2026-03-03T07:00:00.000000Z', true, '2026-03-03T07:00:00.000000Z')
			ON CONFLICT (id) DO UPDATE SET title = excluded.title`, string(a.ID), a.URL, a.Title)
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

// TestSharedPollsShareHalf keeps the rig honest.
func TestSharedPollsShareHalf(t *testing.T) {
	t.Parallel()
	a, b := ids(sharedPolls(0)), ids(sharedPolls(1))
	both := 0
	for id := range a {
		if b[id] {
			both++
		}
	}
	if want := len(a) / 2; both != want {
		t.Errorf("two tickers share %d of %d articles, want %d", both, len(a), want)
	}
	if cmp.Equal(sharedPolls(0)[0], sharedPolls(0)[1]) {
		t.Error("two feeds list the same")
	}
}

func ids(polls [][]stockdigest.Article) map[string]bool {
	all := map[string]bool{}
	for _, a := range slices.Concat(polls...) {
		all[string(a.ID)] = true
	}
	return all
}

// rawDB opens the database of c past the store, without its care: on SQLite as
// many writers as like to, none of which waits.
func rawDB(t *testing.T, c store.Config) *sql.DB {
	t.Helper()
	db, err := openRaw(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func openRaw(c store.Config) (*sql.DB, error) {
	driver, name := "pgx", c.URL
	if c.URL == "" {
		driver, name = "sqlite", "file:"+c.Path
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(shareParallel)
	return db, nil
}

func column(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// watchPostgres looks at the server ten times a second. The function it returns
// ends that and tells the longest transaction, the most connections at once of
// the program, and the deadlocks. On SQLite there is nothing to see.
func watchPostgres(t *testing.T, c store.Config) (end func() (longest time.Duration, connections, deadlocks int)) {
	t.Helper()
	if c.URL == "" {
		return func() (time.Duration, int, int) { return 0, 0, 0 }
	}
	db := rawDB(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	var longest time.Duration
	var most int
	go func() {
		defer close(done)
		for ; ctx.Err() == nil; wait(ctx, 100*time.Millisecond) {
			var n int
			var ms float64
			var query string
			err := db.QueryRowContext(ctx, `SELECT count(*) OVER (), coalesce(extract(epoch FROM clock_timestamp() - xact_start) * 1000, 0), state || ': ' || query
				FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'stockdigest'
				ORDER BY 2 DESC LIMIT 1`).Scan(&n, &ms, &query)
			if err != nil { // nobody is there, or the server is away
				continue
			}
			most = max(most, n)
			if took := time.Duration(ms * float64(time.Millisecond)); took > longest {
				longest = took
				if took > time.Second/2 {
					t.Logf("a transaction of %s: %s", took.Round(time.Millisecond), query)
				}
			}
		}
	}()
	return func() (time.Duration, int, int) {
		cancel()
		<-done
		return longest, most, deadlocks(t, db)
	}
}

// deadlocks waits until the server has counted: a backend tells its figures
// when it is idle for a second.
func deadlocks(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	wait(t.Context(), 1500*time.Millisecond)
	err := db.QueryRowContext(t.Context(), "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// takenRun makes a ticker and its run, and claims it.
func takenRun(ctx context.Context, db *store.DB, symbol stockdigest.Symbol) (stockdigest.Run, error) {
	if err := db.SaveTickers(ctx, []stockdigest.Ticker{{Symbol: symbol, Name: "Ticker " + string(symbol)}}); err != nil {
		return stockdigest.Run{}, err
	}
	run, err := db.OpenRun(ctx, stockdigest.Run{Ticker: symbol, Kind: stockdigest.Daily, AsOf: storetest.Now(), TimeZone: "UTC"})
	if err != nil {
		return run, err
	}
	return db.ClaimRun(ctx, run.ID, stockdigest.Claim{
		Worker: "rig " + strings.ToLower(string(symbol)), Lease: time.Hour,
		Caps: stockdigest.Caps{Scheduled: shareTickers, AdHoc: shareTickers, Total: shareTickers},
	})
}
