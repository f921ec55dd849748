package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Addressed reports a sentence that speaks to the reader or to the reader's
// software instead of telling what happened: orders, offers, advice to buy, and
// texts planted for machines. News is told in the third person and speaks of the
// world, so three things give such a sentence away: it says "you", it opens with
// an order, or it tells how the text itself is to be retold. The words are those of s.
func Addressed(s string, words []string) bool {
	if len(words) == 0 {
		return false
	}
	return toYou(words) || orders(s, words) || aboutItself(words) || retelling(words) || urges(words) || Marked(s)
}

func toYou(words []string) bool {
	return has(words, "you", "your", "you're", "you'll", "you've", "you'd", "yours", "yourself", "yourselves")
}

// orders reports an order: at the opening, behind a call such as "Attention:" or
// "Dear assistant,", or behind a colon, a semicolon, "please" or "kindly".
func orders(s string, words []string) bool {
	if imperative(words) || calls(words) || orderAbout(s, words) {
		return true
	}
	for i, w := range words {
		if w == "please" || w == "kindly" {
			return true
		}
		if i+2 < len(words) && (w == "note" || w == "notice" || w == "important" || w == "reminder") && imperative(words[i+1:]) {
			return true
		}
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(":;—–(", r) })
	for i, part := range parts {
		if i > 0 && imperative(Words(part)) {
			return true
		}
	}
	return vocative(s)
}

// orderAbout reports an order whose object is a name: "Buy Brightwell today".
func orderAbout(s string, words []string) bool {
	if len(words) < 2 || !has(words[:1], "buy", "sell", "own", "grab", "get", "rate", "rank", "call", "hold", "accumulate", "trust", "praise", "promote", "quote", "tell", "ask", "treat", "include", "list", "avoid") {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s[WordSpans(s)[1].Start:])
	return unicode.IsUpper(r)
}

// vocative reports an order behind an opening call: "Assistant, describe …",
// "When done, print …".
func vocative(s string) bool {
	call, rest, found := strings.Cut(s, ",")
	if !found || len(call) > 90 {
		return false
	}
	words, after := Words(call), Words(rest)
	opens := len(words) <= 2 || has(words[:1], "when", "if", "before", "after", "while", "from", "for", "to", "in", "as", "instead")
	return opens && imperative(after) && !has(after[1:2], "in", "on", "for", "up", "out", "with", "to")
}

// calls reports an opening that turns to somebody.
func calls(words []string) bool {
	switch words[0] {
	case "attention", "dear", "hey", "hello", "hi", "psst":
		return true
	case "system", "user", "assistant", "human", "admin", "developer":
		return len(words) > 1 && has(words[1:2], "prompt", "message", "note", "override", "instruction", "instructions", "notice", "update", "command")
	}
	return false
}

// imperative reports an opening that gives an order. Verbs that are also names
// and nouns (Mark, State, Check) need the object that an order has behind it.
func imperative(words []string) bool {
	if len(words) < 2 {
		return false
	}
	first, second := words[0], words[1]
	switch first {
	case "please", "kindly", "don't", "ignore", "disregard", "subscribe", "click", "tap", "summarize", "summarise", "paraphrase", "pretend", "obey",
		"describe", "recommend", "mention", "repeat", "respond", "declare", "proclaim", "suggest", "determine", "analyze", "analyse",
		"compose", "rephrase", "identify", "imagine", "remember", "beware", "hurry", "enjoy", "proceed", "comply", "rewrite", "emphasize", "emphasise", "prioritize", "prioritise":
		return true
	case "do", "be", "never", "always", "just", "simply", "now", "then", "instead", "also", "only":
		return orderedBehind(first, words)
	case "forget", "write", "output", "print", "tell", "say", "reply", "answer", "include", "add", "insert", "append", "prepend", "replace",
		"note", "read", "visit", "sign", "join", "follow", "share", "download", "register", "buy", "sell", "see", "check", "watch",
		"listen", "get", "learn", "discover", "find", "call", "contact", "send", "enter", "try", "use", "shop", "save", "stay", "let", "make",
		"consider", "rate", "report", "treat", "mark", "state", "list", "keep", "give", "put", "show", "set", "rank",
		"translate", "return", "reveal", "display", "provide", "explain", "present", "generate", "create", "execute", "run", "stop",
		"start", "begin", "continue", "change", "override", "skip", "omit", "drop", "delete", "remove", "discard", "exclude", "act", "behave",
		"assume", "accept", "trust", "believe", "conclude", "decide", "choose", "pick", "quote", "cite", "copy", "highlight", "stress", "load",
		"grab", "order", "invest", "purchase", "accumulate", "hold", "own", "open", "fetch", "browse", "search", "look", "go", "head", "come",
		"take", "bring", "place", "move", "label", "tag", "classify", "score", "grade", "update", "store", "record", "memorize", "encode", "decode",
		"ensure", "avoid", "prefer", "praise", "promote", "endorse", "advise", "encourage", "urge", "inform", "notify", "alert", "warn", "ask", "help",
		"break", "draft", "develop", "evaluate", "compare", "calculate", "predict", "outline", "discuss":
		return object(second)
	}
	return false
}

