package store

import (
	"cmp"
	"context"
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
		rows = append(rows, db.UpsertFilingParams{
			Accession: clean(string(f.Accession)), Cik: clean(f.CIK), Form: clean(f.Form), FiledAt: at(f.FiledAt, d.now()),
			Period: clean(f.Period), Items: items, Url: clean(f.URL),
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
		items, err := unpack[string](r.Items)
		if err != nil {
			return nil, err
		}
		a := stockdigest.Accession(r.Accession)
		filings = append(filings, stockdigest.Filing{
			Accession: a, CIK: r.Cik, Form: r.Form, FiledAt: r.FiledAt.Time, Period: r.Period, Items: items, URL: r.Url,
			Documents: documents[a],
		})
	}
	return filings, nil
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
		items, err := unpack[stockdigest.Item](r.Items)
		if err != nil {
			return nil, err
		}
		a := stockdigest.Accession(r.Accession)
		documents[a] = append(documents[a], stockdigest.Document{
			Accession: a, Seq: r.Seq, Type: r.Type, Description: r.Description, URL: r.Url,
			Text: r.Body, Hash: r.Hash, Items: items,
		})
	}
	return documents, nil
}
