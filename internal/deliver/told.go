package deliver

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"stockdigest.app/stockdigest"
)

// AlertRows is what is known of alerts that wait.
type AlertRows interface {
	Deliveries(ctx context.Context, f stockdigest.DeliveryFilter) ([]stockdigest.Delivery, error)
	Digests(ctx context.Context, f stockdigest.DigestFilter) ([]stockdigest.Digest, error)
	Digest(ctx context.Context, id stockdigest.DigestID) (stockdigest.Digest, error)
	DropAlert(ctx context.Context, id stockdigest.DeliveryID, cause string) (bool, error)
}

// DropTold ends the alerts that waited for the end of their readers' quiet hours
// and that a digest told them meanwhile. It returns how many these were.
func DropTold(ctx context.Context, rows AlertRows, now time.Time) (dropped int, err error) {
	waiting, err := waitingAlerts(ctx, rows, now)
	if err != nil {
		return 0, err
	}
	for _, mail := range waiting {
		if mail.Recipient.Reader() == "" || !mail.NotBefore.After(mail.CreatedAt) {
			continue
		}
		told, err := toldMeanwhile(ctx, rows, mail)
		if err != nil {
			return dropped, fmt.Errorf("look at alert %s: %w", mail.ID, err)
		}
		if !told {
			continue
		}
		ok, err := rows.DropAlert(ctx, mail.ID, "a digest told it before the end of the quiet hours")
		if err != nil {
			return dropped, err
		}
		if ok {
			dropped++
		}
	}
	return dropped, nil
}

// waitingAlerts are those of today and yesterday: quiet hours end within a day.
func waitingAlerts(ctx context.Context, rows AlertRows, now time.Time) (waiting []stockdigest.Delivery, err error) {
	today := stockdigest.DayOf(now, time.UTC)
	for _, day := range []stockdigest.Day{today.Add(-1), today} {
		found, err := rows.Deliveries(ctx, stockdigest.DeliveryFilter{
			Day: day, Zone: time.UTC, Kind: stockdigest.MailAlert, State: stockdigest.DeliveryPending,
		})
		if err != nil {
			return nil, err
		}
		waiting = append(waiting, found...)
	}
	return waiting, nil
}

// toldMeanwhile reports whether a digest that was sent after an alert was
// planned tells its story to the same reader.
func toldMeanwhile(ctx context.Context, rows AlertRows, mail stockdigest.Delivery) (bool, error) {
	var matter stockdigest.AlertMatter
	if err := json.Unmarshal(mail.Matter, &matter); err != nil {
		return false, err
	}
	sent, err := rows.Digests(ctx, stockdigest.DigestFilter{Reader: mail.Recipient.Reader(), State: stockdigest.DigestSent})
	if err != nil {
		return false, err
	}
	for _, g := range sent { // newest day first
		if g.Due.Before(mail.CreatedAt) {
			break
		}
		if g.Dry != mail.Dry {
			continue
		}
		full, err := rows.Digest(ctx, g.ID)
		if err != nil {
			return false, err
		}
		tells := func(r stockdigest.Report) bool {
			return !slices.ContainsFunc(matter.Stories, func(a stockdigest.Alert) bool { return !tellsOf(r, a) })
		}
		if slices.ContainsFunc(full.Reports, tells) {
			return true, nil
		}
	}
	return false, nil
}

// tellsOf reports whether a report has a bullet of an alert's story: of the
// story that its source stands in.
func tellsOf(r stockdigest.Report, a stockdigest.Alert) bool {
	stories := map[stockdigest.StoryID]bool{a.Story: true}
	for _, article := range r.Articles {
		if article.URL == a.URL && article.Story != "" {
			stories[article.Story] = true
		}
	}
	for _, filing := range r.Filings {
		if filing.URL == a.URL && filing.Story != "" {
			stories[filing.Story] = true
		}
	}
	for _, s := range r.Sections {
		if slices.ContainsFunc(s.Bullets, func(b stockdigest.Bullet) bool { return stories[b.Story] }) {
			return true
		}
	}
	return false
}
