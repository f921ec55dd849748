package llm

// The readers of answers, for fuzzing.
var (
	ParseOpenAI = parseOpenAI
	ParseClaude = parseClaude
	ParseGemini = parseGemini
)
