package edgar

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

const (
	maxFilings    = 20       // of one window; more would bury the news
	maxList       = 16 << 20 // bytes of a submissions answer; the largest have about 1 MB
	maxSubmission = 32 << 20 // bytes of a full submission with its pictures
	maxPrimary    = 24 << 20 // bytes of a 10-K or 10-Q; inline XBRL of a bank has 20 MB
	maxTexts      = 40       // documents of one filing that are kept
	maxText       = 4 << 20  // bytes of a document's plain text; a long 10-K has 1 MB
	shortText     = 2 << 10  // bytes kept of an agreement that is only named

	host     = "https://www.sec.gov"
	dataHost = "https://data.sec.gov"
)

// A Getter fetches data within a size cap, politely: the contact in the
// User-Agent and the SEC's limit of requests are its business.
type Getter interface {
	Data(ctx context.Context, url string, maxBytes int64) (stockdigest.Body, error)
}

// A Client reads filings from EDGAR. It is safe for concurrent use when its
// Getter is.
type Client struct {
	get Getter
	log *slog.Logger
}

// New returns a client that reads through get.
func New(get Getter) *Client { return &Client{get: get, log: slog.New(slog.DiscardHandler)} }

// Logging returns the client with a log for what it leaves out on purpose.
func (c *Client) Logging(log *slog.Logger) *Client { return &Client{get: c.get, log: log} }

// Filings returns the company's reports (8-K, 10-Q, 10-K, 6-K, 20-F, 40-F and
// their amendments) and what insiders and large holders filed (Form 4,
// Schedules 13D and 13G) that EDGAR accepted in the window, newest first, then
// by accession. A company without a CIK has none.
//
// The one document of an ownership form is a text made of its facts; a Form 4
// without a purchase or sale has none. Of these forms only the newest ten are
// read, and only those returned that could be.
//
// What could not be had is an error beside the filings, not instead of them:
// a filing whose documents failed is returned with what its list entry says.
// Errors are ErrUnavailable with RetryAfter when the SEC asks to slow down and
// ErrDenied when it refuses clients that name no contact.
func (c *Client) Filings(ctx context.Context, t stockdigest.Ticker, w stockdigest.Window) ([]stockdigest.Filing, error) {
	if t.CIK == "" {
		return nil, nil
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	entries, listErr := c.entries(ctx, t.CIK, w)
	errs := []error{listErr}
	var owned []stockdigest.Filing
	entries, owned = parted(entries)
	if n := len(entries) - maxFilings; n > 0 {
		entries = entries[:maxFilings]
		errs = append(errs, fmt.Errorf("read filings of %s: %d older than the newest %d left out", t.Symbol, n, maxFilings))
	}
	var filings []stockdigest.Filing
	for _, entry := range entries {
		f, err := c.read(ctx, entry)
		if !w.Holds(f.FiledAt) { // the header knows better than an unsure list
			continue
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("read filing %s: %w", f.Accession, err))
		}
		filings = append(filings, f)
	}
	filings = append(filings, c.insiders(ctx, t, owned)...)
	slices.SortStableFunc(filings, newestFirst)
	return filings, errors.Join(errs...)
}

// parted tells the company's reports from the forms about its owners.
func parted(entries []stockdigest.Filing) (reports, owned []stockdigest.Filing) {
	for _, f := range entries {
		if tellsOwnership(f.Form) {
			owned = append(owned, f)
		} else {
			reports = append(reports, f)
		}
	}
	return reports, owned
}

// entries lists what was filed in the window, newest first. The main answer
// holds the latest thousand; windows before it are in the archive files.
func (c *Client) entries(ctx context.Context, cik string, w stockdigest.Window) ([]stockdigest.Filing, error) {
	list, err := c.list(ctx, dataHost+"/submissions/CIK"+cik+".json")
	if err != nil {
		return nil, err
	}
	entries := list.Filings.Recent.within(cik, w)
	var errs []error
	for _, f := range list.Filings.Files {
		if !f.overlaps(w) {
			continue
		}
		older, err := c.list(ctx, dataHost+"/submissions/"+path.Base(f.Name))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		entries = append(entries, older.within(cik, w)...)
	}
	slices.SortStableFunc(entries, newestFirst)
	return slices.CompactFunc(entries, func(a, b stockdigest.Filing) bool { return a.Accession == b.Accession }), errors.Join(errs...)
}

