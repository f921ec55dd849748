package edgar

import (
	"regexp"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
)

var (
	// An item of a 20-F opens with "Item 4A. Unresolved", "ITEM 3.D. Risk" or
	// "Item 16 F: Change".
	foreignHead = regexp.MustCompile(`(?i)^items?\s*(\d{1,2})(?:\s?(\.)?\s?\(?([a-k])\)?)?(?:[\s.,:;()|–—-]|$)`)
	// The risk factors stand inside Item 3 under a letter, or under no number.
	foreignRisks = regexp.MustCompile(`(?i)^(?:3\s?\.?\s?)?(?:\(?d\s?[.)]\s*[|–—-]?\s*)?risk factors\s*[.:]?\s*(?:\|?\s*\d+)?$`)
)

// splitForeign finds the items of a 20-F: "3", "3.D" for the risk factors, "4A",
// "5" or, where its sections have headings of their own, "5.A", "16A". As of a
// 10-K they are the run of headings in the form's order that covers the most
// text. A report in the order of its company's annual report, with a table of
// where the items stand, has none.
func splitForeign(text string) []stockdigest.Item {
	var heads []periodic
	for _, l := range lines(text) {
		if len(heads) == maxHeads {
			break
		}
		s, last := text[l.start:min(l.end, l.start+160)], ""
		if len(heads) > 0 {
			last = heads[len(heads)-1].number
		}
		number, rank := foreignNumber(s)
		switch {
		case rank == 0 && strings.HasPrefix(last, "3") && foreignRisks.MatchString(s):
			number, rank = riskItem, foreignRank(3, 4)
		case rank == 0 && last != "" && signatureHead.MatchString(s):
			rank = maxRank - 1
		}
		again := number == last || strings.HasPrefix(last, number+".") // it stands above every page
		if rank > 0 && !again {
			heads = append(heads, periodic{head: head{number, l}, rank: rank})
		}
	}
	weigh(heads, len(text))
	items := periodicItems(text, heaviestRun(heads))
	for i := range items {
		if items[i].Number == riskItem {
			items[i].Title = risksTitle
		}
	}
	return items
}

const (
	riskItem   = "3.D"
	risksTitle = "Risk Factors"
)

// foreignRank orders the items of the form: an item before its sections, and 4A
// behind those of Item 4.
func foreignRank(item, section int) int { return item*16 + section }

// foreignNumber reads the number of a heading and its rank in the form. Items 4A
// and 16A to 16K are numbered so; the sections of others have a point.
func foreignNumber(s string) (number string, rank int) {
	m := foreignHead.FindStringSubmatch(s)
	if m == nil || aside(s, len(m[0])) {
		return "", 0
	}
	n, _ := strconv.Atoi(m[1]) // two digits by the pattern
	letter := strings.ToUpper(m[3])
	switch {
	case n < 1 || n > 19:
		return "", 0
	case letter == "":
		return m[1], foreignRank(n, 0)
	case n == 4 && letter == "A" && m[2] == "":
		return "4A", foreignRank(n, 15)
	}
	point := "."
	if n == 16 {
		point = ""
	}
	return m[1] + point + letter, foreignRank(n, int(letter[0]-'A')+1)
}
