package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// callDay is the day of a company's last talk with analysts: yesterday for the
// third company and every seventh after it, a month ago for the others.
func (s *Sim) callDay(c company) time.Time {
	const first, every = 2, 7
	now := s.cfg.AsOf.In(newYork())
	if slices.IndexFunc(s.companies, func(o company) bool { return o.symbol == c.symbol })%every == first {
		return now.AddDate(0, 0, -1)
	}
	return now.AddDate(0, -1, 0)
}

// call is what was said in a talk, a line for each speaker: by the two chiefs,
// and by an analyst who is not to be taken for one of them.
func (s *Sim) call(c company) string {
	d := newDice(s.cfg.Seed, "call", c.symbol)
	analyst := s.texts.person(d)
	sales, growth, margin := d.between(80, 900), d.between(2, 19), d.between(31, 58)
	return strings.Join([]string{
		"Operator: Good afternoon, and welcome to the call. A question-and-answer session will follow.",
		fmt.Sprintf("%s: Thank you, and welcome to all of you. Demand for %s stayed firm in the quarter, and we shipped more of them than in any quarter before.", c.ceo, c.makes.items),
		fmt.Sprintf("%s: We closed the quarter with sales of $%d million, an increase of %d%% from a year earlier. Gross margin was %d%% of sales, and we expect it to stay there in the next quarter.", c.cfo, sales, growth, margin),
		fmt.Sprintf("Operator: Our first question comes from the line of %s.", analyst),
		fmt.Sprintf("%s: We think that sales of $%d million are more than anybody had hoped for. What comes next?", analyst, sales),
		fmt.Sprintf("%s: We plan to hire %d people for a new line of %s before the end of the year.", c.ceo, d.between(40, 400), c.makes.items),
	}, "\n")
}
