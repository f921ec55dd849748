package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// openAIFiles takes files and gives those of answers.
func (s *Sim) openAIFiles(w http.ResponseWriter, r *http.Request, task string) {
	d := openAI()
	id, isContent := strings.CutSuffix(task, "/content")
	switch {
	case r.Method == http.MethodPost && id == "":
		raw, err := uploaded(w, r)
		if err != nil {
			d.refuse(w, http.StatusBadRequest, "", "the file cannot be read: "+err.Error())
			return
		}
		s.batchRequest(w, r, d, func(FaultKind) (any, int) {
			id := s.batches.name("file")
			s.batches.files[id] = raw
			return map[string]any{"id": id, "object": "file", "purpose": "batch", "bytes": len(raw)}, http.StatusOK
		})
	default:
		s.batchRequest(w, r, d, func(FaultKind) (any, int) {
			if raw, ok := s.batches.files[id]; ok && isContent && r.Method == http.MethodGet {
				return raw, http.StatusOK
			}
			return openAINone("file"), http.StatusNotFound
		})
	}
}

func openAINone(what string) any {
	return map[string]any{"error": map[string]string{"message": "no such " + what, "type": "invalid_request_error"}}
}

var errPurpose = errors.New("its purpose is not batch")

func uploaded(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	file, _, err := r.FormFile("file")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if r.FormValue("purpose") != "batch" {
		return nil, errPurpose
	}
	return io.ReadAll(file)
}

// openAIBatches answers as OpenAI's batches do.
func (s *Sim) openAIBatches(w http.ResponseWriter, r *http.Request, task string) {
	d := openAI()
	id, rest, _ := strings.Cut(task, "/")
	switch {
	case r.Method == http.MethodPost && id == "":
		s.openAISends(w, r, d)
	case r.Method == http.MethodGet && id == "":
		s.batchRequest(w, r, d, func(FaultKind) (any, int) {
			after, limit := page(r, "after")
			list, more := s.batches.newest(Model, after, limit)
			data := []any{}
			for _, b := range list {
				data = append(data, s.openAIBatch(b))
			}
			return map[string]any{"object": "list", "data": data, "has_more": more}, http.StatusOK
		})
	default:
		s.batchRequest(w, r, d, func(FaultKind) (any, int) {
			b := s.batches.find(id)
			switch {
			case b == nil || b.provider != Model:
				return openAINone("batch"), http.StatusNotFound
			case r.Method == http.MethodPost && rest == "cancel":
				b.late = false
			}
			return s.openAIBatch(b), http.StatusOK
		})
	}
}

func (s *Sim) openAISends(w http.ResponseWriter, r *http.Request, d dialect) {
	var sent struct {
		File     string            `json:"input_file_id"`
		Endpoint string            `json:"endpoint"`
		Window   string            `json:"completion_window"`
		Labels   map[string]string `json:"metadata"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxUpload)).Decode(&sent)
	if err != nil || sent.Endpoint != "/v1/chat/completions" || sent.Window != "24h" {
		d.refuse(w, http.StatusBadRequest, "", "the batch cannot be read")
		return
	}
	s.batchRequest(w, r, d, func(fault FaultKind) (any, int) {
		calls, err := readOpenAIFile(d, s.batches.files[sent.File])
		if err != nil || len(calls) == 0 {
			return openAINone("file of calls"), http.StatusBadRequest
		}
		b := &batch{id: s.batches.name("batch"), provider: Model, labels: sent.Labels, calls: calls}
		if err := s.sendBatch(b, fault); err != nil {
			return map[string]string{"error": err.Error()}, http.StatusInternalServerError
		}
		return s.openAIBatch(b), http.StatusOK
	})
}

func readOpenAIFile(d dialect, raw []byte) ([]batchCall, error) {
	var ids []string
	var bodies []json.RawMessage
	for line := range bytes.Lines(raw) {
		var one struct {
			ID   string          `json:"custom_id"`
			Body json.RawMessage `json:"body"`
		}
		if err := json.Unmarshal(line, &one); err != nil {
			return nil, err
		}
		ids, bodies = append(ids, one.ID), append(bodies, one.Body)
	}
	return readBatchCalls(d, "", ids, bodies)
}

// openAIBatch tells how a batch stands. Its files are there when it has ended.
func (s *Sim) openAIBatch(b *batch) any {
	told := map[string]any{
		"id": b.id, "object": "batch", "endpoint": "/v1/chat/completions", "status": "in_progress",
		"created_at": b.created.Unix(), "metadata": b.labels, "output_file_id": nil, "error_file_id": nil,
	}
	if !s.ended(b) {
		return told
	}
	good, bad := openAIResults(openAI(), b)
	told["status"] = "completed"
	for name, lines := range map[string][]any{"output_file_id": good, "error_file_id": bad} {
		if len(lines) > 0 {
			id := name + "-" + b.id
			s.batches.files[id] = jsonLines(lines)
			told[name] = id
		}
	}
	return told
}

func openAIResults(d dialect, b *batch) (good, bad []any) {
	for _, c := range b.calls {
		switch {
		case c.said != nil:
			good = append(good, map[string]any{"custom_id": c.ID, "error": nil, "response": map[string]any{"status_code": http.StatusOK, "body": d.write(c.chat, *c.said)}})
		case c.status != 0:
			body := map[string]any{"error": map[string]string{"message": "it fails on purpose", "type": "server_error"}}
			bad = append(bad, map[string]any{"custom_id": c.ID, "error": nil, "response": map[string]any{"status_code": c.status, "body": body}})
		default:
			bad = append(bad, map[string]any{"custom_id": c.ID, "response": nil, "error": map[string]string{"code": "batch_cancelled", "message": "it was cancelled"}})
		}
	}
	return good, bad
}
