package facts

import "strings"

// smallNumber returns the value of one to ninety-nine's words, else 0.
func smallNumber(w string) int64 {
	switch w {
	case "one":
		return 1
	case "two":
		return 2
	case "three":
		return 3
	case "four":
		return 4
	case "five":
		return 5
	case "six":
		return 6
	case "seven":
		return 7
	case "eight":
		return 8
	case "nine":
		return 9
	case "ten":
		return 10
	case "eleven":
		return 11
	case "twelve":
		return 12
	case "thirteen":
		return 13
	case "fourteen":
		return 14
	case "fifteen":
		return 15
	case "sixteen":
		return 16
	case "seventeen":
		return 17
	case "eighteen":
		return 18
	case "nineteen":
		return 19
	case "twenty":
		return 20
	case "thirty":
		return 30
	case "forty":
		return 40
	case "fifty":
		return 50
	case "sixty":
		return 60
	case "seventy":
		return 70
	case "eighty":
		return 80
	case "ninety":
		return 90
	}
	return 0
}

// wordScale returns the factor of a scale written out, else 0.
func wordScale(w string) int64 {
	switch w {
	case "dozen":
		return 12
	case "hundred":
		return 100
	}
	factor, abbreviated := scaleOf(w)
	if abbreviated {
		return 0
	}
	return factor
}

// scaleOf returns the factor of a scale word and whether it is shortened.
func scaleOf(w string) (factor int64, abbreviated bool) {
	switch w {
	case "hundred":
		return 100, false
	case "dozen":
		return 12, false
	case "thousand":
		return 1e3, false
	case "lakh", "lakhs":
		return 1e5, false
	case "million", "millions":
		return 1e6, false
	case "crore", "crores":
		return 1e7, false
	case "billion", "billions":
		return 1e9, false
	case "trillion", "trillions":
		return 1e12, false
	case "k":
		return 1e3, true
	case "m", "mm", "mn", "mln", "mio", "mil", "mill":
		return 1e6, true
	case "b", "bn", "bln", "bil", "mrd":
		return 1e9, true
	case "t", "tn", "trn", "tln":
		return 1e12, true
	}
	return 0, false
}

// currencyOf returns the code of a currency sign.
func currencyOf(sign string) string {
	switch sign {
	case "$", "＄":
		return "USD"
	case "€":
		return "EUR"
	case "£":
		return "GBP"
	case "¥", "￥":
		return "JPY"
	case "₹":
		return "INR"
	case "₩":
		return "KRW"
	case "₽":
		return "RUB"
	case "₪":
		return "ILS"
	case "₫":
		return "VND"
	case "₺":
		return "TRY"
	case "₿":
		return "BTC"
	}
	return ""
}

// dollarOf returns whose dollar stands behind the letters of "C$".
func dollarOf(w string) string {
	switch w {
	case "us", "u.s", "usd", "american":
		return "USD"
	case "c", "ca", "can", "cad", "cdn", "canadian":
		return "CAD"
	case "a", "au", "aud", "australian":
		return "AUD"
	case "nz", "nzd", "zealand":
		return "NZD"
	case "hk", "hkd", "kong":
		return "HKD"
	case "s", "sg", "sgd", "singapore":
		return "SGD"
	case "nt", "twd", "taiwan":
		return "TWD"
	case "r", "brl":
		return "BRL"
	case "mx", "mex", "mxn":
		return "MXN"
	}
	return ""
}

// currencyCode returns the code that a word in front of digits stands for.
func currencyCode(w string, upper bool) string {
	if !upper {
		switch w {
		case "rs", "kr":
			return currencyWord(w)
		}
		return ""
	}
	switch w {
	case "usd", "eur", "gbp", "jpy", "chf", "cad", "aud", "nzd", "cny", "hkd", "sgd", "inr", "krw", "sek", "nok", "dkk", "brl", "mxn", "zar", "twd", "ils", "rub", "pln", "czk", "try", "sar", "aed", "thb", "idr", "myr", "php", "vnd":
		return strings.ToUpper(w)
	case "rmb":
		return "CNY"
	case "rs", "re":
		return "INR"
	case "kr":
		return "SEK"
	}
	return ""
}

