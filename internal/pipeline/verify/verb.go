package verify

import (
	"strings"

	"stockdigest.app/stockdigest/internal/text"
)

// root is the stem of a word, of an irregular verb that of its base. It has no
// letter twice at its end, as the stems of "add" and "added" differ there.
func root(w string) string {
	stem, _ := irregular(w)
	if stem == "" {
		stem = text.Stem(w)
	}
	if n := len(stem); n > 2 && stem[n-1] == stem[n-2] {
		return stem[:n-1]
	}
	return stem
}

// past reports whether w may be a verb that tells of the past.
func past(w string) bool {
	_, done := irregular(w)
	return done || len(w) > 4 && strings.HasSuffix(w, "ed")
}

// irregular returns the stem of the base of a verb's irregular form, and that it
// tells of the past. A form that is its own base may.
func irregular(w string) (stem string, done bool) {
	switch w {
	case "cut", "set", "hit", "put", "split", "shut", "beat", "spread", "let":
		return w, true
	case "bought":
		return "buy", true
	case "sold":
		return "sell", true
	case "paid":
		return "pay", true
	case "won":
		return "win", true
	case "lost":
		return "lose", true
	case "rose", "risen":
		return "rise", true
	case "fell", "fallen":
		return "fall", true
	case "grew", "grown":
		return "grow", true
	case "made":
		return "make", true
	case "took", "taken":
		return "take", true
	case "gave", "given":
		return "give", true
	case "began", "begun":
		return "begin", true
	case "built":
		return "build", true
	case "spent":
		return "spend", true
	case "sent":
		return "send", true
	case "held":
		return "hold", true
	case "met":
		return "meet", true
	case "led":
		return "lead", true
	case "brought":
		return "bring", true
	case "left":
		return "leav", true
	case "spun":
		return "spin", true
	case "sought":
		return "seek", true
	case "sank", "sunk":
		return "sink", true
	case "shrank", "shrunk":
		return "shrink", true
	case "slid":
		return "slide", true
	case "withdrew", "withdrawn":
		return "withdraw", true
	case "stepped":
		return "step", true
	}
	return "", false
}