func newestFirst(a, b stockdigest.Filing) int {
	return cmp.Or(b.FiledAt.Compare(a.FiledAt), cmp.Compare(a.Accession, b.Accession))
}

func (c *Client) list(ctx context.Context, url string) (submissions, error) {
	raw, err := c.fetch(ctx, url, maxList)
	if err != nil {
		return submissions{}, fmt.Errorf("read list of filings: %w", err)
	}
	return parseSubmissions(url, raw)
}

// read fetches the documents of a filing. On errors the filing still holds
// what the list said and what could be read.
func (c *Client) read(ctx context.Context, f stockdigest.Filing) (stockdigest.Filing, error) {
	if !wantsExhibits(f.Form) {
		return c.readPrimary(ctx, f)
	}
	raw, err := c.fetch(ctx, folder(f)+string(f.Accession)+".txt", maxSubmission)
	switch {
	case err == nil:
	case errors.Is(err, stockdigest.ErrDenied), errors.Is(err, stockdigest.ErrUnavailable), ctx.Err() != nil:
		return f, err // asking again at once would make it worse
	default:
		f, second := c.readPrimary(ctx, f)
		return f, errors.Join(fmt.Errorf("exhibits left out: %w", err), second)
	}
	sub := parseSubmission(raw)
	if len(sub.documents) == 0 {
		f, second := c.readPrimary(ctx, f)
		return f, errors.Join(noText("exhibits left out: the full submission holds no documents"), second)
	}
	if !sub.accepted.IsZero() {
		f.FiledAt = sub.accepted
	}
	f.Documents = documents(f, sub)
	f.Items = itemsOf(f)
	if len(f.Documents) == 0 || f.Documents[0].Seq != 1 || f.Documents[0].Text == "" {
		return f, noText("the primary document holds no text")
	}
	return f, nil
}

// readPrimary fetches the primary document alone.
func (c *Client) readPrimary(ctx context.Context, f stockdigest.Filing) (stockdigest.Filing, error) {
	if !isText(f.URL) {
		return f, noText("the primary document is no text")
	}
	raw, err := c.fetch(ctx, f.URL, maxPrimary)
	if err != nil {
		return f, err
	}
	primary := block{kind: f.Form, filename: strings.TrimPrefix(f.URL, folder(f)), body: raw}
	if sub := parseSubmission(raw); len(sub.documents) > 0 {
		primary = sub.documents[0]
	}
	f.Documents = []stockdigest.Document{document(f, 1, primary, maxText)}
	f.Items = itemsOf(f)
	if f.Documents[0].Text == "" {
		return f, noText("the primary document holds no text")
	}
	return f, nil
}

// noText is the error of a document that was had and cannot be read.
func noText(message string) error {
	return &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: message}
}

// fetch gets a body and tells the SEC's error pages, which may come with
// status 200, from data.
func (c *Client) fetch(ctx context.Context, url string, limit int64) ([]byte, error) {
	body, err := c.get.Data(ctx, url, limit)
	if page := errorPage(body.Bytes); page != nil {
		return nil, fmt.Errorf("fetch %s: %w", url, page)
	}
	if errors.Is(err, stockdigest.ErrDenied) {
		return nil, fmt.Errorf("fetch %s: %w", url, denied(err))
	}
	if err != nil {
		return nil, err // names the document
	}
	return body.Bytes, nil
}

// errorPage knows the two pages that the SEC answers with instead of data.
func errorPage(b []byte) error {
	head := b[:min(len(b), 4<<10)]
	switch {
	case bytes.Contains(head, []byte("Request Rate Threshold Exceeded")):
		return &stockdigest.Error{
			Kind:       stockdigest.ErrUnavailable,
			Message:    "the SEC asks to slow down for 10 minutes",
			RetryAfter: 10 * time.Minute,
		}
	case bytes.Contains(head, []byte("Undeclared Automated Tool")):
		return denied(nil)
	}
	return nil
}

func denied(err error) error {
	return &stockdigest.Error{
		Kind:    stockdigest.ErrDenied,
		Message: "the SEC refuses requests without a contact: set STOCKDIGEST_CONTACT to your e-mail address",
		Err:     err,
	}
}
