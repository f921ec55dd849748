package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/disclosure"
)

// Reports keeps what filings tell beyond their text.
type Reports interface {
	Filing(ctx context.Context, a stockdigest.Accession) (stockdigest.Filing, error)
	SaveFresh(ctx context.Context, run stockdigest.Run, report, before stockdigest.Filing) error
	Dealt(ctx context.Context, cik string, w stockdigest.Window) ([]stockdigest.Filing, error)
}

// deepen compares the run's annual and quarterly reports with the ones before,
// once for each, and counts what insiders did together.
func (s *Step) deepen(ctx context.Context, run stockdigest.Run, t stockdigest.Ticker) error {
	m, err := s.store.Material(ctx, run)
	if err != nil {
		return err
	}
	for _, f := range m.Filings {
		if !disclosure.Compares(f.Form) || f.Previous != "" || disclosure.Primary(f).Text == "" {
			continue
		}
		if err := s.compare(ctx, run, t, f); err != nil {
			return err
		}
	}
	return s.countInsiders(ctx, run, t, m.Filings)
}

// compare finds what is new in a report. One whose predecessor cannot be had is
// told as it stands; the step's note says so, and the next run tries again.
func (s *Step) compare(ctx context.Context, run stockdigest.Run, t stockdigest.Ticker, f stockdigest.Filing) error {
	before, err := s.previous(ctx, t, f)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err != nil {
		s.cfg.Log.InfoContext(ctx, "report not compared", "accession", f.Accession, "error", err)
		return nil
	}
	told, ok := disclosure.Fresh(f, before)
	if !ok {
		s.cfg.Log.InfoContext(ctx, "report not compared: it has too little in common with the one before", "accession", f.Accession, "before", before.Accession)
		return nil
	}
	return s.store.SaveFresh(ctx, run, told, before)
}

// previous is the report before f: as it is kept, or else as EDGAR has it.
func (s *Step) previous(ctx context.Context, t stockdigest.Ticker, f stockdigest.Filing) (stockdigest.Filing, error) {
	entry, err := s.filings.Previous(ctx, t, f)
	if err != nil {
		return entry, err
	}
	kept, err := s.store.Filing(ctx, entry.Accession)
	if err == nil && disclosure.Primary(kept).Text != "" {
		return kept, nil
	}
	if err != nil && !errors.Is(err, stockdigest.ErrNotFound) {
		return entry, err
	}
	return s.filings.Read(ctx, entry)
}

// countInsiders adds to the run what insiders did together, when a form of the
// run is the newest of it, and the forms that were counted.
func (s *Step) countInsiders(ctx context.Context, run stockdigest.Run, t stockdigest.Ticker, found []stockdigest.Filing) error {
	at := slices.IndexFunc(found, func(f stockdigest.Filing) bool { return len(f.Dealings.Trades) > 0 })
	if at < 0 {
		return nil
	}
	forms, err := s.store.Dealt(ctx, t.CIK, stockdigest.Window{From: found[at].FiledAt.Add(-disclosure.Span), To: run.AsOf})
	if err != nil {
		return err
	}
	for _, c := range disclosure.Clusters(t.CIK, forms) {
		newest := c.Newest()
		if !slices.ContainsFunc(found, func(f stockdigest.Filing) bool { return f.Accession == newest.Accession }) {
			continue
		}
		counted := slices.Clone(c.Forms)
		counted[0].Documents = append(slices.Clone(newest.Documents), c.Document(t.Name))
		if err := s.store.SaveFilings(ctx, run, counted); err != nil {
			return err
		}
	}
	return nil
}

// compared says how many reports were compared with the ones before, and which
// were not.
func compared(found []stockdigest.Filing) []string {
	done, parts := 0, []string(nil)
	for _, f := range found {
		switch {
		case !disclosure.Compares(f.Form):
		case f.Previous != "":
			done++
		default:
			parts = append(parts, fmt.Sprintf("%s %s not compared with the one before", f.Form, f.Accession))
		}
	}
	if done > 0 {
		parts = append([]string{fmt.Sprintf("%d compared with the one before", done)}, parts...)
	}
	return parts
}