// currencyWord returns the code of a currency written out.
func currencyWord(w string) string {
	switch w {
	case "dollar", "dollars", "bucks":
		return "USD"
	case "euro", "euros":
		return "EUR"
	case "pound", "pounds", "sterling":
		return "GBP"
	case "yen":
		return "JPY"
	case "yuan", "renminbi":
		return "CNY"
	case "rupee", "rupees", "rs":
		return "INR"
	case "won":
		return "KRW"
	case "franc", "francs":
		return "CHF"
	case "krona", "kronor", "crowns", "kr":
		return "SEK"
	case "kroner":
		return "NOK"
	case "real", "reais":
		return "BRL"
	case "rand":
		return "ZAR"
	case "ruble", "rubles", "roubles":
		return "RUB"
	case "peso", "pesos":
		return "MXN"
	case "shekel", "shekels":
		return "ILS"
	case "dirham", "dirhams":
		return "AED"
	case "riyal", "riyals":
		return "SAR"
	}
	return ""
}

// centWord returns the currency whose hundredth a word names.
func centWord(w string) string {
	switch w {
	case "cent", "cents":
		return "USD"
	case "pence", "penny", "p":
		return "GBP"
	}
	return ""
}

// monthOf returns the number of a month, written out or shortened, else 0.
func monthOf(w string) int {
	switch w {
	case "january", "jan":
		return 1
	case "february", "feb":
		return 2
	case "march", "mar":
		return 3
	case "april", "apr":
		return 4
	case "may":
		return 5
	case "june", "jun":
		return 6
	case "july", "jul":
		return 7
	case "august", "aug":
		return 8
	case "september", "sept", "sep":
		return 9
	case "october", "oct":
		return 10
	case "november", "nov":
		return 11
	case "december", "dec":
		return 12
	}
	return 0
}

func shortMonth(w string) bool { return w == "sept" || len(w) == 3 && w != "may" }

func verbMonth(w string) bool { return w == "may" || w == "march" || w == "august" }

// weekdayOf returns the three letters of a weekday written out, else "".
func weekdayOf(w string) string {
	switch w {
	case "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday":
		return w[:3]
	case "mondays", "tuesdays", "wednesdays", "thursdays", "fridays", "saturdays", "sundays":
		return w[:3]
	}
	return ""
}

func ordinal(w string) int {
	switch w {
	case "first":
		return 1
	case "second":
		return 2
	case "third":
		return 3
	case "fourth":
		return 4
	}
	return 0
}

// startsFact reports whether a word can begin a fact. It keeps Find cheap.
func startsFact(w string) bool {
	switch w {
	case "a", "an", "minus", "negative", "fiscal", "full", "fy", "q", "h", "half":
		return true
	}
	return strings.HasSuffix(w, "fold") || smallNumber(w) > 0 || monthOf(w) > 0 || weekdayOf(w) != "" || ordinal(w) > 0 ||
		currencyCode(w, true) != "" || dollarOf(w) != ""
}

// countNoun reports whether w is a thing that texts count, so that the digits
// before it are no year and no name.
func countNoun(w string) bool {
	switch w {
	case "employee", "worker", "people", "person", "job", "staff", "position", "store", "shop", "plant", "factory",
		"unit", "vehicle", "car", "truck", "aircraft", "jet", "plane", "share", "customer", "user", "subscriber",
		"member", "patient", "location", "restaurant", "branch", "office", "country", "state", "city", "market",
		"company", "firm", "analyst", "investor", "ton", "tonne", "barrel", "ounce", "mile", "kilometer",
		"kilometre", "meter", "metre", "acre", "foot", "feet", "inch", "megawatt", "gigawatt", "mw", "gw", "kwh",
		"hour", "day", "week", "month", "year", "minute", "second", "decade", "home", "house", "room", "bed",
		"square", "well", "rig", "site", "center", "centre", "warehouse", "model", "product", "brand", "title",
		"episode", "order", "case", "dose", "death", "trial", "lawsuit", "complaint", "acquisition", "deal":
		return true
	}
	return false
}

