package triage

// ParseVotes is parseVotes with plain words.
func ParseVotes(body []byte, n int) (map[int]string, error) {
	votes, err := parseVotes(body, n)
	words := map[int]string{}
	for i, v := range votes {
		words[i] = string(v)
	}
	return words, err
}
