package triage

import (
	"fmt"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
)

// The gates of triage.
const (
	GateEntity = "entity" // about the company, or not
	GateUnsure = "unsure" // only the text can tell
	GateTopic  = "topic"  // about the keyword of its feed, or not
	GateVote   = "vote"   // two models agree that it is no news of the company
	GateCap    = "cap"    // enough better ones
)

// A judgement is a candidate with its verdict on the way.
type judgement struct {
	candidate stockdigest.Candidate
	verdict   stockdigest.Verdict
	hint      int    // how much an unsure one promises: the order of second looks
	byRule    int    // the score before votes
	held      bool   // no vote can push it out
	against   string // what two voters say who are against it
}

// A judge knows whom the run is about.
type judge struct {
	ticker stockdigest.Ticker
	linker *names.Linker
}

// judge applies the guard and the rules to one candidate.
func (j judge) judge(c stockdigest.Candidate) judgement {
	g := j.guard(c)
	out := judgement{candidate: c, hint: g.hint}
	out.verdict = stockdigest.Verdict{ArticleID: c.Article.ID, Decision: stockdigest.Rejected, Gate: g.gate, Reason: g.reason}
	if !g.pass {
		return out
	}
	if gate, reason := pageKind(c.Article, g.gate == GateUnsure); gate != "" {
		out.verdict.Gate, out.verdict.Reason = gate, reason
		return out
	}
	if g.gate == GateUnsure {
		out.verdict.Decision, out.verdict.Reason = stockdigest.Selected, g.reason+"; its text decides"
		return out
	}
	score, parts := rate(c, g.score)
	out.verdict.Decision, out.verdict.Score, out.byRule = stockdigest.Selected, score, score
	out.verdict.Reason = g.reason
	if parts != "" {
		out.verdict.Reason += "; " + parts
	}
	return out
}

// A guarded is the outcome of the guard.
type guarded struct {
	pass   bool
	gate   string
	reason string
	score  int
	hint   int
}

// guard asks whether the candidate is about whom its feed stands for.
func (j judge) guard(c stockdigest.Candidate) guarded {
	switch c.Role {
	case stockdigest.RoleIndustry:
		return topic(c)
	case stockdigest.RoleCompetitor, stockdigest.RoleUpstream, stockdigest.RoleDownstream:
		return j.other(c)
	case stockdigest.RoleCompany:
	}
	v := j.linker.About(j.ticker, c.Article.Title, c.Article.Description, "")
	switch {
	case v.About:
		return guarded{pass: true, gate: GateEntity, reason: v.Reason, score: v.Score}
	case v.Sure:
		return guarded{gate: GateEntity, reason: v.Reason}
	}
	hint := v.Score * 2
	if j.linker.InContext(j.ticker, c.Article.Title+" "+c.Article.Description) {
		hint++
	}
	return guarded{pass: true, gate: GateUnsure, reason: v.Reason, hint: hint}
}

// other judges news of a peer, supplier or customer: it must be about that
// company, whose symbol or name the feed's subject tells.
func (j judge) other(c stockdigest.Candidate) guarded {
	peer, known := j.linker.Ticker(stockdigest.Symbol(c.Subject))
	if !known {
		if c.Subject != "" && holdsAll(c.Article.Title+" "+c.Article.Description, c.Subject) {
			return guarded{pass: true, gate: GateEntity, reason: "names " + c.Subject, score: 1}
		}
		return guarded{gate: GateEntity, reason: fmt.Sprintf("does not name %s, which its feed stands for", c.Subject)}
	}
	v := j.linker.About(peer, c.Article.Title, c.Article.Description, "")
	return guarded{pass: v.About, gate: GateEntity, reason: v.Reason, score: v.Score}
}

// topic judges industry news: permissive, one word of the keyword is enough.
func topic(c stockdigest.Candidate) guarded {
	text := strings.ToLower(c.Article.Title + " " + c.Article.Description)
	if c.Subject == "" {
		return guarded{pass: true, gate: GateTopic, reason: "industry feed", score: 1}
	}
	for w := range strings.FieldsSeq(strings.ToLower(c.Subject)) {
		if len(w) > 3 && strings.Contains(text, strings.TrimSuffix(w, "s")) {
			return guarded{pass: true, gate: GateTopic, reason: fmt.Sprintf("says “%s”", w), score: 1}
		}
	}
	return guarded{gate: GateTopic, reason: fmt.Sprintf("says nothing of “%s”", c.Subject)}
}

func holdsAll(text, subject string) bool {
	text = strings.ToLower(text)
	for w := range strings.FieldsSeq(strings.ToLower(subject)) {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}
