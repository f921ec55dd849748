package sim

import (
	"regexp"
	"strconv"
	"strings"
)

// A Lie is a bullet that a model made up: the line it had, and what it made of it.
type Lie struct {
	Kind  string // figure, direction, name, hedge or voice
	Line  string
	Claim string
}

// Lies are what models made up so far, see FaultLies.
func (s *Sim) Lies() []Lie {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Lie(nil), s.lies...)
}

var (
	figure    = regexp.MustCompile(`\d+`)
	direction = regexp.MustCompile(`\b(?:rose|fell|grew|shrank|raised|lowered|beat|missed|gains?|losses|increased|decreased|higher|lower|up|down|cut|lifted|grows|falls|rises|raises|lowers)\b`)
)

// opposite is the word for the other direction.
func opposite(word string) string {
	pairs := map[string]string{
		"rose": "fell", "grew": "shrank", "raised": "lowered", "beat": "missed", "gain": "loss", "gains": "losses", "increased": "decreased",
		"higher": "lower", "up": "down", "cut": "lifted", "grows": "falls", "rises": "falls", "raises": "lowers",
	}
	for a, b := range pairs {
		switch word {
		case a:
			return b
		case b:
			if b != "falls" || a == "rises" {
				return a
			}
		}
	}
	return word
}

// lie makes a wrong bullet of a line: another figure, the other direction,
// another company, a doubt or a plan that is gone, or the words of others. A line
// that has none of them is told as it is.
func (s *Sim) lie(d *dice, line string) string {
	kinds := []string{"figure", "direction", "name", "hedge", "voice"}
	for range kinds {
		at := d.below(len(kinds))
		kind := kinds[at]
		var claim string
		switch kind {
		case "figure":
			claim = replaceFirst(figure, line, func(n string) string { return d.otherDigit(n[:1]) + n[1:] })
		case "direction":
			claim = replaceFirst(direction, line, opposite)
		case "hedge":
			claim = certain(line)
		case "voice":
			claim = voiced(line)
		default:
			claim = s.renamed(d, line)
		}
		if claim != line {
			s.mu.Lock()
			s.lies = append(s.lies, Lie{kind, line, claim})
			s.mu.Unlock()
			return claim
		}
	}
	return line
}

// certain tells a line without its doubt, or what is to come as done.
func certain(line string) string {
	for _, pair := range [][2]string{
		{" about ", " more than "},
		{" up to ", " "},
		{" at least ", " "},
		{" may ", " will "},
		{" could ", " will "},
		{" will cut ", " cut "},
		{" will spend ", " spent "},
		{" will raise ", " raised "},
		{" will pay ", " paid "},
		{" will return ", " returned "},
		{" will leave ", " left "},
		{" will finance ", " financed "},
		{" plans to shed ", " shed "},
	} {
		if strings.Contains(line, pair[0]) {
			return strings.Replace(line, pair[0], pair[1], 1)
		}
	}
	return line
}

// voiced gives a line to people who are not in it.
func voiced(line string) string {
	said, whole := strings.CutSuffix(line, ".")
	if !whole || strings.Contains(line, "analyst") || strings.Contains(line, "according") {
		return line
	}
	return said + ", according to analysts."
}

// otherDigit is a digit from 1 to 9 that is not the one given.
func (d *dice) otherDigit(digit string) string {
	for {
		if other := strconv.Itoa(d.between(1, 9)); other != digit {
			return other
		}
	}
}

func replaceFirst(what *regexp.Regexp, in string, with func(string) string) string {
	at := what.FindStringIndex(in)
	if at == nil {
		return in
	}
	return in[:at[0]] + with(in[at[0]:at[1]]) + in[at[1]:]
}

// renamed tells the line of another company.
func (s *Sim) renamed(d *dice, line string) string {
	for _, c := range s.companies {
		if !strings.Contains(line, c.co) {
			continue
		}
		if other := s.companies[d.below(len(s.companies))]; !strings.Contains(other.co, c.co) && !strings.Contains(c.co, other.co) {
			return strings.Replace(line, c.co, other.co, 1)
		}
	}
	return line
}
