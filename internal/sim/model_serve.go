package sim

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"stockdigest.app/stockdigest"
)

// ModelSettings are the settings that point the product at the models of a world
// at url, other than OpenAI's.
func ModelSettings(url string) map[string]string {
	return map[string]string{"STOCKDIGEST_CLAUDE_URL": url, "STOCKDIGEST_GEMINI_URL": url}
}

// model answers as the server of a family of models: of OpenAI's, unless the path
// is one of another's.
func (s *Sim) model(w http.ResponseWriter, r *http.Request) {
	d, model, task := openAI(), "", strings.TrimPrefix(r.URL.Path, "/v1/")
	if rest, ok := strings.CutPrefix(r.URL.Path, "/v1beta/"); ok {
		d, task = gemini(), rest
		if named, ok := strings.CutPrefix(rest, "models/"); ok {
			model, task, _ = strings.Cut(named, ":")
		}
	} else if strings.HasPrefix(task, "messages") {
		d = claude()
	}
	if d.key(r.Header) != Key {
		d.refuse(w, http.StatusUnauthorized, "", "API key not valid: it is not "+Key)
		return
	}
	if s.aboutBatches(w, r, d.provider, model, task) {
		return
	}
	switch r.Method + " " + task {
	case "GET models":
		s.models(w)
	case "POST chat/completions", "POST messages", "POST generateContent":
		s.ask(w, r, d, model, s.complete)
	case "POST messages/count_tokens", "POST countTokens":
		s.ask(w, r, d, model, func(w http.ResponseWriter, _ *http.Request, d dialect, c chat) {
			writeJSON(w, d.count(c.usage("").In))
		})
	default:
		d.refuse(w, http.StatusNotFound, "", "no such route")
	}
}

// aboutBatches answers what is asked about batches.
func (s *Sim) aboutBatches(w http.ResponseWriter, r *http.Request, of Provider, model, task string) bool {
	first, rest, _ := strings.Cut(strings.TrimPrefix(task, "messages/"), "/")
	switch {
	case of == Gemini && task == "batchGenerateContent":
		s.geminiSends(w, r, model)
	case of == Gemini && first == "batches":
		s.geminiBatches(w, r, rest)
	case of == Claude && first == "batches":
		s.claudeBatches(w, r, rest)
	case of == Model && first == "batches":
		s.openAIBatches(w, r, rest)
	case of == Model && first == "files":
		s.openAIFiles(w, r, rest)
	default:
		return false
	}
	return true
}

// ask reads a request for a model that there is.
func (s *Sim) ask(w http.ResponseWriter, r *http.Request, d dialect, model string, then func(http.ResponseWriter, *http.Request, dialect, chat)) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
	if err != nil {
		d.refuse(w, http.StatusRequestEntityTooLarge, "", "the request is too large or broke off")
		return
	}
	c, err := d.read(model, raw)
	if err != nil {
		d.refuse(w, http.StatusBadRequest, "", "the request cannot be read: "+err.Error())
		return
	}
	if _, ok := PricesOf(d.provider)[c.model]; !ok {
		d.refuse(w, http.StatusNotFound, "", "no model "+c.model)
		return
	}
	then(w, r, d, c)
}

// complete answers a prompt. What is said, and what it costs, does not depend on
// the language.
func (s *Sim) complete(w http.ResponseWriter, r *http.Request, d dialect, c chat) {
	route, tickers := s.about(c.input())
	usage := c.usage(s.think(c, route, ""))
	x := exchange{
		provider: d.provider, route: route, key: c.key(), tickers: tickers, tokens: usage.In + usage.Out,
		kind: "application/json", refuse: d.refuse,
	}
	x.make = func(fault FaultKind) (answer, error) {
		said := s.utter(c, route, fault)
		body, err := json.Marshal(d.write(c, said))
		if err != nil {
			return answer{}, err
		}
		// A call is billed from the moment the model begins, whether or not
		// anybody waits for the answer.
		line := BillLine{
			Key: x.key, Model: c.model, Route: route, Tickers: tickers, Usage: said.usage,
			Cost: PricesOf(d.provider)[c.model].Cost(said.usage), At: s.cfg.Now(),
		}
		return answer{status: http.StatusOK, body: body}, s.bill.add(line)
	}
	s.answer(w, r, x)
}

// utter is what a model says, or what a fault makes of it.
func (s *Sim) utter(c chat, route string, fault FaultKind) utterance {
	text := s.think(c, route, fault)
	u := utterance{text: text, stop: stockdigest.StopEnd}
	begun := text[:len(text)/2]
	switch fault {
	case FaultRefusal:
		u.text, u.stop = "", stockdigest.StopRefusal
	case FaultCut:
		u.text, u.stop = begun, stockdigest.StopLength
	case FaultBlanks:
		u.text, u.stop = begun+strings.Repeat(" ", 8000), stockdigest.StopLength
	case FaultLoop:
		u.text, u.stop = begun+strings.Repeat(" and so on", 800), stockdigest.StopLength
	case FaultForm:
		u.text = "[" + text + "]"
	case FaultFences:
		u.text = "Here it is:\n```json\n" + text + "\n```"
	default: // the others are of the network
	}
	u.usage = c.usage(u.text)
	if fault == FaultTokens {
		u.usage.In, u.usage.Out = 10*u.usage.In, 10*u.usage.Out
	}
	return u
}

func (s *Sim) models(w http.ResponseWriter) {
	type entry struct {
		ID     string `json:"id"`
		Object string `json:"object"`
	}
	list := []entry{}
	for name := range Prices() {
		list = append(list, entry{name, "model"})
	}
	writeJSON(w, map[string]any{"object": "list", "data": list})
}
