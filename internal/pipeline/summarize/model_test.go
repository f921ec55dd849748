package summarize_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/pipeline/summarize"
)

const (
	dear  = "dear-model"
	cheap = "cheap-model"
)

// An oracle is an Asker that answers by a function and keeps what it was asked.
type oracle struct {
	answer func(ask stockdigest.Ask) (string, error)

	mu   sync.Mutex
	asks []stockdigest.Ask
}

func (o *oracle) Ask(_ context.Context, ask stockdigest.Ask) (stockdigest.Completion, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asks = append(o.asks, ask)
	text, err := o.answer(ask)
	return stockdigest.Completion{Text: text, Model: "evil <b>name</b>"}, err
}

// of are the prompts of one name that were asked for.
func (o *oracle) of(name string) []stockdigest.Ask {
	var found []stockdigest.Ask
	for _, a := range o.asks {
		if a.Prompt.Name == name {
			found = append(found, a)
		}
	}
	return found
}

var line = regexp.MustCompile(`(?m)^\[(\d+)\] (.*)$`)

// naming answers with the numbers of the lines that hold the words, in the
// order of the words, or with these lines as bullets.
func naming(ask stockdigest.Ask, words ...string) string {
	var numbers, bullets []string
	for _, w := range words {
		for _, l := range line.FindAllStringSubmatch(ask.Prompt.Input, -1) {
			if strings.Contains(l[2], w) {
				numbers = append(numbers, l[1])
				bullets = append(bullets, wording(l[2], l[1]))
			}
		}
	}
	if ask.Prompt.Name == "write" {
		return `{"bullets":[` + strings.Join(bullets, ",") + `]}`
	}
	return `{"sentences":[` + strings.Join(numbers, ",") + `],"event":"guidance","material":true}`
}

// wording is a bullet of an answer.
func wording(text string, from ...string) string {
	return fmt.Sprintf(`{"from":[%s],"text":%q,"impact":"medium","sentiment":"neutral","relevance":"direct"}`, strings.Join(from, ","), text)
}

// everything answers with every line in its order.
func everything(ask stockdigest.Ask) (string, error) { return naming(ask, ""), nil }

func clock() time.Time { return asOf }

func modelWriter(o desk.Asker) summarize.Writer {
	return summarize.Model(o, names.NewLinker([]stockdigest.Ticker{brightwell()}), summarize.ModelConfig{
		Read: []stockdigest.Model{{Provider: "openai", Name: dear}}, Write: []stockdigest.Model{{Provider: "openai", Name: dear}},
		Cheap: []stockdigest.Model{{Provider: "openai", Name: cheap}}, Now: clock,
	})
}

func draft(t *testing.T, w summarize.Writer, r stockdigest.Run, m stockdigest.Material) stockdigest.Draft {
	t.Helper()
	d, err := w.Write(t.Context(), r, m)
	if err != nil {
		t.Fatalf("Write: %v", err)
	}
	for _, b := range d.Bullets() {
		for _, c := range m.Candidates {
			if e := b.Evidence[0]; string(c.Article.ID) == e.Source && (e.Quote != b.Text || e.Check(c.Text.Body) != nil) {
				t.Errorf("bullet %q does not stand in its source", b.Text)
			}
		}
	}
	return d
}

const appointment = `Brightwell named Ada Quill chief executive on Monday, succeeding Bo Reed after 11 years.

Brightwell shares of the founders' family stay at 30% of the votes. Ada Quill has led the scanner arm of Brightwell since 2019.`

// morning is a run with two stories of one article each.
func morning() stockdigest.Material {
	a := candidate("https://wire.example/results", "Wire", "Brightwell raises full-year forecast", results)
	b := candidate("https://post.example/chief", "Post", "Brightwell names chief executive", appointment)
	return material([]stockdigest.Story{story(a.Article.Title, a), story(b.Article.Title, b)}, a, b)
}

