package extract

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/page"
)

const (
	firstRetry = 15 * time.Minute
	lastRetry  = 24 * time.Hour
	giveUp     = 3 * 24 * time.Hour // after an article's time nobody tries again
)

// A result is what became of one page: a text, a miss, or both when the miss
// is final.
type result struct {
	text    *stockdigest.Text
	miss    *stockdigest.Miss
	article stockdigest.Article // the article the link led to
	moved   bool                // article is another one than the candidate's
	shut    bool                // nobody has decided yet whether the page is worth money: neither text nor miss
}

// page fetches and reads the page of a candidate. A page that only shows the
// beginning of another publisher's article is followed there, once.
func (s *Step) page(ctx context.Context, run stockdigest.Run, c stockdigest.Candidate) result {
	target := c.Article.URL
	if s.Links != nil {
		var err error
		if target, err = s.Links.Target(ctx, c.Article.URL); err != nil {
			return s.missed(c, err)
		}
	}
	body, a, err := s.open(ctx, target)
	if walled, helps := shut(err); helps && !a.Paywalled && s.SecondWay != nil {
		if !wanted(c) {
			return result{article: c.Article, shut: true}
		}
		if other, article, failed := s.otherwise(ctx, run, target, walled, err); failed == nil {
			body, a, err = other, article, nil
		} else {
			err = failed
		}
	}
	if link := a.Original; link != "" && len(a.Text) < stubBytes {
		if whole, article, failed := s.open(ctx, link); failed == nil && len(article.Text) > len(a.Text) {
			body, a, err = whole, article, nil
		}
	}
	final := canonical(finalURL(body), c.Article.URL)
	r := result{article: c.Article}
	if differentHost(final, c.Article.URL) {
		r.article, r.moved = identity(c.Article, final)
	}
	if err != nil {
		missed := s.missed(c, err)
		if missed.miss.NextTry.IsZero() {
			missed.article, missed.moved = r.article, r.moved
		}
		return missed
	}
	r.text = s.textOf(c, a, final, body.FetchedAt)
	return r
}

// stubBytes is what a page that only points to the whole article shows at most.
const stubBytes = 3000

// open fetches and reads one page.
func (s *Step) open(ctx context.Context, link string) (stockdigest.Body, page.Article, error) {
	body, err := s.Pages.Page(ctx, link)
	if err != nil {
		return stockdigest.Body{}, page.Article{}, err
	}
	return s.readable(ctx, body)
}

// readable reads a page that came.
func (s *Step) readable(ctx context.Context, body stockdigest.Body) (stockdigest.Body, page.Article, error) {
	if err := usable(body); err != nil {
		return stockdigest.Body{}, page.Article{}, err
	}
	a, err := s.read(ctx, body)
	return body, a, err
}

// read takes one of the few seats, because reading is CPU and memory.
func (s *Step) read(ctx context.Context, body stockdigest.Body) (page.Article, error) {
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	case <-ctx.Done():
		return page.Article{}, ctx.Err()
	}
	return page.Read(body.Bytes, finalURL(body))
}

func usable(body stockdigest.Body) error {
	switch {
	case body.Status == 404 || body.Status == 410:
		return stockdigest.NotFound(fmt.Sprintf("the page answered %d", body.Status))
	case body.Status >= 400 && body.Status < 500 && body.Status != 408 && body.Status != 425 && body.Status != 429:
		return &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: fmt.Sprintf("the page answered %d", body.Status)}
	case body.Status != 0 && (body.Status < 200 || body.Status > 299):
		return &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: fmt.Sprintf("the page answered %d", body.Status)}
	case frontPage(finalURL(body)) && !frontPage(body.URL):
		return stockdigest.NotFound("the link leads to a front page")
	}
	return nil
}

func finalURL(body stockdigest.Body) string {
	if body.FinalURL != "" {
		return body.FinalURL
	}
	return body.URL
}

// canonical returns the canonical form of link, or otherwise when it has none.
func canonical(link, otherwise string) string {
	if c, err := stockdigest.CanonicalURL(link); err == nil {
		return c
	}
	return otherwise
}

func frontPage(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Host != "" && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}

