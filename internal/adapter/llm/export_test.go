package llm

import "stockdigest.app/stockdigest"

// ParseAnswer is parseAnswer.
func ParseAnswer(body []byte, p stockdigest.Prompt) (stockdigest.Completion, error) {
	return parseAnswer(body, p)
}