// adjective reports whether w may stand between a number and the noun it counts.
func adjective(w string) bool {
	switch w {
	case "new", "full", "part", "time", "more", "additional", "other", "different", "total", "net", "active", "paying",
		"paid", "electric", "global", "monthly", "daily", "weekly", "annual", "new-build", "common", "ordinary",
		"preferred", "outstanding", "metric", "square", "cubic", "retail", "company", "restaurant", "consecutive",
		"straight", "major", "key", "small", "large", "big", "extra", "senior", "top", "wireless", "postpaid",
		"prepaid", "diluted", "basic", "american", "european", "chinese", "manufacturing", "production", "business",
		"trading", "working", "basis", "percentage", "largest", "biggest":
		return true
	}
	return strings.HasSuffix(w, "al") || strings.HasSuffix(w, "ed") || strings.HasSuffix(w, "ing") || strings.HasSuffix(w, "ic")
}

// stopword reports whether w ends a noun phrase.
func stopword(w string) bool {
	switch w {
	case "of", "in", "on", "at", "to", "for", "from", "by", "with", "as", "and", "or", "but", "than", "that", "this",
		"these", "those", "the", "a", "an", "is", "are", "was", "were", "be", "been", "has", "have", "had", "will",
		"would", "could", "may", "might", "it", "its", "their", "his", "her", "our", "we", "they", "he", "she", "i",
		"you", "which", "who", "when", "while", "after", "before", "during", "over", "under", "about", "versus", "vs",
		"per", "compared", "since", "until", "through", "between", "into", "if", "so", "not", "no", "also", "said",
		"or so", "against", "up", "down", "ago", "due", "because", "including", "plus", "both", "each", "where", "what",
		"can", "do", "does", "did", "just", "only", "then", "there", "here", "out", "off", "within", "without", "am", "pm", "p.m", "a.m":
		return true
	}
	return false
}

// numberedNoun reports whether w is a lower-case noun that is numbered, not counted.
func numberedNoun(w string) bool {
	switch w {
	case "no", "item", "section", "phase", "level", "type", "chapter", "form", "rule", "note", "page", "slide",
		"version", "figure", "exhibit", "tier", "stage", "episode", "season", "volume", "number":
		return w != "no" && w != "number" && w != "level"
	}
	return false
}

// opener reports whether a capitalised w begins sentences and is no name.
func opener(w string) bool {
	if stopword(w) || smallNumber(w) > 0 || currencyCode(w, true) != "" || weekdayOf(w) != "" {
		return true
	}
	switch w {
	case "nearly", "almost", "around", "approximately", "roughly", "some", "more", "less", "fewer", "least", "most",
		"top", "only", "all", "fiscal", "year", "quarter", "revenue", "sales", "earnings", "eps", "profit", "net",
		"total", "age", "aged", "adds", "cuts", "raises", "falls", "rises", "gains", "drops", "jumps", "hits",
		"another", "every", "these", "last", "next", "past", "first", "other", "now", "today", "yesterday", "q", "h", "fy",
		"plans", "buys", "sells", "wins", "loses", "opens", "closes", "just", "shares", "stock", "exactly", "over",
		"reported", "reports", "posted", "posts", "january", "february", "says", "sees", "near", "above", "below":
		return true
	}
	return false
}

// amountWord reports whether w before a hyphen and digits leaves them an
// amount: "Nov-19", "$3-million-5".
func amountWord(w string) bool {
	factor, _ := scaleOf(w)
	return factor > 0 || monthOf(w) > 0 || currencyCode(w, true) != "" || opener(w)
}

// singular takes the plural ending off an English noun, well enough that equal
// nouns come out equal.
func singular(w string) string {
	switch {
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		return w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "xes"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "s") && len(w) > 3 && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is"):
		return w[:len(w)-1]
	}
	return w
}
