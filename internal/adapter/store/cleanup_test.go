package store_test

import (
	"fmt"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// TestCleanupTakesTextsAndKeepsTheirMarks looks at what is left: the newer of
// each kind stays whole, of the older texts the row stays without the body.
func TestCleanupTakesTextsAndKeepsTheirMarks(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			now := storetest.Now()
			must(t, store.Exec(t.Context(), db, `INSERT INTO readers (id, email, time_zone, plan, state, created_at) VALUES ('ada', 'ada@example.com', 'UTC', 'beta', 'active', '2026-01-01T00:00:00.000000Z')`))
			for i, age := range []int{100, 95, 91, 89, 1} {
				at := now.AddDate(0, 0, -age).Format("2006-01-02T15:04:05.000000Z")
				for _, statement := range []string{
					`INSERT INTO articles (id, url, title, publisher, description, author, published_at, dated, first_seen_at) VALUES ('a%[1]d', 'u', 't', '', '', '', '%[2]s', true, '%[2]s')`,
					`INSERT INTO article_texts (article_id, body, hash, title, author, language, label, final_url) VALUES ('a%[1]d', 'body', 'h', '', '', '', '', '')`,
					`INSERT INTO sessions (hash, name, created_at, expires_at) VALUES ('s%[1]d', 'ada', '%[2]s', '%[2]s')`,
					`INSERT INTO access_tokens (hash, name, created_at, expires_at) VALUES ('t%[1]d', 'ada', '%[2]s', '%[2]s')`,
					`INSERT INTO mail_tokens (hash, purpose, reader_id, scope, delivery_id, made_at, expires_at) VALUES ('m%[1]d', 'unsubscribe', 'ada', '', 'd', '%[2]s', '%[2]s')`,
					`INSERT INTO answers (owner, key, request_hash, body, created_at) VALUES ('o', 'k%[1]d', 'h', '{}', '%[2]s')`,
				} {
					must(t, store.Exec(t.Context(), db, fmt.Sprintf(statement, i, at)))
				}
			}
			must(t, store.Exec(t.Context(), db, `INSERT INTO access_tokens (hash, name, created_at) VALUES ('ever', 'ada', '2020-01-01T00:00:00.000000Z')`))

			must(t, store.Exec(t.Context(), db, `INSERT INTO mail_tokens (hash, purpose, reader_id, scope, delivery_id, made_at, expires_at) VALUES ('way out', 'unsubscribe', 'ada', '', 'd', '2026-01-01T00:00:00.000000Z', '2027-02-05T00:00:00.000000Z')`))

			const limit = 2
			gone, most := 0, 0
			for {
				n, err := db.Cleanup(t.Context(), stockdigest.Cutoffs{Access: now, Texts: now.AddDate(0, 0, -90), Answers: now.AddDate(0, 0, -1)}, limit)
				must(t, err)
				gone, most = gone+n, max(most, n)
				if n == 0 {
					break
				}
			}
			if gone != 3+5+5+5+4 || most > 6*limit {
				t.Errorf("got %d rows cleaned, at most %d in a transaction; want %d, at most %d of each kind", gone, most, 3+5+5+5+4, limit)
			}
			for query, want := range map[string]int{
				"SELECT count(*) FROM article_texts":                  5,
				"SELECT count(*) FROM article_texts WHERE body <> ''": 2,
				"SELECT count(*) FROM sessions":                       0,
				"SELECT count(*) FROM access_tokens":                  1,
				"SELECT count(*) FROM mail_tokens":                    1,
				"SELECT count(*) FROM answers WHERE key IN ('k4')":    1,
				"SELECT count(*) FROM articles WHERE title = 't'":     5,
			} {
				n, err := store.Count(t.Context(), db, query)
				must(t, err)
				if n != want {
					t.Errorf("%s: got %d, want %d", query, n, want)
				}
			}
		})
	}
}

// TestCleanupTakesWholeCallsButNoneUnderWay looks at which calls are left, and
// that what they cost is still known.
func TestCleanupTakesWholeCallsButNoneUnderWay(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			const old, fresh = "'2025-01-01T00:00:00.000000Z'", "'2026-03-01T00:00:00.000000Z'"
			must(t, store.Exec(t.Context(), db, `INSERT INTO providers (name) VALUES ('p')`))
			must(t, store.Exec(t.Context(), db, `INSERT INTO spending (scope, name, settled, reserved) VALUES ('day', '2025-01-01', 7, 0)`))
			for id, c := range map[string]struct{ state, started, settled string }{
				"answered":         {"done", old, old},
				"refused":          {"failed", old, old},
				"given up":         {"lost", old, "NULL"},
				"kept: under way":  {"open", old, "NULL"},
				"kept: late bill":  {"done", old, fresh},
				"kept: of the day": {"done", fresh, fresh},
			} {
				must(t, store.Exec(t.Context(), db, fmt.Sprintf(`INSERT INTO calls
    (id, key, provider, model, prompt, run_id, step, reader_id, day, state, try, reserved, cost, tokens, started_at, lease_until, settled_at, answer)
VALUES ('%[1]s', '%[1]s', 'p', 'm', '', '', '', '', '2025-01-01', '%[2]s', 1, 1, 1, 1, %[3]s, %[3]s, %[4]s, 'text')`, id, c.state, c.started, c.settled)))
			}
			now := storetest.Now()
			gone := 0
			for {
				n, err := db.Cleanup(t.Context(), stockdigest.Cutoffs{Calls: now.AddDate(0, 0, -400)}, 2)
				must(t, err)
				if n == 0 {
					break
				}
				if gone += n; n > 2 {
					t.Errorf("got %d rows in one transaction, want at most 2", n)
				}
			}
			for query, want := range map[string]int{
				"SELECT count(*) FROM calls WHERE id LIKE 'kept: %' AND answer = 'text'": 3,
				"SELECT count(*) FROM calls":     3,
				"SELECT settled FROM spending":   7,
				"SELECT count(*) FROM providers": 1,
			} {
				n, err := store.Count(t.Context(), db, query)
				must(t, err)
				if n != want {
					t.Errorf("%s: got %d, want %d", query, n, want)
				}
			}
			if gone != 3 {
				t.Errorf("got %d rows cleaned, want 3", gone)
			}
		})
	}
}
