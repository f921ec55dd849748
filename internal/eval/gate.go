package eval

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Sizes of the generated set and of what is read for it.
const (
	gateFaults    = 120 // planted per kind of fault
	gateTruths    = 300 // per kind of true bullet
	gateFiles     = 400 // texts read per archive
	gateFileBytes = 4 << 20
)

// A GateCase is one generated bullet with the evidence it claims to have.
type GateCase struct {
	Kind     string `json:"kind"` // caught kinds: digit, scale, ...; true kinds: verbatim, clause, ...
	True     bool   `json:"true"`
	Bullet   string `json:"bullet"`
	Evidence string `json:"evidence"`
}

// Gate measures an evidence gate. It takes real sentences of the texts below
// dir, plants one fault in each of some and rewords others without changing
// what they say, and asks check for the failed claims of each bullet against
// the sentences it came from. The set is the same for the same texts.
//
// Figures: caught/KIND and caught/all are the shares of planted faults found,
// flagged/KIND and flagged/true those of true bullets that were refused,
// n/caught and n/true their numbers. Predictions are the mistakes, by number.
func Gate(dir string, check func(bullet, evidence string) []string, progress Progress) (Result, error) {
	cases, err := GateCases(dir)
	if err != nil {
		return Result{}, err
	}
	res := Result{Name: "gate", Figures: map[string]float64{}, Predictions: map[string]any{}}
	hits, all := map[string]float64{}, map[string]float64{}
	for i, c := range cases {
		why := check(c.Bullet, c.Evidence)
		group, total := "caught/"+c.Kind, "caught/all"
		if c.True {
			group, total = "flagged/"+c.Kind, "flagged/true"
		}
		all[group]++
		all[total]++
		if len(why) > 0 {
			hits[group]++
			hits[total]++
		}
		if c.True == (len(why) > 0) {
			res.Predictions[fmt.Sprintf("%05d", i)] = map[string]any{"case": c, "failures": why}
		}
		if progress != nil && (i%100 == 99 || i == len(cases)-1) {
			progress(i+1, len(cases))
		}
	}
	for name, n := range all {
		res.Figures[name] = hits[name] / n
	}
	res.Figures["n/caught"], res.Figures["n/true"] = all["caught/all"], all["flagged/true"]
	return res, nil
}

// GateCases generates the set from the texts below dir: planted faults first,
// then true bullets.
func GateCases(dir string) ([]GateCase, error) {
	pairs, err := gatePairs(dir)
	if err != nil {
		return nil, err
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("no texts below %s: want transcripts in *.tar.gz, ground-truth.json or Sentences_*.txt", dir)
	}
	rng := rand.New(rand.NewPCG(20191120, 830)) //nolint:gosec // a repeatable draw, no secret
	rng.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	names := gateNames(pairs)
	var cases []GateCase
	for _, f := range gateFaultKinds() {
		cases = append(cases, draw(pairs, gateFaults, f.name, false, func(p gatePair) string { return f.plant(p, names, rng) })...)
	}
	for _, f := range gateTruthKinds() {
		cases = append(cases, draw(pairs, gateTruths, f.name, true, func(p gatePair) string { return f.plant(p, names, rng) })...)
	}
	return cases, nil
}

// draw makes up to n cases of one kind, one per pair.
func draw(pairs []gatePair, n int, kind string, isTrue bool, plant func(gatePair) string) []GateCase {
	var cases []GateCase
	for _, p := range pairs {
		if len(cases) == n {
			break
		}
		bullet := plant(p)
		if bullet == "" || !isTrue && bullet == p.sentence {
			continue
		}
		cases = append(cases, GateCase{Kind: kind, True: isTrue, Bullet: bullet, Evidence: p.evidence})
	}
	return cases
}

// A gatePair is a sentence and the evidence around it, which holds it.
type gatePair struct {
	sentence, evidence string
}

// gatePairs reads the texts below dir, in the order of their names.
func gatePairs(dir string) ([]gatePair, error) {
	var pairs []gatePair
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		var texts []string
		switch base := filepath.Base(file); {
		case strings.HasSuffix(base, ".tar.gz") && (strings.HasPrefix(base, "val") || strings.HasPrefix(base, "test")):
			texts, err = gateTranscripts(file)
		case base == "ground-truth.json":
			texts, err = gateArticles(file)
		case strings.HasPrefix(base, "Sentences_") && strings.HasSuffix(base, ".txt"):
			texts, err = gateLines(file)
		case strings.HasSuffix(base, ".txt") && filepath.Base(filepath.Dir(file)) == "ects":
			texts, err = gateText(file)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(file), err)
		}
		for _, t := range texts {
			pairs = append(pairs, pairUp(t)...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read gate texts: %w", err)
	}
	return pairs, nil
}

