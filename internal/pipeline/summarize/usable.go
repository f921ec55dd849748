package summarize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"stockdigest.app/stockdigest/internal/text"
)

// Bounds of a bullet: shorter ones say nothing, longer ones are not read. A
// filing's first sentence, which tells the event with date and amounts, is
// longer than any in the news.
const (
	minBytes       = 30
	maxBytes       = 420
	maxFilingBytes = 700
	minWords       = 6
	maxTokens      = 120
)

// usable reports whether a sentence of at most limit bytes stands on its own as
// a statement of fact: whole, not a question, not spoken to the reader or to the
// reader's software, not page furniture, and not leaning on the sentence before
// it.
func usable(s string, limit int) bool {
	if len(s) < minBytes || len(s) > limit || strings.ContainsAny(s, "\n\t<>{}|\\") {
		return false
	}
	words := text.Words(s)
	if len(words) < minWords || len(words) > maxTokens || !startsWell(s) || !endsWell(s) || !balanced(s) {
		return false
	}
	return !leans(s, words) && !furniture(s) && !titled(s) && !text.Addressed(s, words) && !foreign(words)
}

// startsWell reports an opening of a sentence. "10.17 Third Amended" opens an
// entry of a list.
func startsWell(s string) bool {
	if number, rest, found := strings.Cut(s, " "); found && strings.Trim(number, "0123456789.()") == "" && strings.ContainsAny(number, ".(") && rest != "" && unicode.IsUpper(rune(rest[0])) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "“\"‘'$€£("))
	return unicode.IsUpper(r) || unicode.IsDigit(r)
}

func endsWell(s string) bool {
	end := strings.TrimRight(s, "”\"’')")
	return strings.HasSuffix(end, ".") && !strings.HasSuffix(end, "...")
}

// balanced refuses halves of quotations and brackets.
func balanced(s string) bool {
	return strings.Count(s, "“") == strings.Count(s, "”") &&
		strings.Count(s, "\"")%2 == 0 && strings.Count(s, "(") == strings.Count(s, ")")
}

// leans reports a sentence that needs the one before it: it opens with a
// pronoun or a connection.
func leans(s string, words []string) bool {
	first, _, _ := strings.Cut(words[0], "'") // we'd, it's
	switch first {
	case "it", "its", "they", "their", "he", "she", "his", "her", "we", "our", "i", "my", "me", "us", "them",
		"that", "these", "those", "such", "but", "and", "so", "or", "yet", "nor", "however", "also", "still",
		"then", "meanwhile", "moreover", "instead", "otherwise", "similarly", "likewise", "therefore", "thus", "hence",
		"furthermore", "additionally", "besides", "there", "here", "which", "who", "because", "although", "though",
		"another", "others", "neither", "either", "indeed", "perhaps", "maybe", "rather", "whatever", "whichever", "now", "interestingly",
		"notably", "apparently", "presumably", "hopefully", "clearly", "obviously", "sadly", "luckily", "thankfully", "unfortunately", "fortunately", "nevertheless", "nonetheless":
		return true
	case "this":
		return !spanOfTime(words[1])
	case "one", "two", "three", "some", "many", "most", "several", "few", "both", "all", "none", "each", "more", "less", "fewer":
		return speaks(words[1]) || has(words[1:2], "is", "was", "are", "were", "has", "have", "had", "will", "would", "can", "could", "may", "seem", "seems")
	case "as":
		return has(words[1:2], "shocking", "surprising", "strange", "odd", "weird", "expected", "usual", "such", "promised", "mentioned", "noted", "indicated") || connects(s)
	}
	return connects(s)
}

// spanOfTime reports a word with which "this" names a time and leans on nothing.
func spanOfTime(w string) bool {
	switch w {
	case "year", "week", "month", "quarter", "morning", "afternoon", "evening", "summer", "autumn", "fall", "winter", "spring", "weekend", "season", "decade", "fiscal":
		return true
	}
	return false
}

