package app_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// diskItems is how many articles one poll of this rig lists: a poll and all of
// them are there, or nothing of it.
const diskItems = 5

// diskWorker saves one poll after the other, trying again when there is no
// room, and asks ten times a second whether the store is ready.
func diskWorker(ctx context.Context) error {
	signal.Ignore(syscall.SIGXFSZ) // a file at its limit is an error of the write, as on a full disk
	notes := journal{os.Getenv(childJournal)}
	db, err := store.Open(ctx, childConfig())
	if err != nil {
		return err
	}
	run, err := takenRun(ctx, db, "DISK")
	if err != nil {
		return err
	}
	save := func(feed string, found []stockdigest.Found) error {
		return db.SavePoll(ctx, run, stockdigest.Poll{FeedURL: feed, At: time.Now(), Items: len(found)}, found)
	}
	if os.Getenv(childBroken) != "" {
		save = inPieces(ctx, run)
	}
	go watchReady(ctx, db, notes)
	for n := 0; ctx.Err() == nil; n++ {
		for {
			err := save(bigPoll(n))
			if err == nil {
				break
			}
			kind := "untyped"
			if errors.Is(err, stockdigest.ErrUnavailable) {
				kind = "unavailable"
			}
			if err := notes.add(entry{What: "failed", Note: kind + ": " + err.Error()}); err != nil {
				return err
			}
			wait(ctx, 50*time.Millisecond)
		}
		if err := notes.add(entry{What: "kept", Note: feedOf(n)}); err != nil {
			return err
		}
		wait(ctx, 2*time.Millisecond)
	}
	return nil
}

func watchReady(ctx context.Context, db *store.DB, notes journal) {
	for state := ""; ctx.Err() == nil; wait(ctx, 100*time.Millisecond) {
		now := "ready"
		if err := db.Ready(ctx); err != nil {
			now = "not ready"
		}
		if now != state {
			_ = notes.add(entry{What: now}) // a note that is missing fails the test
		}
		state = now
	}
}

func feedOf(n int) string { return fmt.Sprintf("https://feeds.example/%d", n) }

func bigPoll(n int) (string, []stockdigest.Found) {
	var found []stockdigest.Found
	for i := range diskItems {
		a := pageOf(fmt.Sprintf("https://news.example/%d/%d", n, i))
		a.Description = strings.Repeat("A description of some length. ", 30)
		found = append(found, stockdigest.Found{
			Article: a, Role: stockdigest.RoleCompany, Link: a.URL, Verdict: stockdigest.Verdict{ArticleID: a.ID, Decision: stockdigest.Pending},
		})
	}
	return feedOf(n), found
}

// inPieces saves a poll in one transaction per row.
func inPieces(ctx context.Context, run stockdigest.Run) func(string, []stockdigest.Found) error {
	return func(feed string, found []stockdigest.Found) error {
		db, err := openRaw(childConfig())
		if err != nil {
			return err
		}
		defer db.Close()
		_, err = db.ExecContext(ctx, `INSERT INTO feeds (url, source, etag, last_modified, error, failures, items, empty_polls) VALUES ($1, '', '', '', '', 0, 0, 0)
			ON CONFLICT DO NOTHING`, feed)
		if err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, `INSERT INTO run_polls (run_id, feed_url, polled_at, not_modified, items, error, health) VALUES ($1, $2, '', false, $3, '', '{}')
			ON CONFLICT DO NOTHING`, string(run.ID), feed, len(found))
		if err != nil {
			return err
		}
		for _, f := range found {
			_, err := db.ExecContext(ctx, `INSERT INTO articles (id, url, title, publisher, description, author, published_at, dated, first_seen_at)
				VALUES ($1, $2, '', '', $3, '', '', true, '') ON CONFLICT DO NOTHING`, string(f.Article.ID), f.Article.URL, f.Article.Description)
			if err == nil {
				_, err = db.ExecContext(ctx, "INSERT INTO sightings (feed_url, article_id, link) VALUES ($1, $2, '') ON CONFLICT DO NOTHING", feed, string(f.Article.ID))
			}
			if err != nil {
				return nil // the fault: what is half there counts as saved
			}
		}
		return nil
	}
}

// A disk can be made full and given room again.
type disk interface {
	file() string
	honest() bool // without room for a big write there is soon none for a small one
	fill(t *testing.T, p *proc)
	free(t *testing.T, p *proc)
}

// TestFullDiskHalvesNothing fills the disk under a SQLite file in the middle of
// work: the program must say that it is not ready, keep nothing by half, and go
// on by itself when there is room.
func TestFullDiskHalvesNothing(t *testing.T) {
	t.Parallel()
	for name, open := range disks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, rounds := open(t), torture(20, 3)
			got := fillDisk(t, d, rounds)
			measured(t, "sqlite on %s, full %d times: %s", name, rounds, got)
			if got.halves > 0 || got.lost > 0 || got.untyped > 0 {
				t.Errorf("got %s; want nothing half-written or lost, and every error an ErrUnavailable", got)
			}
			if tight() && (d.honest() && got.unready > 5*time.Second || got.resumed > time.Minute) {
				t.Errorf("got %s; want not ready within 5 s, and work again within 60 s", got)
			}
		})
	}
}

// TestFullDiskHarnessCatchesPieces puts a writer under the harness that saves
// row by row. Where in a poll the disk gets full is a matter of luck, so it is
// tried again.
func TestFullDiskHarnessCatchesPieces(t *testing.T) {
	t.Parallel()
	caught(t, func() bool {
		got := fillDisk(t, newLimit(t), 3, childBroken+"=1")
		measured(t, "row by row: %s", got)
		return got.halves > 0
	})
}

