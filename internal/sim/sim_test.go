package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/page"
	"stockdigest.app/stockdigest/internal/sim"
	"stockdigest.app/stockdigest/internal/text"
)

var asOf = time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC)

// A place is a pretend world that is being served.
type place struct {
	*sim.Sim
	t   *testing.T
	url string
}

func open(t *testing.T, cfg sim.Config) place {
	t.Helper()
	cfg.AsOf, cfg.Now = asOf, time.Now
	world, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close() })
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	return place{world, t, server.URL}
}

// ask asks for an address of the pretend web and returns status and body.
func (p place) ask(address string) (int, string) {
	p.t.Helper()
	resp, err := p.send(p.t.Context(), address)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body) // broken on purpose at times
	return resp.StatusCode, string(body)
}

func (p place) send(ctx context.Context, address string) (*http.Response, error) {
	host, path, _ := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/"+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set(sim.HostHeader, host)
	req.Header.Set(sim.SchemeHeader, "https")
	return (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
}

const choose = `{"type":"object","properties":{"sentences":{"type":"array","items":{"type":"integer"}},"event":{"type":"string","enum":["none","deal"]},"material":{"type":"boolean"}}}`

func chatBody(model, input, schema string) []byte {
	raw, err := json.Marshal(map[string]any{
		"model": model, "max_completion_tokens": 800,
		"messages":        []any{map[string]string{"role": "system", "content": "choose"}, map[string]string{"role": "user", "content": input}},
		"response_format": map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": "choose", "schema": json.RawMessage(schema)}},
	})
	if err != nil {
		panic(err)
	}
	return raw
}

// complete asks the model.
func (p place) complete(ctx context.Context, input string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/v1/chat/completions", bytes.NewReader(chatBody("gpt-5-mini", input, choose)))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+sim.Key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), err
}

type rss struct {
	Items []struct {
		Title   string `xml:"title"`
		Link    string `xml:"link"`
		PubDate string `xml:"pubDate"`
	} `xml:"channel>item"`
}

// links lists the pages of a company's own feed.
func (p place) links(ticker int) []string {
	p.t.Helper()
	_, body := p.ask(p.World().Tickers[ticker].Feeds[0].URL)
	var feed rss
	if err := xml.Unmarshal([]byte(body), &feed); err != nil {
		p.t.Fatal(err)
	}
	var links []string
	for _, item := range feed.Items {
		links = append(links, item.Link)
	}
	return links
}

func TestEqualSeedsGiveEqualWorlds(t *testing.T) {
	t.Parallel()
	a, b, other := open(t, sim.Config{Seed: 3}), open(t, sim.Config{Seed: 3}), open(t, sim.Config{Seed: 4})
	if diff := cmp.Diff(a.World(), b.World()); diff != "" {
		t.Errorf("the same seed gives another world:\n%s", diff)
	}
	link := a.links(0)[0]
	_, first := a.ask(link)
	if _, again := b.ask(link); again != first || first == "" {
		t.Error("the same seed gives another page")
	}
	if a.World().Fingerprint == other.World().Fingerprint || a.World().Tickers[0].Name == other.World().Tickers[0].Name {
		t.Error("another seed gives the same world")
	}
}

func TestFeedsListWhatHappenedInTheLastDay(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1, Shared: 0.35})
	for _, f := range p.World().Tickers[0].Feeds {
		_, body := p.ask(f.URL)
		var feed rss
		if err := xml.Unmarshal([]byte(body), &feed); err != nil || len(feed.Items) == 0 {
			t.Fatalf("%s: %d items, %v", f.URL, len(feed.Items), err)
		}
		for _, item := range feed.Items {
			at, err := time.Parse(time.RFC1123Z, item.PubDate)
			if err != nil || at.After(asOf) || asOf.Sub(at) > 24*time.Hour {
				t.Errorf("%s is of %s, %v", item.Title, item.PubDate, err)
			}
		}
	}
}

