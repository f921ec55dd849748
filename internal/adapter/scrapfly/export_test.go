package scrapfly

// Parse reads an answer, for tests of hostile bytes.
func Parse(raw []byte, target string) (Page, error) { return parse(raw, target) }
