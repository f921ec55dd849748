package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
)

// A Bounce is what became of one report in a mail that came back.
type Bounce struct {
	Address   string                       `json:"address"`
	Delivery  stockdigest.DeliveryID       `json:"delivery,omitempty"`
	Cause     stockdigest.SuppressionCause `json:"cause"`
	Permanent bool                         `json:"permanent"`
	Outcome   string                       `json:"outcome"`
}

// Bounces takes a mail that came back, as a mail server pipes it. Anybody can
// write such a mail, so a report counts only when it names a delivery of ours
// that went to the very address. What is no bounce is an ErrInvalid.
func (a *App) Bounces(ctx context.Context, raw []byte) ([]Bounce, error) {
	reports, err := mail.ParseBounce(raw)
	if err != nil {
		return nil, err
	}
	all := make([]Bounce, 0, len(reports))
	for _, r := range reports {
		b := Bounce{Address: r.Address, Delivery: r.Delivery, Cause: r.Cause, Permanent: r.Permanent}
		if b.Outcome, err = a.bounced(ctx, r); err != nil {
			return all, fmt.Errorf("take a report about %s: %w", r.Address, err)
		}
		all = append(all, b)
	}
	return all, nil
}

func (a *App) bounced(ctx context.Context, r stockdigest.MailReport) (string, error) {
	if r.Delivery == "" {
		return "left alone: it names no delivery of ours", nil
	}
	d, err := a.store.Delivery(ctx, r.Delivery)
	if errors.Is(err, stockdigest.ErrNotFound) || err == nil && !strings.EqualFold(d.Address, r.Address) {
		return "left alone: no mail of ours with that name went to the address", nil
	}
	if err != nil {
		return "", err
	}
	if !r.Permanent {
		return "noted: a passing trouble", nil
	}
	return "nothing goes there any more", a.Returned(ctx, r)
}

// ShowBounces prints what became of reports.
func ShowBounces(c *Console, all []Bounce) error {
	if c.JSON {
		return c.Data(all)
	}
	for _, b := range all {
		c.Print("%s  %s: %s", b.Address, b.Cause, b.Outcome)
	}
	return nil
}
