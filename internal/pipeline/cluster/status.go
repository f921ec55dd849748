package cluster

import "stockdigest.app/stockdigest/internal/text"

// statuses returns what a sentence says has come about: approved, closed,
// raised. What is only planned, possible or denied by a "not" has not.
func statuses(sentence string) []string {
	var found []string
	words := text.Words(sentence)
	for i, w := range words {
		if status := statusOf(w); status != "" && !pending(words[max(0, i-4):i]) {
			found = append(found, status)
		}
	}
	return found
}

// pending reports whether the words before a status say that it is not reached.
func pending(words []string) bool {
	for _, w := range words {
		switch w {
		case "not", "to", "will", "would", "could", "may", "might", "should", "can", "must", "if", "unless", "until", "expected",
			"expects", "plans", "likely", "yet", "before", "didn't", "hasn't", "won't", "seeks", "subject":
			return true
		}
	}
	return false
}

// statusOf returns the status that a word stands for.
func statusOf(word string) string {
	switch word {
	case "approved", "approve", "approves", "approval", "cleared", "clears":
		return "approved"
	case "closed", "closes", "completed", "completes", "finalized", "completion":
		return "closed"
	case "terminated", "terminates", "abandoned", "abandons", "scrapped", "scraps", "cancelled", "canceled", "cancels":
		return "terminated"
	case "rejected", "rejects", "denied", "denies", "blocked", "blocks":
		return "denied"
	case "raised", "raises", "hiked", "hikes", "increased", "increases", "boosts", "boosted":
		return "raised"
	case "cuts", "lowered", "lowers", "reduced", "reduces", "slashed", "slashes":
		return "cut"
	case "delayed", "delays", "postponed", "postpones":
		return "delayed"
	case "extended", "extends":
		return "extended"
	case "withdrew", "withdraws", "withdrawn":
		return "withdrawn"
	case "sued", "sues":
		return "sued"
	case "settled", "settles":
		return "settled"
	case "resigned", "resigns", "resignation", "quits":
		return "resigned"
	case "appointed", "appoints":
		return "appointed"
	case "agreed", "agrees", "accepted", "accepts", "accept":
		return "agreed"
	case "recalled", "recalls":
		return "recalled"
	case "suspended", "suspends", "halted", "halts":
		return "suspended"
	case "confirmed", "confirms":
		return "confirmed"
	case "convicted", "guilty", "acquitted", "indicted":
		return word
	}
	return ""
}

// agreement reports whether a sentence tells of a contract made: who signed a
// merger agreement has agreed, though no word of it says so.
func agreement(sentence string) bool {
	made, contract := false, false
	for _, w := range text.Words(sentence) {
		switch w {
		case "agreement", "contract", "deal", "pact":
			contract = true
		case "signed", "entered", "definitive", "reached", "struck", "inked":
			made = true
		}
	}
	return made && contract
}
