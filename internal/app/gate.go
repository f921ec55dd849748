package app

import (
	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/verify"
)

// nobody stands in a setting for a list of models without any.
const nobody = "none"

// judgeSetting is the list of judges that the settings give, empty for none.
func (o Options) judgeSetting() string {
	if o.ModelsJudge == nobody {
		return ""
	}
	return o.ModelsJudge
}

// judges are the models that judge wordings: those that read articles are good
// enough to compare a sentence with its quotes.
func (o Options) judges() ([]stockdigest.Model, error) {
	if o.ModelsJudge == nobody {
		return nil, nil
	}
	return o.chain(o.ModelsJudge, func(f family) string { return f.read })
}

// gate is the gate of the settings: with models where there are any.
func (a *App) gate() *verify.Step {
	if !a.asks() {
		return verify.New(a.store)
	}
	return verify.WithModels(a.store, a.caller, verify.ModelConfig{Judge: a.chains.judge, Mend: a.chains.write, Sum: a.chains.write, Now: a.world.Now})
}
