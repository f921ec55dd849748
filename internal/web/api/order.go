package api

import (
	"errors"
	"net/http"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

// maxKey is more than a UUID or a hash needs.
const maxKey = 200

// order takes a reader's order. The reader is the holder of the token: there is
// no field that could name another one.
func (a *API) order(w http.ResponseWriter, r *http.Request, who stockdigest.Access) error {
	if who.Reader == "" {
		return web.WithStatus(http.StatusForbidden, stockdigest.Invalid("orders are made with a reader's token"))
	}
	key := r.Header.Get("Idempotency-Key")
	if !usableKey(key) {
		return stockdigest.Invalid("send an Idempotency-Key header of 1 to 200 plain characters: the same key gets the same answer for 24 hours")
	}
	var body struct {
		Ticker string `json:"ticker"`
	}
	if err := web.ReadJSON(r, &body); err != nil {
		return err
	}
	ticker, err := a.Tickers.Lookup(body.Ticker)
	if err != nil {
		return err
	}
	ordered, err := a.Orders.OrderReport(r.Context(), stockdigest.Order{
		Reader: who.Reader, Ticker: ticker.Symbol, Key: key, At: a.Now(),
	})
	switch {
	case errors.Is(err, stockdigest.ErrConflict):
		return web.WithStatus(http.StatusUnprocessableEntity, err) // the key was used for another order
	case err != nil:
		return err
	}
	w.Header().Set("Location", "/jobs/"+string(ordered.Run))
	return web.WriteJSON(w, http.StatusAccepted, ordered)
}

func usableKey(key string) bool {
	odd := func(r rune) bool { return r < ' ' || r > '~' }
	return key != "" && len(key) <= maxKey && !strings.ContainsFunc(key, odd)
}
