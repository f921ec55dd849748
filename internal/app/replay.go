package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/calls"
	"stockdigest.app/stockdigest/internal/night"
)

// ReportsFile is where a recorded night and a replay keep their reports.
const ReportsFile = "reports.json"

// Replay runs a recorded night from nothing, in a database that is thrown away,
// and writes its digests and its reports to out. Nothing is asked of anybody:
// models answer what they answered when the night was recorded, and where the
// recording holds no answer the rules write. It tells of every address and
// every answer that the recording does not hold. Prompts of the settings are
// used in place of the recorded ones.
func Replay(ctx context.Context, opts Options, dir string, kind stockdigest.ReportKind, out string, console *Console) (mornings []Morning, err error) {
	n, err := night.Open(dir)
	if err != nil {
		return nil, err
	}
	if opts, err = opts.recorded(n.Models()); err != nil {
		return nil, err
	}
	opts, drop, err := throwaway(opts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	missing := &unasked{answers: map[string]int{}}
	at := func(asOf time.Time) World {
		w := OfNight(n, asOf)
		w.unasked = missing
		return w
	}
	mornings, err = runNight(ctx, opts, n.Mornings, at, kind, out, console)
	for _, url := range n.Misses() {
		console.Say("not in the recording: %s", url)
	}
	missing.tell(console)
	if err != nil {
		return mornings, err
	}
	return mornings, writeReports(out, mornings)
}

// writeReports keeps the reports beside their digests, for Diff.
func writeReports(dir string, mornings []Morning) error {
	raw, err := json.MarshalIndent(mornings, "", " ")
	if err != nil {
		return fmt.Errorf("write %s: %w", ReportsFile, err)
	}
	return writeAll(dir, map[string][]byte{ReportsFile: append(raw, '\n')})
}

// throwaway returns opts with a database that lives as long as the caller needs,
// and the price list of the data folder.
func throwaway(opts Options) (Options, func() error, error) {
	temp, err := os.MkdirTemp("", "stockdigest-")
	if err != nil {
		return opts, nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	prices, err := os.ReadFile(filepath.Join(opts.Dir, PriceFile))
	if err == nil {
		err = os.WriteFile(filepath.Join(temp, PriceFile), prices, 0o600) //nolint:gosec // a folder that we made
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return opts, nil, fmt.Errorf("copy the price list: %w", errors.Join(err, os.RemoveAll(temp)))
	}
	opts.Dir, opts.DatabaseURL = temp, ""
	return opts, func() error { return os.RemoveAll(temp) }, nil
}

// An unasked stands for the models in a replay: it answers nothing, and counts
// what was asked that the recording holds no answer to.
type unasked struct {
	mu      sync.Mutex
	answers map[string]int // by model and prompt
}

// tell says what was missing.
func (u *unasked) tell(console *Console) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, what := range slices.Sorted(maps.Keys(u.answers)) {
		console.Say("not in the recording: %d answers of %s; the next model or the rules wrote", u.answers[what], what)
	}
}

func (u *unasked) provider(name string) calls.Provider { return unaskedProvider{u, name} }

type unaskedProvider struct {
	of   *unasked
	name string
}

// Complete refuses: an answer that is recorded stands in the ledger already.
func (p unaskedProvider) Complete(_ context.Context, model string, prompt stockdigest.Prompt) (stockdigest.Completion, error) {
	what := p.name + ":" + model + " to " + prompt.Name + " " + prompt.Version
	p.of.mu.Lock()
	p.of.answers[what]++
	p.of.mu.Unlock()
	return stockdigest.Completion{}, &stockdigest.CallError{
		Provider: p.name, Reason: stockdigest.CallUnrecorded, Err: errors.New("the recording holds no answer of " + what),
	}
}

// free are the prices of a replay.
type free struct{}

// Worst is nothing.
func (free) Worst(string, string, stockdigest.Prompt, stockdigest.Day) (stockdigest.Micros, error) {
	return 0, nil
}

// Cost is nothing.
func (free) Cost(string, string, stockdigest.Usage, stockdigest.Day) (stockdigest.Micros, error) {
	return 0, nil
}

// Batched is nothing, and nothing is batched.
func (free) Batched(string, string, stockdigest.Micros, stockdigest.Day) (stockdigest.Micros, bool) {
	return 0, false
}

// keepRecorded puts what models answered in a recorded night into its ledger:
// it was paid for.
func (a *App) keepRecorded(ctx context.Context) error {
	if a.caller == nil || a.world.night == nil || a.world.night.Models() == nil {
		return nil
	}
	if err := a.store.KeepAnswers(ctx, a.world.night.Models().Answers); err != nil {
		return fmt.Errorf("read the answers of the night: %w", err)
	}
	return nil
}

// models is what a recording keeps of the models: nil when none was asked.
func (a *App) models(ctx context.Context) (*night.Models, error) {
	if a.caller == nil {
		return nil, nil //nolint:nilnil // the night has none
	}
	answers, err := a.store.Answers(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the answers of the models: %w", err)
	}
	m := &night.Models{Answers: answers, Settings: map[string]string{}}
	for _, f := range a.opts.asked() {
		m.Providers = append(m.Providers, f.name)
	}
	err = a.opts.eachModelSetting(func(name string, value reflect.Value) { m.Settings[name] = value.String() })
	return m, err
}

// eachModelSetting visits the settings that decide who is asked what, with the
// chains and the writer that they mean.
func (o *Options) eachModelSetting(visit func(name string, value reflect.Value)) error {
	resolved := *o
	resolved.Writer = o.writer()
	chains, err := o.chains()
	if err != nil {
		return err
	}
	for _, c := range []struct {
		into   *string
		models []stockdigest.Model
	}{{&resolved.ModelsRead, chains.read}, {&resolved.ModelsWrite, chains.write}, {&resolved.ModelsCheap, chains.cheap}, {&resolved.ModelsVote, chains.vote}} {
		*c.into = chainText(c.models)
	}
	if resolved.ModelsJudge = chainText(chains.judge); len(chains.judge) == 0 {
		resolved.ModelsJudge = nobody
	}
	visitModelSettings(&resolved, visit)
	return nil
}

func chainText(models []stockdigest.Model) string {
	parts := make([]string, 0, len(models))
	for _, m := range models {
		parts = append(parts, m.String())
	}
	return strings.Join(parts, ",")
}

func visitModelSettings(o *Options, visit func(name string, value reflect.Value)) {
	value := reflect.ValueOf(o).Elem()
	for i := range value.NumField() {
		name := value.Type().Field(i).Tag.Get("env")
		if name == "STOCKDIGEST_WRITER" || name == "STOCKDIGEST_PROMPTS" || strings.HasPrefix(name, "STOCKDIGEST_MODELS_") {
			visit(name, value.Field(i))
		}
	}
}

// recorded is o with the models of a recorded night in place of its own. Nobody
// is asked, so no key is needed. A night without models is written by rules, and
// so is every night when o wants that.
func (o Options) recorded(m *night.Models) (Options, error) {
	o.ClaudeKey, o.OpenAIKey, o.GeminiKey = "", "", ""
	o.ClaudeURL, o.OpenAIURL, o.GeminiURL = "", "", ""
	o.Canary = ""
	if m == nil || o.Writer == writerExtractive {
		o.Writer, o.ModelsRead, o.ModelsWrite, o.ModelsCheap = writerExtractive, "", "", ""
		return o, nil
	}
	prompts := o.Prompts
	visitModelSettings(&o, func(name string, value reflect.Value) { value.SetString(m.Settings[name]) })
	o.Prompts = cmp.Or(prompts, o.Prompts)
	const key = "none is needed"
	for _, p := range m.Providers {
		switch p {
		case "claude":
			o.ClaudeKey = key
		case "openai":
			o.OpenAIKey = key
		case "gemini":
			o.GeminiKey = key
		}
	}
	if faults := slices.Concat(o.modelFaults(), o.editionFaults()); len(faults) > 0 {
		return o, stockdigest.Invalid("the models of the night: " + strings.Join(faults, "; "))
	}
	return o, nil
}
