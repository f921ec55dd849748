package sim_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/llm"
	"stockdigest.app/stockdigest/internal/sim"
)

// A speaker is a client of one family of models, as the product has it.
type speaker interface {
	Complete(ctx context.Context, model string, p stockdigest.Prompt) (stockdigest.Completion, error)
	Probe(ctx context.Context, model string) error
}

func (p place) speaker(family sim.Provider, key string) (client speaker, model string) {
	p.t.Helper()
	cfg := llm.Config{BaseURL: p.url, Key: key, Now: time.Now}
	var err error
	switch family {
	case sim.Claude:
		client, err = llm.NewClaude(cfg)
		model = "claude-haiku-4-5"
	case sim.Gemini:
		client, err = llm.NewGemini(cfg)
		model = "gemini-2.5-flash"
	default:
		cfg.BaseURL += "/v1"
		client, err = llm.New(cfg)
		model = "gpt-5-mini"
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return client, model
}

func modelFamilies() []sim.Provider { return []sim.Provider{sim.Model, sim.Claude, sim.Gemini} }

func question() stockdigest.Prompt {
	return stockdigest.Prompt{
		Name: "choose", System: "Choose.", MaxOutput: 800, Schema: json.RawMessage(choose),
		Input: "role: company\n<article>\ntitle: x\n[1] Nothing here.\n[2] It paid $5 million.\n</article>\n",
	}
}

func TestEveryFamilySaysTheSameInItsOwnLanguage(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1})
	for i, family := range modelFamilies() {
		client, model := p.speaker(family, sim.Key)
		answer, err := client.Complete(t.Context(), model, question())
		if err != nil || answer.Stop != stockdigest.StopEnd || answer.Model != model {
			t.Fatalf("%s: got %+v, %v", family, answer, err)
		}
		var said struct {
			Sentences []int
			Event     string
			Material  bool
		}
		value, err := question().Read(answer)
		if err == nil {
			err = json.Unmarshal(value, &said)
		}
		if diff := cmp.Diff([]int{2, 1}, said.Sentences); diff != "" || err != nil || !said.Material || said.Event == "" {
			t.Errorf("%s: got %+v, %v: %s", family, said, err, diff)
		}
		line := p.Bill().Lines[i]
		if line.Model != model || line.Usage != answer.Usage || line.Cost != sim.PricesOf(family)[model].Cost(answer.Usage) || line.Cost == 0 {
			t.Errorf("%s: billed %+v for %+v", family, line, answer.Usage)
		}
		if e := p.Log().Entries[i]; e.Provider != family || e.Route != "read" {
			t.Errorf("%s: logged %+v", family, e)
		}
		if err := client.Probe(t.Context(), model); err != nil {
			t.Errorf("%s: probe: %v", family, err)
		}
	}
	if n := p.Bill().Calls; n != len(modelFamilies()) {
		t.Errorf("%d calls were billed, want one of each family and no probe", n)
	}
}

func TestEveryFamilyRefusesAsItsProviderDoes(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1})
	for _, family := range modelFamilies() {
		stranger, model := p.speaker(family, "another")
		client, _ := p.speaker(family, sim.Key)
		for want, ask := range map[stockdigest.CallReason]func() error{
			stockdigest.CallBadKey: func() error { return stranger.Probe(t.Context(), model) },
			stockdigest.CallNoModel: func() error {
				_, err := client.Complete(t.Context(), "model-none", question())
				return err
			},
		} {
			if e, ok := errors.AsType[*stockdigest.CallError](ask()); !ok || e.Reason != want {
				t.Errorf("%s: got %v, want %s", family, e, want)
			}
		}
	}
}

func TestModelFaultsAreSeenForWhatTheyAre(t *testing.T) {
	t.Parallel()
	calls := map[sim.FaultKind]stockdigest.CallReason{
		sim.FaultBusy: stockdigest.CallBusy, sim.FaultBusyAfter: stockdigest.CallBusy, sim.FaultBusyAbsurd: stockdigest.CallBusy,
		sim.FaultError: stockdigest.CallOverloaded, sim.FaultGateway: stockdigest.CallOverloaded, sim.FaultOverload: stockdigest.CallOverloaded,
		sim.FaultRedirects: stockdigest.CallBadRequest, sim.FaultHalf: stockdigest.CallBroken, sim.FaultType: stockdigest.CallBroken,
		sim.FaultHuge: stockdigest.CallBroken, sim.FaultBomb: stockdigest.CallBroken, sim.FaultWall: stockdigest.CallBadKey,
	}
	answers := map[sim.FaultKind]stockdigest.AnswerFault{
		sim.FaultRefusal: stockdigest.AnswerRefused, sim.FaultCut: stockdigest.AnswerCut, sim.FaultBlanks: stockdigest.AnswerPadded,
		sim.FaultLoop: stockdigest.AnswerRepeats, sim.FaultForm: stockdigest.AnswerWrongType,
		sim.FaultTokens: "", sim.FaultIDs: "", sim.FaultFences: "", sim.FaultLies: "", sim.FaultWords: "", sim.FaultDenies: "", sim.FaultPraise: "", sim.FaultScorn: "", sim.FaultLate: "",
	}
	for _, family := range modelFamilies() {
		p := open(t, sim.Config{Seed: 1})
		client, model := p.speaker(family, sim.Key)
		for _, kind := range sim.FaultKinds() {
			if kind == sim.FaultHang || kind == sim.FaultHangBody {
				continue
			}
			p.SetFaults([]sim.Fault{{Provider: family, Kind: kind, Share: 1}})
			before := p.Bill().Calls
			answer, err := client.Complete(t.Context(), model, question())
			if reason, fails := calls[kind]; fails {
				e, ok := errors.AsType[*stockdigest.CallError](err)
				if !ok || e.Reason != reason || !e.MaybeBilled && p.Bill().Calls != before {
					t.Errorf("%s, %s: got %v, want %s; %d calls billed", family, kind, err, reason, p.Bill().Calls-before)
				}
				after := map[sim.FaultKind]time.Duration{sim.FaultBusyAfter: time.Second, sim.FaultBusyAbsurd: 24 * time.Hour}[kind]
				if ok && e.RetryAfter != after {
					t.Errorf("%s, %s: got a wait of %s, want %s", family, kind, e.RetryAfter, after)
				}
				continue
			}
			_, bad := question().Read(answer)
			var fault stockdigest.AnswerFault
			if e, ok := errors.AsType[*stockdigest.AnswerError](bad); ok {
				fault = e.Fault
			}
			want, known := answers[kind]
			if !known || err != nil || fault != want || p.Bill().Calls != before+1 {
				t.Errorf("%s, %s: got %+v, %v and %v, want %q and one call billed", family, kind, answer, err, bad, want)
			}
		}
	}
}

func TestAFaultOfOneFamilyLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1})
	p.SetFaults([]sim.Fault{{Provider: sim.Claude, Kind: sim.FaultOverload, Share: 1}})
	for _, family := range modelFamilies() {
		client, model := p.speaker(family, sim.Key)
		if _, err := client.Complete(t.Context(), model, question()); (err != nil) != (family == sim.Claude) {
			t.Errorf("%s: got %v", family, err)
		}
	}
}

func TestTheWorldTellsWhereItsModelsAre(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1})
	resp, err := http.Get(p.url + "/_pretend/world.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	var told sim.World
	if err := json.Unmarshal(raw, &told); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sim.ModelSettings(p.url), told.Models); diff != "" {
		t.Errorf("models (-want +got):\n%s", diff)
	}
}
