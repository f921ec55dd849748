package verify

import "stockdigest.app/stockdigest"

// ParseVerdicts is parseVerdicts.
func ParseVerdicts(answer []byte, n int) map[int]stockdigest.Entailment {
	return parseVerdicts(answer, n)
}

// ParseMended is parseMended.
func ParseMended(answer []byte, n int) map[int]string { return parseMended(answer, n) }