// happenings are eight events, each with a second sentence.
func happenings() [][3]string {
	return [][3]string{
		{"Brightwell wins hospital order", "Brightwell won a contract worth $84 million on Monday to equip nine hospitals in Ohio.", "Delivery of the machines that Brightwell builds in Dayton begins in May."},
		{"Brightwell recalls batteries", "Brightwell recalled 12,400 batteries on Sunday because some overheat while charging.", "Two nurses were burned, the safety agency told Brightwell in a letter."},
		{"Brightwell sued over patent", "Kestrel sued Brightwell in a Delaware court, claiming $300 million for a stolen patent.", "Brightwell denies that it copied the lens design of its rival."},
		{"Brightwell cuts jobs in Spain", "Brightwell will cut 640 jobs at its Spanish plant before December.", "Unions called a strike against Brightwell for Thursday in Valencia."},
		{"Brightwell raises dividend", "Brightwell lifted its quarterly dividend by 12% to 28 cents a share.", "The payout costs Brightwell about $61 million each year."},
		{"Brightwell to buy Oakfield", "Brightwell agreed to acquire software maker Oakfield for $1.1 billion in cash.", "Regulators in Brussels must clear the takeover, Brightwell said."},
		{"Brightwell finance chief resigns", "Finance chief Nora Pell resigned from Brightwell over a dispute about accounting.", "Brightwell hired an interim replacement from Tallis Bank."},
		{"FDA approves Brightwell probe", "The FDA approved the handheld ultrasound probe of Brightwell for use in ambulances.", "Analysts had expected Brightwell to wait until autumn for clearance."},
	}
}

// week is a run with n of the happenings, told by k articles each.
func week(n, k int) stockdigest.Material {
	var stories []stockdigest.Story
	var all []stockdigest.Candidate
	for i, h := range happenings()[:n] {
		var of []stockdigest.Candidate
		for j := range k {
			body := h[1] + "\n\n" + h[2] + fmt.Sprintf("\n\nThe account of desk %d on Brightwell ends with these %d words.", j, 100+j)
			of = append(of, candidate(fmt.Sprintf("https://wire.example/%d/%d", i, j), fmt.Sprintf("Wire %d", j), h[0], body))
		}
		stories, all = append(stories, story(h[0], of...)), append(all, of...)
	}
	return material(stories, all...)
}

func TestModelChoosesAndWritesNothing(t *testing.T) {
	t.Parallel()
	o := &oracle{answer: func(ask stockdigest.Ask) (string, error) {
		return naming(ask, "named Ada Quill", "Net profit", "raised its"), nil
	}}
	d := draft(t, modelWriter(o), run(), morning())
	want := []string{
		"Brightwell named Ada Quill chief executive on Monday, succeeding Bo Reed after 11 years.",
		"Brightwell raised its full-year sales forecast to $4.2 billion from $4.0 billion on Monday after orders for its Lumina scanners grew 14% in the third quarter.",
		"Net profit rose 9% to $210 million, Brightwell said.",
	}
	if diff := cmp.Diff(want, texts(d.Bullets())); diff != "" {
		t.Errorf("bullets (-want +got):\n%s", diff)
	}
	if d.Writer != dear || d.Rung != stockdigest.RungFull || d.Written != (stockdigest.Written{Read: 2, Of: 2}) {
		t.Errorf("got writer %q, rung %q, %+v, want the model, in full", d.Writer, d.Rung, d.Written)
	}
	if b := d.Bullets()[0]; b.Relevance != stockdigest.Direct || !strings.Contains(b.Why, "the model calls it guidance") {
		t.Errorf("got relevance %s and why %q, want the labels of the rules and the model's word", b.Relevance, b.Why)
	}
}

