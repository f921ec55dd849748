package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/bench"
	"stockdigest.app/stockdigest/internal/sim"
)

// BenchMailConfig says who sends how many mails, and what goes wrong.
type BenchMailConfig struct {
	Recipients  int
	Kills       int
	Senders     int    // processes
	Sessions    int    // of each; zero means 10
	Faults      string // of the mail server, as sim.ParseMailFaults reads them
	PerMinute   int    // most mails in any minute over all processes; zero: no limit
	Refuse      []int  // recipients whose address the server refuses, by number
	Plain       bool   // also measures a plain client with the same mails
	DatabaseURL Secret // PostgreSQL; empty: a SQLite file that is thrown away
	Seed        uint64 // of kills and faults

	// Child are the arguments that start this program as one of the senders:
	// it must call BenchMailChild. Empty: the hidden command for it.
	Child []string
}

// The share of the mails that a fault hits when nobody says.
const faultShare = 0.02

// What makes a bench short when senders die: what a dead one left is free soon.
const (
	quickLease     = time.Second
	quickSendLease = 2 * time.Second
	quickPause     = 50 * time.Millisecond
	quickHang      = time.Second / 2
	slowAnswer     = 20 * time.Millisecond // so that kills hit mails under way
	stuckTime      = 90 * time.Second      // without any mail: somebody hangs
)

// A mailing is a bench of mails under way.
type mailing struct {
	cfg     BenchMailConfig
	where   store.Config
	db      *store.DB
	dir     string // of the server's logs
	server  *sim.MailServer
	plan    []bench.PlannedMail
	watch   *dotWatch
	senders []*mailChild
	peak    int64
	quick   bool
	random  *rand.Rand
	console *Console
}

// BenchMail has several processes send a digest to many readers, kills some of
// them, and judges from the log of the server that got the mails.
func BenchMail(ctx context.Context, cfg BenchMailConfig, console *Console) (result bench.Mails, err error) {
	if cfg.Recipients < 1 || cfg.Senders < 1 || cfg.Kills < 0 || cfg.Sessions < 0 {
		return result, stockdigest.Invalid("the bench of mails needs at least one recipient and one sender")
	}
	if cfg.Sessions == 0 {
		cfg.Sessions = 10
	}
	faults, err := sim.ParseMailFaults(cfg.Faults, faultShare)
	if err != nil {
		return result, err
	}
	m := &mailing{
		cfg: cfg, quick: cfg.Kills > 0 || len(faults) > 0, watch: &dotWatch{}, console: console,
		random: rand.New(rand.NewPCG(cfg.Seed, 6)), //nolint:gosec // moments of kills
	}
	var remove func() error
	if m.where, remove, err = scratchConfig(ctx, string(cfg.DatabaseURL)); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if m.quick {
		m.where.SendLease = quickSendLease
	}
	if m.dir, err = os.MkdirTemp("", "stockdigest-bench-mail-"); err != nil {
		return result, fmt.Errorf("make a folder for the bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(m.dir)) }()
	if m.db, err = openMigrated(ctx, m.where); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, m.db.Close()) }()
	return m.run(ctx, faults)
}

func (m *mailing) run(ctx context.Context, faults map[sim.MailFault]float64) (result bench.Mails, err error) {
	if err := m.planAll(ctx); err != nil {
		return result, err
	}
	log := filepath.Join(m.dir, "mails.log")
	serverCfg := sim.MailConfig{
		Seed: m.cfg.Seed, Faults: faults, Log: log, Hang: quickHang, Now: time.Now, Watch: m.watch.at,
	}
	for _, n := range m.cfg.Refuse {
		serverCfg.Refuse = append(serverCfg.Refuse, m.plan[n].Address)
	}
	if m.cfg.Kills > 0 {
		serverCfg.Delay = slowAnswer
	}
	if m.server, err = sim.NewMailServer(serverCfg); err != nil {
		return result, err
	}
	kills, err := m.sendAll(ctx)
	if err = errors.Join(err, m.server.Close()); err != nil {
		return result, err
	}
	if result, err = m.judge(ctx, log); err != nil {
		return result, err
	}
	result.Kills, result.PeakMB = kills, float64(m.peak)/(1<<20)
	if m.cfg.Plain {
		if result.PlainPerSecond, err = m.measurePlain(ctx); err != nil {
			return result, err
		}
		result.Ratio = result.PerSecond / result.PlainPerSecond
	}
	return result, nil
}

