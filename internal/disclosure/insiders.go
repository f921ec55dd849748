package disclosure

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// A Cluster is what several insiders of a company did at once, counted from
// their forms.
type Cluster struct {
	Sale     bool
	Insiders []string // names, of those who file together the first; by day, then name
	From, To string   // days of the first and last trade, 2006-01-02
	Forms    []stockdigest.Filing
	shares   string // in all, empty when it cannot be told
	value    string // dollars, likewise
}

// Bounds of a cluster.
const (
	minInsiders = 3
	clusterDays = 10
	maxLate     = 10 // days between a trade and its form; two business days are the law, and some forget
)

// Span is how long before its newest form a cluster's oldest may have been
// filed.
const Span = (clusterDays + maxLate) * 24 * time.Hour

// Clusters counts the insiders of the company with a CIK that bought, or sold
// outside Rule 10b5-1 plans, within the ten days that end with the newest such
// trade. Three or more make a cluster: at most one of purchases and one of sales,
// purchases first. Forms about other companies, and trades whose day does not fit
// their form, do not count; nor do those who only file together.
func Clusters(cik string, forms []stockdigest.Filing) []Cluster {
	var found []Cluster
	for _, sale := range []bool{false, true} {
		if c, ok := cluster(dealt(cik, forms, sale), sale); ok {
			found = append(found, c)
		}
	}
	return found
}

// A deal is a trade with its form.
type deal struct {
	stockdigest.Trade
	form  *stockdigest.Filing
	owner int // of a group that files together, the number
	day   time.Time
}

// dealt lists the deals of one side that count, oldest first. What an amendment
// tells again stands once, as told last.
func dealt(cik string, forms []stockdigest.Filing, sale bool) []deal {
	sorted := slices.Clone(forms)
	slices.SortStableFunc(sorted, func(a, b stockdigest.Filing) int {
		return cmp.Or(a.FiledAt.Compare(b.FiledAt), cmp.Compare(a.Accession, b.Accession))
	})
	groups := together(sorted)
	var deals []deal
	for i := range sorted {
		f := &sorted[i]
		if cik == "" || bare(f.Dealings.Issuer) != bare(cik) || len(f.Dealings.Owners) == 0 {
			continue
		}
		var own []deal
		for _, t := range f.Dealings.Trades {
			day, err := time.Parse(time.DateOnly, t.Day)
			late := f.FiledAt.Sub(day)
			if err != nil || t.Sale != sale || sale && t.Plan || late < 0 || late > maxLate*24*time.Hour {
				continue
			}
			own = append(own, deal{Trade: t, form: f, owner: groups[f.Dealings.Owners[0].CIK], day: day})
		}
		if strings.HasSuffix(f.Form, "/A") {
			deals = slices.DeleteFunc(deals, func(d deal) bool {
				return slices.ContainsFunc(own, func(o deal) bool { return o.owner == d.owner && o.Day == d.Day })
			})
		}
		deals = append(deals, own...)
	}
	slices.SortStableFunc(deals, func(a, b deal) int { return a.day.Compare(b.day) })
	return deals
}

func bare(cik string) string { return strings.TrimLeft(cik, "0") }

// together numbers the owners so that all who ever file one form have one number.
func together(forms []stockdigest.Filing) map[string]int {
	group := map[string]int{}
	for i, f := range forms {
		into := i
		for _, o := range f.Dealings.Owners {
			if old, ok := group[o.CIK]; ok {
				into = old
				break
			}
		}
		for _, o := range f.Dealings.Owners {
			if old, ok := group[o.CIK]; ok && old != into {
				for cik, n := range group {
					if n == old {
						group[cik] = into
					}
				}
			}
			group[o.CIK] = into
		}
	}
	return group
}

