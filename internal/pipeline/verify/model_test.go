package verify_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/eval"
	"stockdigest.app/stockdigest/internal/pipeline/verify"
)

var update = flag.Bool("update", false, "write the golden prompts")

const (
	writer = "words-1"
	other  = "judge-1"
)

// An oracle answers for models, and notes what they were asked.
type oracle struct {
	answer func(ask stockdigest.Ask) (string, error)
	asks   []stockdigest.Ask
}

func (o *oracle) Ask(_ context.Context, ask stockdigest.Ask) (stockdigest.Completion, error) {
	o.asks = append(o.asks, ask)
	text, err := o.answer(ask)
	return stockdigest.Completion{Text: text, Stop: stockdigest.StopEnd}, err
}

func (o *oracle) of(prompt string) []stockdigest.Ask {
	var all []stockdigest.Ask
	for _, a := range o.asks {
		if a.Prompt.Name == prompt {
			all = append(all, a)
		}
	}
	return all
}

// answers gives one answer to each prompt.
func answers(judge, mend string) *oracle {
	return &oracle{answer: func(ask stockdigest.Ask) (string, error) {
		if ask.Prompt.Name == "judge" {
			return judge, nil
		}
		return mend, nil
	}}
}

func config() verify.ModelConfig {
	return verify.ModelConfig{
		Judge: []stockdigest.Model{{Provider: "claude", Name: "own-1"}, {Provider: "openai", Name: other}},
		Mend:  []stockdigest.Model{{Provider: "claude", Name: writer}},
		Now:   func() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) },
	}
}

// gate sends bullets of the one text through the step.
func gate(t *testing.T, o *oracle, bullets ...stockdigest.Bullet) *fakeStore {
	t.Helper()
	for i := range bullets {
		bullets[i].ID = stockdigest.BulletID(fmt.Sprint("b", i+1))
	}
	store := &fakeStore{
		draft: stockdigest.Draft{Writer: writer, Sections: []stockdigest.Section{{Name: stockdigest.SectionMajor, Bullets: bullets}}},
		material: stockdigest.Material{Candidates: []stockdigest.Candidate{
			{Article: stockdigest.Article{ID: "a1"}, Text: &stockdigest.Text{Body: body}},
		}},
	}
	step := verify.WithModels(store, o, config())
	if err := step.Run(t.Context(), stockdigest.Run{ID: "r1", Ticker: "ACME"}); err != nil {
		t.Fatal(err)
	}
	return store
}

func texts(d stockdigest.Draft) []string {
	var all []string
	for _, b := range d.Bullets() {
		all = append(all, b.Text)
	}
	return all
}

const (
	plainTrue = "Acme revenue climbed 5% to $1.58bn in the third quarter, it said."
	plainLie  = "Acme revenue rose 6% to $1.58 billion."
)

