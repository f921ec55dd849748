package sim

import (
	"sync"
	"time"
)

// A Provider is one of the outsiders that the pretend world plays.
type Provider string

// The providers.
const (
	Feeds  Provider = "feeds"
	Pages  Provider = "pages"
	EDGAR  Provider = "edgar"
	Model  Provider = "model" // that speaks as OpenAI does
	Claude Provider = "claude"
	Gemini Provider = "gemini"
)

// Providers lists them.
func Providers() []Provider { return []Provider{Feeds, Pages, EDGAR, Model, Claude, Gemini} }

// A Limit is how hard a provider may be asked; more gets 429. Zero is no limit.
type Limit struct {
	Parallel int     `json:"parallel"`         // requests at once
	Rate     float64 `json:"rate,omitempty"`   // requests a second, with a second's worth in one go
	Tokens   int     `json:"tokens,omitempty"` // tokens a minute, with a minute's worth in one go
}

// DefaultLimits are the limits when nobody says otherwise.
func DefaultLimits() map[Provider]Limit {
	model := Limit{Parallel: 40, Rate: 40, Tokens: 20_000_000}
	return map[Provider]Limit{
		Feeds: {Parallel: 32}, Pages: {Parallel: 20}, EDGAR: {Parallel: 10, Rate: 10}, Model: model, Claude: model, Gemini: model,
	}
}

// scaled is the limit in a world whose seconds last longer or shorter.
func (l Limit) scaled(by float64) Limit {
	if by <= 0 {
		return Limit{Parallel: l.Parallel}
	}
	return Limit{Parallel: l.Parallel, Rate: l.Rate / by, Tokens: int(float64(l.Tokens) / by)}
}

// A gate counts what is under way at a provider.
type gate struct {
	limit Limit

	mu     sync.Mutex
	inside int
	calls  bucket
	tokens bucket
}

func newGate(l Limit, now time.Time) *gate {
	return &gate{
		limit:  l,
		calls:  bucket{rate: l.Rate, most: max(l.Rate, 1), left: max(l.Rate, 1), at: now},
		tokens: bucket{rate: float64(l.Tokens) / 60, most: float64(l.Tokens), left: float64(l.Tokens), at: now},
	}
}

// enter lets a request in, or refuses it and says after how long it may work.
func (g *gate) enter(now time.Time, tokens int) (ok bool, after time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limit.Parallel > 0 && g.inside >= g.limit.Parallel {
		return false, time.Second
	}
	if wait := max(g.calls.wait(now, 1), g.tokens.wait(now, float64(tokens))); wait > 0 {
		return false, wait
	}
	g.calls.take(1)
	g.tokens.take(float64(tokens))
	g.inside++
	return true, 0
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
}

// A bucket fills at rate a second up to most. A rate of zero is no limit.
type bucket struct {
	rate, most, left float64
	at               time.Time
}

func (b *bucket) wait(now time.Time, n float64) time.Duration {
	if b.rate <= 0 {
		return 0
	}
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.left, b.at = min(b.most, b.left+passed*b.rate), now
	}
	if b.left >= min(n, b.most) {
		return 0
	}
	return time.Duration((min(n, b.most) - b.left) / b.rate * float64(time.Second))
}

func (b *bucket) take(n float64) {
	if b.rate > 0 {
		b.left -= n
	}
}
