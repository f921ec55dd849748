package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/sim"
)

// A killPoint is a moment at which a sender may be killed.
type killPoint string

// The moments, in the order of a mail's way. Those at the mail server's side
// are hit by the server, which kills the sender and goes on then.
const (
	killClaimed    killPoint = "claim-after"
	killOpened     killPoint = "session-open"
	killBegin      killPoint = "begin-before"
	killBegun      killPoint = "begin-after"
	killWritten    killPoint = "mail-written"
	killDot        killPoint = "dot-before"
	killDotRead    killPoint = "dot-read"       // the server has the dot and has not answered
	killAnswered   killPoint = "answer-written" // the server has answered
	killAnswerRead killPoint = "answer-read"
	killNote       killPoint = "note-before"
	killNoted      killPoint = "note-after"
	killRelease    killPoint = "release-before"
)

func killPoints() []killPoint {
	return []killPoint{
		killClaimed, killOpened, killBegin, killBegun, killWritten, killDot, killDotRead, killAnswered, killAnswerRead,
		killNote, killNoted, killRelease,
	}
}

// A mailChild is a sender process.
type mailChild struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	order  mailOrder
	faults tail
	ended  chan struct{}
}

// startMailChild starts a sender. One whose parent died sees its input end.
func (m *mailing) startMailChild(ctx context.Context, order mailOrder) (*mailChild, error) {
	args := m.cfg.Child
	if len(args) == 0 {
		args = []string{"bench", "mail-child"}
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	c := &mailChild{order: order, ended: make(chan struct{})}
	c.cmd = exec.CommandContext(context.WithoutCancel(ctx), exe, args...) //nolint:gosec // this program itself
	c.cmd.Stderr, c.cmd.WaitDelay = &c.faults, endTime
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a sender: %w", err)
	}
	go func() {
		defer close(c.ended)
		_ = c.cmd.Wait() // how it ended is told by who looks
	}()
	if err := json.NewEncoder(c.in).Encode(order); err != nil {
		return nil, errors.Join(fmt.Errorf("give a sender its order: %w", err), c.kill())
	}
	return c, nil
}

// kill ends the process without a chance to do anything, and waits for it.
func (c *mailChild) kill() error {
	err := c.cmd.Process.Kill()
	<-c.ended
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// stop lets the process finish what it has begun.
func (c *mailChild) stop() error {
	_ = c.in.Close() // it may be gone
	select {
	case <-c.ended:
	case <-time.After(stopTime):
		return errors.Join(fmt.Errorf("a sender did not stop within %s", stopTime), c.kill())
	}
	if !c.cmd.ProcessState.Success() {
		return fmt.Errorf("a sender failed: %s", c.faults.String())
	}
	return nil
}

// A dotWatch counts dots, and kills a sender at a moment of a mail that the
// server sees.
type dotWatch struct {
	dots atomic.Int64

	mu     sync.Mutex
	moment sim.MailMoment
	victim *mailChild // nil: nobody
}

func (w *dotWatch) arm(m sim.MailMoment, victim *mailChild) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moment, w.victim = m, victim
}