// connects reports an opening up to the first comma, or the first words, that
// ties the sentence to the one before.
func connects(s string) bool {
	low := strings.ToLower(s[:min(len(s), 60)])
	opening, _, comma := strings.Cut(low, ",")
	if comma {
		switch opening {
		case "for example", "for instance", "in addition", "in other words", "as a result", "as such", "on the other hand", "in contrast", "by contrast", "that said",
			"of course", "in fact", "to that end", "after that", "since then", "at the same time", "in turn", "by comparison", "in short", "all in all", "either way",
			"first", "firstly", "second", "secondly", "third", "thirdly", "finally", "lastly", "next", "again", "even so", "even then", "on top of that", "above all",
			"in any case", "for now", "for one thing", "more importantly", "to be fair", "to be sure", "as always", "as ever", "as usual", "at that time", "at the time",
			"until then", "by then", "back then", "in the end", "in response", "in return", "inside", "outside", "elsewhere", "separately", "conversely", "alternatively":
			return true
		}
	}
	for _, start := range []string{
		"as for ", "not only is ", "not only does ", "the same ", "the latter", "the former", "the other ", "the two ", "the pair ", "the trio ", "the rest ", "like it", "of these", "of those",
		"one of them", "one of those", "most of them", "some of them", "many of them", "both of ", "all of this", "all of that", "all those", "all these", "all this", "according to him", "according to her",
		"according to them", "by doing so", "by that", "with that", "with this", "with these", "to do so", "to do that", "to do this", "in this ", "in that ", "at this ", "on this ", "for this ", "from this ", "while not ",
		"in it", "among them", "among these", "among those", "despite this", "despite that", "despite these", "after this", "because of th", "even though it", "helping there", "the change ", "the move comes", "the news comes", "the move follows", "the announcement comes", "the announcement follows", "the decision comes", "the decision follows", "the news follows", "the stakes are ", "one would ", "one might ", "one could ",
	} {
		if strings.HasPrefix(low, start) {
			return true
		}
	}
	return false
}

// furniture reports sentences of the page rather than of the story: rights,
// disclosures, cookies, credits, forward-looking boilerplate.
func furniture(s string) bool {
	low := strings.ToLower(s)
	for _, mark := range []string{
		"all rights reserved", "copyright 20", "©", "cookies", "privacy policy", "terms of use", "terms of service", "newsletter",
		"subscribe to", "subscribe now", "subscribe for", "subscribers only", "subscription required", "advertisement", "advertiser disclosure", "sponsored content", "affiliate", "commission from", "http://", "https://", "www.", "@", "photo by", "photograph:",
		"image:", "reporting by", "editing by", "forward-looking statement", "safe harbor", "private securities litigation",
		"no obligation to update", "disclosure:", "disclaimer", "has no position in", "holds no position", "does not constitute", "investment advice",
		"past performance", "conference call will be", "dial-in", "webcast", "for more information", "click here", "read more",
		"sign up", "log in", "contributed to this report", "originally published", "this story was", "this article was", "this article has", "updated at",
		"pursuant to the requirements of", "duly caused this report", "incorporated herein by reference", "incorporated by reference", "shall not be deemed",
		"pic.twitter", "getty images", "file photo", "click on", "pictured above", "see also", "(photo", "all times", "minutes ago", "hours ago", "share this", "follow us",
		"to continue reading", "page not found", "enable javascript", "our readers", "we may earn", "we recommend", "editor's note", "editor’s note", "terms and conditions", "ad choices",
		"for comment", "request for comment", "requests for comment", "will update this", "update this post", "update this story", "if we hear back", "did not respond", "didn't respond", "didn’t respond", "declined to comment",
		"best time to", "free credits", "new customers get", "sign up for", "use code", "enter to win", "better off waiting", "worth waiting for", "worth buying", "worth the money", "our verdict", "the verdict is", "our review", "this review", "our full review",
		"qualified in its entirety", "gaap financial measures", "non-gaap measures", "non-gaap financial", "furnished herewith", "attached hereto", "filed herewith", "annexed hereto", "certifies that", "hereof", "hereinafter",
		"check mark", "indicate by", "emerging growth company", "exhibit 1", "exhibit 2", "exhibit 3", "exhibit 4", "exhibit 5", "exhibit 9", "as exhibit", "exhibits ", "hereunto duly",
	} {
		if strings.Contains(low, mark) {
			return true
		}
	}
	return capitals(s)
}

// titled reports a title with a full stop behind it, as items of filings have:
// "Completion of Acquisition or Disposition of Assets".
func titled(s string) bool {
	long, upper := 0, 0
	for w := range strings.FieldsSeq(s) {
		if r, n := utf8.DecodeRuneInString(w); len(w)-n > 2 && unicode.IsLetter(r) {
			long++
			upper += int(yes(unicode.IsUpper(r)))
		}
	}
	return long > 3 && upper*10 >= long*9
}

// capitals reports shouting: headlines and legends in capitals.
func capitals(s string) bool {
	upper, letters := 0, 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
	return letters > 0 && upper*2 > letters
}