// pairUp cuts a text into sentences; two of three are given one or two of their
// neighbours as further evidence, so that a gate sees more than one subject.
func pairUp(t string) []gatePair {
	var pairs []gatePair
	sentences := gateSentences(t)
	for i, s := range sentences {
		if len(s) < 50 || len(s) > 400 || !gateDigits.MatchString(s) && i%4 != 0 || strings.Contains(s, "www.") || strings.Contains(s, "http") {
			continue
		}
		evidence := s
		if i%3 > 0 && i+1 < len(sentences) && len(sentences[i+1]) < 400 {
			evidence = s + " " + sentences[i+1]
		}
		if i%3 == 2 && i > 0 && len(sentences[i-1]) < 400 {
			evidence = sentences[i-1] + " " + evidence
		}
		pairs = append(pairs, gatePair{sentence: s, evidence: evidence})
	}
	return pairs
}

// Compiled once, linear.
var (
	gateDigits = regexp.MustCompile(`[0-9]`)
	gateEnd    = regexp.MustCompile(`[.!?]["”’)]*\s+["“(]?[A-Z]|\n+`)
	gateAbbrev = regexp.MustCompile(`(?:\b(?:Mr|Mrs|Ms|Dr|Inc|Corp|Co|Ltd|St|vs|No|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Sen|Rep|Gov|Gen|Jr|Sr)|\b[A-Z])\.$`)
)

func gateSentences(t string) []string {
	var out []string
	start := 0
	for _, m := range gateEnd.FindAllStringIndex(t, -1) {
		end := m[1]
		if t[m[0]] != '\n' {
			end = m[1] - 1
			for end > m[0] && !strings.ContainsRune(" \n\t", rune(t[end-1])) {
				end--
			}
		}
		s := strings.TrimSpace(t[start:max(start, end)])
		if gateAbbrev.MatchString(s) && t[m[0]] != '\n' {
			continue
		}
		if s = strings.Join(strings.Fields(s), " "); s != "" {
			out = append(out, s)
		}
		start = max(start, end)
	}
	if s := strings.Join(strings.Fields(t[start:]), " "); s != "" {
		out = append(out, s)
	}
	return out
}

// gateTranscripts reads the earnings calls of an archive.
func gateTranscripts(file string) ([]string, error) {
	f, err := os.Open(file) //nolint:gosec // a folder the operator named
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for r := tar.NewReader(z); len(texts) < gateFiles; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if path.Base(path.Dir(h.Name)) != "ects" || !strings.HasSuffix(h.Name, ".txt") {
			continue
		}
		body, err := io.ReadAll(io.LimitReader(r, gateFileBytes))
		if err != nil {
			return nil, err
		}
		texts[h.Name] = string(body)
	}
	var out []string
	names := make([]string, 0, len(texts))
	for name := range texts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		out = append(out, texts[name])
	}
	return out, nil
}

// gateArticles reads the article bodies of a page set.
func gateArticles(file string) ([]string, error) {
	raw, err := os.ReadFile(file) //nolint:gosec // a folder the operator named
	if err != nil {
		return nil, err
	}
	var set map[string]struct {
		Body string `json:"articleBody"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, nil //nolint:nilerr // another set's form: not ours to read
	}
	ids := make([]string, 0, len(set))
	for id := range set {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var out []string
	for _, id := range ids {
		out = append(out, set[id].Body)
	}
	return out, nil
}

// gateLines reads a set of one sentence a line, its label behind an @.
func gateLines(file string) ([]string, error) {
	raw, err := os.ReadFile(file) //nolint:gosec // a folder the operator named
	if err != nil {
		return nil, err
	}
	var out []string
	for line := range strings.Lines(strings.ToValidUTF8(string(raw), "")) {
		s, _, _ := strings.Cut(line, "@")
		out = append(out, strings.TrimSpace(s))
	}
	return out, nil
}

func gateText(file string) ([]string, error) {
	raw, err := os.ReadFile(file) //nolint:gosec // a folder the operator named
	if err != nil {
		return nil, err
	}
	return []string{string(raw)}, nil
}