func TestAFeedWithoutNewsIsThere(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1, Articles: 8})
	for _, f := range p.World().Tickers[0].Feeds {
		if status, body := p.ask(f.URL); status != http.StatusOK || !strings.Contains(body, "</channel>") {
			t.Errorf("%s: %d, %.80q", f.URL, status, body)
		}
	}
}

func TestPagesReadAsArticlesAndNoTwoAreAlike(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1, Tickers: 10, Shared: 0.35})
	var sigs []text.Sig
	for ticker := range p.World().Tickers {
		for _, link := range p.links(ticker)[:8] {
			_, body := p.ask(link)
			got, err := page.Read([]byte(body), link)
			if err != nil {
				t.Fatalf("%s: %v", link, err)
			}
			if words := len(strings.Fields(got.Text)); words < 150 || got.PublishedAt.IsZero() || got.Title == "" || strings.Contains(got.Text, "Advertisement") {
				t.Errorf("%s: %d words, %q of %s", link, words, got.Title, got.PublishedAt)
			}
			sigs = append(sigs, text.Signature(got.Text))
		}
	}
	for i := range sigs {
		for j := range i {
			if like := sigs[i].Like(sigs[j]); like > 0.5 {
				t.Errorf("articles %d and %d are %.2f alike", i, j, like)
			}
		}
	}
}

func TestBillHasWhatTheModelWorkedOnThoughNobodyWaited(t *testing.T) {
	t.Parallel()
	journal := filepath.Join(t.TempDir(), "bill")
	p := open(t, sim.Config{Seed: 1, Scale: 100, Journal: journal})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, _, err := p.complete(ctx, "title: x\n[1] A sentence.\n")
		done <- err
	}()
	for p.Bill().Calls == 0 { // it is on the bill while the call is under way
		if ctx.Err() != nil || t.Context().Err() != nil {
			t.Fatal("the call never began")
		}
	}
	cancel()
	if err := <-done; err == nil {
		t.Fatal("an answer came at once from a world as slow as this")
	}
	again := open(t, sim.Config{Seed: 1, Journal: journal})
	for range 2 {
		if status, _, err := again.complete(t.Context(), "title: x\n[1] A sentence.\n"); status != http.StatusOK || err != nil {
			t.Fatalf("got %d, %v", status, err)
		}
	}
	if b := again.Bill(); b.Calls != 3 || b.Unique != 1 || b.Repeated != 2 || b.Cost <= 0 {
		t.Errorf("got %+v, want three calls of one piece of work", b)
	}
}

func TestModelAnswersAsThePromptAsks(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1})
	status, body, err := p.complete(t.Context(), "role: company\n<article>\ntitle: x\n[1] Nothing here.\n[2] It paid $5 million.\n</article>\n")
	if status != http.StatusOK || err != nil {
		t.Fatalf("got %d, %v", status, err)
	}
	var answer struct {
		Choices []struct {
			Message struct{ Content string }
		}
		Usage struct {
			In int `json:"prompt_tokens"`
		}
	}
	var content struct {
		Sentences []int
		Event     string
		Material  bool
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(answer.Choices[0].Message.Content), &content); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{2, 1}, content.Sentences); diff != "" || !content.Material || content.Event == "" || answer.Usage.In == 0 {
		t.Errorf("got %+v: %s", content, diff)
	}
}

func TestAboveTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1, Scale: 0.05, Limits: map[sim.Provider]sim.Limit{sim.Pages: {Parallel: 3}}})
	links := p.links(0)
	status := make([]int, 8)
	var group sync.WaitGroup
	for i := range status {
		group.Go(func() {
			resp, err := p.send(t.Context(), links[i])
			if err != nil {
				return
			}
			_ = resp.Body.Close()
			status[i] = resp.StatusCode
		})
	}
	group.Wait()
	over := 0
	for _, e := range p.Log().Entries {
		if e.Over {
			over++
		}
	}
	if refused := strings.Count(fmt.Sprint(status), "429"); refused == 0 || refused != over {
		t.Errorf("got %v and %d in the log: 8 at once at a provider that takes 3", status, over)
	}
	if got, _ := p.ask(links[0]); got != http.StatusOK {
		t.Errorf("got %d when nobody else asked", got)
	}
}

