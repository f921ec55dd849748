package triage

import (
	_ "embed" // for the prompt
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
	"stockdigest.app/stockdigest/internal/text"
)

// A vote is what a voter says of a candidate.
type vote string

const (
	voteHigh     vote = "high"
	voteMedium   vote = "medium"
	voteLow      vote = "low"
	voteNoNews   vote = "no news"
	voteNotAbout vote = "not about"
)

// points is what the vote adds to a score.
func (v vote) points() int {
	return map[vote]int{voteHigh: 3, voteMedium: 2, voteLow: 1}[v]
}

// against reports a vote to leave the candidate out.
func (v vote) against() bool { return v == voteNoNews || v == voteNotAbout }

//go:embed prompts/vote.1.txt
var voteSystem string

const voteSchema = `{"type":"object","properties":{"votes":{"type":"array","items":{"type":"object","properties":{"line":{"type":"integer"},"vote":{"type":"string","enum":["high","medium","low","no news","not about"]}},"required":["line","vote"],"additionalProperties":false}}},"required":["votes"],"additionalProperties":false}`

// What a prompt shows: a list that is longer is split.
const (
	maxShown       = 50 // candidates of a prompt
	maxTitle       = 200
	maxDescription = 300 // bytes
	maxNames       = 12  // of the company, beside its own
)

// votePrompt shows candidates. It holds nothing of the run, so that the same
// candidates are not paid for twice.
func (j judge) votePrompt(candidates []stockdigest.Candidate) stockdigest.Prompt {
	var b strings.Builder
	fmt.Fprintf(&b, "company: %s\nsymbol: %s\n", desk.Harmless(j.ticker.Name), j.ticker.Symbol)
	if names := j.names(); names != "" {
		fmt.Fprintf(&b, "names: %s\n", names)
	}
	b.WriteString("<candidates>\n")
	for i, c := range candidates {
		fmt.Fprintf(&b, "[%d] %s | %s | %s", i+1, j.whose(c), clip(c.Article.Publisher, maxTitle), clip(c.Article.Title, maxTitle))
		if c.Article.Description != "" && !speaks(c.Article.Description) {
			b.WriteString(" | " + clip(c.Article.Description, maxDescription))
		}
		b.WriteByte('\n')
	}
	b.WriteString("</candidates>\n")
	return stockdigest.Prompt{
		Name: "vote", Version: "1", System: voteSystem, Input: b.String(),
		Schema: json.RawMessage(voteSchema), MaxOutput: 4000, // a dozen for each line, but some models reason first
	}
}

// names are the names that stand for the company, beside its own.
func (j judge) names() string {
	var all []string
	for _, n := range j.ticker.Names {
		if n.Kind != stockdigest.NameContext && len(all) < maxNames {
			all = append(all, desk.Harmless(n.Text))
		}
	}
	return strings.Join(all, ", ")
}

// whose says whose news a candidate was found as.
func (j judge) whose(c stockdigest.Candidate) string {
	subject := c.Subject
	if peer, known := j.linker.Ticker(stockdigest.Symbol(subject)); known && c.Role != stockdigest.RoleIndustry {
		subject = peer.Name
	}
	if c.Role == stockdigest.RoleCompany || subject == "" {
		return string(c.Role)
	}
	return string(c.Role) + " " + clip(subject, maxTitle)
}

// speaks reports a text that turns to its reader, or to the reader's software,
// anywhere. It is not shown to a voter: other candidates stand beside it.
func speaks(s string) bool {
	s = strings.Join(strings.Fields(s), " ")
	for _, span := range text.Sentences(s) {
		if sentence := s[span.Start:span.End]; text.Addressed(sentence, text.Words(sentence)) {
			return true
		}
	}
	return false
}

// clip is a text as a prompt shows it, of at most n bytes.
func clip(s string, n int) string {
	s = desk.Harmless(s)
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}

var (
	errNoVotes = errors.New("it has no list of votes")
	errNoVote  = errors.New("it has no vote of the list on a line that was shown")
)

// parseVotes reads the votes on n lines, by the line's place from 0. A vote that
// is none, on a line that was not shown, or the second on a line is dropped; it
// fails only when no vote is left.
func parseVotes(body []byte, n int) (map[int]vote, error) {
	var raw struct {
		Votes []json.RawMessage `json:"votes"`
	}
	if err := json.Unmarshal(body, &raw); err != nil || raw.Votes == nil {
		return nil, errNoVotes
	}
	votes := map[int]vote{}
	for _, entry := range raw.Votes {
		var cast struct {
			Line int  `json:"line"`
			Vote vote `json:"vote"`
		}
		if json.Unmarshal(entry, &cast) != nil || cast.Line < 1 || cast.Line > n {
			continue
		}
		if _, twice := votes[cast.Line-1]; !twice && (cast.Vote.points() > 0 || cast.Vote.against()) {
			votes[cast.Line-1] = cast.Vote
		}
	}
	if len(votes) == 0 {
		return nil, errNoVote
	}
	return votes, nil
}
