package verify_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/verify"
)

const body = "Acme Corp. said on Tuesday that third-quarter revenue rose 5% to $1.58 billion. " +
	"The company may cut 1,200 jobs at its Ohio plant, people familiar with the matter said. " +
	"Rival Bolt Industries did not raise its forecast of $3 billion to $4 billion."

func bullet(text, quote string) stockdigest.Bullet {
	start := strings.Index(body, quote)
	return stockdigest.Bullet{ID: "b1", Text: text, Evidence: []stockdigest.Evidence{{
		Source: "a1", Quote: quote, Start: start, End: start + len(quote), Hash: stockdigest.Hash(body),
	}}}
}

func source(id string) (string, bool) {
	if id == "a1" {
		return body, true
	}
	return "", false
}

const (
	first  = "Acme Corp. said on Tuesday that third-quarter revenue rose 5% to $1.58 billion."
	second = "The company may cut 1,200 jobs at its Ohio plant, people familiar with the matter said."
	third  = "Rival Bolt Industries did not raise its forecast of $3 billion to $4 billion."
)

func TestCheckPassesWhatTheEvidenceTells(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, quote string }{
		{"the quote itself", first, first},
		{"other forms of its figures", "Acme said Q3 revenue rose 5 percent to $1,580 million.", first},
		{"a synonym of its direction", "Acme revenue climbed 5% to $1.58bn in the third quarter.", first},
		{"about, within half the last digit", "Acme revenue rose 5% to about $1.6 billion.", first},
		{"its hedge in other words", "Acme's company could cut 1,200 jobs in Ohio.", "Acme Corp. said on Tuesday that third-quarter revenue rose 5% to $1.58 billion. " + second},
		{"a range of one scale", "Bolt Industries did not raise its $3-4 billion forecast.", third},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := verify.Check(bullet(tt.text, tt.quote), source); len(got) > 0 {
				t.Errorf("got %+v, want none", got)
			}
		})
	}
}

func TestCheckExplainsWhatFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, quote string
		kind        verify.Kind
		why         string
	}{
		{"Acme revenue rose 5% to $1.85 billion.", first, verify.KindNumber, "says $1.85 billion, its evidence says $1.58 billion"},
		{"Acme revenue rose 5% to $1.58 million.", first, verify.KindScale, "says $1.58 million, its evidence says $1.58 billion"},
		{"Acme revenue rose 5% to €1.58 billion.", first, verify.KindCurrency, "says €1.58 billion, its evidence says $1.58 billion"},
		{"Acme revenue rose 5 percentage points to $1.58 billion.", first, verify.KindPoints, "says 5 percentage points, its evidence says 5%"},
		{"Acme revenue fell 5% to $1.58 billion.", first, verify.KindDirection, `says "fell", its evidence says "rose"`},
		{"Acme second-quarter revenue rose 5% to $1.58 billion.", first, verify.KindDate, "says second-quarter, its evidence says third-quarter"},
		{"Acme said on Wednesday that revenue rose 5%.", first, verify.KindDate, "says Wednesday, its evidence says Tuesday"},
		{"Zenith said on Tuesday that third-quarter revenue rose 5%.", first, verify.KindName, "names Zenith, its evidence names Acme Corp"},
		{"The company will cut 1,200 jobs at its Ohio plant.", second, verify.KindHedge, `says "will" where its evidence says "may"`},
		{"The company cut 1,200 jobs at its Ohio plant.", second, verify.KindHedge, `leaves out "may" before "cut"`},
		{"The company may cut 1,200 stores at its Ohio plant.", second, verify.KindUnit, "says 1,200 of store, its evidence says job"},
		{"Bolt Industries did raise its forecast of $3 billion to $4 billion.", third, verify.KindNegation, `leaves out "not" before "raise"`},
		{"Bolt Industries did not raise its forecast of $4 billion to $3 billion.", third, verify.KindSwap, "says $4 billion where its evidence says $3 billion"},
		{"Acme revenue rose 5%, see https://evil.example/x", first, verify.KindForm, "its text holds a link"},
		{"Acme revenue <b>rose</b> 5%", first, verify.KindForm, "its text holds markup"},
		{"Acme revenue \u202erose 5%", first, verify.KindForm, "its text holds control or invisible characters"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got := verify.Check(bullet(tt.text, tt.quote), source)
			if len(got) == 0 {
				t.Fatalf("got no failure, want %s", tt.why)
			}
			if got[0].Kind != tt.kind || got[0].Why != tt.why {
				t.Errorf("got %+v first, want %s: %s", got, tt.kind, tt.why)
			}
		})
	}
}

