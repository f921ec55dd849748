package page

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// A Prepared page is ready to be judged by any model.
type Prepared struct {
	declared *declared
	scene    *scene
	other    string
}

// Prepare reads a page as far as the model.
func Prepare(page []byte, pageURL string) *Prepared {
	doc, err := html.Parse(strings.NewReader(decode(page)))
	if err != nil {
		return nil
	}
	address, err := url.Parse(pageURL)
	if err != nil {
		address = &url.URL{}
	}
	d := declare(doc)
	return &Prepared{d, newScene(doc, d.headline(address), d.description()), readable(doc, address)}
}

// Look shows the blocks of a page and the features the model sees.
func (p *Prepared) Look() (texts []string, rows [][]float64) {
	for _, b := range p.scene.blocks {
		texts = append(texts, b.text)
	}
	body := strings.Join(articleBody(p.declared.ld), " ")
	return texts, p.scene.features(p.scene.coverage(p.other), p.scene.coverage(body), body != "")
}

// Choose returns the text that a model in its text form chooses.
func (p *Prepared) Choose(trees string) string {
	return p.scene.choose(parseTrees(trees), p.other, p.declared)
}