func differentHost(a, b string) bool {
	ua, errA := url.Parse(a)
	ub, errB := url.Parse(b)
	return errA == nil && errB == nil && ua.Hostname() != ub.Hostname()
}

// missed records a failed try. When no later try can do better the candidate
// keeps its headline as its text.
func (s *Step) missed(c stockdigest.Candidate, err error) result {
	now := s.Now()
	r := result{article: c.Article, miss: &stockdigest.Miss{At: now, Cause: cause(err)}}
	if temporary(err) && now.Sub(c.Article.PublishedAt) < giveUp {
		r.miss.NextTry = now.Add(backOff(c.Miss, err))
		return r
	}
	r.text = headlineText(c, stockdigest.TextHeadline, "", c.Article.URL, now)
	return r
}

// cause says in one line what went wrong.
func cause(err error) string {
	if both, ok := errors.AsType[*twice](err); ok {
		return both.Error()
	}
	if known, ok := errors.AsType[*stockdigest.Error](err); ok {
		return known.Message
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

// temporary reports whether a later try may work. What nobody classified may.
func temporary(err error) bool {
	for _, final := range []error{
		page.ErrTooLarge, page.ErrNotHTML, page.ErrEmpty,
		stockdigest.ErrNotFound, stockdigest.ErrInvalid, stockdigest.ErrDenied,
	} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// backOff doubles the wait of the last miss, and waits as long as the other
// side asked.
func backOff(last *stockdigest.Miss, err error) time.Duration {
	wait := firstRetry
	if last != nil && last.NextTry.After(last.At) {
		wait = min(2*last.NextTry.Sub(last.At), lastRetry)
	}
	if known, ok := errors.AsType[*stockdigest.Error](err); ok {
		wait = max(wait, min(known.RetryAfter, lastRetry))
	}
	return wait
}

// textOf makes the stored text of what was read.
func (s *Step) textOf(c stockdigest.Candidate, a page.Article, finalURL string, fetchedAt time.Time) *stockdigest.Text {
	if fetchedAt.IsZero() {
		fetchedAt = s.Now()
	}
	text := &stockdigest.Text{Body: a.Text, FinalURL: finalURL, FetchedAt: fetchedAt}
	if a.Paywalled {
		if c.Article.Description == "" {
			c.Article.Description = a.Description
		}
		text = headlineText(c, stockdigest.TextPaywall, teaser(a.Text), finalURL, fetchedAt)
	}
	text.Hash = stockdigest.Hash(text.Body)
	text.Title, text.Author, text.Language, text.Publisher = a.Title, a.Author, a.Language, publisherName(a.Publisher)
	if trusted(a) {
		text.PublishedAt = a.PublishedAt
	}
	return text
}

// publisherName is what a page calls itself when it looks like a name: a page
// may put anything there.
func publisherName(s string) string {
	const longest = 60 // runes; names of real publishers are below 45
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > longest || strings.ContainsAny(s, "<>{}|/") {
		return ""
	}
	return s
}

// teaser returns the paragraphs of a text that are whole: the last one often
// breaks off in the middle of a sentence.
func teaser(text string) string {
	head, last, found := cutLast(text, "\n\n")
	if found && (strings.HasSuffix(last, "...") || strings.HasSuffix(last, "…")) {
		return head
	}
	return text
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// trusted reports whether a page's own date may overrule the feed's: it comes
// from a mark made for it, and the page was not rewritten long after.
func trusted(a page.Article) bool {
	return a.DateSource != "text" && a.ModifiedAt.Sub(a.PublishedAt) < staleAfter
}

// headlineText is a text made of headline and description, and of the teaser
// that a paywalled page shows.
func headlineText(c stockdigest.Candidate, label stockdigest.TextLabel, teaser, finalURL string, at time.Time) *stockdigest.Text {
	var parts []string
	for _, part := range []string{c.Article.Title, c.Article.Description, teaser} {
		part = strings.TrimSpace(part)
		if part != "" && !strings.Contains(strings.Join(parts, "\n\n"), part) {
			parts = append(parts, part)
		}
	}
	body := strings.Join(parts, "\n\n")
	return &stockdigest.Text{Body: body, Hash: stockdigest.Hash(body), Title: c.Article.Title, Label: label, FetchedAt: at, FinalURL: finalURL}
}
