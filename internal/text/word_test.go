package text_test

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/text"
)

func TestWordsKeepNumbersAndNamesWhole(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"Apple’s 10-K, filed":              {"apple's", "10-k", "filed"},
		"$1,234.5 billion (3.5%)":          {"1,234.5", "billion", "3.5"},
		"S&P 500 and AT&T":                 {"s&p", "500", "and", "at&t"},
		"the U.S. and U.K.":                {"the", "u.s", "and", "u.k"},
		"year-over-year e-commerce":        {"year", "over", "year", "e-commerce"},
		"COVID-19 in 2019-11-20":           {"covid-19", "in", "2019-11-20"},
		"Nestlé ﬁnds":                      {"nestle", "finds"},
		"end.Next rock 'n' roll":           {"end", "next", "rock", "n", "roll"},
		"1,2,3 and 1,234,567":              {"1", "2", "3", "and", "1,234,567"},
		"737-800 and 8-K/A; iPhone's 5-nm": {"737-800", "and", "8-k", "a", "iphone's", "5", "nm"},
	}
	for s, want := range tests {
		t.Run(s, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, text.Words(s)); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFoldEvensTypography(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"“Apple’s” 5 – 6":     `"Apple's" 5 - 6`,
		"ﬁle\u00a0no\u00adte": "file note",
		"Nestlé ½":            "Nestlé 1⁄2",
		"plain":               "plain",
	}
	for s, want := range tests {
		if got := text.Fold(s); got != want {
			t.Errorf("Fold(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestStem(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{"raises": "rais", "raised": "rais", "10-k": "10-k", "apple's": "appl"} {
		if got := text.Stem(word); got != want {
			t.Errorf("Stem(%q) = %q, want %q", word, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("Apple Inc. rose 3.5%.\n\n- It’s “fine.” Yahoo! (No. 5)")
	f.Add("\xff.\xf0\n . \n\n!?…」 ﬁ.A")
	f.Fuzz(func(t *testing.T, s string) {
		checkSpans(t, s, text.Sentences(s))
		checkSpans(t, s, text.Paragraphs(s))
		spans := text.WordSpans(s)
		checkSpans(t, s, spans)
		if got := len(text.Words(s)); got != len(spans) {
			t.Errorf("Words gives %d words for %d spans of %q", got, len(spans), s)
		}
		if text.Signature(s).Like(text.Signature(s)) != 1 && len(spans) > 0 {
			t.Errorf("%q is not like itself", s)
		}
		text.Fold(s)
	})
}

// checkSpans fails unless the spans are trimmed, in order and apart.
func checkSpans(t *testing.T, s string, spans []text.Span) {
	t.Helper()
	last := 0
	for _, p := range spans {
		if p.Start < last || p.End <= p.Start || p.End > len(s) {
			t.Fatalf("span %v after byte %d of %q", p, last, s)
		}
		for _, at := range []int{p.Start, p.End} {
			if at < len(s) && at > 0 && s[at]&0xC0 == 0x80 && s[at-1] >= 0x80 && !cutsGarbage(s, at) {
				t.Fatalf("span %v of %q starts or ends inside a character", p, s)
			}
		}
		last = p.End
	}
}

// cutsGarbage reports whether the bytes around at are no character anyway.
func cutsGarbage(s string, at int) bool {
	for start := max(0, at-3); start < at; start++ {
		if r, n := utf8.DecodeRuneInString(s[start:]); r != utf8.RuneError && start+n > at {
			return false
		}
	}
	return true
}
