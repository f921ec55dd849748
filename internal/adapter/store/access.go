package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// NewToken makes an access token for an operator or, when access names one, a
// reader. The token is returned this once; only its hash is kept. A lifetime
// of zero never ends.
func (d *DB) NewToken(ctx context.Context, access stockdigest.Access, lifetime time.Duration) (string, error) {
	return d.newSecret(ctx, "make a token", "sd_", access, func(q *db.Queries, hash string) error {
		return q.AddToken(ctx, db.AddTokenParams{
			Hash: hash, Name: clean(access.Name), ReaderID: null(string(access.Reader)),
			CreatedAt: db.At(d.now()), ExpiresAt: d.endOf(lifetime),
		})
	})
}

// TokenAccess returns what a token lets its holder do. A token that is
// unknown, expired or revoked is an ErrDenied.
func (d *DB) TokenAccess(ctx context.Context, token string) (stockdigest.Access, error) {
	return d.access(ctx, "check a token", func(q *db.Queries) (string, sql.NullString, error) {
		row, err := q.Token(ctx, db.TokenParams{Hash: hashOf(token), AskedAt: db.At(d.now())})
		return row.Name, row.ReaderID, err
	})
}

// RevokeToken ends every token of this name that the operator or reader has,
// and the sessions that were opened with one. Without one it is an ErrNotFound.
func (d *DB) RevokeToken(ctx context.Context, access stockdigest.Access) error {
	return d.update(ctx, "revoke token "+access.Name, func(q *db.Queries) error {
		n, err := q.RevokeTokens(ctx, db.RevokeTokensParams{
			RevokedAt: db.At(d.now()), Name: clean(access.Name), Owner: string(access.Reader),
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return stockdigest.NotFound("no token " + access.Name)
		}
		return q.EndSessions(ctx, db.EndSessionsParams{Name: clean(access.Name), Owner: string(access.Reader)})
	})
}

// NewSession signs somebody in for a lifetime and returns the secret of the
// session, of which only the hash is kept.
func (d *DB) NewSession(ctx context.Context, access stockdigest.Access, lifetime time.Duration) (string, error) {
	return d.newSecret(ctx, "open a session", "", access, func(q *db.Queries, hash string) error {
		return q.AddSession(ctx, db.AddSessionParams{
			Hash: hash, Name: clean(access.Name), ReaderID: null(string(access.Reader)),
			CreatedAt: db.At(d.now()), ExpiresAt: db.At(d.now().Add(lifetime)),
		})
	})
}

// SessionAccess returns what a session lets its holder do. One that is unknown,
// over or ended is an ErrDenied.
func (d *DB) SessionAccess(ctx context.Context, session string) (stockdigest.Access, error) {
	return d.access(ctx, "check a session", func(q *db.Queries) (string, sql.NullString, error) {
		row, err := q.Session(ctx, db.SessionParams{Hash: hashOf(session), AskedAt: db.At(d.now())})
		return row.Name, row.ReaderID, err
	})
}

// EndSession signs out. A session that has ended already stays so.
func (d *DB) EndSession(ctx context.Context, session string) error {
	return d.update(ctx, "end a session", func(q *db.Queries) error {
		return q.DeleteSession(ctx, hashOf(session))
	})
}

// newSecret makes a random text of 130 bits that add stores the hash of.
func (d *DB) newSecret(
	ctx context.Context, what, prefix string, access stockdigest.Access, add func(q *db.Queries, hash string) error,
) (string, error) {
	if access.Name == "" {
		return "", stockdigest.Invalid("no name: say who or what it is for")
	}
	secret := prefix + rand.Text()
	err := d.update(ctx, what, func(q *db.Queries) error {
		if access.Reader != "" {
			if _, err := readerOf(ctx, q, string(access.Reader)); err != nil {
				return err
			}
		}
		return add(q, hashOf(secret))
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

func (d *DB) access(
	ctx context.Context, what string, find func(*db.Queries) (string, sql.NullString, error),
) (access stockdigest.Access, err error) {
	err = d.view(ctx, what, func(q *db.Queries) error {
		name, reader, err := find(q)
		if errors.Is(err, sql.ErrNoRows) {
			return &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: "unknown or expired: sign in again"}
		}
		access = stockdigest.Access{Name: name, Reader: stockdigest.ReaderID(reader.String)}
		return err
	})
	return access, err
}

// endOf is when something that lives so long from now on ends; zero is never.
func (d *DB) endOf(lifetime time.Duration) db.Time {
	if lifetime == 0 {
		return db.Time{}
	}
	return db.At(d.now().Add(lifetime))
}

// hashOf is how secrets are kept. They are random and long, so that one plain
// hash is enough: there is nothing to guess.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func null(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }
