package app

import (
	"errors"
	"fmt"
	"strings"

	"stockdigest.app/stockdigest"
)

// ShowAnswer prints an answer: the contract as JSON, or a few lines per company
// and where the digest lies.
func ShowAnswer(c *Console, a Answer, files []Files) error {
	if c.JSON {
		return c.Data(a)
	}
	for _, m := range a.Reports {
		showReport(c, m.Report)
		showBill(c, m)
	}
	c.Print("")
	for _, f := range files {
		c.Print("digest  %s", f.HTML)
		c.Print("text    %s", f.Text)
	}
	return nil
}

// ShowMornings prints the digests of a night.
func ShowMornings(c *Console, mornings []Morning) error {
	if c.JSON {
		return c.Data(mornings)
	}
	for _, m := range mornings {
		c.Print("morning of %s", m.AsOf.Format("Monday 2 January 2006"))
		for _, r := range m.Reports {
			showReport(c, r.Report)
		}
		c.Print("")
	}
	for _, m := range mornings {
		for _, f := range m.Files {
			c.Print("digest  %s", f.HTML)
		}
		if m.Mail != "" {
			c.Print("mail    %s", m.Mail)
		}
	}
	return nil
}

func showReport(c *Console, r stockdigest.Report) {
	c.Print("  %-7s %-7s %s", r.Ticker, r.Status, r.BottomLine)
	for _, failure := range r.Failures {
		c.Print("  %-7s %-7s %s", "", "", failure)
	}
	if r.Reason != "" && !strings.Contains(r.BottomLine, r.Reason) {
		c.Print("  %-7s %-7s (%s)", "", "", r.Reason)
	}
	if line := wordings(r); line != "" {
		c.Print("  %-7s %-7s wordings: %s", "", "", line)
	}
}

// wordings says what became of the bullets that a model worded, empty when none
// was mended, judged or told in its source's words.
func wordings(r stockdigest.Report) string {
	verdicts := map[stockdigest.Entailment]int{}
	for _, b := range r.Told() {
		verdicts[b.Judged.Verdict]++
	}
	var parts []string
	for _, v := range []stockdigest.Entailment{stockdigest.Supported, stockdigest.Contradicted, stockdigest.NotEnough, stockdigest.NotJudged} {
		if n := verdicts[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	if n := r.Written.Mended; n > 0 {
		parts = append(parts, fmt.Sprintf("%d mended", n))
	}
	if n := r.Written.Quoted; n > 0 {
		parts = append(parts, fmt.Sprintf("%d told in their source's words", n))
	}
	return strings.Join(parts, ", ")
}

// ShowChecks prints what doctor found and returns an error when a check failed.
func ShowChecks(c *Console, checks []Check) error {
	if c.JSON {
		if err := c.Data(checks); err != nil {
			return err
		}
	}
	for _, check := range checks {
		c.Print("%-5s %-12s %s", check.State, check.Name, check.Detail)
	}
	if Failed(checks) {
		return &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "doctor found faults"}
	}
	return nil
}

// OneLine is an error as people read it, in one line: the message made for them
// where there is one, else the error's own text; joined errors one after another.
func OneLine(err error) string {
	switch known := err.(type) { //nolint:errorlint // a join is taken apart, a wrap is not
	case *stockdigest.Error:
		return flatten(known.Message)
	case interface{ Unwrap() []error }:
		if lines, ok := joined(err, known.Unwrap()); ok {
			return strings.Join(lines, "; ")
		}
	}
	if e, ok := errors.AsType[*stockdigest.Error](err); ok {
		return flatten(e.Message)
	}
	return flatten(err.Error())
}

// joined tells errors.Join, whose text is its parts' in lines, from an error
// that names its kind and its cause.
func joined(err error, parts []error) (lines []string, ok bool) {
	texts := make([]string, 0, len(parts))
	for _, part := range parts {
		texts = append(texts, part.Error())
		lines = append(lines, OneLine(part))
	}
	return lines, err.Error() == strings.Join(texts, "\n")
}

func flatten(s string) string { return strings.Join(strings.Fields(s), " ") }
