package webhooks

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// snsTime is how old a message of SNS may be, which tries for about that long.
const snsTime = time.Hour

// maxAnswer bounds what SNS answers when a subscription is confirmed.
const maxAnswer = 64 << 10

// ses takes what SES says of bounces, complaints and delays in the messages of
// an SNS topic. Nothing of a message is used before its topic is known to be
// ours and its signature to be that of SNS in the topic's region.
func (h *Hooks) ses(r *http.Request, body []byte) ([]stockdigest.MailReport, error) {
	m, err := parseMessage(body)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(h.config.Topics, m.TopicArn) || !near(momentOf(m.Timestamp), h.Now(), snsTime) {
		return nil, errStranger()
	}
	if err := h.keys.check(r.Context(), m); err != nil {
		return nil, err
	}
	switch m.Type {
	case "Notification":
		return parseSES([]byte(m.Message))
	case "SubscriptionConfirmation":
		if !m.atHome(m.SubscribeURL) {
			return nil, errStranger()
		}
		if _, err := h.Get.Data(r.Context(), m.SubscribeURL, maxAnswer); err != nil {
			return nil, fmt.Errorf("confirm the subscription of a topic: %w", err)
		}
	}
	return nil, nil
}

// A message is one of SNS.
type message struct {
	Type, MessageID, TopicArn, Subject, Message, Timestamp string
	SignatureVersion, Signature, SigningCertURL            string
	SubscribeURL, Token                                    string
}

func parseMessage(body []byte) (m message, err error) {
	if err := json.Unmarshal(body, &m); err != nil {
		return m, unreadable("the message")
	}
	return m, nil
}

// atHome reports whether an address is one of SNS in the topic's region, the
// only place that this program asks because a message says so.
func (m message) atHome(rawURL string) bool {
	parts := strings.Split(m.TopicArn, ":") // arn:aws:sns:us-east-1:123456789012:bounces
	u, err := url.Parse(rawURL)
	return err == nil && len(parts) == 6 && parts[3] != "" &&
		u.Scheme == "https" && u.User == nil && u.Host == "sns."+parts[3]+".amazonaws.com"
}

// canonical is what SNS signed.
func (m message) canonical() []byte {
	pairs := [][2]string{{"Message", m.Message}, {"MessageId", m.MessageID}}
	if m.Type == "Notification" {
		if m.Subject != "" {
			pairs = append(pairs, [2]string{"Subject", m.Subject})
		}
		pairs = append(pairs, [2]string{"Timestamp", m.Timestamp})
	} else {
		pairs = append(pairs, [][2]string{{"SubscribeURL", m.SubscribeURL}, {"Timestamp", m.Timestamp}, {"Token", m.Token}}...)
	}
	pairs = append(pairs, [][2]string{{"TopicArn", m.TopicArn}, {"Type", m.Type}}...)
	var b strings.Builder
	for _, p := range pairs {
		b.WriteString(p[0] + "\n" + p[1] + "\n")
	}
	return []byte(b.String())
}

// A sesRecipient is one address in a notification.
type sesRecipient struct {
	EmailAddress   string `json:"emailAddress"`
	Status         string `json:"status"`
	DiagnosticCode string `json:"diagnosticCode"`
}

// A sesNotice is a notification of SES, or an event that it publishes: they
// differ in how they name their type.
type sesNotice struct {
	NotificationType string `json:"notificationType"`
	EventType        string `json:"eventType"`
	Bounce           struct {
		Type       string         `json:"bounceType"`
		SubType    string         `json:"bounceSubType"`
		Recipients []sesRecipient `json:"bouncedRecipients"`
		Timestamp  string         `json:"timestamp"`
	} `json:"bounce"`
	Complaint struct {
		Recipients []sesRecipient `json:"complainedRecipients"`
		Kind       string         `json:"complaintFeedbackType"`
		Timestamp  string         `json:"timestamp"`
	} `json:"complaint"`
	Delay struct {
		Recipients []sesRecipient `json:"delayedRecipients"`
		Kind       string         `json:"delayType"`
		Timestamp  string         `json:"timestamp"`
	} `json:"deliveryDelay"`
	Mail struct {
		CommonHeaders struct {
			MessageID string `json:"messageId"`
		} `json:"commonHeaders"`
	} `json:"mail"`
}

func parseSES(body []byte) ([]stockdigest.MailReport, error) {
	var n sesNotice
	if err := json.Unmarshal(body, &n); err != nil {
		return nil, unreadable("the notification")
	}
	report := stockdigest.MailReport{Cause: stockdigest.SuppressedBounced, Delivery: deliveryOf(n.Mail.CommonHeaders.MessageID)}
	var to []sesRecipient
	var why string
	switch n.NotificationType + n.EventType {
	case "Bounce":
		to, why, report.At = n.Bounce.Recipients, n.Bounce.Type+" "+n.Bounce.SubType, momentOf(n.Bounce.Timestamp)
		report.Permanent = n.Bounce.Type == "Permanent"
	case "Complaint":
		to, why, report.At = n.Complaint.Recipients, n.Complaint.Kind, momentOf(n.Complaint.Timestamp)
		report.Cause, report.Permanent = stockdigest.SuppressedComplaint, n.Complaint.Kind != "not-spam"
	case "DeliveryDelay":
		to, why, report.At = n.Delay.Recipients, n.Delay.Kind, momentOf(n.Delay.Timestamp)
	default:
		return nil, nil
	}
	if len(to) > maxReports {
		return nil, stockdigest.Invalid("the notification names too many addresses")
	}
	var reports []stockdigest.MailReport
	for _, one := range to {
		report.Address, report.Detail = addressOf(one.EmailAddress), detailOf(why, one.Status, one.DiagnosticCode)
		if report.Address != "" {
			reports = append(reports, report)
		}
	}
	return reports, nil
}