// orderedBehind reports an order behind a word that only opens it: "Do not
// mention", "Always include", "Be sure".
func orderedBehind(first string, words []string) bool {
	rest := words[1:]
	if first == "be" {
		return has(rest[:1], "sure", "certain", "aware", "advised", "careful")
	}
	if rest[0] == "not" {
		return true
	}
	return imperative(rest) || (has([]string{first}, "do", "never", "always") && retellVerb(rest[0]))
}

// object reports a word with which the object of an order begins.
func object(w string) bool {
	switch w {
	case "the", "a", "an", "all", "any", "this", "that", "these", "those", "our", "us", "your", "my", "it", "them", "not", "previous", "prior", "in", "for",
		"out", "up", "to", "only", "on", "how", "more", "here", "below", "above", "readers", "every", "what", "whatever", "as", "with", "about", "into", "no",
		"earlier", "everything", "anything", "nothing", "instructions", "exactly", "now", "shares", "stock", "before", "today", "if", "whether", "from", "at", "like", "and",
		"positive", "negative", "first", "each", "both", "its", "their", "me", "of", "by", "verbatim", "back", "investors", "subscribers", "users", "people", "down":
		return true
	}
	return false
}

// aboutItself reports a sentence that speaks of the text it stands in, or of
// orders given to whoever reads it.
func aboutItself(words []string) bool {
	for i := 0; i+1 < len(words); i++ {
		next := words[i+1]
		if words[i] == "this" && has([]string{next}, "piece", "post", "column", "guide", "podcast", "episode", "blog", "video", "list") {
			return true
		}
		switch words[i] {
		case "this", "the", "following", "above", "preceding", "foregoing", "entire", "whole":
			if has([]string{next}, "article", "page", "webpage", "text", "passage", "document", "paragraph", "prompt", "instruction", "instructions", "sentence") &&
				(words[i] == "this" || has(words, "must", "should", "shall", "summary", "summaries", "reading", "reads", "read", "processing", "ignore", "above", "below", "following")) {
				return true
			}
		case "previous", "prior", "earlier", "new", "hidden", "secret", "original", "system", "initial", "special":
			if has([]string{next}, "instructions", "instruction", "prompt", "prompts", "directive", "directives") {
				return true
			}
		case "language", "chat":
			if has([]string{next}, "model", "models", "bot", "bots") && has(words, "must", "should", "shall", "reading", "asked", "instructed", "told", "required") {
				return true
			}
		}
	}
	return false
}

// retelling reports a sentence that lays down how something is to be told: a
// teller, machine or person, that must say it, or a thing that must be said.
func retelling(words []string) bool {
	machine, teller := false, false
	for i, w := range words {
		machine, teller = machine || machineWord(w), teller || tellerWord(w)
		if !binds(words, i) {
			continue
		}
		behind := words[i+1 : min(i+7, len(words))]
		for n, v := range behind {
			passive := n > 0 && has(behind[:n], "be") && toldVerb(v)
			switch {
			case passive && (teller || machine || has(words, "investors", "subscribers", "first", "only", "always", "verbatim", "top")),
				(teller || machine) && retellVerb(v),
				teller && has([]string{v}, "lead", "open", "begin", "end", "start", "be", "report", "show", "use", "call", "give", "put", "place", "contain"):
				return true
			}
		}
	}
	return false
}

// binds reports a word that lays something down: must, should, are asked to.
func binds(words []string, i int) bool {
	switch words[i] {
	case "must", "should", "shall", "ought":
		return true
	case "asked", "required", "instructed", "ordered", "told", "directed", "requested", "supposed", "expected", "advised", "to":
		return i > 0 && has(words[i-1:i], "are", "is", "be", "hereby", "has", "have", "needs", "need")
	}
	return false
}

