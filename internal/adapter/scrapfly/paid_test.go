package scrapfly_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/adapter/scrapfly"
)

// till is an Asker that pays whatever is asked and keeps what it was.
type till struct {
	client *scrapfly.Client
	asked  []stockdigest.Ask
	paid   []stockdigest.Completion
}

func (p *till) Ask(ctx context.Context, ask stockdigest.Ask) (stockdigest.Completion, error) {
	p.asked = append(p.asked, ask)
	answer, err := p.client.Complete(ctx, ask.Model, ask.Prompt)
	p.paid = append(p.paid, answer)
	return answer, err
}

func TestAPageIsAPaidCall(t *testing.T) {
	t.Parallel()
	for way, walled := range map[string]bool{"render": false, "anti-bot": true} {
		s := &service{body: good}
		pay := &till{client: setup(s)}
		got, err := scrapfly.Reader{Asker: pay, Now: now}.Page(t.Context(), stockdigest.Run{ID: "r1"}, page, walled)
		want := stockdigest.Body{
			URL: page, FinalURL: "https://www.example.com/news/moved", Status: 200, ContentType: "text/html", Bytes: []byte("<html><p>Grüße</p></html>"), FetchedAt: now(),
		}
		if err != nil || cmp.Diff(want, got) != "" {
			t.Fatalf("%s: got %v, %s", way, err, cmp.Diff(want, got))
		}
		ask := pay.asked[0]
		if ask.Provider != stockdigest.PageReader || ask.Model != way || ask.Run != "r1" || ask.Step != stockdigest.StepExtract || ask.Prompt.Input != page {
			t.Errorf("%s: asked %+v", way, ask)
		}
		query := s.asked[0].URL.Query()
		if query.Get("render_js") != "true" || query.Has("asp") != walled || query.Get("cost_budget") != strconv.Itoa(ask.Prompt.MaxOutput) {
			t.Errorf("%s: sent %v, want the budget of the ask", way, query)
		}
		if u := pay.paid[0].Usage; u.Out != 6 || u.In == 0 {
			t.Errorf("%s: counted %+v, want the six credits", way, u)
		}
	}
}

func TestAPageIsReadOncePerDay(t *testing.T) {
	t.Parallel()
	pay := &till{client: setup(&service{body: good})}
	for _, at := range []time.Time{now(), now().Add(time.Hour), now().Add(24 * time.Hour)} {
		_, err := scrapfly.Reader{Asker: pay, Now: func() time.Time { return at }}.Page(t.Context(), stockdigest.Run{}, page, true)
		if err != nil {
			t.Fatal(err)
		}
	}
	if cmp.Diff(pay.asked[0], pay.asked[1]) != "" || cmp.Diff(pay.asked[0], pay.asked[2]) == "" {
		t.Errorf("got %+v, want the same ask on a day and another on the next", pay.asked)
	}
}

// A failure that was paid for is an answer, and is not paid for again.
func TestAPaidFailureIsAnAnswer(t *testing.T) {
	t.Parallel()
	body := `{"context":{"cost":{"total":30}},"result":{"success":false,"status_code":403,"error":{"code":"ERR::ASP::SHIELD_PROTECTION_FAILED"}}}`
	pay := &till{client: setup(&service{status: http.StatusUnprocessableEntity, body: body})}
	_, err := scrapfly.Reader{Asker: pay, Now: now}.Page(t.Context(), stockdigest.Run{}, page, true)
	if !errors.Is(err, stockdigest.ErrDenied) || !strings.Contains(err.Error(), "SHIELD_PROTECTION_FAILED") {
		t.Errorf("got %v, want the wall that stood", err)
	}
	if pay.paid[0].Usage.Out != 30 || pay.paid[0].Text == "" {
		t.Errorf("got %+v, want an answer of 30 credits", pay.paid[0])
	}
	free := &till{client: setup(&service{status: http.StatusUnprocessableEntity, body: strings.Replace(body, "30", "0", 1)})}
	_, _ = scrapfly.Reader{Asker: free, Now: now}.Page(t.Context(), stockdigest.Run{}, page, true) // fails as above
	if u := free.paid[0].Usage; u.Out != 0 || u.In == 0 {
		t.Errorf("got %+v, want a call that cost nothing and is not billed as the worst", u)
	}
}

func TestTroubleOfTheServiceIsACallError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		service service
		want    stockdigest.CallReason
		billed  bool
	}{
		"wrong key":      {service{status: 401}, stockdigest.CallBadKey, false},
		"no credits":     {service{status: 402}, stockdigest.CallNoFunds, false},
		"too fast":       {service{status: 429}, stockdigest.CallBusy, false},
		"its trouble":    {service{status: 503}, stockdigest.CallOverloaded, false},
		"paid trouble":   {service{status: 503, header: http.Header{"X-Scrapfly-Api-Cost": {"2"}}}, stockdigest.CallOverloaded, true},
		"bad request":    {service{status: 400}, stockdigest.CallBadRequest, false},
		"no JSON":        {service{body: "<html>"}, stockdigest.CallBroken, true},
		"broke off":      {service{err: errors.New("reset by peer")}, stockdigest.CallBroken, true},
		"no such answer": {service{status: 302}, stockdigest.CallBadRequest, false},
	} {
		pay := &till{client: setup(&c.service)}
		_, err := scrapfly.Reader{Asker: pay, Now: now}.Page(t.Context(), stockdigest.Run{}, page, false)
		got, ok := errors.AsType[*stockdigest.CallError](err)
		if !ok || got.Reason != c.want || got.MaybeBilled != c.billed || got.Provider != stockdigest.PageReader {
			t.Errorf("%s: got %v (%+v), want %s, billed %t", name, err, got, c.want, c.billed)
		}
	}
}

// slow is a Getter whose deadline comes before the answer.
type slow struct{ within *time.Duration }

func (s slow) DataWithin(_ context.Context, _ string, _ int64, within time.Duration) (stockdigest.Body, error) {
	*s.within = within
	return stockdigest.Body{}, &fetch.Error{Reason: fetch.ReasonTimeout}
}

func TestAnAnswerThatIsCutOffCountsAsBilled(t *testing.T) {
	t.Parallel()
	for walled, least := range map[bool]time.Duration{false: 35 * time.Second, true: 65 * time.Second} {
		var within time.Duration
		pay := &till{client: scrapfly.New(scrapfly.Config{Key: key, Get: slow{&within}, Now: now})}
		_, err := scrapfly.Reader{Asker: pay, Now: now}.Page(t.Context(), stockdigest.Run{}, page, walled)
		got, ok := errors.AsType[*stockdigest.CallError](err)
		if !ok || got.Reason != stockdigest.CallTimeout || !got.MaybeBilled || within < least {
			t.Errorf("walled %t: got %v within %s, want a billed timeout and at least %s", walled, err, within, least)
		}
	}
}

func TestHostileAnswersOfTheLedgerAreErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", "[]", `{"page":"AAAA"}`, `{"failed":{}}`, `{"failed":{"kind":"x"}}`} {
		_, err := scrapfly.Reader{Asker: fixed(text), Now: now}.Page(t.Context(), stockdigest.Run{}, page, false)
		if err == nil {
			t.Errorf("%q: got a page", text)
		}
	}
}

type fixed string

func (f fixed) Ask(context.Context, stockdigest.Ask) (stockdigest.Completion, error) {
	return stockdigest.Completion{Text: string(f)}, nil
}
