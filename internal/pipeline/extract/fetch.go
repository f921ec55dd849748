package extract

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

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
}

// page fetches and reads the page of a candidate.
func (s *Step) page(ctx context.Context, c stockdigest.Candidate) result {
	body, err := s.Pages.Page(ctx, c.Article.URL)
	if err == nil {
		err = usable(body)
	}
	if err != nil {
		return s.missed(c, err)
	}
	r := result{article: c.Article}
	if final := finalURL(body); differentHost(final, c.Article.URL) {
		r.article, r.moved = identity(c.Article, final)
	}
	a, err := s.read(ctx, body)
	if err != nil {
		missed := s.missed(c, err)
		missed.article, missed.moved = r.article, r.moved && missed.miss.NextTry.IsZero()
		return missed
	}
	r.text = s.textOf(c, a, r.article.URL, body.FetchedAt)
	return r
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
	var known *stockdigest.Error
	if errors.As(err, &known) {
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
	var known *stockdigest.Error
	if errors.As(err, &known) {
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
		text = headlineText(c, stockdigest.TextPaywall, a.Text, finalURL, fetchedAt)
	}
	text.Hash = stockdigest.Hash(text.Body)
	text.Title, text.Author, text.Language = a.Title, a.Author, a.Language
	if trusted(a) {
		text.PublishedAt = a.PublishedAt
	}
	return text
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