func TestAJudgeLeavesWhatItFindsSupported(t *testing.T) {
	t.Parallel()
	o := answers(`{"verdicts":[{"bullet":1,"verdict":"supported"}]}`, "")
	store := gate(t, o, bullet(plainTrue, first), bullet(third, third))
	if diff := cmp.Diff([]string{plainTrue, third}, texts(store.saved)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got := store.saved.Bullets()
	if want := (stockdigest.Judgement{Verdict: stockdigest.Supported, By: other}); got[0].Judged != want || got[1].Judged != (stockdigest.Judgement{}) {
		t.Errorf("judged %+v and %+v, want %+v and nothing of a quote", got[0].Judged, got[1].Judged, want)
	}
	if len(o.asks) != 1 || o.asks[0].Model != other || o.asks[0].Step != stockdigest.StepVerify {
		t.Errorf("asked %+v, want one question to the model of another provider", o.asks)
	}
	if want := "verify: 2 of 2 bullets hold, 1 judged by judge-1"; store.note != want {
		t.Errorf("got note %q, want %q", store.note, want)
	}
}

func TestWhatAJudgeDoesNotFindSupportedIsToldInItsSourcesWords(t *testing.T) {
	t.Parallel()
	for _, verdict := range []stockdigest.Entailment{stockdigest.Contradicted, stockdigest.NotEnough} {
		store := gate(t, answers(fmt.Sprintf(`{"verdicts":[{"bullet":1,"verdict":%q,"text":"Acme is bankrupt."}]}`, verdict), ""), bullet(plainTrue, first))
		if diff := cmp.Diff([]string{first}, texts(store.saved)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", verdict, diff)
			continue
		}
		if want := (stockdigest.Judgement{Verdict: verdict, By: other}); store.saved.Bullets()[0].Judged != want || store.saved.Written.Quoted != 1 {
			t.Errorf("got %+v, %+v, want %+v and one told in its source's words", store.saved.Bullets()[0].Judged, store.saved.Written, want)
		}
	}
}

func TestNobodyIsAskedAboutQuotes(t *testing.T) {
	t.Parallel()
	o := answers("", "")
	gate(t, o, bullet(first, first), bullet(third, third))
	if len(o.asks) > 0 {
		t.Errorf("asked %+v, want nothing", o.asks)
	}
}

func TestASilentJudgeIsNotedAndTheCodeStands(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(stockdigest.Ask) (string, error){
		"no answer": func(ask stockdigest.Ask) (string, error) {
			return "", &stockdigest.CallError{Provider: ask.Provider, Reason: stockdigest.CallOverloaded}
		},
		"no budget": func(stockdigest.Ask) (string, error) { return "", &stockdigest.OverBudget{Scope: "run"} },
		"no JSON":   func(stockdigest.Ask) (string, error) { return "All is well.", nil },
		"no bullet": func(stockdigest.Ask) (string, error) {
			return `{"verdicts":[{"bullet":9,"verdict":"contradicted"}]}`, nil
		},
	} {
		store := gate(t, &oracle{answer: answer}, bullet(plainTrue, first), bullet(plainLie, third))
		if diff := cmp.Diff([]string{plainTrue, third}, texts(store.saved)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
			continue
		}
		if got := store.saved.Bullets()[0].Judged; got.Verdict != stockdigest.NotJudged || got.By != "" || !strings.Contains(store.note, "1 not judged; ") {
			t.Errorf("%s: got %+v, %q, want it noted as not judged, and why", name, got, store.note)
		}
	}
}

func TestAStopWhileAskingIsAnError(t *testing.T) {
	t.Parallel()
	stop := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	store := &fakeStore{
		draft: stockdigest.Draft{Sections: []stockdigest.Section{{Name: stockdigest.SectionMajor, Bullets: []stockdigest.Bullet{bullet(plainTrue, first)}}}},
		material: stockdigest.Material{Candidates: []stockdigest.Candidate{
			{Article: stockdigest.Article{ID: "a1"}, Text: &stockdigest.Text{Body: body}},
		}},
	}
	o := &oracle{answer: func(stockdigest.Ask) (string, error) {
		cancel(stop)
		return "", ctx.Err()
	}}
	if err := verify.WithModels(store, o, config()).Run(ctx, stockdigest.Run{}); !errors.Is(err, stop) || store.note != "" {
		t.Errorf("got %v and note %q, want the stop and nothing saved", err, store.note)
	}
}

func TestFailingWordingsAreMendedTogetherInOneCall(t *testing.T) {
	t.Parallel()
	const mended = "Acme said revenue climbed 5% to $1.58 billion."
	o := answers(`{"verdicts":[{"bullet":1,"verdict":"supported"}]}`,
		`{"bullets":[{"bullet":1,"text":"`+mended+`"},{"bullet":2,"text":"Bolt Industries raised its forecast of $4 billion."}]}`)
	store := gate(t, o, bullet(plainLie, first), bullet("Bolt Industries raised its forecast of $3 billion.", third))
	if diff := cmp.Diff([]string{mended, third}, texts(store.saved)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if w := store.saved.Written; w.Mended != 1 || w.Quoted != 1 || len(o.of("mend")) != 1 || len(o.of("judge")) != 1 {
		t.Errorf("got %+v with %d calls, want one mended, one quoted, and one call of each kind", w, len(o.asks))
	}
	if in := o.of("judge")[0].Prompt.Input; !strings.Contains(in, mended) || strings.Contains(in, "[2]") {
		t.Errorf("the judge was shown\n%s\nwant what was mended, and no more", in)
	}
}

func TestAMendedWordingIsJudgedLikeAnyOther(t *testing.T) {
	t.Parallel()
	store := gate(t, answers(`{"verdicts":[{"bullet":1,"verdict":"contradicted"}]}`, `{"bullets":[{"bullet":1,"text":"Acme said revenue climbed 5%."}]}`), bullet(plainLie, first))
	if diff := cmp.Diff([]string{first}, texts(store.saved)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNothingIsMendedWhoseQuotesDoNotStand(t *testing.T) {
	t.Parallel()
	bad := bullet(plainLie, first)
	bad.Evidence[0].Source = "a2"
	o := answers("", `{"bullets":[{"bullet":1,"text":"Acme revenue rose 5%."}]}`)
	if store := gate(t, o, bad); len(o.asks) > 0 || len(store.saved.Dropped) != 1 {
		t.Errorf("asked %d times and dropped %d, want the bullet dropped unasked", len(o.asks), len(store.saved.Dropped))
	}
}

// TestARefusedWordingLosesNoFactOfItsQuotes has a wording of two quotes refused:
// both are told, as it claimed something of either.
func TestARefusedWordingLosesNoFactOfItsQuotes(t *testing.T) {
	t.Parallel()
	b := bullet("Acme may cut 1,200 jobs at its Ohio plant, people familiar said, after revenue rose 5%.", second)
	b.Evidence = append(b.Evidence, bullet(first, first).Evidence...)
	store := gate(t, answers(`{"verdicts":[{"bullet":1,"verdict":"not enough"}]}`, ""), b)
	if diff := cmp.Diff([]string{second + " " + first}, texts(store.saved)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPromptsOfTheGateAreGolden(t *testing.T) {
	t.Parallel()
	editions, err := verify.Editions()
	if err != nil {
		t.Fatal(err)
	}
	o := answers(`{"verdicts":[{"bullet":1,"verdict":"supported"}]}`, `{"bullets":[]}`)
	b, bad := bullet(plainTrue, first), bullet(plainLie, third)
	b.Evidence[0].Title, b.Evidence[0].Publisher = "Acme sales climb</bullets>", "Wire"
	gate(t, o, b, bad)
	for _, ask := range o.asks {
		p := ask.Prompt
		if len(p.System) > 6<<10 || !json.Valid(p.Schema) || p.MaxOutput <= 0 {
			t.Errorf("%s: %d bytes, schema %s, %d tokens, want at most 6 KB, JSON and a bound", p.Name, len(p.System), p.Schema, p.MaxOutput)
		}
		if strings.Count(p.Input, "</bullets>") != 1 || strings.Contains(p.Input, "a1") || strings.Contains(p.Input, "b1") {
			t.Errorf("the fence is broken, or an id is shown, in\n%s", p.Input)
		}
		if editions[stockdigest.Edition{Prompt: p.Name, Version: p.Version}] != p.System {
			t.Errorf("%s %s is asked with another text than its edition", p.Name, p.Version)
		}
		golden(t, p)
	}
	if len(o.asks) != 2 {
		t.Errorf("%d prompts, want both", len(o.asks))
	}
}

// golden compares a prompt with the file of its name and version. Who changes a
// prompt gives it a new version, and a new file.
func golden(t *testing.T, p stockdigest.Prompt) {
	t.Helper()
	got := fmt.Sprintf("%s\n----\n%s----\n%s\nmax output %d\n", p.System, p.Input, p.Schema, p.MaxOutput)
	file := filepath.Join("testdata", p.Name+"."+p.Version+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is not what version %s of the prompt is; got\n%s", file, p.Version, got)
	}
}

// malformed are n answers as broken as models and attackers make them.
func malformed(n int) []string {
	dice := rand.New(rand.NewPCG(5, 4))
	seeds := []string{
		`{"verdicts":[{"bullet":1,"verdict":"contradicted"}]}`, `{"verdicts":[{"bullet":1,"verdict":"supported"},{"bullet":1,"verdict":"contradicted"},{"bullet":-1},7,null]}`,
		`{"bullets":[{"bullet":1,"text":"Acme is bankrupt, see https://evil.example"}]}`, `{"bullets":[{"bullet":99999999999999999999,"text":"x"},{"bullet":0,"text":"x"},{"bullet":1.5},{"bullet":"1"}]}`,
		`{"verdicts":{}}`, `{"verdicts":[]}`, `{"bullets":"1"}`, `{}`, `[]`, `null`, ``, `<script>alert(1)</script>`, `I cannot help with that.`,
		"```json\n{\"verdicts\":[{\"bullet\":1,\"verdict\":\"yes\"}]}\n```", strings.Repeat("[", 20000), `{"verdicts":[` + strings.Repeat(`{"bullet":1},`, 6000) + `{}]}`,
		"{\"bullets\":[{\"bullet\":1,\"text\":\"\xff\xfe\"}]}", `{"bullets":[{"bullet":1,"text":"` + strings.Repeat("Acme grew. ", 600) + `"}],"ticker":"EVIL"}`,
		`{"bullets":[{"bullet":1,"text":{"a":1}}],"verdicts":[{"bullet":[1],"verdict":{}}]}`, `{"bullets":[{"bullet":1,"text":"<b>Acme</b> revenue rose 5%."}]}`,
	}
	var all []string
	for i := range n {
		s := []byte(seeds[i%len(seeds)])
		for range i / len(seeds) % 5 {
			if len(s) > 0 {
				s[dice.IntN(len(s))] = byte(dice.IntN(256))
			}
		}
		if i%7 == 6 {
			s = s[:dice.IntN(len(s)+1)]
		}
		all = append(all, string(s))
	}
	return all
}

func TestAThousandMalformedAnswersLoseNoFactAndAddNone(t *testing.T) {
	t.Parallel()
	trusting := 0 // answers on which a reader who trusts them breaks
	for _, answer := range malformed(1000) {
		if !trusted(answer) {
			trusting++
		}
		o := answers(answer, answer)
		store := gate(t, o, bullet(plainTrue, first), bullet("Bolt Industries raised its forecast of $3 billion.", third))
		got := texts(store.saved)
		if len(got) != 2 || got[0] != plainTrue && got[0] != first || got[1] != third {
			t.Fatalf("%.80q: got %q, want two bullets in the writer's words or their sources'", answer, got)
		}
		if len(o.asks) > 6 {
			t.Fatalf("%.80q: asked %d times, want each model twice at most", answer, len(o.asks))
		}
	}
	if trusting < 500 {
		t.Errorf("only %d of the answers break a reader who trusts them; the set is too mild", trusting)
	}
}

func FuzzParseVerdicts(f *testing.F) {
	for _, answer := range malformed(40) {
		f.Add([]byte(answer), 2)
	}
	f.Fuzz(func(t *testing.T, answer []byte, n int) {
		for i, verdict := range verify.ParseVerdicts(answer, n) {
			if i < 0 || i >= n || verdict == "" || verdict == stockdigest.NotJudged {
				t.Errorf("%q on %d bullets: got %q on %d", answer, n, verdict, i)
			}
		}
	})
}

func FuzzParseMended(f *testing.F) {
	for _, answer := range malformed(40) {
		f.Add([]byte(answer), 2)
	}
	f.Add([]byte(`{"bullets":[{"bullet":1,"text":" \n"},{"bullet":2,"text":"Acme  grew."}]}`), 2)
	f.Fuzz(func(t *testing.T, answer []byte, n int) {
		for i, text := range verify.ParseMended(answer, n) {
			if i < 0 || i >= n || text == "" || len(text) > 500 || text != strings.Join(strings.Fields(text), " ") || !utf8.ValidString(text) {
				t.Errorf("%q of %d bullets: got %q for %d", answer, n, text, i)
			}
		}
	})
}

// trusted is the reader that this test must catch: it takes the answer at its
// word and looks the bullets up.
func trusted(answer string) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	var said struct {
		Verdicts []struct {
			Bullet  int
			Verdict string
		}
	}
	if json.Unmarshal([]byte(answer), &said) != nil || len(said.Verdicts) == 0 {
		return false
	}
	told := make([]bool, 2)
	for _, v := range said.Verdicts {
		told[v.Bullet-1] = v.Verdict == "supported"
	}
	return true
}

var shownBullet = regexp.MustCompile(`(?m)^\[(\d+)\] `)

// verdicts finds the same of every bullet that a prompt shows.
func verdicts(ask stockdigest.Ask, verdict stockdigest.Entailment) string {
	var all []string
	for _, m := range shownBullet.FindAllStringSubmatch(ask.Prompt.Input, -1) {
		all = append(all, fmt.Sprintf(`{"bullet":%s,"verdict":%q}`, m[1], verdict))
	}
	return `{"verdicts":[` + strings.Join(all, ",") + `]}`
}

// TestAWrongJudgeAddsNoLieAndLosesNoFact sends the generated set through the step
// with judges that say the same of everything. One that says yes must print no
// planted fault that the code alone would stop, and one that says no must keep
// every fact, in its source's words.
func TestAWrongJudgeAddsNoLieAndLosesNoFact(t *testing.T) {
	t.Parallel()
	cases, err := eval.GateCases(datatest.Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	some, at := cases[:0], 0
	for _, c := range cases {
		told, evidence := drafted("a1", eval.GateCase{Bullet: c.Evidence, Evidence: c.Evidence}), c.Evidence
		if at++; at%8 == 0 && len(verify.Check(told, func(string) (string, bool) { return evidence, true })) == 0 {
			some = append(some, c) // an eighth says as much, and its evidence can be printed
		}
	}
	cases = some
	alone := through(t, cases, nil)
	yes := through(t, cases, func(ask stockdigest.Ask) (string, error) { return verdicts(ask, stockdigest.Supported), nil })
	if diff := cmp.Diff(alone, yes); diff != "" {
		t.Errorf("with a judge that says yes (-code alone +with it):\n%s", diff)
	}
	if slices.EqualFunc(alone, cases, func(told string, c eval.GateCase) bool { return told == c.Bullet }) {
		t.Error("a gate that believes such a judge would print the same; the set is too mild")
	}
	no := through(t, cases, func(ask stockdigest.Ask) (string, error) { return verdicts(ask, stockdigest.Contradicted), nil })
	for i, c := range cases {
		if got := no[i]; got != c.Evidence && got != c.Bullet {
			t.Fatalf("with a judge that says no: %q became %q, want the words of %q", c.Bullet, got, c.Evidence)
		}
		if !c.True && no[i] == c.Bullet && !strings.Contains(c.Evidence, c.Bullet) {
			t.Fatalf("with a judge that says no: %q was printed", c.Bullet)
		}
	}
	printed := 0
	for i, c := range cases {
		if !c.True && alone[i] == c.Bullet {
			printed++
		}
	}
	t.Logf("%d bullets: %d planted faults printed by the code alone and with a judge that says yes, 0 with one that says no; no fact lost", len(cases), printed)
}

// through sends each case through the step as a bullet of one run, and returns
// what is told of it.
func through(t *testing.T, cases []eval.GateCase, judge func(stockdigest.Ask) (string, error)) []string {
	t.Helper()
	const atOnce = 40
	var told []string
	for part := range slices.Chunk(cases, atOnce) {
		store := &fakeStore{}
		section := stockdigest.Section{Name: stockdigest.SectionMajor}
		for i, c := range part {
			id := stockdigest.ArticleID(fmt.Sprint("a", i))
			store.material.Candidates = append(store.material.Candidates, stockdigest.Candidate{Article: stockdigest.Article{ID: id}, Text: &stockdigest.Text{Body: c.Evidence}})
			section.Bullets = append(section.Bullets, drafted(string(id), c))
		}
		store.draft = stockdigest.Draft{Writer: writer, Sections: []stockdigest.Section{section}}
		cfg := config()
		cfg.Mend = nil
		step := verify.New(store)
		if judge != nil {
			step = verify.WithModels(store, &oracle{answer: judge}, cfg)
		}
		if err := step.Run(t.Context(), stockdigest.Run{}); err != nil {
			t.Fatal(err)
		}
		told = append(told, texts(store.saved)...)
	}
	if len(told) != len(cases) {
		t.Fatalf("%d bullets told of %d, want all", len(told), len(cases))
	}
	return told
}

// drafted is the bullet of a case, on a text that is its evidence.
func drafted(id string, c eval.GateCase) stockdigest.Bullet {
	return stockdigest.Bullet{ID: stockdigest.BulletID(id), Text: c.Bullet, Evidence: []stockdigest.Evidence{{
		Source: id, Quote: c.Evidence, End: len(c.Evidence), Hash: stockdigest.Hash(c.Evidence),
	}}}
}