func TestAnArticleIsAskedForAlikeByEveryTickerRunAndReader(t *testing.T) {
	t.Parallel()
	m := morning()
	o := &oracle{answer: everything}
	draft(t, modelWriter(o), run(), m)
	other := &oracle{answer: everything}
	m.Ticker = stockdigest.Ticker{Symbol: "KSTL", Name: "Kestrel plc"}
	m.Feeds = []stockdigest.TickerFeed{{Role: stockdigest.RoleCompany, Subject: "secret-subject"}}
	r := stockdigest.Run{ID: "r2", Ticker: "KSTL", Kind: stockdigest.AdHoc, AsOf: asOf.Add(time.Hour), CreatedBy: "reader 0192-canary"}
	draft(t, modelWriter(other), r, m)
	prompts := func(o *oracle) map[string]stockdigest.Prompt {
		by := map[string]stockdigest.Prompt{}
		for _, a := range o.of("choose") {
			by[a.Prompt.Input] = a.Prompt
		}
		return by
	}
	if diff := cmp.Diff(prompts(o), prompts(other)); diff != "" || len(prompts(o)) != 2 {
		t.Errorf("two tickers that read the same articles ask differently:\n%s", diff)
	}
	for _, a := range other.asks {
		if text := a.Prompt.System + a.Prompt.Input; strings.Contains(text, "canary") || strings.Contains(text, "secret") || strings.Contains(text, "0192") {
			t.Errorf("the prompt %s holds what is the reader's: %s", a.Prompt.Name, text)
		}
		if a.Run != "r2" || a.Step != stockdigest.StepSummarize || a.Reader != "0192-canary" || a.Provider != "openai" {
			t.Errorf("got %+v, want the run, the step and who pays", a)
		}
	}
}

func TestEqualAnswersGiveEqualDrafts(t *testing.T) {
	t.Parallel()
	m := week(6, 2)
	first := draft(t, modelWriter(&oracle{answer: everything}), run(), m)
	for range 5 {
		if diff := cmp.Diff(first, draft(t, modelWriter(&oracle{answer: everything}), run(), m)); diff != "" {
			t.Fatalf("two drafts of equal answers differ:\n%s", diff)
		}
	}
	if len(first.Bullets()) < 6 || len(first.Bullets()) > 14 {
		t.Errorf("got %d bullets, want 6 to 14", len(first.Bullets()))
	}
}

// A purse is an Asker with so much money for each model.
func purse(money map[string]int) *oracle {
	return &oracle{answer: func(ask stockdigest.Ask) (string, error) {
		if money[ask.Model] == 0 {
			return "", fmt.Errorf("ask %s: %w", ask.Model, &stockdigest.OverBudget{Scope: "run", Cap: stockdigest.Dollar})
		}
		money[ask.Model]--
		return everything(ask)
	}}
}

func TestAReportComesOutAtEveryRung(t *testing.T) {
	t.Parallel()
	const spent = "the budget of the run is spent"
	for name, c := range map[string]struct {
		money map[string]int
		rung  stockdigest.Rung
		read  int
		why   string
	}{
		"enough for all":            {map[string]int{dear: 100}, stockdigest.RungFull, 24, ""},
		"all articles but no order": {map[string]int{dear: 24}, stockdigest.RungFull, 24, spent + ", so the order is by rule"},
		"all, and a cheaper writer": {map[string]int{dear: 24, cheap: 1}, stockdigest.RungCheaper, 24, spent},
		"enough for some":           {map[string]int{dear: 15}, stockdigest.RungFewer, 15, spent},
		"one call of the dear one":  {map[string]int{dear: 1}, stockdigest.RungFewer, 1, spent},
		"some of both":              {map[string]int{dear: 6, cheap: 3}, stockdigest.RungCheaper, 9, spent},
		"the cheaper one only":      {map[string]int{cheap: 100}, stockdigest.RungCheaper, 10, spent},
		"nothing":                   {map[string]int{}, stockdigest.RungExtractive, 0, spent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := week(8, 3)
			d := draft(t, modelWriter(purse(c.money)), run(), m)
			want := stockdigest.Written{Read: c.read, Of: 24, Why: c.why}
			if d.Rung != c.rung || d.Written != want {
				t.Errorf("got rung %q, %+v, want %q, %+v", d.Rung, d.Written, c.rung, want)
			}
			if len(d.Bullets()) < 8 {
				t.Errorf("got %d bullets of 8 stories, want every story told", len(d.Bullets()))
			}
		})
	}
}

