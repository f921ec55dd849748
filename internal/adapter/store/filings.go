package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// SaveFilings keeps filings with their documents and that the run has them. A
// stored text stands for ever; a document that had none gets one.
func (d *DB) SaveFilings(ctx context.Context, run stockdigest.Run, filings []stockdigest.Filing) error {
	sorted := slices.Clone(filings)
	slices.SortStableFunc(sorted, func(a, b stockdigest.Filing) int { return cmp.Compare(a.Accession, b.Accession) })
	return d.forRun(ctx, "save filings", run, func(q *db.Queries) error {
		if err := d.saveFilings(ctx, q, sorted); err != nil {
			return err
		}
		var links []db.AddRunFilingParams
		for _, f := range sorted {
			links = append(links, db.AddRunFilingParams{RunID: string(run.ID), Accession: clean(string(f.Accession))})
		}
		return q.AddRunFilings(ctx, links)
	})
}

func (d *DB) saveFiling(ctx context.Context, q *db.Queries, f stockdigest.Filing) error {
	return d.saveFilings(ctx, q, []stockdigest.Filing{f})
}

func (d *DB) saveFilings(ctx context.Context, q *db.Queries, filings []stockdigest.Filing) error {
	var rows []db.UpsertFilingParams
	for _, f := range filings {
		items, err := pack(f.Items)
		if err != nil {
			return err
		}
		dealings, err := packDealings(f.Dealings)
		if err != nil {
			return err
		}
		rows = append(rows, db.UpsertFilingParams{
			Accession: clean(string(f.Accession)), Cik: clean(f.CIK), Form: clean(f.Form), FiledAt: at(f.FiledAt, d.now()),
			Period: clean(f.Period), Items: items, Url: clean(f.URL), Dealings: dealings,
		})
	}
	if err := q.UpsertFilings(ctx, rows); err != nil {
		return err
	}
	for _, f := range filings {
		if err := saveDocuments(ctx, q, f); err != nil {
			return err
		}
	}
	return nil
}

