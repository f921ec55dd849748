package cluster

import (
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/disclosure"
)

// byInsiders puts the forms of insiders who traded at once together, the newest
// first; every other filing stands alone.
func byInsiders(filings []source) [][]source {
	var forms []stockdigest.Filing
	for _, s := range filings {
		forms = append(forms, *s.filing)
	}
	var all [][]source
	taken := map[string]bool{}
	if len(forms) > 0 {
		for _, c := range disclosure.Clusters(forms[0].CIK, forms) {
			var of []source
			for _, f := range c.Forms {
				at := slices.IndexFunc(filings, func(s source) bool { return s.id == string(f.Accession) })
				if !taken[filings[at].id] {
					taken[filings[at].id] = true
					of = append(of, filings[at])
				}
			}
			if len(of) > 0 {
				all = append(all, of)
			}
		}
	}
	for _, s := range filings {
		if !taken[s.id] {
			all = append(all, []source{s})
		}
	}
	return all
}

// insiderCount is the sentence that tells what several insiders did, when the
// form has it.
func insiderCount(f *stockdigest.Filing) string {
	for _, d := range f.Documents {
		if d.Type == stockdigest.InsiderCount {
			count, _, _ := strings.Cut(d.Text, "\n\n")
			return count
		}
	}
	return ""
}
