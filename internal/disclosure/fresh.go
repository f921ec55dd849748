// Package disclosure says what filings tell beyond their sentences: which sentences
// of an annual or quarterly report are new since the one before, and when several
// insiders trade at once. It reads nouns and gives ranges of stored text and
// counts made by code; it fetches and stores nothing.
package disclosure

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/text"
)

// Bounds of a comparison.
const (
	maxFresh    = 40      // passages kept of a report; not all of them can be told by themselves
	maxRisks    = 12      // of these, risk factors
	minSentence = 40      // bytes; shorter ones are headings
	maxSentence = 700     // bytes; longer ones are no bullet
	maxSection  = 2 << 20 // bytes of a section that are read; the longest discussions have 400 kB
	gram        = 4       // words in a row by which sentences are known again
	newWords    = 0.5     // share of a sentence's word runs that the report before lacks, from which its words are new
	comfortable = 260     // bytes that are read at a glance
	minKnown    = 0.03    // share of sentences that stand word for word in the report before, below which it is another document
	maxPassages = 6000    // sentences of a report
)

// Compares reports whether reports of the form are compared with the one before.
func Compares(form string) bool {
	switch form {
	case "10-K", "10-Q", "20-F", "40-F":
		return true
	}
	return false
}

// Fresh returns the report with what is new in it since the report of the same
// form before it: of each document the sentences of the discussion and the risk
// factors that the one before has nowhere and that matter, with figures, hard
// events or words of risk, the most telling first. It is false when there is
// nothing to compare: when the report has neither section, or the two have so
// little in common that they are not reports of one company. Fresh changes
// neither of them and takes time linear in both texts.
func Fresh(report, before stockdigest.Filing) (stockdigest.Filing, bool) {
	if !Compares(report.Form) {
		return report, false
	}
	j := judge{known: newMemory(), year: yearOf(report)}
	for _, old := range before.Documents {
		j.known.add(old.Text)
	}
	for at, doc := range report.Documents {
		for _, item := range doc.Items {
			risk, ok := section(report.Form, item.Number)
			if ok && item.Start >= 0 && item.Start < item.End && item.End <= len(doc.Text) {
				j.read(at, doc.Text, item, risk)
			}
		}
	}
	if j.all == 0 || float64(j.same) < minKnown*float64(j.all) {
		return report, false
	}
	report.Previous, report.Documents = before.Accession, slices.Clone(report.Documents)
	for at := range report.Documents {
		report.Documents[at].Fresh = nil
	}
	for _, p := range best(j.found) {
		doc := &report.Documents[p.doc]
		doc.Fresh = append(doc.Fresh, p.at)
	}
	return report, true
}

// Primary is the document that a filing is about; empty when it was not read.
func Primary(f stockdigest.Filing) stockdigest.Document {
	for _, d := range f.Documents {
		if d.Seq == 1 {
			return d
		}
	}
	return stockdigest.Document{}
}

// yearOf is the year that a report speaks of as its own: that of its period, or
// the one before when the period ends in the first weeks of a year.
func yearOf(f stockdigest.Filing) int {
	const weeks = 75 * 24 * time.Hour
	end, err := time.Parse(time.DateOnly, f.Period)
	if err != nil {
		end = f.FiledAt
	}
	return end.Add(-weeks).Year()
}

// A judge reads a report's sections sentence by sentence.
type judge struct {
	known     memory
	year      int
	all, same int // sentences read, and those that the report before has word for word
	found     []passage
}

func (j *judge) read(doc int, body string, item stockdigest.Item, risk bool) {
	part := body[item.Start:min(item.End, item.Start+maxSection)]
	for _, span := range text.Sentences(part) {
		s := span.Of(part)
		if j.all == maxPassages || len(s) < minSentence || len(s) > maxSentence || strings.Contains(s, "\n") || !strings.HasSuffix(strings.TrimRight(s, "”\")"), ".") {
			continue
		}
		j.all++
		words := text.Words(s)
		if j.known.has(words) {
			j.same++
			continue
		}
		if score := j.worth(s, words, risk); score > 0 {
			at := stockdigest.Passage{Start: item.Start + span.Start, End: item.Start + span.End}
			j.found = append(j.found, passage{doc: doc, at: at, risk: risk, score: score})
		}
	}
}

// section knows the items that are compared: the management's discussion and the
// risk factors.
func section(form, number string) (risk, ok bool) {
	switch form + " " + number {
	case "10-K 7", "10-Q I.2", "20-F 5", "20-F 5.A", "20-F 5.B", "20-F 5.D", "40-F " + stockdigest.ItemDiscussion:
		return false, true
	case "10-K 1A", "10-Q II.1A", "20-F 3", "20-F 3.D", "40-F " + stockdigest.ItemRisks:
		return true, true
	}
	return false, false
}

// A passage is a new sentence with what it is worth.
type passage struct {
	doc   int // of the report
	at    stockdigest.Passage
	risk  bool
	score float64
}

// best are the passages to keep, the most telling first.
func best(found []passage) []passage {
	slices.SortStableFunc(found, func(a, b passage) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.doc, b.doc), cmp.Compare(a.at.Start, b.at.Start))
	})
	var kept []passage
	risks := 0
	for _, p := range found {
		if len(kept) == maxFresh || p.risk && risks == maxRisks {
			continue
		}
		if p.risk {
			risks++
		}
		kept = append(kept, p)
	}
	return kept
}

// A memory knows the sentences of texts again: whole, and by their runs of
// words with the figures left out.
type memory struct {
	seed  maphash.Seed
	whole map[uint64]struct{}
	runs  map[uint64]struct{}
}

