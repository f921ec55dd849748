package summarize

// Usable is usable with the bound of an article's sentence.
func Usable(s string) bool { return usable(s, maxBytes) }

// FilingUsable is usable with the bound of a filing's sentence.
func FilingUsable(s string) bool { return usable(s, maxFilingBytes) }