func TestFaultsHappen(t *testing.T) {
	t.Parallel()
	for kind, want := range map[sim.FaultKind]func(status int, body string) bool{
		sim.FaultBusy:      func(s int, _ string) bool { return s == 429 },
		sim.FaultBusyAfter: func(s int, _ string) bool { return s == 429 },
		sim.FaultError:     func(s int, _ string) bool { return s == 500 },
		sim.FaultGateway:   func(s int, _ string) bool { return s == 502 },
		sim.FaultOverload:  func(s int, _ string) bool { return s == 529 },
		sim.FaultRedirects: func(s int, _ string) bool { return s == 302 },
		sim.FaultHalf:      func(s int, b string) bool { return s == 200 && !strings.Contains(b, "</html>") },
		sim.FaultType:      func(s int, b string) bool { return s == 200 && strings.HasPrefix(b, "\x89PNG") },
		sim.FaultBomb:      func(s int, b string) bool { return s == 200 && len(b) < 1<<20 },
		sim.FaultHuge:      func(s int, b string) bool { return s == 200 && len(b) > 200<<20 },
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := open(t, sim.Config{Seed: 1})
			link := p.links(0)[0]
			p.SetFaults([]sim.Fault{{Provider: sim.Pages, Kind: kind, Share: 1}})
			if status, body := p.ask(link); !want(status, body) {
				t.Errorf("got %d and %d bytes", status, len(body))
			}
		})
	}
}

func TestHangingLastsUntilTheClientGoes(t *testing.T) {
	t.Parallel()
	for _, kind := range []sim.FaultKind{sim.FaultHang, sim.FaultHangBody} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := open(t, sim.Config{Seed: 1})
			link := p.links(0)[0]
			p.SetFaults([]sim.Fault{{Kind: kind, Share: 1}})
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			resp, err := p.send(ctx, link)
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			if err == nil {
				t.Error("got a whole answer")
			}
		})
	}
}

func TestTenTimesTheTokensAreReportedAndBilled(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1})
	for _, faults := range [][]sim.Fault{nil, {{Provider: sim.Model, Kind: sim.FaultTokens, Share: 1}}} {
		p.SetFaults(faults)
		if status, _, err := p.complete(t.Context(), "title: x\n[1] A sentence.\n"); status != http.StatusOK || err != nil {
			t.Fatalf("got %d, %v", status, err)
		}
	}
	lines := p.Bill().Lines
	if lines[1].Usage.In != 10*lines[0].Usage.In || lines[1].Cost < 9*lines[0].Cost {
		t.Errorf("got %+v and %+v", lines[0], lines[1])
	}
}

func TestConsoleTellsAndForgets(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1})
	p.links(0)
	for _, what := range []string{"world", "bill", "log"} {
		resp, err := http.Get(p.url + "/_pretend/" + what + ".json")
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if !json.Valid(raw) {
			t.Errorf("%s is no JSON", what)
		}
	}
	resp, err := http.Post(p.url+"/_pretend/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if left := len(p.Log().Entries); left != 0 {
		t.Errorf("%d entries are left", left)
	}
}

func TestUnusableFaultsAreNamed(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"x=1", "429", "429=2", "nobody:429=0.1", "429=NaN"} {
		if _, err := sim.ParseFaults(list); err == nil || !strings.Contains(err.Error(), list) {
			t.Errorf("%s: got %v", list, err)
		}
	}
	got, err := sim.ParseFaults("429=0.02, model:tokens=1")
	want := []sim.Fault{{Kind: sim.FaultBusy, Share: 0.02}, {Provider: sim.Model, Kind: sim.FaultTokens, Share: 1}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}
