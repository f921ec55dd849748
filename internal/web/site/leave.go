package site

import (
	"context"
	"net/http"
	"slices"
	"time"

	"stockdigest.app/stockdigest"
)

// undoTime is how long who left may take it back with the same link.
const undoTime = time.Hour

// What the forms of the way out say.
const (
	oneClickField, oneClick = "List-Unsubscribe", "One-Click" // RFC 8058
	scopeField, undoField   = "scope", "undo"
	everything              = "all"
)

// How readers left, in the history.
const (
	byOneClick = "one-click"
	byPage     = "page"
)

func (s *Site) leavePage(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
	h, err := s.holder(r, stockdigest.MayUnsubscribe)
	if err != nil {
		return err
	}
	return s.showLeave(w, r, h, "")
}

// leave withdraws consent, or takes a withdrawal back, and answers with what is
// so from now on. Whatever does not say plainly what it wants is refused: there
// are scanners that send forms.
func (s *Site) leave(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
	h, err := s.holder(r, stockdigest.MayUnsubscribe)
	if err != nil {
		return err
	}
	if err := form(r); err != nil {
		return err
	}
	var said string
	switch field := r.PostForm; {
	case field.Get(oneClickField) == oneClick:
		said, err = s.withdraw(r.Context(), h, h.token.Scope, byOneClick)
	case field.Has(scopeField):
		said, err = s.withdraw(r.Context(), h, scopeOf(field.Get(scopeField)), byPage)
	case field.Has(undoField):
		said, err = s.undo(r.Context(), h, scopeOf(field.Get(undoField)))
	default:
		return stockdigest.Invalid("nothing was changed: press one of the buttons of the page")
	}
	if err != nil {
		return err
	}
	if h, err = s.holder(r, stockdigest.MayUnsubscribe); err != nil {
		return err
	}
	return s.showLeave(w, r, h, said)
}

func scopeOf(field string) stockdigest.Symbol {
	if field == everything {
		return ""
	}
	return stockdigest.Symbol(field)
}

// wants reports whether a reader gets mails about a company, or any at all.
func wants(r stockdigest.Reader, scope stockdigest.Symbol) bool {
	if scope == "" {
		return r.Mails.Agreed
	}
	return slices.Contains(r.Tickers, scope)
}

// withdraw notes that a reader left. Who left before is told so again.
func (s *Site) withdraw(ctx context.Context, h holder, scope stockdigest.Symbol, how string) (said string, err error) {
	if wants(h.reader, scope) {
		err = s.Consents.AddConsent(ctx, stockdigest.ConsentEvent{
			Reader: h.reader.ID, Act: stockdigest.ConsentWithdrawn, Scope: scope, How: how,
		})
		if err == nil {
			err = s.Tokens.UseMailedToken(context.WithoutCancel(ctx), h.secret)
		}
	}
	if scope == "" {
		return "You get no more mails from us.", err
	}
	return "Mails about " + s.nameOf(scope) + " have ended.", err
}

// undo takes back the last withdrawal, shortly after it and by the same link.
func (s *Site) undo(ctx context.Context, h holder, scope stockdigest.Symbol) (said string, err error) {
	if !wants(h.reader, scope) {
		last, ok, err := s.undoable(ctx, h)
		if err != nil {
			return "", err
		}
		if !ok || last != scope {
			return "", &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: "it is too late to undo this here: sign up again, or write to us"}
		}
		err = s.Consents.AddConsent(ctx, stockdigest.ConsentEvent{
			Reader: h.reader.ID, Act: stockdigest.ConsentGiven, Scope: scope, How: byPage,
		})
		if err != nil {
			return "", err
		}
	}
	return "All is as it was before.", nil
}

// undoable is what the reader withdrew last, when this link may take it back.
func (s *Site) undoable(ctx context.Context, h holder) (scope stockdigest.Symbol, ok bool, err error) {
	if h.token.UsedAt.IsZero() {
		return "", false, nil
	}
	events, err := s.Consents.Consents(ctx, h.reader.ID)
	if err != nil || len(events) == 0 {
		return "", false, err
	}
	last := events[len(events)-1]
	ok = last.Act == stockdigest.ConsentWithdrawn && (last.How == byOneClick || last.How == byPage) &&
		s.Now().Sub(last.At) <= undoTime && !wants(h.reader, last.Scope)
	return last.Scope, ok, nil
}
