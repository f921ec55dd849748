// Package text is the steps' view of plain text: sentences and words with
// their byte offsets, stems, folding, and likeness of texts. It knows nothing
// of companies or money, does no input or output and keeps no state.
package text

// A Span is a range of bytes of a text, Start included, End not.
type Span struct{ Start, End int }

// Of returns the part of s that the span covers.
func (p Span) Of(s string) string { return s[p.Start:p.End] }

// Len returns the number of bytes that the span covers.
func (p Span) Len() int { return p.End - p.Start }
