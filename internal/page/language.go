package page

import "strings"

// languageOf returns the language of a text as two letters: the one whose
// small words it holds, else the one the page declares.
func languageOf(text, declared string) string {
	counts, words := map[string]int{}, 0
	table := smallWords()
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		if words++; words > 400 {
			break
		}
		for _, language := range table[strings.Trim(word, ".,:;!?\"'“”‘’()")] {
			counts[language]++
		}
	}
	best, second := "", ""
	for _, language := range []string{"en", "de", "fr", "es", "it", "pt", "nl"} {
		switch {
		case best == "" || counts[language] > counts[best]:
			best, second = language, best
		case second == "" || counts[language] > counts[second]:
			second = language
		}
	}
	if words >= 30 && counts[best]*10 > words && counts[best] >= 2*counts[second] {
		return best
	}
	return declared
}

// smallWords lists frequent words that few other languages share.
func smallWords() map[string][]string {
	table := map[string][]string{}
	for language, words := range map[string]string{
		"en": "the of and to in is for that on with was are by as it at from be this has have an will its not",
		"de": "der die und das ist nicht mit den von für auf ein eine dem sich des im auch wird als nach bei",
		"fr": "le la les et des est une dans pour que qui du sur pas au par plus avec ce sont aux",
		"es": "el los y las en que una por con para del se es su al lo como más ha fue",
		"it": "il di che è per un una della sono con non del si le alla nel dei gli ha più",
		"pt": "o os e que do da em um uma para com não no na por mais dos das ao foi",
		"nl": "de het een en van is dat op te zijn voor met niet aan er om ook als bij",
	} {
		for word := range strings.FieldsSeq(words) {
			table[word] = append(table[word], language)
		}
	}
	return table
}
