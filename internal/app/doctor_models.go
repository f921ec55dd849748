package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// probeTime is how long doctor waits for a provider of models.
const probeTime = 15 * time.Second

// A prober can ask a provider for nothing, which costs nothing.
type prober interface {
	Probe(ctx context.Context, model string) error
}

// checkModels asks every provider of the settings whether each model that they
// name would answer. Offline it looks at the settings alone.
func checkModels(ctx context.Context, opts Options, offline bool) []Check {
	const name = "models"
	if opts.writer() == writerExtractive {
		return []Check{passed(name, "none: the writer is extractive, which needs no key")}
	}
	c, err := opts.chains()
	if err == nil {
		err = opts.priced(c)
	}
	if err != nil {
		return []Check{failed(name, err)}
	}
	if offline {
		return []Check{passed(name, "asked first: "+opts.writer()+"; not tried")}
	}
	var checks []Check
	for _, f := range opts.asked() {
		checks = append(checks, checkFamily(ctx, f, modelsOf(f.name, c)))
	}
	return checks
}

// modelsOf are the names of a provider's models, each once.
func modelsOf(provider string, c chains) []string {
	var all []string
	for _, m := range c.all() {
		if m.Provider == provider && !slices.Contains(all, m.Name) {
			all = append(all, m.Name)
		}
	}
	return all
}

func checkFamily(ctx context.Context, f family, models []string) Check {
	name := "models of " + f.name
	client, err := f.client(time.Now) //nolint:contextcheck // a client outlives the call that makes it
	if err != nil {
		return failed(name, err)
	}
	asked, ok := client.(prober)
	if !ok {
		return Check{Name: name, State: "warn", Detail: "cannot be tried without paying"}
	}
	for _, model := range models {
		limited, cancel := context.WithTimeoutCause(ctx, probeTime, fmt.Errorf("no answer within %s", probeTime))
		err := asked.Probe(limited, model)
		cancel()
		if err != nil {
			return Check{Name: name, State: "fail", Detail: OneLine(err) + f.wayOut(err, model)}
		}
	}
	return passed(name, strings.Join(models, ", ")+" would answer")
}

// wayOut is what to do about a provider that would not answer.
func (f family) wayOut(err error, model string) string {
	call, ok := errors.AsType[*stockdigest.CallError](err)
	if !ok {
		return ""
	}
	switch call.Reason {
	case stockdigest.CallBadKey:
		return "; give another " + f.keyName
	case stockdigest.CallNoModel:
		return "; name another model than " + model + " in STOCKDIGEST_MODELS_READ, _WRITE, _CHEAP or _VOTE"
	case stockdigest.CallNoFunds:
		return "; pay in at the provider: until then reports come from the next provider, or without a model"
	case stockdigest.CallClock:
		return "; set this machine's clock"
	case stockdigest.CallUnavailable, stockdigest.CallTimeout:
		return "; see that this machine may connect to " + f.name + ", or set " + f.atName
	default:
		return ""
	}
}
