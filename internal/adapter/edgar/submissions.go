package edgar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// submissions is the answer of the submissions API: the main answer has
// filings, an archive file is the columns themselves.
type submissions struct {
	Filings struct {
		Recent columns  `json:"recent"`
		Files  archives `json:"files"`
	} `json:"filings"`
	columns
}

// columns are the rows of a list, stored by column; none may be missing or
// as long as the others.
type columns struct {
	Accession column `json:"accessionNumber"`
	Filed     column `json:"filingDate"`
	Period    column `json:"reportDate"`
	Accepted  column `json:"acceptanceDateTime"`
	Form      column `json:"form"`
	Items     column `json:"items"`
	Primary   column `json:"primaryDocument"`
}

type archiveFile struct {
	Name string `json:"name"`
	From string `json:"filingFrom"`
	To   string `json:"filingTo"`
}

// Bounds of a list: a bank that issues notes all day files 30,000 times a year.
const (
	maxRows     = 200_000
	maxArchives = 100
)

// A column is read up to maxRows.
type column []string

// UnmarshalJSON reads a list of strings; null is an empty one.
func (c *column) UnmarshalJSON(raw []byte) error { return readRows(raw, maxRows, (*[]string)(c)) }

type archives []archiveFile

// UnmarshalJSON reads the archive files, up to maxArchives.
func (a *archives) UnmarshalJSON(raw []byte) error {
	return readRows(raw, maxArchives, (*[]archiveFile)(a))
}

// readRows reads a JSON list up to a number of rows, one by one: a list of a
// million empty rows is small and takes much memory.
func readRows[T any](raw []byte, limit int, into *[]T) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return err // null, or not a list: as if it were missing
	}
	for len(*into) < limit && d.More() {
		var row T
		if err := d.Decode(&row); err != nil {
			return err
		}
		*into = append(*into, row)
	}
	return nil
}

func parseSubmissions(url string, raw []byte) (submissions, error) {
	var s submissions
	if err := json.Unmarshal(raw, &s); err != nil {
		return submissions{}, &stockdigest.Error{
			Kind:    stockdigest.ErrUnavailable,
			Message: "the SEC's list of filings cannot be read",
			Err:     fmt.Errorf("parse %s: %w", url, err),
		}
	}
	return s, nil
}

// overlaps reports whether the archive file may list filings of the window;
// filing days lie up to four days behind the acceptance.
func (f archiveFile) overlaps(w stockdigest.Window) bool {
	from, err1 := time.Parse(time.DateOnly, f.From)
	to, err2 := time.Parse(time.DateOnly, f.To)
	return err1 == nil && err2 == nil && f.Name != "" &&
		!from.AddDate(0, 0, -5).After(w.To) && to.AddDate(0, 0, 2).After(w.From)
}

// within returns the rows of forms we read that may lie in the window.
func (c columns) within(cik string, w stockdigest.Window) []stockdigest.Filing {
	clock := newClock(c.Accepted)
	var out []stockdigest.Filing
	for i, accession := range c.Accession {
		form := strings.ToUpper(strings.TrimSpace(at(c.Form, i)))
		if !reads(form) && !tellsOwnership(form) || !validAccession(accession) {
			continue
		}
		filedAt, ok := filedIn(w, clock.readings(at(c.Accepted, i)), at(c.Filed, i))
		if !ok {
			continue
		}
		f := stockdigest.Filing{
			Accession: stockdigest.Accession(accession),
			CIK:       cik,
			Form:      form,
			FiledAt:   filedAt,
			Period:    at(c.Period, i),
			Items:     splitList(at(c.Items, i)),
		}
		name := at(c.Primary, i)
		if !validName(name) { // lists name no files before 2001
			name = accession + ".txt"
		}
		f.URL = folder(f) + name
		out = append(out, f)
	}
	return out
}

// filedIn picks the reading of the acceptance time that lies in the window,
// or the filing day when there is no time.
func filedIn(w stockdigest.Window, readings []time.Time, day string) (time.Time, bool) {
	if len(readings) == 0 {
		t, err := time.Parse(time.DateOnly, day)
		return t, err == nil && w.Holds(t)
	}
	i := slices.IndexFunc(readings, w.Holds)
	if i < 0 {
		return time.Time{}, false
	}
	return readings[i], true
}

func at(c column, i int) string {
	if i < len(c) {
		return c[i]
	}
	return ""
}

// reads reports whether the form tells something to a reader of the digest.
func reads(form string) bool {
	switch strings.TrimSuffix(form, "/A") {
	case "8-K", "8-K12B", "10-Q", "10-QT", "10-K", "10-KT", "6-K", "20-F", "40-F":
		return true
	}
	return false
}

// wantsExhibits reports whether what the form tells is in its exhibits.
func wantsExhibits(form string) bool {
	switch strings.TrimSuffix(form, "/A") {
	case "8-K", "8-K12B", "6-K", "40-F":
		return true
	}
	return false
}

// validAccession reports whether s has the shape 0001193125-19-292676.
func validAccession(s string) bool {
	if len(s) != 20 || s[10] != '-' || s[13] != '-' {
		return false
	}
	return strings.Trim(s[:10]+s[11:13]+s[14:], "0123456789") == ""
}

// validName reports whether s names a file of the filing's own folder or of a
// folder in it, and nothing else.
func validName(s string) bool {
	return s != "" && len(s) < 200 && !strings.Contains(s, "..") && !strings.HasPrefix(s, "/") &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/()") == ""
}

func splitList(s string) []string {
	var out []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

// folder returns the canonical address of the filing's folder, with the slash.
func folder(f stockdigest.Filing) string {
	return host + "/Archives/edgar/data/" + strings.TrimLeft(f.CIK, "0") + "/" + strings.ReplaceAll(string(f.Accession), "-", "") + "/"
}
