package stockdigest

import (
	"fmt"
	"time"
)

// Evidence is the proof of a bullet: an exact quote and where it stands in a
// stored text.
type Evidence struct {
	Source      string    `json:"source"` // ArticleID, or accession and document number: 0001193125-19-292676/1
	URL         string    `json:"url"`    // canonical
	Quote       string    `json:"quote"`
	Start       int       `json:"start"` // byte offsets of Quote in the stored text
	End         int       `json:"end"`
	Hash        string    `json:"hash"` // Hash of the stored text
	Title       string    `json:"title"`
	Publisher   string    `json:"publisher"`
	PublishedAt time.Time `json:"published_at"`
	Label       TextLabel `json:"label,omitempty"`
}

// Check reports whether the quote stands in body where e says, byte for byte.
func (e Evidence) Check(body string) error {
	switch {
	case e.Start < 0 || e.End <= e.Start || e.End > len(body):
		return Invalid(fmt.Sprintf("evidence %s: bytes %d to %d are outside a text of %d", e.Source, e.Start, e.End, len(body)))
	case Hash(body) != e.Hash:
		return Invalid(fmt.Sprintf("evidence %s: the stored text is another one", e.Source))
	case body[e.Start:e.End] != e.Quote:
		return Invalid(fmt.Sprintf("evidence %s: the quote is not at bytes %d to %d", e.Source, e.Start, e.End))
	}
	return nil
}

// DocumentSource names a document of a filing as an evidence source.
func DocumentSource(a Accession, seq int) string { return fmt.Sprintf("%s/%d", a, seq) }
