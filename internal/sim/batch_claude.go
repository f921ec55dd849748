package sim

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// claudeBatches answers as Anthropic's batches do. The task is what follows
// messages/batches/ in the path.
func (s *Sim) claudeBatches(w http.ResponseWriter, r *http.Request, task string) {
	d := claude()
	id, rest, _ := strings.Cut(task, "/")
	switch {
	case r.Method == http.MethodPost && id == "":
		s.claudeSends(w, r, d)
	case r.Method == http.MethodGet && id == "":
		s.batchRequest(w, r, d, func(FaultKind) (any, int) { return s.claudeList(r), http.StatusOK })
	default:
		s.batchRequest(w, r, d, func(FaultKind) (any, int) {
			b := s.batches.find(id)
			switch {
			case b == nil || b.provider != Claude:
			case r.Method == http.MethodGet && rest == "":
				return s.claudeBatch(b), http.StatusOK
			case r.Method == http.MethodGet && rest == "results" && s.ended(b):
				return claudeResults(d, b), http.StatusOK
			case r.Method == http.MethodPost && rest == "cancel":
				b.late = false
				return s.claudeBatch(b), http.StatusOK
			}
			return map[string]any{"type": "error", "error": map[string]string{"type": "not_found_error", "message": "no such batch"}}, http.StatusNotFound
		})
	}
}

func (s *Sim) claudeSends(w http.ResponseWriter, r *http.Request, d dialect) {
	var sent struct {
		Requests []struct {
			ID     string          `json:"custom_id"`
			Params json.RawMessage `json:"params"`
		} `json:"requests"`
	}
	var ids []string
	var bodies []json.RawMessage
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxUpload)).Decode(&sent)
	for _, one := range sent.Requests {
		ids, bodies = append(ids, one.ID), append(bodies, one.Params)
	}
	calls, readErr := readBatchCalls(d, "", ids, bodies)
	if err != nil || readErr != nil || len(calls) == 0 {
		d.refuse(w, http.StatusBadRequest, "", "the batch cannot be read")
		return
	}
	s.batchRequest(w, r, d, func(fault FaultKind) (any, int) {
		b := &batch{id: s.batches.name("msgbatch"), provider: Claude, calls: calls}
		if err := s.sendBatch(b, fault); err != nil {
			return map[string]string{"error": err.Error()}, http.StatusInternalServerError
		}
		return s.claudeBatch(b), http.StatusOK
	})
}

func (s *Sim) claudeList(r *http.Request) any {
	after, limit := page(r, "after_id")
	list, more := s.batches.newest(Claude, after, limit)
	data, last := []any{}, ""
	for _, b := range list {
		data, last = append(data, s.claudeBatch(b)), b.id
	}
	return map[string]any{"data": data, "has_more": more, "last_id": last}
}

// claudeBatch counts calls by how they ended only when all have, as Anthropic
// does.
func (s *Sim) claudeBatch(b *batch) any {
	counts := map[string]int{"processing": len(b.calls), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
	status := "in_progress"
	if s.ended(b) {
		status, counts["processing"] = "ended", 0
		for _, c := range b.calls {
			counts[c.claudeEnd()]++
		}
	}
	return map[string]any{
		"id": b.id, "type": "message_batch", "processing_status": status, "request_counts": counts,
		"created_at": b.created.UTC().Format(time.RFC3339Nano),
	}
}

func (c batchCall) claudeEnd() string {
	switch {
	case c.said != nil:
		return "succeeded"
	case c.status != 0:
		return "errored"
	}
	return "canceled"
}

func claudeResults(d dialect, b *batch) []byte {
	var all []any
	for _, c := range b.calls {
		result := map[string]any{"type": c.claudeEnd()}
		switch {
		case c.said != nil:
			result["message"] = d.write(c.chat, *c.said)
		case c.status != 0:
			result["error"] = map[string]any{"type": "error", "error": map[string]string{"type": "api_error", "message": "it fails on purpose"}}
		}
		all = append(all, map[string]any{"custom_id": c.ID, "result": result})
	}
	return jsonLines(all)
}
