package names

import "strings"

// isSuffix reports whether key is a legal form, as it stands at the end of a
// company's name.
func isSuffix(key string) bool {
	switch key {
	case "inc", "incorporated", "corp", "corporation", "co", "company", "companies", "cos", "ltd", "limited", "plc",
		"ag", "se", "sa", "nv", "spa", "asa", "ab", "oyj", "kgaa", "gmbh", "lp", "llc", "llp", "group", "grp",
		"holdings", "holding", "hldgs", "bhd", "kk", "cia", "aktiengesellschaft":
		return true
	}
	return false
}

// isTrade reports whether key names a trade, which a short name leaves out:
// Ford Motor is Ford, Moderna Therapeutics is Moderna.
func isTrade(key string) bool {
	switch key {
	case "motor", "motors", "airlines", "airways", "pharmaceuticals", "pharmaceutical", "pharma", "therapeutics", "biosciences",
		"technologies", "technology", "systems", "platforms", "international", "industries", "entertainment",
		"communications", "communication", "interactive", "software", "stores", "enterprises", "brands", "foods", "semiconductor", "semiconductors",
		"networks", "energy", "petroleum", "financial", "bancorp", "bancshares", "laboratories", "labs", "media",
		"worldwide", "global", "outfitters", "solutions", "services", "electronics", "biotech", "biopharma", "genetics",
		"health", "healthcare", "medical", "sciences", "wholesale", "studios", "cruises", "hotels", "resorts", "rubber", "tire",
		"telecom", "wireless", "newspapers", "publishing", "broadcasting", "beverage", "brewing", "steel", "chemical", "mining", "gold", "resources":
		return true
	}
	return false
}

// shareWords are what exchanges append to a company's name.
func shareWords() []string {
	return []string{
		" american depositary", " depositary", " common stock", " common share", " ordinary share", " class a", " class b", " class c",
		" cl a", " cl b", " capital stock", " subordinate voting", " - adr", " adr", " sponsored", " registered share", " n.v. new york",
		" unsponsored", " common units", " units representing", " beneficial interest",
	}
}

// legalCore returns a legal name without share class, state, article and legal
// form: "Gannett Co., Inc." gives "Gannett".
func legalCore(legal string) string {
	name := strings.TrimSpace(legal)
	low := strings.ToLower(name)
	for _, w := range shareWords() {
		if i := strings.Index(low, w); i > 0 {
			name, low = name[:i], low[:i]
		}
	}
	for _, cut := range []string{"/", "\\", " ("} {
		if i := strings.Index(name, cut); i > 2 {
			name = name[:i]
		}
	}
	toks := tokenize(name)
	for len(toks) > 1 && (isSuffix(toks[len(toks)-1].key) || toks[len(toks)-1].key == "&" || toks[len(toks)-1].key == "the" || toks[len(toks)-1].key == "new") {
		toks = toks[:len(toks)-1]
	}
	if len(toks) > 1 && toks[0].key == "the" {
		toks = toks[1:]
	}
	if len(toks) == 0 {
		return ""
	}
	return name[toks[0].start:toks[len(toks)-1].end]
}

// shortName returns the name without a closing trade, or "" when there is none.
func shortName(core string) string {
	toks := tokenize(core)
	n := len(toks)
	for n > 1 && (isTrade(toks[n-1].key) || isSuffix(toks[n-1].key) || toks[n-1].key == "&") {
		n--
	}
	if n == len(toks) || n == 0 {
		return ""
	}
	return core[toks[0].start:toks[n-1].end]
}
