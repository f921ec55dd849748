package eval_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stockdigest.app/stockdigest/internal/eval"
)

const headlines = `ID,TITLE,URL,PUBLISHER,CATEGORY,STORY,HOSTNAME,TIMESTAMP
1,"Gannett, New Media merge",u,p,b,S1,h,1394470370698
2,Merger of Gannett closes,u,p,b,S1,h,1394470370698
3,Apple sells bonds,u,p,b,S2,h,1394470370698
4,A film opens,u,p,e,S3,h,1394470370698
5,Cut off,u,,,,,
`

const pairs = `# a comment of the makers
pair_id,item_a_title,item_b_title,item_a_lede,item_b_lede,item_a_published_at,human_label
1,x,x,,,2012-01-10 00:00:00,SAME
2,x,yy,,,2012-01-10 00:00:00,DIFFERENT
3,x,zzz,,,2012-01-10 00:00:00,UNCLEAR
`

const bodies = `[{"article_a":{"title":"a","body":"x"},"article_b":{"title":"b","body":"x"},"label":"SAME"},
{"article_a":{"title":"a","body":"x"},"article_b":{"title":"b","body":"y"},"label":"DIFFERENT"}]`

func TestStoriesScoresWhatItFinds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSet(t, dir, "headlines.csv", headlines)
	writeSet(t, dir, "more/humans.csv", pairs)
	writeSet(t, dir, "more/bodies.json", bodies)
	writeSet(t, dir, "more/other.json", `{"no": "pairs"}`)
	writeSet(t, dir, "more/other.csv", "a,b\n1,2\n")
	// The film and the bonds are thrown together; the rest is right.
	group := func(docs []eval.StoryDoc) []int {
		got := make([]int, len(docs))
		for i, d := range docs {
			if !strings.Contains(d.Title, "Gannett") {
				got[i] = 1
			}
		}
		return got
	}
	like := func(a, b eval.StoryDoc) float64 {
		if a.Body == b.Body && len(a.Title) == len(b.Title) {
			return 1
		}
		return 0
	}
	res, err := eval.Stories(dir, group, like, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		"all/b3_p": 0.75, "all/b3_r": 1, "all/b3_f": 6.0 / 7,
		"business/b3_p": 1, "business/b3_r": 1, "business/b3_f": 1,
		"pairs/auc": 1, "pairs_title/auc": 0.5, "humans/auc": 1,
	}
	if diff := cmp.Diff(want, res.Figures, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"1": 0, "2": 0, "3": 1, "4": 1, "5": 1}, res.Predictions); diff != "" {
		t.Errorf("predictions (-want +got):\n%s", diff)
	}
}

func TestStoriesRefusesAnEmptyFolder(t *testing.T) {
	t.Parallel()
	if _, err := eval.Stories(t.TempDir(), nil, nil, nil); err == nil {
		t.Error("got no error for a folder without sets")
	}
}

func writeSet(t *testing.T, dir, name, content string) {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