type filled struct {
	kept, lost, halves, failed, untyped int
	unready, resumed                    time.Duration // the longest: full to not ready, room to the next write
}

func (f filled) String() string {
	return fmt.Sprintf("%d polls kept, %d lost, %d half-written, %d errors of which %d untyped, not ready within %s, resumed within %s",
		f.kept, f.lost, f.halves, f.failed, f.untyped, f.unready.Round(time.Millisecond), f.resumed.Round(time.Millisecond))
}

func fillDisk(t *testing.T, d disk, rounds int, env ...string) (got filled) {
	t.Helper()
	c := store.Config{Path: d.file(), Now: storetest.Now}
	db := storetest.Open(t, c)
	if err := db.SaveTickers(t.Context(), []stockdigest.Ticker{{Symbol: "DISK", Name: "Disk"}}); err != nil {
		t.Fatal(err)
	}
	notes := newJournal(t)
	p := startChild(t, "disk worker", append(env, childDatabase+"="+c.Path, childJournal+"="+notes.path)...)
	seen := func(what string, since int64) *entry {
		for _, e := range notes.entries(t) {
			if e.What == what && e.At > since {
				return &e
			}
		}
		return nil
	}
	next := func(what string, since int64) (e *entry) {
		until(t, 2*time.Minute, "the next "+what, func() bool { e = seen(what, since); return e != nil || !p.Running() })
		if e == nil {
			t.Fatalf("the child ended: %s", p.stderr.String())
		}
		return e
	}
	next("kept", 0)
	for range rounds {
		since := time.Now().UnixNano()
		d.fill(t, p)
		if len(env) == 0 && d.honest() {
			first := next("failed", since)
			got.unready = max(got.unready, time.Duration(next("not ready", since).At-first.At))
		} else {
			wait(t.Context(), time.Second)
		}
		since = time.Now().UnixNano()
		d.free(t, p)
		got.resumed = max(got.resumed, time.Duration(next("kept", since).At-since))
		if len(env) == 0 && d.honest() {
			got.resumed = max(got.resumed, time.Duration(next("ready", since).At-since))
		}
	}
	p.Kill()
	raw := rawDB(t, c)
	if ok := column(t, raw, "PRAGMA integrity_check"); len(ok) != 1 || ok[0] != "ok" {
		t.Errorf("integrity check: %v", ok)
	}
	whole := map[string]bool{}
	for _, feed := range column(t, raw, fmt.Sprintf(`SELECT feed_url FROM sightings GROUP BY feed_url HAVING count(*) = %d`, diskItems)) {
		whole[feed] = true
	}
	for _, feed := range column(t, raw, "SELECT feed_url FROM run_polls") {
		if !whole[feed] {
			got.halves++
		}
	}
	for _, e := range notes.entries(t) {
		switch e.What {
		case "kept":
			got.kept++
			if !whole[e.Note] {
				got.lost++
			}
		case "failed":
			got.failed++
			if !strings.HasPrefix(e.Note, "unavailable") {
				got.untyped++
			}
		}
	}
	return got
}

// disks are the ways to run out of room. A file system of its own needs root; a
// limit on the size of files gives other errors and needs nobody.
func disks() map[string]func(*testing.T) disk {
	all := map[string]func(*testing.T) disk{"a limit of file size": newLimit}
	if os.Geteuid() == 0 {
		all["a small tmpfs"] = newTmpfs
	}
	return all
}

type tmpfs struct{ dir string }

func newTmpfs(t *testing.T) disk {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64m"); err != nil {
		t.Logf("no right to mount, so a limit of file size instead: %v", err)
		return newLimit(t)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return tmpfs{dir}
}

func (d tmpfs) file() string    { return filepath.Join(d.dir, "stockdigest.db") }
func (d tmpfs) honest() bool    { return true }
func (d tmpfs) ballast() string { return filepath.Join(d.dir, "ballast") }

func (d tmpfs) fill(t *testing.T, _ *proc) {
	t.Helper()
	f, err := os.Create(d.ballast())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 64<<10); ; {
		if _, err := f.Write(block); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			return
		}
	}
}

func (d tmpfs) free(t *testing.T, _ *proc) {
	t.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		t.Fatal(err)
	}
}

type limit struct{ path string }

func newLimit(t *testing.T) disk {
	t.Helper()
	return limit{filepath.Join(t.TempDir(), "stockdigest.db")}
}

func (d limit) file() string { return d.path }
func (limit) honest() bool   { return false } // each file has room of its own

func (d limit) fill(t *testing.T, p *proc) {
	t.Helper()
	var largest int64
	for _, name := range []string{d.path, d.path + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			largest = max(largest, info.Size())
		}
	}
	d.set(t, p, uint64(largest)+20<<10) // ends in the middle of a poll
}

func (d limit) free(t *testing.T, p *proc) {
	t.Helper()
	d.set(t, p, ^uint64(0))
}

// set limits the size of every file that the child writes.
func (limit) set(t *testing.T, p *proc, bytes uint64) {
	t.Helper()
	soft := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
	const fileSize = 1 // RLIMIT_FSIZE
	_, _, fault := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(p.cmd.Process.Pid), fileSize, uintptr(unsafe.Pointer(&soft)), 0, 0, 0)
	if fault != 0 {
		t.Fatalf("limit the size of files: %v", fault)
	}
}
