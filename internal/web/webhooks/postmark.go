package webhooks

import (
	"encoding/json"
	"net/http"

	"stockdigest.app/stockdigest"
)

// postmark takes the webhooks for bounces, spam complaints and changes of
// subscriptions; those for deliveries, opens and clicks are let be.
func (h *Hooks) postmark(r *http.Request, body []byte) ([]stockdigest.MailReport, error) {
	user, password, ok := r.BasicAuth()
	if !ok || !same(user+":"+password, h.config.Postmark) {
		return nil, errStranger()
	}
	return parsePostmark(body)
}

// A postmarkEvent is what the kinds of webhooks have for us.
type postmarkEvent struct {
	RecordType  string
	Type        string // of a bounce
	Description string
	Details     string
	Email       string // of a bounce or complaint
	BouncedAt   string

	Recipient         string // of a change of a subscription
	ChangedAt         string
	Origin            string
	SuppressSending   bool
	SuppressionReason string
}

func parsePostmark(body []byte) ([]stockdigest.MailReport, error) {
	var e postmarkEvent
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, unreadable("the webhook")
	}
	report := stockdigest.MailReport{
		Address: addressOf(e.Email), Cause: stockdigest.SuppressedBounced,
		Detail: detailOf(e.Type, e.Description, e.Details), At: momentOf(e.BouncedAt),
	}
	switch {
	case e.RecordType == "SpamComplaint", e.RecordType == "Bounce" && e.Type == "SpamComplaint":
		report.Cause, report.Permanent = stockdigest.SuppressedComplaint, true
	case e.RecordType == "Bounce":
		report.Permanent = e.Type == "HardBounce" || e.Type == "BadEmailAddress"
	case e.RecordType == "SubscriptionChange" && e.SuppressSending:
		report = changed(e)
	default:
		return nil, nil
	}
	if report.Address == "" {
		return nil, stockdigest.Invalid("the webhook names no address")
	}
	return []stockdigest.MailReport{report}, nil
}

// changed is a reader whom the service will send nothing any more. One who left
// by a link of the service's own wants what one who complained wants.
func changed(e postmarkEvent) stockdigest.MailReport {
	report := stockdigest.MailReport{
		Address: addressOf(e.Recipient), Cause: stockdigest.SuppressedBounced,
		Detail: detailOf("subscription ended:", e.SuppressionReason), At: momentOf(e.ChangedAt),
	}
	switch {
	case e.SuppressionReason == "HardBounce":
		report.Permanent = true
	case e.SuppressionReason == "SpamComplaint", e.Origin == "Recipient":
		report.Cause, report.Permanent = stockdigest.SuppressedComplaint, true
	}
	return report
}