// planAll makes the readers and lets the digest of each go.
func (m *mailing) planAll(ctx context.Context) error {
	const ticker = stockdigest.Symbol("BENCH")
	if err := m.db.SaveTickers(ctx, []stockdigest.Ticker{{Symbol: ticker, Name: "Bench"}}); err != nil {
		return err
	}
	m.plan = make([]bench.PlannedMail, m.cfg.Recipients)
	progress := m.console.Count("readers")
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(64) // few commits for many
	now := time.Now()
	var made atomic.Int64
	for i := range m.plan {
		group.Go(func() error {
			defer func() { progress(int(made.Add(1)), len(m.plan)) }()
			r, err := m.db.SaveReader(ctx, stockdigest.Reader{
				Email: fmt.Sprintf("reader-%d@example.com", i), TimeZone: "America/New_York", Plan: stockdigest.PlanBeta,
				State: stockdigest.ReaderActive, Tickers: []stockdigest.Symbol{ticker}, Mails: stockdigest.MailWishes{Agreed: true},
			})
			if err != nil {
				return err
			}
			g, err := m.db.AddDigest(ctx, stockdigest.Digest{
				Reader: r.ID, Day: stockdigest.DayOf(now, time.UTC), State: stockdigest.DigestReady, Due: now, AsOf: now,
				TimeZone: r.TimeZone, ReportIDs: []stockdigest.ReportID{"bench"},
			})
			if err != nil {
				return err
			}
			if _, err := m.db.SendDigest(ctx, g.ID); err != nil {
				return err
			}
			key := stockdigest.DeliveryKey{Period: g.Period(), Kind: stockdigest.MailDigest, Recipient: stockdigest.Recipient(r.ID)}
			m.plan[i] = bench.PlannedMail{ID: key.ID(), Address: r.Email}
			return nil
		})
	}
	err := group.Wait()
	m.console.End()
	return err
}

// judge compares the plan, the ledger and the log.
func (m *mailing) judge(ctx context.Context, log string) (bench.Mails, error) {
	rows, err := m.db.Deliveries(ctx, stockdigest.DeliveryFilter{Kind: stockdigest.MailDigest})
	if err != nil {
		return bench.Mails{}, err
	}
	states := map[stockdigest.DeliveryID]stockdigest.DeliveryState{}
	for _, row := range rows {
		states[row.ID] = row.State
	}
	for i, p := range m.plan {
		m.plan[i].State = states[p.ID]
	}
	entries, err := sim.ReadMailLog(log)
	if err != nil {
		return bench.Mails{}, err
	}
	return bench.JudgeMails(m.plan, receipts(entries)), nil
}

// receipts are the log of the pretend mail server as the judge reads it. A mail
// whose Message-ID is of no delivery is foreign.
func receipts(entries []sim.MailEntry) []bench.Receipt {
	all := make([]bench.Receipt, 0, len(entries))
	for _, e := range entries {
		r := bench.Receipt{At: e.At, Address: e.Recipient, Taken: e.Taken(), Refused: e.Refused()}
		r.ID = stockdigest.DeliveryID(firstPart(e.ID))
		all = append(all, r)
	}
	return all
}

// ShowBenchMail prints the result. A violation is an ErrConflict.
func ShowBenchMail(c *Console, r bench.Mails) error {
	if c.JSON {
		if err := c.Data(r); err != nil {
			return err
		}
	}
	c.Print("%d mails planned: %d accepted, %d refused, %d suppressed, %d unknown; %d kills, %d sent twice, %d lost",
		r.Planned, r.Accepted, r.Refused, r.Suppressed, r.Unknown, r.Kills, r.Duplicates, r.Lost)
	c.Print("%.0f mails a second, %.0f MB at most", r.PerSecond, r.PeakMB)
	if r.PlainPerSecond > 0 {
		c.Print("%.0f with a plain client: %.2f of it", r.PlainPerSecond, r.Ratio)
	}
	if bad := r.Broken(); bad > 0 {
		return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: fmt.Sprintf(
			"%d sent twice, %d lost, %d misstated, %d foreign, %d without an end", r.Duplicates, r.Lost, r.Misstated, r.Foreign, r.Open)}
	}
	return nil
}
