package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// How long a robots.txt and the lack of an answer are kept.
const (
	robotsKeep   = 24 * time.Hour
	robotsRetry  = 10 * time.Minute
	maxOrigins   = 2048
	maxRules     = 10_000
	maxRuleBytes = 2 << 10
)

// robots remembers what each origin lets us read.
type robots struct {
	name string // our name in robots.txt, lower case
	now  func() time.Time

	mu      sync.Mutex
	origins map[string]*origin
}

type origin struct {
	lock  chan struct{} // holds one token: who has it may read and write the rest
	rules rules
	err   error // why it could not be read
	until time.Time
}

func newRobots(name string, now func() time.Time) *robots {
	return &robots{name: name, now: now, origins: map[string]*origin{}}
}

// robotName is the product token of a User-Agent: "StockDigest/1.2 (…)" is
// stockdigest.
func robotName(agent string) string {
	end := strings.IndexAny(agent, "/ (")
	if end >= 0 {
		agent = agent[:end]
	}
	return strings.ToLower(agent)
}

// allowed returns nil when u may be read. A robots.txt that is not there (4xx)
// allows everything; one that cannot be had (5xx, no answer) forbids all for a
// while, as RFC 9309 asks.
func (r *robots) allowed(ctx context.Context, u *url.URL, read func(context.Context, string) ([]byte, error)) error {
	o := r.origin(u.Scheme + "://" + u.Host)
	select {
	case o.lock <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("wait for robots.txt: %w", context.Cause(ctx))
	}
	defer func() { <-o.lock }()
	if o.until.IsZero() || !r.now().Before(o.until) {
		text, err := read(ctx, u.Scheme+"://"+u.Host+"/robots.txt")
		if ctx.Err() != nil {
			return fmt.Errorf("read robots.txt: %w", context.Cause(ctx))
		}
		o.rules, o.until, o.err = r.judge(text, err)
	}
	path := u.EscapedPath()
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	switch {
	case o.err != nil:
		return unreadable(o.err)
	case o.rules.forbid(path):
		return &Error{Reason: ReasonRobots, RetryAfter: retryDefault(ReasonRobots)}
	}
	return nil
}

// judge turns an answer into rules and how long they hold.
func (r *robots) judge(text []byte, err error) (rules, time.Time, error) {
	now := r.now()
	var failed *Error
	switch {
	case err == nil:
		return parseRules(text, r.name), now.Add(robotsKeep), nil
	case errors.As(err, &failed) && failed.Status >= 400 && failed.Status < 500:
		return nil, now.Add(robotsKeep), nil
	case errors.As(err, &failed) && failed.Reason == ReasonRedirects:
		return nil, now.Add(robotsKeep), nil // RFC 9309 2.3.1.2: as if it were not there
	}
	return nil, now.Add(robotsRetry), err
}

// unreadable is what a page gets when the robots.txt of its host cannot be
// had: a refused address or a dead network is told as such.
func unreadable(err error) error {
	var failed *Error
	if errors.As(err, &failed) && failed.Reason != ReasonStatus {
		return &Error{Reason: failed.Reason, RetryAfter: failed.RetryAfter, Limit: failed.Limit, Err: failed.Err}
	}
	return &Error{Reason: ReasonRobots, RetryAfter: robotsRetry, Err: errors.New("it cannot be read now")}
}

func (r *robots) origin(key string) *origin {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, ok := r.origins[key]
	if !ok {
		if len(r.origins) >= maxOrigins {
			clear(r.origins) // asked again at most once a day; no need to be clever
		}
		o = &origin{lock: make(chan struct{}, 1)}
		r.origins[key] = o
	}
	return o
}

// readRobots reads the first 500 KB of a robots.txt, whatever its type.
func (c *Client) readRobots(ctx context.Context, rawURL string) ([]byte, error) {
	var body stockdigest.Body
	body, err := c.get(ctx, rawURL, ask{what: "robots.txt", max: maxRobots, timeout: robotsTimeout, accept: "text/plain, */*;q=0.1", truncate: true})
	return body.Bytes, err
}

// rules are the lines that bind us.
type rules []rule

type rule struct {
	allow   bool
	pattern string
}

// parseRules reads the groups for name, or else those for everybody.
func parseRules(text []byte, name string) rules {
	var ours, everybody rules
	var forUs, forAll, named, inRules bool
	for line := range bytes.Lines(bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))) {
		field, value := robotsLine(line)
		switch field {
		case "user-agent", "useragent":
			if inRules { // a rule was between: a new group starts
				forUs, forAll, inRules = false, false, false
			}
			agent := robotName(strings.TrimSpace(value))
			forUs, forAll = forUs || agent == name, forAll || agent == "*"
			named = named || agent == name
		case "allow", "disallow":
			inRules = true
			r := rule{allow: field == "allow", pattern: value}
			if value == "" || len(value) > maxRuleBytes {
				continue // an empty Disallow forbids nothing
			}
			if forUs && len(ours) < maxRules {
				ours = append(ours, r)
			}
			if forAll && len(everybody) < maxRules {
				everybody = append(everybody, r)
			}
		}
	}
	if named {
		return ours
	}
	return everybody
}

func robotsLine(line []byte) (field, value string) {
	line, _, _ = bytes.Cut(line, []byte("#"))
	line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	name, rest, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return "", ""
	}
	return strings.ToLower(string(bytes.TrimSpace(name))), string(bytes.TrimSpace(rest))
}

// forbid: the longest pattern that matches decides, and allow wins a tie.
func (rs rules) forbid(path string) bool {
	if path == "" {
		path = "/"
	}
	longest, allow := -1, true
	for _, r := range rs {
		n := len(r.pattern)
		if (n > longest || (n == longest && r.allow)) && matches(r.pattern, path) {
			longest, allow = n, r.allow
		}
	}
	return !allow
}

// matches tells whether path starts with pattern, where * stands for anything
// and a final $ for the end. Taking each piece at its first place is enough.
func matches(pattern, path string) bool {
	pattern, toEnd := strings.CutSuffix(pattern, "$")
	pieces := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(path, pieces[0])
	if !ok {
		return false
	}
	if len(pieces) == 1 {
		return !toEnd || rest == ""
	}
	last := pieces[len(pieces)-1]
	for _, piece := range pieces[1 : len(pieces)-1] {
		_, after, ok := strings.Cut(rest, piece)
		if !ok {
			return false
		}
		rest = after
	}
	if toEnd {
		return strings.HasSuffix(rest, last)
	}
	return strings.Contains(rest, last)
}