func TestCheckRefusesEvidenceThatDoesNotHold(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*stockdigest.Evidence){
		"another source": func(e *stockdigest.Evidence) { e.Source = "a2" },
		"moved offsets":  func(e *stockdigest.Evidence) { e.Start, e.End = e.Start+1, e.End+1 },
		"another hash":   func(e *stockdigest.Evidence) { e.Hash = "0" },
		"a changed word": func(e *stockdigest.Evidence) { e.Quote = strings.Replace(e.Quote, "rose", "fell", 1) },
		"wild offsets":   func(e *stockdigest.Evidence) { e.Start, e.End = -5, 1<<30 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bullet(first, first)
			spoil(&b.Evidence[0])
			if got := verify.Check(b, source); len(got) != 1 {
				t.Errorf("got %+v, want one failure", got)
			}
		})
	}
	if got := verify.Check(stockdigest.Bullet{Text: first}, source); len(got) != 1 || got[0].Kind != verify.KindSource {
		t.Errorf("without evidence: got %+v, want one %s failure", got, verify.KindSource)
	}
}

func TestClaimsFollowTheVoice(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		statement, evidence string
		fails               bool
	}{
		{"Samsung was sued by Apple over patents on Monday.", "Apple sued Samsung over patents on Monday.", false},
		{"Apple sued Samsung over patents on Monday.", "Samsung was sued by Apple over patents on Monday.", false},
		{"Samsung sued Apple over patents on Monday.", "Apple sued Samsung over patents on Monday.", true},
		{"Apple was sued by Samsung over patents on Monday.", "Apple sued Samsung over patents on Monday.", true},
		{"Samsung fell 3% and Apple rose 5%.", "Apple rose 5% and Samsung fell 3%.", false},
		{"Apple rose 3% and Samsung fell 5%.", "Apple rose 5% and Samsung fell 3%.", true},
		{"Samsung rose 5% and Apple fell 3%.", "Apple rose 5% and Samsung fell 3%.", true},
	} {
		got := verify.Claims(tt.statement, tt.evidence, "")
		if len(got) > 0 != tt.fails {
			t.Errorf("%q from %q: got %+v, want failure %v", tt.statement, tt.evidence, got, tt.fails)
		}
	}
}

// fakeStore hands out one draft and one material and keeps what is saved.
type fakeStore struct {
	draft    stockdigest.Draft
	material stockdigest.Material
	filings  map[stockdigest.Accession]stockdigest.Filing
	saved    stockdigest.Draft
	note     string
}

func (s *fakeStore) Filing(_ context.Context, a stockdigest.Accession) (stockdigest.Filing, error) {
	f, ok := s.filings[a]
	if !ok {
		return f, stockdigest.NotFound("no filing " + string(a))
	}
	return f, nil
}

func (s *fakeStore) Draft(context.Context, stockdigest.Run) (stockdigest.Draft, error) {
	return s.draft, nil
}

func (s *fakeStore) Material(context.Context, stockdigest.Run) (stockdigest.Material, error) {
	return s.material, nil
}

func (s *fakeStore) SaveDraft(_ context.Context, _ stockdigest.Run, step stockdigest.StepName, d stockdigest.Draft, note string) error {
	s.saved, s.note = d, string(step)+": "+note
	return nil
}

func TestRunDropsWhatFails(t *testing.T) {
	t.Parallel()
	good, bad := bullet(first, first), bullet("Acme revenue rose 6% to $1.58 billion.", first)
	bad.ID = "b2"
	good.Context = &stockdigest.Context{Text: "The plan covers 1,300 jobs.", Evidence: bullet(second, second).Evidence[0]}
	store := &fakeStore{
		draft: stockdigest.Draft{Writer: "test", Sections: []stockdigest.Section{
			{Name: stockdigest.SectionMajor, Bullets: []stockdigest.Bullet{good}},
			{Name: stockdigest.SectionRisks, Bullets: []stockdigest.Bullet{bad}},
		}},
		material: stockdigest.Material{Candidates: []stockdigest.Candidate{
			{Article: stockdigest.Article{ID: "a1"}, Text: &stockdigest.Text{Body: body}},
		}},
	}
	if err := verify.New(store).Run(t.Context(), stockdigest.Run{}); err != nil {
		t.Fatal(err)
	}
	want := good
	want.Context = nil
	if diff := cmp.Diff(stockdigest.Draft{
		Writer:   "test",
		Sections: []stockdigest.Section{{Name: stockdigest.SectionMajor, Bullets: []stockdigest.Bullet{want}}},
		Dropped: []stockdigest.Drop{{
			Bullet: bad, Section: stockdigest.SectionRisks, Reasons: []string{"says 6%, its evidence says 5%"},
		}},
	}, store.saved); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if want := "verify: 1 of 2 bullets hold, 1 contexts dropped"; store.note != want {
		t.Errorf("got note %q, want %q", store.note, want)
	}
}

