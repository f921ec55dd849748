package stockdigest_test

import (
	"slices"
	"testing"

	"stockdigest.app/stockdigest"
)

func said(id stockdigest.BulletID, story stockdigest.StoryID, impact stockdigest.Impact, start int) stockdigest.Bullet {
	return stockdigest.Bullet{ID: id, Story: story, Impact: impact, Evidence: []stockdigest.Evidence{{Source: "a", Start: start}}}
}

func ids(bullets []stockdigest.Bullet) []stockdigest.BulletID {
	var all []stockdigest.BulletID
	for _, b := range bullets {
		all = append(all, b.ID)
	}
	return all
}

func TestLeadsAreOneBulletOfEachStoryTheWeightiestFirst(t *testing.T) {
	t.Parallel()
	bullets := []stockdigest.Bullet{
		said("late", "s1", stockdigest.ImpactMedium, 90), said("early", "s1", stockdigest.ImpactMedium, 10), said("small", "s1", stockdigest.ImpactLow, 0),
		said("soft", "s2", stockdigest.ImpactLow, 0), said("hard", "s2", stockdigest.ImpactHigh, 50), said("equal", "s3", stockdigest.ImpactMedium, 0),
		said("stranger", "s9", stockdigest.ImpactHigh, 0),
	}
	want := []stockdigest.BulletID{"hard", "early", "equal"}
	order := []stockdigest.StoryID{"s1", "s2", "s3", "s4"}
	if got := ids(stockdigest.Leads(bullets, order)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	slices.Reverse(bullets) // as another kind of report sorts them into sections
	if got := ids(stockdigest.Leads(bullets, order)); !slices.Equal(got, want) {
		t.Errorf("in other sections: got %v, want %v", got, want)
	}
}

func TestToldLeavesDuplicatesOut(t *testing.T) {
	t.Parallel()
	again := said("b", "s1", stockdigest.ImpactHigh, 0)
	again.Duplicate = "a"
	r := stockdigest.Report{Sections: []stockdigest.Section{
		{Name: stockdigest.SectionMajor, Bullets: []stockdigest.Bullet{said("a", "s1", stockdigest.ImpactHigh, 0)}},
		{Name: stockdigest.SectionUpside, Bullets: []stockdigest.Bullet{again}},
	}}
	if got := ids(r.Told()); !slices.Equal(got, []stockdigest.BulletID{"a"}) {
		t.Errorf("got %v, want the first alone", got)
	}
}
