package stockdigest

// A Grounding is how well the wordings of models held in the gate.
type Grounding struct {
	Runs   int `json:"runs"`
	Worded int `json:"worded"` // bullets that a model put in words of its own
	Held   int `json:"held"`   // of these, printed in the same words
}

// Score is the share of wordings that held; 1 when there was none.
func (g Grounding) Score() float64 {
	if g.Worded == 0 {
		return 1
	}
	return float64(g.Held) / float64(g.Worded)
}

// GroundingOf compares the draft of a writer with what the gate left of it. A
// bullet in the words of its first quote is nobody's wording, and one that the
// gate or a repair put in other words did not hold.
func GroundingOf(written, verified Draft) Grounding {
	left := map[BulletID]string{}
	for _, b := range verified.Bullets() {
		left[b.ID] = b.Text
	}
	g := Grounding{Runs: 1}
	for _, b := range written.Bullets() {
		if len(b.Evidence) == 0 || b.Text == b.Evidence[0].Quote {
			continue
		}
		g.Worded++
		if text, there := left[b.ID]; there && text == b.Text {
			g.Held++
		}
	}
	return g
}

// Plus is both together.
func (g Grounding) Plus(other Grounding) Grounding {
	return Grounding{g.Runs + other.Runs, g.Worded + other.Worded, g.Held + other.Held}
}

// A Rollback is an edition of a prompt that is not used any more, and why.
type Rollback struct {
	Edition Edition `json:"edition"`
	Reason  string  `json:"reason"`
}
