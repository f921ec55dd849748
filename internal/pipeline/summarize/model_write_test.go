package summarize_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/summarize"
)

// numberOf is the number of the line of a prompt that holds words.
func numberOf(ask stockdigest.Ask, words string) string {
	for _, l := range line.FindAllStringSubmatch(ask.Prompt.Input, -1) {
		if strings.Contains(l[2], words) {
			return l[1]
		}
	}
	return "999"
}

// writing answers the last question of a run with bullets.
func writing(bullets func(ask stockdigest.Ask) []string) *oracle {
	return &oracle{answer: func(ask stockdigest.Ask) (string, error) {
		if ask.Prompt.Name != "write" {
			return everything(ask)
		}
		return `{"bullets":[` + strings.Join(bullets(ask), ",") + `]}`, nil
	}}
}

func written(t *testing.T, o *oracle) stockdigest.Draft {
	t.Helper()
	d, err := modelWriter(o).Write(t.Context(), run(), morning())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAModelWordsBulletsAndEachRestsOnItsSentences(t *testing.T) {
	t.Parallel()
	const words = "Brightwell raised its full-year sales forecast to $4.2 billion from $4.0 billion; net profit rose 9% to $210 million, it said."
	d := written(t, writing(func(ask stockdigest.Ask) []string {
		return []string{wording(words, numberOf(ask, "raised its"), numberOf(ask, "Net profit"))}
	}))
	var got *stockdigest.Bullet
	for _, b := range d.Bullets() {
		if b.Text == words {
			got = &b
		}
	}
	if got == nil {
		t.Fatalf("got %q, want the model's words among them", texts(d.Bullets()))
	}
	if len(got.Evidence) != 2 || !strings.Contains(got.Evidence[0].Quote, "raised its") || !strings.Contains(got.Evidence[1].Quote, "Net profit") {
		t.Errorf("got evidence %+v, want both sentences", got.Evidence)
	}
	if got.Impact != stockdigest.ImpactMedium || got.Relevance != stockdigest.Direct {
		t.Errorf("got %s, %s, want the model's judgement", got.Impact, got.Relevance)
	}
	if d.Writer != dear || d.Rung != stockdigest.RungFull {
		t.Errorf("got writer %q on rung %q", d.Writer, d.Rung)
	}
}

func TestAWordingThatCannotBePrintedIsToldInItsSourcesWords(t *testing.T) {
	t.Parallel()
	for name, bullet := range map[string]func(ask stockdigest.Ask) string{
		"too long": func(ask stockdigest.Ask) string {
			return wording(strings.Repeat("Brightwell grew. ", 40), numberOf(ask, "raised its"))
		},
		"empty":   func(ask stockdigest.Ask) string { return wording(" ", numberOf(ask, "raised its")) },
		"no text": func(ask stockdigest.Ask) string { return `{"from":[` + numberOf(ask, "raised its") + `]}` },
		"two stories": func(ask stockdigest.Ask) string {
			return wording("Brightwell raised its forecast and named Ada Quill.", numberOf(ask, "raised its"), numberOf(ask, "named Ada Quill"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := written(t, writing(func(ask stockdigest.Ask) []string { return []string{bullet(ask)} }))
			for _, b := range d.Bullets() {
				if len(b.Evidence) != 1 || b.Text != b.Evidence[0].Quote {
					t.Errorf("got %q on %+v, want the words of the source", b.Text, b.Evidence)
				}
			}
			if !slices.ContainsFunc(d.Bullets(), func(b stockdigest.Bullet) bool { return strings.Contains(b.Text, "raised its") }) {
				t.Errorf("got %q, want the sentence that was named", texts(d.Bullets()))
			}
		})
	}
}

func TestAModelCannotTurnAJudgementAround(t *testing.T) {
	t.Parallel()
	d := written(t, writing(func(ask stockdigest.Ask) []string {
		return []string{`{"from":[` + numberOf(ask, "raised its") + `],"text":"Brightwell raised its forecast.","impact":"huge","sentiment":"negative","relevance":"direct"}`}
	}))
	for _, b := range d.Bullets() {
		if b.Text == "Brightwell raised its forecast." {
			if b.Sentiment != stockdigest.Mixed || b.Impact == "huge" || !strings.Contains(b.Why, "the model says -, negative, direct") {
				t.Errorf("got %s, %s, %q, want a mixed bullet of a known impact that says why", b.Sentiment, b.Impact, b.Why)
			}
			return
		}
	}
	t.Errorf("got %q, want the model's bullet", texts(d.Bullets()))
}

func TestParseWritingKeepsWhatNamesLines(t *testing.T) {
	t.Parallel()
	from, texts, err := summarize.ParseWriting(
		`{"bullets":[{"from":[3,3,9,1,2,4],"text":" One\n line "},{"from":[],"text":"Nothing"},7,{"from":["2"],"text":"No"},{"from":[2]}]}`, 4)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]int{{3, 1, 2}, {2}}, from); diff != "" {
		t.Errorf("from (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"One line", ""}, texts); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "null", "[]", "{}", `{"bullets":[{"from":[9]}]}`, strings.Repeat("x", 70<<10)} {
		if from, _, err := summarize.ParseWriting(bad, 4); err == nil {
			t.Errorf("%.30q: got %v, want an error", bad, from)
		}
	}
}

func FuzzParseWriting(f *testing.F) {
	for _, answer := range malformed(40) {
		f.Add(answer, 3)
	}
	f.Add(`{"bullets":[{"from":[1,2],"text":"x","impact":"high","sentiment":"mixed","relevance":"none"}]}`, 3)
	f.Fuzz(func(t *testing.T, body string, n int) {
		from, texts, err := summarize.ParseWriting(body, n)
		if err != nil {
			return
		}
		if len(from) > 14 {
			t.Errorf("%q: got %d bullets, want at most 14", body, len(from))
		}
		for i, numbers := range from {
			if len(numbers) == 0 || len(numbers) > 3 || len(texts[i]) > 500 {
				t.Errorf("%q: bullet %d rests on %v and has %d bytes", body, i, numbers, len(texts[i]))
			}
			for _, at := range numbers {
				if at < 1 || at > n {
					t.Errorf("%q of %d lines: got %v", body, n, numbers)
				}
			}
		}
	})
}
