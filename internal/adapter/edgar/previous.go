package edgar

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"time"

	"stockdigest.app/stockdigest"
)

const (
	reach    = 500 * 24 * time.Hour // how far back the report of a year before may lie, late ones too
	maxOlder = 3                    // archive files asked for a report that the main list has no more
)

// Previous returns what the list says of the company's report of the same form
// before f: the newest one that was filed before it and covers an earlier
// period. It has no documents; ErrNotFound when EDGAR lists none.
func (c *Client) Previous(ctx context.Context, t stockdigest.Ticker, f stockdigest.Filing) (stockdigest.Filing, error) {
	if err := t.Validate(); err != nil {
		return stockdigest.Filing{}, err
	}
	list, err := c.list(ctx, dataHost+"/submissions/CIK"+t.CIK+".json")
	if err != nil {
		return stockdigest.Filing{}, err
	}
	w := stockdigest.Window{From: f.FiledAt.Add(-reach), To: f.FiledAt}
	if p, ok := before(f, list.Filings.Recent.within(t.CIK, w)); ok {
		return p, nil
	}
	for _, file := range newestArchives(list.Filings.Files, w) {
		older, err := c.list(ctx, dataHost+"/submissions/"+path.Base(file.Name))
		if err != nil {
			return stockdigest.Filing{}, err
		}
		if p, ok := before(f, older.within(t.CIK, w)); ok {
			return p, nil
		}
	}
	return stockdigest.Filing{}, stockdigest.NotFound(fmt.Sprintf("EDGAR lists no %s of %s before %s", f.Form, t.Symbol, f.Accession))
}

// Read returns the filing with its documents, which are fetched.
func (c *Client) Read(ctx context.Context, f stockdigest.Filing) (stockdigest.Filing, error) {
	f, err := c.read(ctx, f)
	if err != nil {
		err = fmt.Errorf("read filing %s: %w", f.Accession, err)
	}
	return f, err
}

// before picks the newest report of f's form that was filed before f and covers
// an earlier period.
func before(f stockdigest.Filing, entries []stockdigest.Filing) (stockdigest.Filing, bool) {
	earlier := slices.DeleteFunc(entries, func(e stockdigest.Filing) bool {
		same := e.Form != f.Form || e.Accession == f.Accession || !e.FiledAt.Before(f.FiledAt)
		return same || e.Period != "" && f.Period != "" && e.Period >= f.Period
	})
	if len(earlier) == 0 {
		return stockdigest.Filing{}, false
	}
	return slices.MinFunc(earlier, newestFirst), true
}

// newestArchives are the archive files that may list filings of the window, the
// newest first and only so many.
func newestArchives(files []archiveFile, w stockdigest.Window) []archiveFile {
	in := slices.DeleteFunc(slices.Clone(files), func(f archiveFile) bool { return !f.overlaps(w) })
	slices.SortStableFunc(in, func(a, b archiveFile) int { return -cmp.Compare(a.To, b.To) })
	return in[:min(len(in), maxOlder)]
}
