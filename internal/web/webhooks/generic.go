package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// signature is the header of the generic door: HMAC-SHA256 of the body in hex.
const signature = "X-Signature"

// freshTime is how old a signed body may be: one that was recorded is no good
// for long.
const freshTime = 5 * time.Minute

// generic takes {"sent_at", "event": "bounce" | "complaint" | "delay",
// "address", "message_id", "detail", "at"}, of which sent_at, event and address
// are needed.
func (h *Hooks) generic(r *http.Request, body []byte) ([]stockdigest.MailReport, error) {
	given, err := hex.DecodeString(strings.TrimPrefix(r.Header.Get(signature), "sha256="))
	mac := hmac.New(sha256.New, []byte(h.config.Secret))
	mac.Write(body)
	if err != nil || !hmac.Equal(given, mac.Sum(nil)) {
		return nil, errStranger()
	}
	sent, reports, err := parseGeneric(body)
	if err == nil && !near(sent, h.Now(), freshTime) {
		return nil, errStranger()
	}
	return reports, err
}

func parseGeneric(body []byte) (sent time.Time, reports []stockdigest.MailReport, err error) {
	var said struct {
		SentAt    time.Time `json:"sent_at"`
		Event     string    `json:"event"`
		Address   string    `json:"address"`
		MessageID string    `json:"message_id"`
		Detail    string    `json:"detail"`
		At        string    `json:"at"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return sent, nil, unreadable("the report")
	}
	report := stockdigest.MailReport{
		Address: addressOf(said.Address), Delivery: deliveryOf(said.MessageID), Cause: stockdigest.SuppressedBounced,
		Permanent: said.Event != "delay", Detail: detailOf(said.Detail), At: momentOf(said.At),
	}
	switch said.Event {
	case "complaint":
		report.Cause = stockdigest.SuppressedComplaint
	case "bounce", "delay":
	default:
		return said.SentAt, nil, stockdigest.Invalid("unknown event: send bounce, complaint or delay")
	}
	if report.Address == "" {
		return said.SentAt, nil, stockdigest.Invalid("the report names no address")
	}
	return said.SentAt, []stockdigest.MailReport{report}, nil
}
