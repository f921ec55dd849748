package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// A batch is a set of prompts that the models answer together.
type batch struct {
	id       string
	provider Provider
	labels   map[string]string
	created  time.Time
	ready    time.Time // from then on it has ended
	late     bool      // it does not end before it is cancelled
	calls    []batchCall
}

// A batchCall is one prompt of a batch and what came of it.
type batchCall struct {
	ID     string
	chat   chat
	said   *utterance // nil: no answer
	status int        // of the refusal, 0: it was cancelled
}

// batches are all of a world, and the files that they are made of.
type batches struct {
	mu    sync.Mutex
	all   []*batch // oldest first
	files map[string][]byte
	count int
}

// name is a new name of what a provider keeps.
func (b *batches) name(kind string) string {
	b.count++
	return kind + "_" + strconv.Itoa(b.count)
}

func (b *batches) find(id string) *batch {
	i := slices.IndexFunc(b.all, func(one *batch) bool { return one.id == id })
	if i < 0 {
		return nil
	}
	return b.all[i]
}

// newest lists the batches of a provider after one of them, newest first.
func (b *batches) newest(p Provider, after string, limit int) (page []*batch, more bool) {
	seen := after == ""
	for _, one := range slices.Backward(b.all) {
		switch {
		case one.provider != p:
		case !seen:
			seen = one.id == after
		case len(page) == limit:
			return page, true
		default:
			page = append(page, one)
		}
	}
	return page, false
}

// sendBatch has the models work on a batch, which is billed from then on at half
// the price. Of one that is late they answer every other prompt.
func (s *Sim) sendBatch(b *batch, fault FaultKind) error {
	b.created = s.cfg.Now()
	b.ready = b.created.Add(s.draw(newDice(s.cfg.Seed, "batch", b.id), "batch"))
	b.late = fault == FaultLate
	for i := range b.calls {
		if b.late && i%2 == 1 {
			continue
		}
		if err := s.workOn(b, &b.calls[i]); err != nil {
			return err
		}
	}
	s.batches.all = append(s.batches.all, b)
	return nil
}

func (s *Sim) workOn(b *batch, c *batchCall) error {
	fault := s.luck(b.provider, newDice(s.cfg.Seed, "in a batch", c.chat.key()))
	if status, refused := refusal(fault); refused {
		c.status = max(status, http.StatusInternalServerError)
		return nil
	}
	route, tickers := s.about(c.chat.input())
	said := s.utter(c.chat, route, fault)
	c.said = &said
	full := PricesOf(b.provider)[c.chat.model].Cost(said.usage)
	return s.bill.add(BillLine{
		Key: c.chat.key(), Model: c.chat.model, Route: route, Tickers: tickers, Usage: said.usage,
		Cost: (full + 1) / 2, At: s.cfg.Now(), Batch: true,
	})
}

func (s *Sim) ended(b *batch) bool { return !b.late && !s.cfg.Now().Before(b.ready) }

// readBatchCalls reads prompts in the language of d, each under its ID.
func readBatchCalls(d dialect, model string, ids []string, bodies []json.RawMessage) ([]batchCall, error) {
	var all []batchCall
	for i, raw := range bodies {
		c, err := d.read(model, raw)
		if err != nil {
			return nil, fmt.Errorf("call %d: %w", i+1, err)
		}
		if _, ok := PricesOf(d.provider)[c.model]; !ok {
			return nil, stockdigest.NotFound("no model " + c.model)
		}
		all = append(all, batchCall{ID: ids[i], chat: c})
	}
	return all, nil
}

// maxUpload is more than a batch has.
const maxUpload = 64 << 20

// batchRequest answers a request about batches as any other: within limits, with
// faults, in time.
func (s *Sim) batchRequest(w http.ResponseWriter, r *http.Request, d dialect, made func(fault FaultKind) (any, int)) {
	x := exchange{provider: d.provider, route: "batches", key: r.Method + " " + r.URL.Path, kind: "application/json", refuse: d.refuse}
	x.make = func(fault FaultKind) (answer, error) {
		s.batches.mu.Lock()
		defer s.batches.mu.Unlock()
		told, status := made(fault)
		if raw, ok := told.([]byte); ok {
			return answer{status: status, body: raw}, nil
		}
		raw, err := json.Marshal(told)
		return answer{status: status, body: raw}, err
	}
	s.answer(w, r, x)
}

// jsonLines writes a value to a line.
func jsonLines(values []any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		if raw, err := json.Marshal(v); err == nil {
			b.Write(append(raw, '\n'))
		}
	}
	return b.Bytes()
}

// page reads what part of a list a request is for.
func page(r *http.Request, after string) (from string, limit int) {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 {
		limit = 20
	}
	return r.URL.Query().Get(after), limit
}
