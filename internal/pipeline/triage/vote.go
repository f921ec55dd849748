package triage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
)

// A Jury is who votes on the candidates that pass the rules. Its zero value is
// nobody: the rules decide alone.
type Jury struct {
	Asker  desk.Asker
	Voters [][]stockdigest.Model // the models of each voter, best first; no model stands with two voters
	Now    func() time.Time      // the clock that a run's deadline is told by

	// Meanwhile begins work on what the rules alone would select, while voters
	// think; enough ends it. Nil: nothing is begun.
	Meanwhile func(ctx context.Context, run stockdigest.Run, likely []stockdigest.Candidate) (enough func())
}

// A cast is a vote with who gave it; without one, the voter said nothing.
type cast struct {
	vote vote
	by   stockdigest.Model
}

// ballotRoom is how many times a cap are voted on: of what comes after these by
// rule, nothing would be read.
const ballotRoom = 3

// vote has the jury vote on what the rules selected, and adds it up. It returns
// the line that tells how many were heard. It fails only when the run is stopped
// or the asker fails by itself.
func (s *Triage) vote(ctx context.Context, run stockdigest.Run, j judge, judged []judgement) (string, error) {
	if len(s.jury.Voters) == 0 {
		return "", nil
	}
	hold(judged)
	var open []*judgement
	var candidates []stockdigest.Candidate
	for i, in := range within(judged, ballotRoom) {
		if in && !speaks(judged[i].candidate.Article.Title) {
			open, candidates = append(open, &judged[i]), append(candidates, judged[i].candidate)
		}
	}
	if len(open) == 0 {
		return "", nil
	}
	enough := s.jury.meanwhile(ctx, run, judged)
	ballots, why, err := s.jury.poll(ctx, run, j, candidates)
	enough()
	if err != nil {
		return "", err
	}
	tally := map[int]int{}
	for i, o := range open {
		var heard []cast
		for _, ballot := range ballots {
			if ballot[i].vote != "" {
				heard = append(heard, ballot[i])
			}
		}
		o.hear(heard)
		tally[len(heard)]++
	}
	leaveOut(open)
	return heardNote(tally, why), nil
}

// meanwhile begins work on what the rules alone would select.
func (y Jury) meanwhile(ctx context.Context, run stockdigest.Run, judged []judgement) (enough func()) {
	if y.Meanwhile == nil {
		return func() {}
	}
	var likely []stockdigest.Candidate
	for i, in := range within(judged, 1) {
		if in {
			likely = append(likely, judged[i].candidate)
		}
	}
	return y.Meanwhile(ctx, run, likely)
}

// poll asks the voters side by side. Each ballot is as long as the list; why
// tells what kept voters from voting.
func (y Jury) poll(ctx context.Context, run stockdigest.Run, j judge, candidates []stockdigest.Candidate) (ballots [][]cast, why string, err error) {
	ballots = make([][]cast, len(y.Voters))
	causes := make([]string, len(y.Voters))
	var group errgroup.Group
	for i, chain := range y.Voters {
		group.Go(func() (err error) {
			d := desk.New(y.Asker, desk.Config{Now: y.Now}, run, stockdigest.StepTriage)
			ballots[i], err = ballot(ctx, d, chain, j, candidates)
			causes[i] = d.Why()
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, "", fmt.Errorf("ask for votes on the candidates of %s: %w", run.Ticker, err)
	}
	return ballots, whyOf(causes), nil
}

// whyOf tells the causes of the voters, and of which voter each is when they
// differ.
func whyOf(causes []string) string {
	if same := slices.Compact(slices.Clone(causes)); len(same) == 1 {
		return same[0]
	}
	var parts []string
	for i, cause := range causes {
		if cause != "" {
			parts = append(parts, fmt.Sprintf("voter %d: %s", i+1, cause))
		}
	}
	return strings.Join(parts, "; ")
}

// ballot has one voter vote, on all prompts at once. A vote is worth little when
// money is short, so it is asked for on the first rung only.
func ballot(ctx context.Context, d *desk.Desk, chain []stockdigest.Model, j judge, candidates []stockdigest.Candidate) ([]cast, error) {
	filled := make([]cast, len(candidates))
	var group errgroup.Group
	for at := 0; at < len(candidates); at += maxShown {
		shown := candidates[at:min(at+maxShown, len(candidates))]
		votes := filled[at : at+len(shown)]
		group.Go(func() error {
			return d.Ask(ctx, desk.Question{
				Prompt: j.votePrompt(shown), Chain: chain,
				Take: func(answer json.RawMessage, by stockdigest.Model, _ bool) error {
					said, err := parseVotes(answer, len(shown))
					for i, v := range said {
						votes[i] = cast{v, by}
					}
					return err
				},
			})
		})
	}
	return filled, group.Wait()
}

// hear adds the votes up.
func (j *judgement) hear(heard []cast) {
	v := &j.verdict
	sum := 0
	var against []string
	for _, c := range heard {
		sum += c.vote.points()
		if c.vote.against() {
			against = append(against, fmt.Sprintf("%s says “%s”", c.by.Name, c.vote))
		}
	}
	if len(heard) > 1 && len(against) == len(heard) {
		j.against = strings.Join(against, ", ")
	}
	v.Score += sum
	v.Reason += "; " + heardWord(len(heard))
	if sum > 0 {
		v.Reason += fmt.Sprintf(" %+d", sum)
	}
}

// leaveOut rejects those whom two voters are against, the worst by rule first:
// never a strong one, and never more than half of all, so that no prompt can
// empty a report.
func leaveOut(open []*judgement) {
	var out []*judgement
	for _, o := range open {
		if o.against != "" && !o.strong() {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b *judgement) int { return better(*b, *a) })
	for _, o := range out[:min(len(out), (len(open)+1)/2)] {
		v := &o.verdict
		v.Decision, v.Gate, v.Reason = stockdigest.Rejected, GateVote, o.against+"; "+v.Reason
	}
}

func heardWord(heard int) string {
	switch heard {
	case 0:
		return "rules only"
	case 1:
		return "single vote"
	}
	return "double vote"
}

// heardNote tells how many votes the candidates got, and why not more.
func heardNote(tally map[int]int, why string) string {
	var parts []string
	for heard := 2; heard >= 0; heard-- {
		if n := tally[heard]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s on %d", heardWord(heard), n))
		}
	}
	note := strings.Join(parts, ", ")
	if why != "" {
		note += " (" + why + ")"
	}
	return note
}