// machineWord reports a word for software that may read a text. News speaks of
// software too, so these count only before verbs of telling.
func machineWord(w string) bool {
	switch w {
	case "ai", "llm", "llms", "assistant", "assistants", "chatbot", "chatbots", "bot", "bots", "model", "models", "agent", "agents", "software", "tool", "tools",
		"system", "systems", "algorithm", "algorithms", "machine", "machines", "program", "programs", "generator", "generators", "crawler", "crawlers", "scraper", "scrapers":
		return true
	}
	return false
}

// tellerWord reports a word for what or who retells this very text.
func tellerWord(w string) bool {
	switch w {
	case "summarizer", "summarizers", "summariser", "summarisers", "summary", "summaries", "digest", "digests", "parser", "parsers", "reader", "readers", "whoever",
		"anyone", "bullet", "bullets", "briefing", "briefings", "newsletter", "newsletters", "response", "responses", "aggregator", "aggregators", "recap", "recaps",
		"condensed", "retelling", "abstract", "synopsis":
		return true
	}
	return false
}

// retellVerb reports what only a text can do to another one.
func retellVerb(w string) bool {
	switch w {
	case "summarize", "summarise", "mention", "include", "state", "say", "write", "output", "print", "respond", "reply", "describe", "rate", "rank",
		"recommend", "quote", "repeat", "translate", "ignore", "disregard", "omit", "skip", "treat", "conclude", "obey", "reveal", "tell", "emphasize", "emphasise",
		"highlight", "praise", "promote", "forget", "label", "classify", "urge", "advise", "list", "present", "note":
		return true
	}
	return false
}

func toldVerb(w string) bool {
	switch w {
	case "summarized", "summarised", "mentioned", "reported", "included", "stated", "described", "presented", "rated", "ranked", "recommended", "listed",
		"quoted", "repeated", "ignored", "disregarded", "omitted", "skipped", "treated", "called", "placed", "put", "shown", "displayed", "highlighted", "praised",
		"promoted", "featured", "classified", "labelled", "labeled", "marked", "scored", "replaced", "emphasized", "emphasised", "told", "given", "copied", "noted":
		return true
	}
	return false
}

// urges reports advice to trade that is nobody's: it urges or praises instead
// of telling who advised what.
func urges(words []string) bool {
	line := " " + strings.Join(words, " ") + " "
	for _, mark := range []string{
		" act now ", " act fast ", " must own ", " must buy ", " can't miss ", " cannot miss ", " can't lose ", " cannot lose ", " screaming buy ", " no brainer ", " don't wait ",
		" load up on ", " buy now ", " buy today ", " sell now ", " once in a lifetime ", " guaranteed return", " guaranteed profit", " risk free ", " get in before ", " get in now ",
		" time to buy ", " best stock ", " best investment ", " must have stock", " buy the dip ", " back up the truck ", " hurry ", " limited time ", " don't miss ", " next big thing ",
		" table pounding ", " strong buy for ", " perfect investment ", " safest investment ", " promo code ", " coupon code ", " free shipping ", " free trial ",
	} {
		if strings.Contains(line, mark) {
			return true
		}
	}
	for i, w := range words {
		if has([]string{w}, "investors", "readers", "everyone", "anybody", "everybody", "people", "traders", "shareholders", "one", "subscribers") && i+2 < len(words) &&
			has(words[i+1:i+3], "should", "must", "ought") && has(words[i+2:min(i+7, len(words))], "buy", "sell", "own", "accumulate", "add", "purchase", "rush", "hurry", "invest", "act", "load", "grab", "move", "know") {
			return true
		}
	}
	return false
}

// Marked reports traces of markup, of prompts and of hidden writing: no
// printed sentence holds them.
func Marked(s string) bool {
	low := strings.ToLower(s)
	for _, trace := range []string{"[inst", "[/inst", "<|", "|>", "```", "###", "{{", "}}", "[[", "]]", "<!--", "-->", "&lt;", "&#", "system:", "user:", "assistant:", "ai:", "\\n", "\\u", "data:", "javascript:", "base64", "==", "***", "&amp;"} {
		if strings.Contains(low, trace) {
			return true
		}
	}
	return strings.ContainsFunc(s, hidden) || slices.ContainsFunc(strings.Fields(s), func(w string) bool { return len(w) > maxWord })
}

// maxWord is longer than words of news are; encoded text is longer.
const maxWord = 45

// hidden reports characters that print nothing.
func hidden(r rune) bool {
	return r == unicode.ReplacementChar || unicode.Is(unicode.Cf, r) && r != '\u00ad' || unicode.Is(unicode.Co, r) || unicode.IsControl(r)
}

func has(words []string, wanted ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(wanted, w) })
}
