package edgar

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"stockdigest.app/stockdigest"
)

var (
	// A part opens with "PART II. OTHER INFORMATION" at the start of a line.
	partHead = regexp.MustCompile(`(?i)^part\s+(iv|i{1,3})\b[\s.,:|–—-]*`)
	// An item opens with "Item 9A(T). Controls" at the start of a line.
	periodicHead = regexp.MustCompile(`(?i)^items?\s*(\d{1,2})\s?([a-c])?(?:\(t\))?(?:[\s.,:;()|–—-]|$)`)
)

// A periodic is a heading of a 10-K or 10-Q: rank orders the items of the
// form, so that 1A stands between 1 and 2 and Part II after Part I.
type periodic struct {
	head
	rank   int
	weight int // bytes to the next heading
}

// splitPeriodic finds the items of an annual or quarterly report. The same
// headings stand in the table of contents and in cross references; the items
// are the run of headings in the form's order that covers the most text.
func splitPeriodic(text string, quarterly bool) []stockdigest.Item {
	return periodicItems(text, heaviestRun(periodicHeads(text, quarterly)))
}

// periodicItems makes items of a run of headings: each reaches to the next one.
func periodicItems(text string, run []periodic) []stockdigest.Item {
	var items []stockdigest.Item
	for i, h := range run {
		if h.number == "" {
			continue
		}
		stop := len(text)
		if i+1 < len(run) {
			stop = run[i+1].line.start
		}
		if h.number == "16" {
			stop = withoutStatements(text, h.line.end, stop)
		}
		items = append(items, item(text, h.head, withoutPart(text, h.line.end, stop)))
	}
	return items
}

// statementsHead opens the financial statements that some reports print behind
// their last item.
var statementsHead = regexp.MustCompile(`(?i)^(?:index to (?:the )?(?:consolidated )?financial statements|reports? of independent registered public accounting)`)

// withoutStatements ends the summary, a report's last item, before the
// financial statements behind it.
func withoutStatements(text string, from, stop int) int {
	for _, l := range lines(text[from:stop]) {
		if statementsHead.MatchString(text[from+l.start : from+min(l.end, l.start+160)]) {
			return from + l.start
		}
	}
	return stop
}

// withoutPart moves the end of an item before the heading of the next part.
func withoutPart(text string, from, stop int) int {
	body := strings.TrimRight(text[from:stop], " \n|")
	last := body[strings.LastIndexByte(body, '\n')+1:]
	if len(last) < 100 && len(last) < len(body) && partHead.MatchString(last) {
		return from + len(body) - len(last)
	}
	return stop
}

// periodicHeads lists everything that looks like a heading, and the
// signatures, which rank behind all items.
func periodicHeads(text string, quarterly bool) []periodic {
	var heads []periodic
	part := 1
	for _, l := range lines(text) {
		if len(heads) == maxHeads {
			break
		}
		s := text[l.start:min(l.end, l.start+160)]
		if m := partHead.FindStringSubmatch(s); m != nil {
			part = len(m[1])
			if strings.EqualFold(m[1], "iv") {
				part = 4
			}
			s = s[len(m[0]):]
		}
		switch number, rank := periodicNumber(s, part, quarterly); {
		case rank > 0:
			heads = append(heads, periodic{head: head{number, l}, rank: rank})
		case signatureHead.MatchString(s):
			heads = append(heads, periodic{head: head{"", l}, rank: maxRank - 1})
		}
	}
	weigh(heads, len(text))
	return heads
}

// weigh counts for each heading the bytes to the next one.
func weigh(heads []periodic, end int) {
	for i := range heads {
		if heads[i].number == "" {
			heads[i].weight = 1 // they end a run, and what follows them speaks for none
			continue
		}
		next := end
		if i+1 < len(heads) {
			next = heads[i+1].line.start
		}
		heads[i].weight = next - heads[i].line.start
	}
}

// aside reports a line that only speaks of the item that its first bytes name,
// "Item 7 of this report", or repeats a heading above a page that goes on.
func aside(s string, named int) bool {
	rest := strings.TrimLeft(s[named:], " ")
	goesOn := rest != "" && unicode.IsLower(firstRune(rest)) && !strings.HasSuffix(s[:named], "|")
	return goesOn || strings.Contains(strings.ToLower(s), "continued)")
}

const maxRank = 1000

// periodicNumber reads the number of a heading and its rank in the form.
func periodicNumber(s string, part int, quarterly bool) (number string, rank int) {
	m := periodicHead.FindStringSubmatchIndex(s)
	if m == nil || aside(s, m[1]) {
		return "", 0
	}
	n, _ := strconv.Atoi(s[m[2]:m[3]]) // two digits by the pattern
	letter := ""
	if m[4] >= 0 {
		letter = strings.ToUpper(s[m[4]:m[5]])
	}
	number = strconv.Itoa(n) + letter
	rank = n * 4
	if letter != "" {
		rank += int(letter[0]-'A') + 1
	}
	if p := partOfTitle(s[m[1]:]); quarterly && p > 0 {
		part = p
	}
	switch {
	case !quarterly && n >= 1 && n <= 16:
		return number, rank
	case quarterly && n >= 1 && n <= 4 && part == 1:
		return "I." + number, rank
	case quarterly && n >= 1 && n <= 6: // a report that names no parts has its 5 and 6 in Part II all the same
		return "II." + number, rank + 100
	}
	return "", 0
}

// partOfTitle knows the part of a 10-Q by what its items are called, for
// reports that print the part only in the table of contents; 0 when unsure.
func partOfTitle(title string) int {
	title = strings.ToLower(strings.TrimLeft(title, " .:|–—-"))
	for _, word := range []string{"financial statement", "condensed", "consolidated", "management", "quantitative", "controls"} {
		if strings.HasPrefix(title, word) {
			return 1
		}
	}
	for _, word := range []string{"legal", "risk", "unregistered", "changes in securities", "defaults", "mine", "submission", "other", "exhibits"} {
		if strings.HasPrefix(title, word) {
			return 2
		}
	}
	return 0
}

// heaviestRun picks the headings of strictly rising rank whose stretches are
// longest together. Ranks are few, so this takes time linear in the headings.
func heaviestRun(heads []periodic) []periodic {
	var best [maxRank]int // heaviest run that ends with a rank, and the heading it ends with
	var last [maxRank]int
	previous := make([]int, len(heads))
	top := 0
	for i, h := range heads {
		weight, from := 0, -1
		for r := 1; r < h.rank; r++ {
			if best[r] > weight {
				weight, from = best[r], last[r]
			}
		}
		previous[i] = from
		if total := weight + h.weight; total > best[h.rank] {
			best[h.rank], last[h.rank] = total, i
		}
		if best[h.rank] > best[top] {
			top = h.rank
		}
	}
	if top == 0 {
		return nil
	}
	var run []periodic
	for i := last[top]; i >= 0; i = previous[i] {
		run = append(run, heads[i])
	}
	for i, j := 0, len(run)-1; i < j; i, j = i+1, j-1 {
		run[i], run[j] = run[j], run[i]
	}
	return run
}