func newMemory() memory {
	return memory{seed: maphash.MakeSeed(), whole: map[uint64]struct{}{}, runs: map[uint64]struct{}{}}
}

// add has the memory know the sentences of a text.
func (m memory) add(body string) {
	for _, span := range text.Sentences(body) {
		words := text.Words(span.Of(body))
		m.whole[m.hash(words)] = struct{}{}
		for run := range runsOf(masked(words)) {
			m.runs[m.hash(run)] = struct{}{}
		}
	}
}

func (m memory) hash(words []string) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	for _, w := range words {
		_, _ = h.WriteString(w) // never fails
		_ = h.WriteByte('\n')   // likewise
	}
	return h.Sum64()
}

// runsOf gives every run of gram words; the whole of a shorter sentence.
func runsOf(words []string) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		for i := 0; i == 0 || i+gram <= len(words); i++ {
			if !yield(words[i:min(i+gram, len(words))]) {
				return
			}
		}
	}
}

// masked has one mark for every figure and month: a report that only moves its
// dates on says nothing new.
func masked(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w
		if strings.ContainsAny(w, "0123456789") || calendar(w) {
			out[i] = "#"
		}
	}
	return out
}

func calendar(w string) bool {
	switch w {
	case "january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december",
		"first", "second", "third", "fourth", "three", "six", "nine", "twelve":
		return true
	}
	return false
}

// has reports a sentence that a text has word for word.
func (m memory) has(words []string) bool {
	_, ok := m.whole[m.hash(words)]
	return ok
}

// novelty is the share of the sentence's runs of words that the report before
// has nowhere.
func (m memory) novelty(words []string) float64 {
	n, fresh := 0, 0
	for run := range runsOf(masked(words)) {
		n++
		if _, ok := m.runs[m.hash(run)]; !ok {
			fresh++
		}
	}
	return float64(fresh) / float64(n)
}

// worth weighs a sentence; nothing when it is not new or does not matter. In the
// risk factors the words must be new; in the discussion new figures are enough.
func (j *judge) worth(s string, words []string, risk bool) float64 {
	novelty, amounts := j.known.novelty(words), amountsOf(s)
	if novelty < newWords && (risk || amounts == 0) {
		return 0
	}
	score := matters(s, words, amounts)
	if score == 0 {
		return 0
	}
	if past(words, j.year) {
		score /= 4
	}
	return score + novelty
}

// matters weighs what a sentence tells: figures up to two, a hard event, words of
// risk up to two, what the business as a whole did, a direction, and being short.
// A list of several years' figures is a table in words.
func matters(s string, words []string, amounts int) float64 {
	score, risks := 0.75*float64(min(amounts, 2)), 0
	if events.First(s).Hard() {
		score++
	}
	for _, w := range words {
		if risky(w) {
			risks++
		}
	}
	score += 0.75 * float64(min(risks, 2))
	if score == 0 {
		return 0
	}
	if amounts > 0 {
		score += whole(words)
	}
	if slices.Contains(words, "respectively") {
		score -= 0.75
	}
	if len(facts.Directions(s)) > 0 {
		score += 0.5
	}
	if len(s) <= comfortable {
		score += 0.5
	}
	return score
}

// past reports a sentence that names years and none from the report's on.
func past(words []string, year int) bool {
	named := false
	for _, w := range words {
		if y, err := strconv.Atoi(w); err == nil && len(w) == 4 && y >= 1950 && y < 2100 {
			if y >= year {
				return false
			}
			named = true
		}
	}
	return named
}

// whole is more the more a sentence tells of what a company as a whole takes in
// and earns: a bit when it speaks of that, most when it opens with it.
func whole(words []string) float64 {
	const opening = 3 // words: "total net sales"
	at := slices.IndexFunc(words, func(w string) bool {
		switch w {
		case "revenue", "revenues", "sales", "turnover", "income", "profit", "earnings", "margin", "margins", "loss", "losses", "expect", "expects":
			return true
		}
		return false
	})
	switch {
	case at < 0:
		return 0
	case at < opening && (at == 0 || general(words[:at])):
		return 2.5
	}
	return 1
}

// general reports words that may stand before what is the whole company's.
func general(words []string) bool {
	for _, w := range words {
		switch w {
		case "total", "net", "consolidated", "our", "the", "company", "company's", "diluted", "operating", "gross", "comparable", "organic":
		default:
			return false
		}
	}
	return true
}

func amountsOf(s string) int {
	n := 0
	for _, f := range facts.Find(s) {
		if f.Kind == facts.Money || f.Kind == facts.Percent || f.Kind == facts.Points {
			n++
		}
	}
	return n
}

// risky reports a word that tells of harm that came or was ordered, not of what
// every risk factor warns of.
func risky(w string) bool {
	switch w {
	case "investigation", "investigations", "subpoena", "subpoenas", "lawsuit", "lawsuits", "indictment", "injunction", "breach", "breached", "ransomware",
		"cyberattack", "default", "defaulted", "covenant", "covenants", "waiver", "impairment", "impairments", "restatement", "restated", "recall", "recalls",
		"tariff", "tariffs", "sanction", "sanctions", "sanctioned", "shortage", "shortages", "delisted", "delisting", "bankruptcy", "insolvency", "strike",
		"penalty", "penalties", "fine", "fined", "layoffs", "restructuring", "pandemic", "war", "outage", "terminated", "weakness", "weaknesses", "doubt":
		return true
	}
	return false
}