func (w *dotWatch) at(m sim.MailMoment, port int) {
	if m == sim.MailAtDot {
		w.dots.Add(1)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.victim != nil && w.moment == m && w.victim.order.Port == port {
		_ = w.victim.kill() // else it is killed later
		w.victim = nil
	}
}

// sendAll starts the senders, kills some of them, and stops them when no mail
// is left. It returns how many were killed.
func (m *mailing) sendAll(ctx context.Context) (kills int, err error) {
	defer m.console.End()
	for i := range m.cfg.Senders {
		port, err := m.listen(ctx)
		if err != nil {
			return 0, err
		}
		c, err := m.startMailChild(ctx, m.orderOf(i, port))
		if err != nil {
			return 0, errors.Join(err, m.stopAll())
		}
		m.senders = append(m.senders, c)
	}
	progress := m.console.Count("mails")
	dots, moved := int64(0), time.Now()
	for turn := 0; ; turn++ {
		now := m.watch.dots.Load()
		if now > dots {
			dots, moved = now, time.Now()
		}
		progress(min(int(dots), len(m.plan)), len(m.plan))
		due := kills < m.cfg.Kills && int(dots) >= len(m.plan)*(kills+1)/(m.cfg.Kills+2)
		left := 1
		if !due && turn%5 == 0 {
			if left, err = m.left(ctx); err != nil {
				break
			}
		}
		if due || left == 0 && kills < m.cfg.Kills {
			if err = m.killOne(ctx, kills); err != nil {
				break
			}
			kills++
			moved = time.Now()
			continue
		}
		if left == 0 {
			break
		}
		if err = m.look(moved); err != nil {
			break
		}
		if err = pause(ctx, 20*time.Millisecond); err != nil {
			break
		}
	}
	return kills, errors.Join(err, m.stopAll())
}

// orderOf is what the i-th sender is told.
func (m *mailing) orderOf(i, port int) mailOrder {
	return mailOrder{
		Name: fmt.Sprintf("sender %d", i+1), URL: m.where.URL, Path: m.where.Path, Schema: m.where.Schema,
		Port: port, Sessions: m.cfg.Sessions, PerMinute: m.cfg.PerMinute, Quick: m.quick,
	}
}

// listen opens a port of the mail server for one sender.
func (m *mailing) listen(ctx context.Context) (port int, err error) {
	l, port, err := sim.ListenMail(ctx, "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	go func() { _ = m.server.Serve(l) }() // ends with the server
	return port, nil
}

// left is how many mails have not come to an end.
func (m *mailing) left(ctx context.Context) (int, error) {
	counts, err := m.db.CountDeliveries(ctx, "", nil, false)
	if err != nil {
		return 0, err
	}
	digests := counts[stockdigest.MailDigest]
	return digests[stockdigest.DeliveryPending] + digests[stockdigest.DeliverySending], nil
}

// look sees after the senders: how big they are, and whether they still work.
func (m *mailing) look(moved time.Time) error {
	for _, c := range m.senders {
		select {
		case <-c.ended:
			return fmt.Errorf("%s ended by itself: %s", c.order.Name, c.faults.String())
		default:
		}
		used, err := usedBy(c.cmd.Process.Pid)
		if err == nil { // else it has just ended
			m.peak = max(m.peak, used.peak)
		}
	}
	if time.Since(moved) > stuckTime && m.cfg.PerMinute == 0 {
		return fmt.Errorf("no mail came for %s: %s", stuckTime, m.senders[0].faults.String())
	}
	return nil
}

// killOne kills a sender, at a point every other time, and starts it again.
func (m *mailing) killOne(ctx context.Context, nth int) (err error) {
	at := m.random.IntN(len(m.senders))
	victim := m.senders[at]
	points := killPoints()
	if nth := nth + int(m.cfg.Seed%24); nth%2 == 0 {
		if victim, err = m.arm(ctx, victim, points[nth/2%len(points)]); err != nil {
			return err
		}
		select {
		case <-victim.ended:
		case <-time.After(time.Second): // it does not come there any more
		}
		m.watch.arm("", nil)
	} else if err := pause(ctx, time.Duration(m.random.IntN(int(2*slowAnswer)))); err != nil {
		return err
	}
	if err := victim.kill(); err != nil {
		return fmt.Errorf("kill %s: %w", victim.order.Name, err)
	}
	victim.order.Kill = ""
	fresh, err := m.startMailChild(ctx, victim.order)
	if err != nil {
		return err
	}
	m.senders[at] = fresh
	return nil
}

// arm lets a sender be killed when it comes to a point. One that must come to
// its beginning is another one.
func (m *mailing) arm(ctx context.Context, victim *mailChild, p killPoint) (*mailChild, error) {
	switch p {
	case killDotRead:
		m.watch.arm(sim.MailAtDot, victim)
	case killAnswered:
		m.watch.arm(sim.MailAnswered, victim)
	case killOpened:
		if err := victim.stop(); err != nil {
			return nil, err
		}
		order := victim.order
		order.Kill = p
		return m.startMailChild(ctx, order)
	default:
		_, _ = fmt.Fprintf(victim.in, "%q\n", p) // one that is gone need not be killed
	}
	if p == killRelease {
		_ = victim.in.Close() // it releases when it stops
	}
	return victim, nil
}

func (m *mailing) stopAll() error {
	var faults []error
	for _, c := range m.senders {
		faults = append(faults, c.stop())
	}
	m.senders = nil
	return errors.Join(faults...)
}

// measurePlain has a plain client send the same mails to the like server, and
// returns how many it sent a second.
func (m *mailing) measurePlain(ctx context.Context) (perSecond float64, err error) {
	log := m.dir + "/plain.log"
	if m.server, err = sim.NewMailServer(sim.MailConfig{Log: log, Now: time.Now}); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, m.server.Close()) }()
	port, err := m.listen(ctx)
	if err != nil {
		return 0, err
	}
	order := m.orderOf(0, port)
	order.Plain = len(m.plan)
	c, err := m.startMailChild(ctx, order)
	if err != nil {
		return 0, err
	}
	select {
	case <-c.ended:
	case <-ctx.Done():
		return 0, errors.Join(ctx.Err(), c.kill())
	}
	if err := c.stop(); err != nil {
		return 0, err
	}
	entries, err := sim.ReadMailLog(log)
	if err != nil {
		return 0, err
	}
	return m.rate(entries), nil
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