func TestTheMostImportantArticlesAreAskedForFirst(t *testing.T) {
	t.Parallel()
	got := summarize.ReadingList(week(6, 3))
	var want []string
	for _, seat := range []string{ // story/article: two of each of the five most important, then the first of every other
		"0/0", "1/0", "2/0", "3/0", "4/0", "0/1", "1/1", "2/1", "3/1", "4/1",
		"5/0", "5/1", "0/2", "1/2", "2/2", "3/2", "4/2", "5/2",
	} {
		want = append(want, "https://wire.example/"+seat)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the order differs (-want +got):\n%s", diff)
	}
}

func TestWithoutAnAnswerTheRulesWrite(t *testing.T) {
	t.Parallel()
	m := week(8, 3)
	byRules := write(t, m)
	overloaded := &stockdigest.CallError{Provider: "openai", Reason: stockdigest.CallOverloaded, Status: 529}
	for name, c := range map[string]struct {
		err error
		why string
	}{
		"overloaded":  {overloaded, "openai gave no answer (overloaded)"},
		"bad key":     {&stockdigest.CallError{Provider: "openai", Reason: stockdigest.CallBadKey, Status: 401}, "openai gave no answer (bad key)"},
		"no funds":    {&stockdigest.CallError{Provider: "openai", Reason: stockdigest.CallNoFunds}, "openai gave no answer (no funds)"},
		"breaker":     {&stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "openai is left alone for 20 s"}, "openai is left alone for 20 s"},
		"no price":    {stockdigest.Invalid("the model has no price"), "the model has no price"},
		"not allowed": {&stockdigest.OverBudget{Scope: "day"}, "the budget of the day is spent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &oracle{answer: func(stockdigest.Ask) (string, error) { return "", fmt.Errorf("ask: %w", c.err) }}
			d := draft(t, modelWriter(o), run(), m)
			if diff := cmp.Diff(texts(byRules), texts(d.Bullets())); diff != "" {
				t.Errorf("bullets differ from those of the rules (-want +got):\n%s", diff)
			}
			if d.Writer != "extractive" || d.Rung != stockdigest.RungExtractive || d.Written != (stockdigest.Written{Of: 24, Why: c.why}) {
				t.Errorf("got %q on %q, %+v, want extractive because of %q", d.Writer, d.Rung, d.Written, c.why)
			}
		})
	}
}

func TestOneArticleWithoutAnAnswerIsLeftToTheRules(t *testing.T) {
	t.Parallel()
	o := &oracle{answer: func(ask stockdigest.Ask) (string, error) {
		if strings.Contains(ask.Prompt.Input, "title: Brightwell raises") {
			return "", &stockdigest.CallError{Provider: "openai", Reason: stockdigest.CallTimeout}
		}
		return everything(ask)
	}}
	d := draft(t, modelWriter(o), run(), morning())
	if got := strings.Join(texts(d.Bullets()), "\n"); !strings.Contains(got, "raised its full-year") || !strings.Contains(got, "named Ada Quill") {
		t.Errorf("got %q, want both stories", got)
	}
	if want := (stockdigest.Written{Read: 1, Of: 2, Why: "openai gave no answer (timeout)"}); d.Rung != stockdigest.RungFewer || d.Written != want {
		t.Errorf("got %q, %+v, want fewer articles, %+v", d.Rung, d.Written, want)
	}
}

func TestAnEmptyAnswerIsNoAnswer(t *testing.T) {
	t.Parallel()
	o := &oracle{answer: func(stockdigest.Ask) (string, error) { return "", nil }}
	d := draft(t, modelWriter(o), run(), morning())
	if diff := cmp.Diff(texts(write(t, morning())), texts(d.Bullets())); diff != "" || d.Written.Why != "4 of its answers could not be used" {
		t.Errorf("why %q, bullets differ from those of the rules (-want +got):\n%s", d.Written.Why, diff)
	}
}

