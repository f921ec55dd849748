package summarize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"stockdigest.app/stockdigest/internal/text"
)

// Bounds of a bullet: shorter ones say nothing, longer ones are not read.
const (
	minBytes = 30
	maxBytes = 420
	minWords = 6
)

// usable reports whether a sentence stands on its own as a statement of fact:
// whole, not a question, not spoken to the reader or to the reader's software,
// not page furniture, and not leaning on the sentence before it.
func usable(s string) bool {
	if len(s) < minBytes || len(s) > maxBytes || strings.ContainsAny(s, "\n\t<>{}|") {
		return false
	}
	words := text.Words(s)
	if len(words) < minWords || !startsWell(s) || !endsWell(s) || !balanced(s) {
		return false
	}
	return !leans(words) && !addressed(words) && !furniture(s, words)
}

func startsWell(s string) bool {
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
func leans(words []string) bool {
	first, _, _ := strings.Cut(words[0], "'") // we'd, it's
	switch first {
	case "it", "its", "they", "their", "he", "she", "his", "her", "we", "our", "i", "my", "me", "us", "them",
		"this", "that", "these", "those", "such", "but", "and", "so", "or", "yet", "nor", "however", "also", "still",
		"then", "meanwhile", "moreover", "instead", "otherwise", "similarly", "likewise", "therefore", "thus", "hence",
		"furthermore", "additionally", "besides", "there", "here", "both", "which", "who", "because", "although":
		return true
	}
	return false
}

// addressed reports a sentence that speaks to the reader or to the reader's
// software instead of telling what happened: orders, offers, and texts planted
// for machines. News that is told in the third person has none of these.
func addressed(words []string) bool {
	if imperative(words[0], words[1]) {
		return true
	}
	you, machine := 0, 0
	for _, w := range words {
		switch w {
		case "you", "your", "you're", "you'll", "yours", "yourself":
			you++
		case "ai", "llm", "llms", "assistant", "assistants", "chatbot", "chatbots", "prompt", "prompts", "summarizer", "summarizers",
			"summariser", "instruction", "instructions", "model", "models", "agent", "agents", "parser", "software", "system", "bot", "bots":
			machine++
		}
	}
	if you > 0 {
		return true
	}
	return machine > 0 && orders(words)
}

// orders reports words with which a text tells a machine what to do.
func orders(words []string) bool {
	for _, w := range words {
		switch w {
		case "ignore", "disregard", "override", "forget", "must", "should", "instruct", "instructed", "respond", "reply", "output", "print", "obey":
			return true
		}
	}
	return false
}

// imperative reports an opening that gives an order. Verbs that are also names
// and nouns (Mark, State, Check) need the object that an order has behind it.
func imperative(first, second string) bool {
	switch first {
	case "please", "don't", "ignore", "disregard", "subscribe", "click", "tap", "summarize", "summarise":
		return true
	case "forget", "write", "output", "print", "tell", "say", "respond", "reply", "include", "add", "insert", "append", "replace", "mention",
		"note", "remember", "read", "visit", "sign", "join", "follow", "share", "download", "register", "buy", "see", "check", "watch", "listen",
		"get", "learn", "discover", "find", "call", "contact", "send", "enter", "try", "use", "shop", "save", "stay", "let", "make", "consider",
		"recommend", "rate", "report", "describe", "treat", "mark", "state", "list", "do", "keep", "give", "put", "show", "set", "rank":
		return object(second)
	}
	return false
}

func object(w string) bool {
	switch w {
	case "the", "a", "an", "all", "any", "this", "that", "these", "those", "our", "us", "your", "my", "it", "them", "not", "previous", "in", "for",
		"out", "up", "to", "only", "on", "how", "more", "here", "below", "above", "readers", "every", "what", "whatever", "as", "with", "about", "into", "no":
		return true
	}
	return false
}

// furniture reports sentences of the page rather than of the story: rights,
// disclosures, cookies, credits, forward-looking boilerplate.
func furniture(s string, words []string) bool {
	low := strings.ToLower(s)
	for _, mark := range []string{
		"all rights reserved", "copyright", "©", "cookie", "privacy policy", "terms of use", "terms of service", "newsletter",
		"subscri", "advertis", "sponsored", "affiliate", "commission from", "http://", "https://", "www.", "@", "photo by", "photograph:",
		"image:", "reporting by", "editing by", "forward-looking statement", "safe harbor", "private securities litigation",
		"no obligation to update", "disclosure:", "disclaimer", "has no position in", "holds no position", "does not constitute", "investment advice",
		"past performance", "conference call will be", "dial-in", "webcast", "for more information", "click here", "read more",
		"sign up", "log in", "contributed to this report", "originally published", "this story was", "this article was", "this article has", "updated at",
		"pursuant to the requirements of", "duly caused this report", "incorporated herein by reference", "incorporated by reference", "shall not be deemed",
		"check mark", "indicate by", "emerging growth company", "exhibit", "hereunto duly",
	} {
		if strings.Contains(low, mark) {
			return true
		}
	}
	return capitals(s) || len(words) > 75
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
