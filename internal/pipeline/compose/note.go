package compose

import (
	"fmt"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
)

// A judgeNote is what a judging model said of a bullet, for people who look at the
// quotes that the bullet rests on.
type judgeNote struct {
	ID   string
	Says string // the words of the digest, when they are not those of the source
	Text string

	quotes []stockdigest.Evidence // in the source, in the bullet's order
}

// notesOn are the notes on the bullets that quote a source. A bullet that was
// told in its source's words from the start has none: the mark says it all.
func notesOn(source string, bullets []stockdigest.Bullet) []judgeNote {
	var all []judgeNote
	for _, b := range bullets {
		n := judgeNote{ID: fmt.Sprintf("note-%d", len(all)+1)}
		for _, e := range b.Evidence {
			if e.Source == source {
				n.quotes = append(n.quotes, e)
			}
		}
		n.Says, n.Text = judged(b, len(n.quotes) == len(b.Evidence))
		if n.Text != "" && len(n.quotes) > 0 {
			all = append(all, n)
		}
	}
	return all
}

// judged tells what became of a bullet's wording, and quotes the words of the
// digest where they are a model's. Whole says that all it rests on is marked.
func judged(b stockdigest.Bullet, whole bool) (says, text string) {
	with := "with the marked words"
	if !whole {
		with = "with the marked words and its quotes from other sources"
	}
	by := "model " + b.Judged.By + ", as a judge,"
	switch b.Judged.Verdict {
	case stockdigest.Supported:
		return b.Text, "The " + by + " compared this " + with + " and found it supported."
	case stockdigest.NotJudged:
		return b.Text, "A model chose these words. Fixed rules compared them " + with + "; no model judged them."
	case stockdigest.Contradicted:
		return "", "The digest quotes its source here. A model had told it in other words; the " + by + " compared them " + with + " and found them contradicted."
	case stockdigest.NotEnough:
		return "", "The digest quotes its source here. A model had told it in other words; the " + by + " compared them " + with + " and found that they say more."
	}
	return "", ""
}

// idsOn lists the notes on a quote, as aria-describedby has them.
func idsOn(e stockdigest.Evidence, notes []judgeNote) string {
	var ids []string
	for _, n := range notes {
		if slices.ContainsFunc(n.quotes, func(q stockdigest.Evidence) bool { return q.Start == e.Start && q.End == e.End }) {
			ids = append(ids, n.ID)
		}
	}
	return strings.Join(ids, " ")
}