func TestAStopAndAFaultOfOurOwnAreNoDraft(t *testing.T) {
	t.Parallel()
	stop := errors.New("the process stops")
	ctx, cancel := context.WithCancelCause(t.Context())
	o := &oracle{answer: func(stockdigest.Ask) (string, error) { cancel(stop); return "", context.Canceled }}
	if _, err := modelWriter(o).Write(ctx, run(), morning()); !errors.Is(err, stop) {
		t.Errorf("stopped: got %v, want the cause of the stop", err)
	}
	full := errors.New("disk full")
	for _, err := range []error{full, &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: "the run is lost"}} {
		o := &oracle{answer: func(stockdigest.Ask) (string, error) { return "", err }}
		if _, got := modelWriter(o).Write(t.Context(), run(), morning()); !errors.Is(got, err) {
			t.Errorf("got %v, want %v, so that the step is tried again", got, err)
		}
	}
}

func TestAfterTheDeadlineNothingIsAsked(t *testing.T) {
	t.Parallel()
	r := run()
	r.Deadline = asOf.Add(-time.Minute)
	o := &oracle{answer: everything}
	d := draft(t, modelWriter(o), r, morning())
	if len(o.asks) != 0 || len(d.Bullets()) == 0 || d.Rung != stockdigest.RungExtractive || d.Written.Why != "the deadline came first" {
		t.Errorf("%d calls, %d bullets, rung %q, why %q, want none, some, extractive and the deadline", len(o.asks), len(d.Bullets()), d.Rung, d.Written.Why)
	}
}

// A hung provider answers when the caller gives up, and never before.
type hung struct{}

func (hung) Ask(ctx context.Context, _ stockdigest.Ask) (stockdigest.Completion, error) {
	<-ctx.Done()
	return stockdigest.Completion{}, fmt.Errorf("wait for the provider: %w", context.Cause(ctx))
}

func TestTheDeadlineEndsACall(t *testing.T) {
	t.Parallel()
	r := run()
	r.Deadline = asOf.Add(10 * time.Millisecond)
	d := draft(t, modelWriter(hung{}), r, morning())
	if len(d.Bullets()) == 0 || d.Written.Why != "the deadline came first" {
		t.Errorf("got %d bullets, why %q, want a draft by rules at the deadline", len(d.Bullets()), d.Written.Why)
	}
}

// A crowd answers nobody before so many ask at once.
type crowd struct {
	want   int
	mu     sync.Mutex
	inside int
	most   int
	full   chan struct{}
}

func (c *crowd) Ask(_ context.Context, ask stockdigest.Ask) (stockdigest.Completion, error) {
	c.mu.Lock()
	c.inside++
	if c.most = max(c.most, c.inside); c.inside == c.want && ask.Prompt.Name == "choose" {
		select {
		case <-c.full:
		default:
			close(c.full)
		}
	}
	c.mu.Unlock()
	if ask.Prompt.Name == "choose" {
		<-c.full
	}
	c.mu.Lock()
	c.inside--
	c.mu.Unlock()
	text, err := everything(ask)
	return stockdigest.Completion{Text: text}, err
}

func TestEightCallsOfARunGoAtOnce(t *testing.T) {
	t.Parallel()
	c := &crowd{want: 8, full: make(chan struct{})}
	draft(t, modelWriter(c), run(), week(8, 3))
	if c.most < 8 {
		t.Errorf("%d calls at once, want 8 at least", c.most)
	}
}

