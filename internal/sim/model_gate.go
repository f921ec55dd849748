package sim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// A claim is a bullet as a prompt of the gate shows it: its number, what it says
// and the quotes it rests on.
type claim struct {
	n      int
	text   string
	quotes []string
}

// claimsIn reads the claims that a prompt shows.
func claimsIn(input string) []claim {
	var all []claim
	for line := range strings.Lines(input) {
		line = strings.TrimSuffix(line, "\n")
		if m := numberedLine.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1]) // what has more digits than a number is no claim of ours
			all = append(all, claim{n: n, text: m[2]})
		}
		if quote, ok := strings.CutPrefix(line, "quote: "); ok && len(all) > 0 {
			all[len(all)-1].quotes = append(all[len(all)-1].quotes, quote)
		}
	}
	return all
}

// holds reports whether a quote says what the claim does, in its words or in
// those that a model of this world makes of them.
func (c claim) holds() bool {
	return slices.ContainsFunc(c.quotes, func(quote string) bool { return reworded(quote) == reworded(c.text) })
}

// reworded says what a line says in other words.
func reworded(line string) string { return strings.ReplaceAll(line, "%", " percent") }

// verdictOf judges a claim. A liar finds every one supported, and one that denies
// finds none.
func verdictOf(c claim, fault FaultKind) string {
	switch {
	case fault == FaultLies:
		return "supported"
	case fault == FaultDenies && c.n%2 == 0:
		return "not enough"
	case fault == FaultDenies || !c.holds():
		return "contradicted"
	}
	return "supported"
}

// gate answers a prompt of the gate: verdicts on claims, or other words for
// them. The words of an honest model are those of the first quote; a liar makes
// another wrong bullet of it; one that denies has none.
func (s *Sim) gate(c chat, fault FaultKind) string {
	d := newDice(s.cfg.Seed, "thought", c.key())
	judging := judges(c)
	verdicts, bullets := []any{}, []any{}
	for _, claim := range claimsIn(c.input()) {
		if fault == FaultIDs {
			claim.n += 1000
		}
		verdicts = append(verdicts, map[string]any{"bullet": claim.n, "verdict": verdictOf(claim, fault)})
		if judging || len(claim.quotes) == 0 || fault == FaultDenies {
			continue
		}
		text := claim.quotes[0]
		if fault == FaultLies {
			text = s.lie(d, text)
		}
		bullets = append(bullets, map[string]any{"bullet": claim.n, "text": text})
	}
	answer := map[string]any{"bullets": bullets}
	if judging {
		answer = map[string]any{"verdicts": verdicts}
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return "{}" // cannot be: it holds plain values only
	}
	return string(raw)
}

// judges reports whether a prompt asks for verdicts.
func judges(c chat) bool {
	var schema shape
	return json.Unmarshal(c.schema, &schema) == nil && schema.Properties["verdicts"].Type == "array"
}