// cluster counts the last ten days of the deals.
func cluster(deals []deal, sale bool) (Cluster, bool) {
	if len(deals) == 0 {
		return Cluster{}, false
	}
	last := deals[len(deals)-1].day
	deals = slices.DeleteFunc(deals, func(d deal) bool { return last.Sub(d.day) >= clusterDays*24*time.Hour })
	c := Cluster{Sale: sale, From: deals[0].Day, To: deals[len(deals)-1].Day}
	seen := map[int]bool{}
	for _, d := range deals {
		if !seen[d.owner] {
			seen[d.owner] = true
			c.Insiders = append(c.Insiders, d.form.Dealings.Owners[0].Name)
		}
		if !slices.ContainsFunc(c.Forms, func(f stockdigest.Filing) bool { return f.Accession == d.form.Accession }) {
			c.Forms = append(c.Forms, *d.form)
		}
	}
	slices.SortStableFunc(c.Forms, func(a, b stockdigest.Filing) int {
		return cmp.Or(b.FiledAt.Compare(a.FiledAt), cmp.Compare(a.Accession, b.Accession))
	})
	c.shares, c.value = sums(deals)
	return c, len(c.Insiders) >= minInsiders
}

// sums adds up the deals when all are of one class and tell their figures.
func sums(deals []deal) (shares, value string) {
	n, worth := new(big.Rat), new(big.Rat)
	priced := true
	for _, d := range deals {
		count, ok := new(big.Rat).SetString(d.Shares)
		if !ok || !strings.EqualFold(d.Security, deals[0].Security) {
			return "", ""
		}
		n.Add(n, count)
		dollars, ok := new(big.Rat).SetString(d.Value)
		if priced = priced && ok; priced {
			worth.Add(worth, dollars)
		}
	}
	if !n.IsInt() || n.Sign() <= 0 {
		return "", ""
	}
	if shares = grouped(n.FloatString(0)); priced && worth.Sign() > 0 {
		value = "$" + grouped(worth.FloatString(2))
	}
	return shares, value
}

// grouped writes 1234567.50 as 1,234,567.50, and without cents that are none.
func grouped(s string) string {
	whole, frac, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if frac = strings.TrimSuffix(frac, "00"); frac != "" {
		return whole + "." + frac
	}
	return whole
}

// Newest is the form that made the cluster what it is.
func (c Cluster) Newest() stockdigest.Filing { return c.Forms[0] }

// Text tells the cluster of a company in sentences of our own, a paragraph each:
// the count first, then who and what the forms are.
func (c Cluster) Text(company string) string {
	did, outside := "bought", ""
	if c.Sale {
		did, outside = "sold", " outside Rule 10b5-1 trading plans"
	}
	what := "shares"
	if c.shares != "" {
		what = c.shares + " shares"
	}
	if c.value != "" {
		what += " worth " + c.value + " in all"
	}
	when := "on " + longDay(c.From)
	if c.From != c.To {
		when = "from " + longDay(c.From) + " to " + longDay(c.To)
	}
	lines := []string{fmt.Sprintf("%d insiders of %s %s %s%s %s, by their %d Form 4 filings.",
		len(c.Insiders), company, did, what, outside, when, len(c.Forms))}
	lines = append(lines, "They are "+strings.Join(c.Insiders, "; ")+".")
	for _, f := range c.Forms {
		lines = append(lines, "Counted: "+string(f.Accession)+" "+f.URL)
	}
	return strings.Join(lines, "\n\n")
}

func longDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format("January 2, 2006")
}

// Document is the cluster's text as a document of its newest form.
func (c Cluster) Document(company string) stockdigest.Document {
	f := c.Newest()
	body := c.Text(company)
	return stockdigest.Document{
		Accession: f.Accession, Seq: c.Seq(), Type: stockdigest.InsiderCount, Description: "counted from several Forms 4",
		URL: f.URL, Text: body, Hash: stockdigest.Hash(body),
	}
}

// Seq is the number of the cluster's document: a form has one document of its own.
func (c Cluster) Seq() int {
	if c.Sale {
		return 3
	}
	return 2
}
