package sim

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// An exchange is one request on its way through the world.
type exchange struct {
	provider Provider
	route    string
	key      string
	tickers  []string
	tokens   int // that a model is asked for and sent
	kind     string
	make     func(FaultKind) (answer, error)
	refuse   refuser // nil: as OpenAI does
}

// A refuser says no with a status, and after how many seconds to try again.
type refuser func(w http.ResponseWriter, status int, after, message string)

// An answer is what goes back when nothing interferes.
type answer struct {
	status int
	body   []byte
}

// latency returns from what to what the routes take at scale 1.
func latency(route string) (low, high time.Duration) {
	switch route {
	case "feed":
		return 500 * time.Millisecond, 2 * time.Second
	case "page":
		return time.Second, 6 * time.Second
	case "vote", "read", "write", "gate":
		return 3 * time.Second, 9 * time.Second
	case "batch": // until it has ended
		return 5 * time.Minute, 20 * time.Minute
	}
	return 300 * time.Millisecond, time.Second
}

// answer takes a request through limit, luck and latency to its answer. A place
// at the provider is free again before the answer goes out, so that a client
// with as many requests as places is never one too many.
func (s *Sim) answer(w http.ResponseWriter, r *http.Request, x exchange) {
	e := &Entry{Provider: x.provider, Route: x.route, Key: x.key, Tickers: x.tickers, Tokens: x.tokens, Start: s.cfg.Now()}
	before := s.diary.begin(e)
	d := newDice(s.cfg.Seed, "request", x.key, strconv.Itoa(before))
	took := s.draw(d, x.route)
	end := func(status int) {
		s.diary.note(func() { e.Status, e.End = status, s.cfg.Now() })
	}
	place := s.gates[x.provider]
	if ok, after := place.enter(e.Start, x.tokens); !ok {
		s.diary.note(func() { e.Over = true })
		end(http.StatusTooManyRequests)
		x.no(w, http.StatusTooManyRequests, strconv.Itoa(int(after/time.Second)+1), "too many requests")
		return
	}
	leave := sync.OnceFunc(place.leave)
	defer leave()
	fault := s.luck(x.provider, d)
	s.diary.note(func() { e.Took, e.Fault = took, fault })
	if status, refused := refusal(fault); refused {
		leave()
		end(status)
		refuse(w, r, x, fault, status)
		return
	}
	made, err := x.make(fault)
	if err != nil {
		end(http.StatusInternalServerError)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if !wait(r.Context(), took) {
		end(499)
		return
	}
	leave()
	end(made.status)
	write(w, r, x, made, fault)
}

func (s *Sim) draw(d *dice, route string) time.Duration {
	low, high := latency(route)
	return time.Duration((float64(low) + d.share()*float64(high-low)) * s.cfg.Scale)
}

// luck draws what goes wrong with a request, "" for nothing. The dice are those
// of the request, so that a replayed request meets the same luck.
func (s *Sim) luck(p Provider, d *dice) FaultKind {
	s.mu.Lock()
	defer s.mu.Unlock()
	luck := d.share()
	for _, f := range s.faults {
		if f.Provider != "" && f.Provider != p {
			continue
		}
		if luck < f.Share {
			return f.Kind
		}
		luck -= f.Share
	}
	return ""
}

// refusal returns the status of faults that come before any work. A hang has
// none.
func refusal(f FaultKind) (status int, refused bool) {
	switch f {
	case FaultBusy, FaultBusyAfter, FaultBusyAbsurd:
		return http.StatusTooManyRequests, true
	case FaultError:
		return http.StatusInternalServerError, true
	case FaultGateway:
		return http.StatusBadGateway, true
	case FaultOverload:
		return 529, true
	case FaultWall:
		return http.StatusForbidden, true
	case FaultRedirects:
		return http.StatusFound, true
	case FaultHang:
		return 0, true
	default:
		return 0, false
	}
}

func refuse(w http.ResponseWriter, r *http.Request, x exchange, f FaultKind, status int) {
	switch f {
	case FaultBusyAfter:
		x.no(w, status, "1", "too many requests")
	case FaultBusyAbsurd:
		x.no(w, status, "315360000", "too many requests")
	case FaultBusy:
		x.no(w, status, "", "too many requests")
	case FaultHang:
		wait(r.Context(), time.Hour)
	case FaultRedirects:
		at := r.Header.Get(SchemeHeader) + "://" + r.Header.Get(HostHeader) + r.URL.Path
		w.Header().Set("Location", at+"?again="+strconv.Itoa(len(r.URL.RawQuery)+1))
		w.WriteHeader(status)
	default:
		x.no(w, status, "", "the pretend world fails on purpose")
	}
}

// no refuses in the words of whoever was asked.
func (x exchange) no(w http.ResponseWriter, status int, after, message string) {
	if x.refuse == nil {
		x.refuse = openAIRefuses
	}
	x.refuse(w, status, after, message)
}

// huge is how much a body of no end has.
const huge = 200 << 20

// write sends an answer, or what the fault makes of it.
func write(w http.ResponseWriter, r *http.Request, x exchange, a answer, f FaultKind) {
	w.Header().Set("Content-Type", x.kind)
	switch f {
	case FaultHangBody:
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		wait(r.Context(), time.Hour)
	case FaultHalf:
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body[:len(a.body)/2])
	case FaultType:
		wrongType(w, x)
	case FaultHuge:
		w.WriteHeader(a.status)
		spill(w, a.body)
	case FaultBomb:
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb())
	default:
		if a.status == http.StatusOK {
			w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
		}
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
	}
}

// wrongType sends a picture where a document was asked for, and JSON of another
// form where JSON was.
func wrongType(w http.ResponseWriter, x exchange) {
	if x.kind == "application/json" {
		_, _ = fmt.Fprint(w, `["not", {"what": "was"}, null, "asked for"]`)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write([]byte("\x89PNG\r\n\x1a\n pretend"))
}

// spill sends the body and then blanks without end, or what feels like it.
func spill(w http.ResponseWriter, body []byte) {
	_, err := w.Write(body)
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	for sent := 0; err == nil && sent < huge; sent += len(blanks) {
		_, err = w.Write(blanks)
	}
}

// bomb is a gzip of 200 MB of blanks.
var bomb = sync.OnceValue(func() []byte { //nolint:gochecknoglobals // made once, never changed
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	for range huge >> 20 {
		_, _ = z.Write(blanks)
	}
	_ = z.Close()
	return b.Bytes()
})

// wait reports whether d passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
