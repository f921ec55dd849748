package site

import (
	"net/http"

	"stockdigest.app/stockdigest"
)

// What the form of the confirmation says.
const (
	agreeField = "agree"
	agreed     = "yes"
)

func (s *Site) confirmPage(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
	h, err := s.holder(r, stockdigest.MayConfirm)
	if err != nil {
		return err
	}
	return s.showConfirm(w, h)
}

// confirm notes that the reader agrees, once: a link that was used says what is
// so and changes nothing, as its reader may have left since. Who is served
// already is welcomed, by one mail however often the button is pressed; the
// others are when an operator lets them in.
func (s *Site) confirm(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
	h, err := s.holder(r, stockdigest.MayConfirm)
	if err != nil {
		return err
	}
	if err := form(r); err != nil {
		return err
	}
	if r.PostForm.Get(agreeField) != agreed {
		return stockdigest.Invalid("nothing was changed: press the button of the page")
	}
	if err := s.Tokens.Agree(r.Context(), h.secret, "mail link"); err != nil {
		return err
	}
	if h, err = s.holder(r, stockdigest.MayConfirm); err != nil {
		return err
	}
	if h.reader.Mails.Agreed && h.reader.State == stockdigest.ReaderActive {
		if err := s.Greeter.Greet(r.Context(), h.reader); err != nil {
			return err
		}
	}
	return s.showConfirm(w, h)
}
