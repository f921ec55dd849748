package sim

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// geminiBatches answers as Google's batches do. The task is what follows batches/
// in the path.
func (s *Sim) geminiBatches(w http.ResponseWriter, r *http.Request, task string) {
	d := gemini()
	id, cancel := strings.CutSuffix(task, ":cancel")
	s.batchRequest(w, r, d, func(FaultKind) (any, int) {
		if id == "" && r.Method == http.MethodGet {
			after, limit := page(r, "pageToken")
			list, more := s.batches.newest(Gemini, after, limit)
			told := map[string]any{"operations": []any{}}
			for _, b := range list {
				told["operations"] = append(told["operations"].([]any), s.geminiBatch(b, false)) //nolint:errcheck // it was made above
			}
			if more {
				told["nextPageToken"] = list[len(list)-1].id
			}
			return told, http.StatusOK
		}
		b := s.batches.find(id)
		switch {
		case b == nil || b.provider != Gemini:
			return map[string]any{"error": map[string]any{"code": http.StatusNotFound, "message": "no such batch", "status": "NOT_FOUND"}}, http.StatusNotFound
		case cancel && r.Method == http.MethodPost:
			b.late = false
			return map[string]any{}, http.StatusOK
		}
		return s.geminiBatch(b, true), http.StatusOK
	})
}

func (s *Sim) geminiSends(w http.ResponseWriter, r *http.Request, model string) {
	d := gemini()
	var sent struct {
		Batch struct {
			Label string `json:"displayName"`
			Input struct {
				Requests struct {
					Requests []struct {
						Request  json.RawMessage   `json:"request"`
						Metadata map[string]string `json:"metadata"`
					} `json:"requests"`
				} `json:"requests"`
			} `json:"inputConfig"`
		} `json:"batch"`
	}
	var ids []string
	var bodies []json.RawMessage
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxUpload)).Decode(&sent)
	for _, one := range sent.Batch.Input.Requests.Requests {
		ids, bodies = append(ids, one.Metadata["key"]), append(bodies, one.Request)
	}
	calls, readErr := readBatchCalls(d, model, ids, bodies)
	if err != nil || readErr != nil || len(calls) == 0 {
		d.refuse(w, http.StatusBadRequest, "", "the batch cannot be read")
		return
	}
	s.batchRequest(w, r, d, func(fault FaultKind) (any, int) {
		b := &batch{id: s.batches.name("g"), provider: Gemini, labels: map[string]string{"displayName": sent.Batch.Label}, calls: calls}
		if err := s.sendBatch(b, fault); err != nil {
			return map[string]string{"error": err.Error()}, http.StatusInternalServerError
		}
		return s.geminiBatch(b, false), http.StatusOK
	})
}

// geminiBatch tells how a batch stands, with the answers when it has ended.
func (s *Sim) geminiBatch(b *batch, whole bool) any {
	meta := map[string]any{"displayName": b.labels["displayName"], "createTime": b.created.UTC().Format(time.RFC3339Nano), "state": "BATCH_STATE_RUNNING"}
	told := map[string]any{"name": "batches/" + b.id, "metadata": meta}
	if !s.ended(b) {
		return told
	}
	meta["state"], told["done"] = "BATCH_STATE_SUCCEEDED", true
	var all []any
	for _, c := range b.calls {
		one := map[string]any{"metadata": map[string]string{"key": c.ID}}
		if c.said != nil {
			one["response"] = gemini().write(c.chat, *c.said)
		} else {
			one["error"] = map[string]any{"code": max(c.status, http.StatusConflict), "message": "it was not answered"}
		}
		all = append(all, one)
	}
	if whole {
		told["response"] = map[string]any{"inlinedResponses": map[string]any{"inlinedResponses": all}}
	}
	return told
}