func TestAModelCannotSilenceAHardEvent(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(stockdigest.Ask) (string, error){
		"called immaterial": func(stockdigest.Ask) (string, error) {
			return `{"sentences":[],"event":"none","material":false}`, nil
		},
		"left out of the bullets": func(ask stockdigest.Ask) (string, error) {
			if ask.Prompt.Name == "write" {
				return naming(ask, "raised its"), nil
			}
			return everything(ask)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := draft(t, modelWriter(&oracle{answer: answer}), run(), morning())
			got := strings.Join(texts(d.Bullets()), "\n")
			if !strings.Contains(got, "raised its full-year") || !strings.Contains(got, "named Ada Quill") {
				t.Errorf("got %q, want both hard events", got)
			}
		})
	}
}

func TestAnImmaterialSoftStoryIsLeftOut(t *testing.T) {
	t.Parallel()
	soft := candidate("https://post.example/club", "Post", "Brightwell staff paint a school",
		"Brightwell staff painted a school in Dayton on Monday with 40 neighbours.\n\nBrightwell gave $2,000 for the paint, and the mayor of Dayton said thanks.")
	m := morning()
	m.Stories, m.Candidates = append(m.Stories, story(soft.Article.Title, soft)), append(m.Candidates, soft)
	o := &oracle{answer: func(ask stockdigest.Ask) (string, error) {
		if strings.Contains(ask.Prompt.Input, "title: Brightwell staff") {
			return `{"sentences":[1],"event":"none","material":false}`, nil
		}
		return everything(ask)
	}}
	d := draft(t, modelWriter(o), run(), m)
	if got := strings.Join(texts(d.Bullets()), "\n"); strings.Contains(got, "painted") || !strings.Contains(got, "Ada Quill") {
		t.Errorf("got %q, want the news without the colour", got)
	}
}

func TestRepeatsAndTeasersAreNotAskedFor(t *testing.T) {
	t.Parallel()
	m := morning()
	m.Stories[0].State = stockdigest.StoryRepeat
	m.Candidates[1].Text.Label = stockdigest.TextPaywall
	o := &oracle{answer: everything}
	d := draft(t, modelWriter(o), run(), m)
	if len(o.asks) != 0 || d.Rung != stockdigest.RungFull || d.Written != (stockdigest.Written{}) {
		t.Errorf("%d calls, rung %q, %+v, want nothing to read", len(o.asks), d.Rung, d.Written)
	}
}

func TestACutRunWithoutTextsStandsOnHeadlines(t *testing.T) {
	t.Parallel()
	m := morning()
	for i := range m.Candidates {
		m.Candidates[i].Text = nil
	}
	r := run()
	r.Steps = []stockdigest.StepDone{{Step: stockdigest.StepExtract, Note: stockdigest.CutNote + " 08:00"}}
	for name, w := range map[string]summarize.Writer{"model": modelWriter(&oracle{answer: everything}), "extractive": summarize.Extractive(names.NewLinker(nil))} {
		s := &shelf{material: m}
		if err := summarize.New(s, w).Run(t.Context(), r); err != nil {
			t.Fatalf("%s: Run: %v", name, err)
		}
		if s.draft.Rung != stockdigest.RungHeadlines || len(s.draft.Bullets()) != 0 || !strings.Contains(s.note, "the deadline came before") {
			t.Errorf("%s: got rung %q, %d bullets, note %q, want headlines", name, s.draft.Rung, len(s.draft.Bullets()), s.note)
		}
	}
}

func TestARivalIsToldByName(t *testing.T) {
	t.Parallel()
	c := candidate("https://post.example/rival", "Post", "Kestrel cuts its forecast",
		"Kestrel cut its full-year forecast to $3.1 billion on Monday after weak orders.\n\nThe company had guided to $3.6 billion of sales in January.")
	c.Role = stockdigest.RoleCompetitor
	d := draft(t, modelWriter(&oracle{answer: everything}), run(), material([]stockdigest.Story{story(c.Article.Title, c)}, c))
	if diff := cmp.Diff([]string{"Kestrel cut its full-year forecast to $3.1 billion on Monday after weak orders."}, texts(d.Bullets())); diff != "" {
		t.Errorf("bullets (-want +got):\n%s", diff)
	}
}