func TestAWordingThatFailsIsToldInItsSourcesWords(t *testing.T) {
	t.Parallel()
	b := bullet("Acme revenue rose 6% to $1.58 billion.", first)
	store := &fakeStore{
		draft: stockdigest.Draft{Sections: []stockdigest.Section{{Name: stockdigest.SectionMajor, Bullets: []stockdigest.Bullet{b}}}},
		material: stockdigest.Material{Candidates: []stockdigest.Candidate{
			{Article: stockdigest.Article{ID: "a1"}, Text: &stockdigest.Text{Body: body}},
		}},
	}
	if err := verify.New(store).Run(t.Context(), stockdigest.Run{}); err != nil {
		t.Fatal(err)
	}
	if got := store.saved.Bullets(); len(got) != 1 || got[0].Text != first || store.saved.Written.Quoted != 1 {
		t.Errorf("got %+v, %+v, want the quote in the place of the bullet", got, store.saved.Written)
	}
}

func TestCheckRefusesWhatTheEvidenceDoesNotSpeakOf(t *testing.T) {
	t.Parallel()
	failures := verify.Check(bullet("The founders quarrel over a secret island villa.", first), source)
	if len(failures) == 0 || failures[0].Kind != verify.KindWords {
		t.Errorf("got %+v, want words that no evidence carries", failures)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("Acme revenue rose 5% to $1.85 billion.", first)
	f.Add("did not may 5 5 5", "not A & B may $3-4 bn.\n\nMay 5")
	f.Fuzz(func(t *testing.T, statement, evidence string) {
		if len(statement) > 4000 || len(evidence) > 8000 {
			return
		}
		if got := verify.Claims(evidence, evidence, ""); len(got) > 0 {
			t.Fatalf("%q fails against itself: %+v", evidence, got)
		}
		verify.Claims(statement, evidence, "")
	})
}

// TestClaimsOfHostileTextsEnd repeats what each check looks for, in the longest
// bullet and evidence that Check lets through.
func TestClaimsOfHostileTextsEnd(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"A ", "not ", "may cut ", "5 ", "$5-", "rose ", "Apple and ", "per ", "A. ", "5 to ", "A & ", "was by A "} {
		statement, evidence := strings.Repeat(unit, 2000/len(unit)), strings.Repeat(unit, 48_000/len(unit))+"x"
		start := time.Now()
		verify.Claims(statement, evidence, "")
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%q: took %v", unit, took)
		} else {
			t.Logf("%q: %v", unit, took)
		}
	}
}

func TestAContextMayQuoteAFilingOfBeforeTheWindow(t *testing.T) {
	t.Parallel()
	const told = "Revenue of the Ohio plant was $1.2 billion in fiscal 2025."
	quote := stockdigest.Evidence{Source: "0001-25-7/1", Quote: told, End: len(told), Hash: stockdigest.Hash(told)}
	foreign := quote
	foreign.Source = "0001-25-8/1" // kept by nobody
	for _, tt := range []struct {
		name string
		told stockdigest.Context
		want bool
	}{
		{"as it is kept", stockdigest.Context{Text: told, Form: "10-K", Evidence: quote}, true},
		{"with another figure", stockdigest.Context{Text: strings.Replace(told, "1.2", "1.4", 1), Form: "10-K", Evidence: quote}, false},
		{"of a filing that is not kept", stockdigest.Context{Text: told, Form: "10-K", Evidence: foreign}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := bullet(first, first)
			b.Context = &tt.told
			store := &fakeStore{
				draft:    stockdigest.Draft{Sections: []stockdigest.Section{{Name: stockdigest.SectionMajor, Bullets: []stockdigest.Bullet{b}}}},
				material: stockdigest.Material{Candidates: []stockdigest.Candidate{{Article: stockdigest.Article{ID: "a1"}, Text: &stockdigest.Text{Body: body}}}},
				filings: map[stockdigest.Accession]stockdigest.Filing{"0001-25-7": {
					Accession: "0001-25-7", Documents: []stockdigest.Document{{Seq: 1, Text: told}},
				}},
			}
			if err := verify.New(store).Run(t.Context(), stockdigest.Run{}); err != nil {
				t.Fatal(err)
			}
			if got := store.saved.Bullets()[0].Context != nil; got != tt.want {
				t.Errorf("kept %v, want %v", got, tt.want)
			}
		})
	}
}