// saveDocuments writes the documents of a filing one by one: they are few, and
// each may be long.
func saveDocuments(ctx context.Context, q *db.Queries, f stockdigest.Filing) error {
	documents := slices.Clone(f.Documents)
	slices.SortStableFunc(documents, func(a, b stockdigest.Document) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, doc := range documents {
		if err := saveDocument(ctx, q, f.Accession, doc); err != nil {
			return err
		}
	}
	return nil
}

func saveDocument(ctx context.Context, q *db.Queries, a stockdigest.Accession, doc stockdigest.Document) error {
	body := clean(doc.Text)
	if body != doc.Text {
		doc.Items = nil // they count bytes of another text
	}
	items, err := pack(doc.Items)
	if err != nil {
		return err
	}
	return q.AddDocument(ctx, db.AddDocumentParams{
		Accession: clean(string(a)), Seq: doc.Seq, Type: clean(doc.Type), Description: clean(doc.Description),
		Url: clean(doc.URL), Body: body, Hash: stockdigest.Hash(body), Items: items,
	})
}

// filingsOf returns the filings of a run, newest first, then by accession.
func filingsOf(ctx context.Context, q *db.Queries, run stockdigest.Run) ([]stockdigest.Filing, error) {
	rows, err := q.Filings(ctx, string(run.ID))
	if err != nil {
		return nil, err
	}
	documents, err := documentsOf(ctx, q, run)
	if err != nil {
		return nil, err
	}
	var filings []stockdigest.Filing
	for _, r := range rows {
		f, err := filing(r)
		if err != nil {
			return nil, err
		}
		f.Documents = documents[f.Accession]
		filings = append(filings, f)
	}
	return filings, nil
}

func filing(r db.Filing) (stockdigest.Filing, error) {
	f := stockdigest.Filing{
		Accession: stockdigest.Accession(r.Accession), CIK: r.Cik, Form: r.Form, FiledAt: r.FiledAt.Time, Period: r.Period, URL: r.Url,
		Previous: stockdigest.Accession(r.Previous),
	}
	var err error
	if f.Items, err = unpack[string](r.Items); err != nil {
		return f, err
	}
	return f, unpackOne(r.Dealings, &f.Dealings)
}

// packDealings writes what a form without dealings has as {}.
func packDealings(d stockdigest.Dealings) (string, error) {
	if len(d.Trades) == 0 {
		return "{}", nil
	}
	return packOne(d)
}

func documentsOf(
	ctx context.Context, q *db.Queries, run stockdigest.Run,
) (map[stockdigest.Accession][]stockdigest.Document, error) {
	rows, err := q.Documents(ctx, string(run.ID))
	if err != nil {
		return nil, err
	}
	documents := map[stockdigest.Accession][]stockdigest.Document{}
	for _, r := range rows {
		doc, err := document(r)
		if err != nil {
			return nil, err
		}
		documents[doc.Accession] = append(documents[doc.Accession], doc)
	}
	return documents, nil
}

func document(r db.FilingDocument) (stockdigest.Document, error) {
	d := stockdigest.Document{
		Accession: stockdigest.Accession(r.Accession), Seq: r.Seq, Type: r.Type, Description: r.Description, URL: r.Url,
		Text: r.Body, Hash: r.Hash,
	}
	var err error
	if d.Items, err = unpack[stockdigest.Item](r.Items); err != nil {
		return d, err
	}
	d.Fresh, err = unpack[stockdigest.Passage](r.Fresh)
	return d, err
}

// Filing returns a stored filing with its documents.
func (d *DB) Filing(ctx context.Context, a stockdigest.Accession) (f stockdigest.Filing, err error) {
	err = d.view(ctx, "read filing "+string(a), func(q *db.Queries) error {
		row, err := q.StoredFiling(ctx, string(a))
		if errors.Is(err, sql.ErrNoRows) {
			return stockdigest.NotFound("no filing " + string(a) + " is stored")
		}
		if err != nil {
			return err
		}
		f, err = withDocuments(ctx, q, row)
		return err
	})
	return f, err
}

// mostDealt bounds the forms that are counted at once; of fifty insiders of a
// large company each may file in a week.
const mostDealt = 100

// Dealt returns the forms of a company in which insiders reported purchases or
// sales, accepted in the window, with their documents: the newest first, then by
// accession.
func (d *DB) Dealt(ctx context.Context, cik string, w stockdigest.Window) (forms []stockdigest.Filing, err error) {
	err = d.view(ctx, "read the dealings of "+cik, func(q *db.Queries) error {
		rows, err := q.DealingsOf(ctx, db.DealingsOfParams{Cik: cik, Since: db.At(w.From), Until: db.At(w.To), Most: mostDealt})
		if err != nil {
			return err
		}
		forms, err = allWithDocuments(ctx, q, rows)
		return err
	})
	return forms, err
}

// Filed returns the filings of a company of one form that are kept, accepted in
// the window, with their documents: the newest first, then by accession, at most
// so many.
func (d *DB) Filed(ctx context.Context, cik, form string, w stockdigest.Window, most int) (found []stockdigest.Filing, err error) {
	err = d.view(ctx, "read the filings of "+cik, func(q *db.Queries) error {
		rows, err := q.FilingsOfForm(ctx, db.FilingsOfFormParams{Cik: cik, Form: form, Since: db.At(w.From), Until: db.At(w.To), Most: int32(min(most, mostDealt))}) //nolint:gosec // small
		if err != nil {
			return err
		}
		found, err = allWithDocuments(ctx, q, rows)
		return err
	})
	return found, err
}

func allWithDocuments(ctx context.Context, q *db.Queries, rows []db.Filing) ([]stockdigest.Filing, error) {
	var all []stockdigest.Filing
	for _, r := range rows {
		f, err := withDocuments(ctx, q, r)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

func withDocuments(ctx context.Context, q *db.Queries, row db.Filing) (stockdigest.Filing, error) {
	f, err := filing(row)
	if err != nil {
		return f, err
	}
	rows, err := q.DocumentsOf(ctx, row.Accession)
	if err != nil {
		return f, err
	}
	for _, r := range rows {
		doc, err := document(r)
		if err != nil {
			return f, err
		}
		f.Documents = append(f.Documents, doc)
	}
	return f, nil
}

// SaveFresh keeps which report before it a run's report was compared with, and
// what is new in the documents that were compared. The first comparison of a
// report stands.
func (d *DB) SaveFresh(ctx context.Context, run stockdigest.Run, report, before stockdigest.Filing) error {
	return d.forRun(ctx, "save what is new in "+string(report.Accession), run, func(q *db.Queries) error {
		if err := d.saveFiling(ctx, q, before); err != nil {
			return err
		}
		set, err := q.SetPrevious(ctx, db.SetPreviousParams{Accession: string(report.Accession), Previous: string(before.Accession)})
		if err != nil || set == 0 {
			return err
		}
		for _, doc := range report.Documents {
			fresh, err := pack(doc.Fresh)
			if err != nil {
				return err
			}
			if err := q.SetFresh(ctx, db.SetFreshParams{Accession: string(report.Accession), Seq: doc.Seq, Fresh: fresh, Hash: doc.Hash}); err != nil {
				return err
			}
		}
		return nil
	})
}
