package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// A DeliveryView is a delivery as people and scripts see it.
type DeliveryView struct {
	stockdigest.Delivery
	Period    string                `json:"period"`
	Kind      stockdigest.MailKind  `json:"kind"`
	Recipient stockdigest.Recipient `json:"recipient"`
	Dry       bool                  `json:"dry,omitempty"`
	MessageID string                `json:"message_id"`
}

// Deliveries returns the deliveries of a filter in the order of planning.
func (a *App) Deliveries(ctx context.Context, f stockdigest.DeliveryFilter) ([]DeliveryView, error) {
	zone, err := a.zone()
	if err != nil {
		return nil, err
	}
	f.Zone = zone
	found, err := a.store.Deliveries(ctx, f)
	if err != nil {
		return nil, err
	}
	views := make([]DeliveryView, 0, len(found))
	for _, d := range found {
		views = append(views, a.viewOf(d))
	}
	return views, nil
}

func (a *App) viewOf(d stockdigest.Delivery) DeliveryView {
	return DeliveryView{
		Delivery: d, Period: d.Period, Kind: d.Kind, Recipient: d.Recipient, Dry: d.Dry, MessageID: d.MessageID(a.opts.mailDomain()),
	}
}

// SettleDelivery keeps what a person found out about a mail in doubt.
func (a *App) SettleDelivery(ctx context.Context, id string, state stockdigest.DeliveryState, by string) (DeliveryView, error) {
	if err := a.store.SettleDelivery(ctx, stockdigest.DeliveryID(id), state, by); err != nil {
		return DeliveryView{}, err
	}
	return a.delivery(ctx, id)
}

// ResendDelivery makes a mail pending again because a person says so.
func (a *App) ResendDelivery(ctx context.Context, id, by string) (DeliveryView, error) {
	if err := a.store.ResendDelivery(ctx, stockdigest.DeliveryID(id), by); err != nil {
		return DeliveryView{}, err
	}
	return a.delivery(ctx, id)
}

func (a *App) delivery(ctx context.Context, id string) (DeliveryView, error) {
	d, err := a.store.Delivery(ctx, stockdigest.DeliveryID(id))
	return a.viewOf(d), err
}

// A Proof says what became of every mail of a day: who got what, when, with the
// mail server's answer.
type Proof struct {
	Day        stockdigest.Day                   `json:"day"`
	TimeZone   string                            `json:"time_zone"`
	Planned    int                               `json:"planned"`
	Counts     map[stockdigest.DeliveryState]int `json:"counts"`
	Deliveries []DeliveryView                    `json:"deliveries"`
	Digests    []stockdigest.Digest              `json:"digests"`           // of the day, whatever became of them
	Without    []stockdigest.ReaderID            `json:"without,omitempty"` // active readers who agree to mails and have no digest of the day
}

// Prove gathers what became of every mail of a day: digests by the reader's
// day, other mails by when they were planned.
func (a *App) Prove(ctx context.Context, day stockdigest.Day) (Proof, error) {
	proof := Proof{Day: day, TimeZone: a.world.TimeZone, Counts: map[stockdigest.DeliveryState]int{}, Deliveries: []DeliveryView{}}
	zone, err := a.zone()
	if err != nil {
		return proof, err
	}
	for _, planned := range []stockdigest.Day{day.Add(-1), day, day.Add(1)} {
		found, err := a.store.Deliveries(ctx, stockdigest.DeliveryFilter{Day: planned, Zone: zone})
		if err != nil {
			return proof, err
		}
		for _, d := range found {
			if ofDay(d, day, planned) {
				proof.Deliveries = append(proof.Deliveries, a.viewOf(d))
				proof.Counts[d.State]++
			}
		}
	}
	proof.Planned = len(proof.Deliveries)
	if proof.Digests, err = a.store.Digests(ctx, stockdigest.DigestFilter{Day: day}); err != nil {
		return proof, err
	}
	proof.Without, err = a.without(ctx, proof.Digests)
	return proof, err
}

// ofDay reports whether a delivery that was planned on a day belongs to day.
func ofDay(d stockdigest.Delivery, day, planned stockdigest.Day) bool {
	if d.Kind == stockdigest.MailDigest {
		return d.Period == string(day) || strings.HasPrefix(d.Period, string(day)+" ")
	}
	return planned == day
}

// without returns the readers who could have had a digest and have none.
func (a *App) without(ctx context.Context, digests []stockdigest.Digest) ([]stockdigest.ReaderID, error) {
	readers, err := a.store.Readers(ctx, stockdigest.ReaderActive)
	if err != nil {
		return nil, err
	}
	var none []stockdigest.ReaderID
	for _, r := range readers {
		has := slices.ContainsFunc(digests, func(g stockdigest.Digest) bool { return g.Reader == r.ID })
		if r.Mails.Agreed && len(r.Tickers) > 0 && !has {
			none = append(none, r.ID)
		}
	}
	return none, nil
}

// Digests returns digests without their reports, newest day first.
func (a *App) Digests(ctx context.Context, f stockdigest.DigestFilter) ([]stockdigest.Digest, error) {
	return a.store.Digests(ctx, f)
}

// ShowDeliveries prints deliveries, one a line.
func ShowDeliveries(c *Console, list []DeliveryView) error {
	if c.JSON {
		return c.Data(list)
	}
	for _, d := range list {
		c.Print("%s", deliveryLine(d))
	}
	if len(list) == 0 {
		c.Print("no deliveries")
	}
	return nil
}

// deliveryLine is a delivery in one line.
func deliveryLine(d DeliveryView) string {
	at, to := d.CreatedAt, d.Address
	if !d.EndedAt.IsZero() {
		at = d.EndedAt
	}
	if to == "" {
		to = string(d.Recipient)
	}
	line := fmt.Sprintf("%s  %-10s %-11s %-14s %-30s tries %d  %s", at.UTC().Format("2006-01-02 15:04:05Z"), d.State, d.Kind, d.Period, to, d.Tries, d.ID)
	if why := strings.TrimSpace(d.Cause + "  " + d.Answer); why != "" {
		line += "  " + flatten(why)
	}
	return line
}

// ShowProof prints what became of every mail of a day.
func ShowProof(c *Console, p Proof) error {
	if c.JSON {
		return c.Data(p)
	}
	c.Print("%s, times of deliveries in UTC", p.Day)
	for _, d := range p.Deliveries {
		c.Print("%s", deliveryLine(d))
	}
	var parts []string
	for _, s := range stockdigest.DeliveryStates() {
		if n := p.Counts[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	c.Print("%d mails planned: %s", p.Planned, orNone(strings.Join(parts, ", ")))
	for _, g := range p.Digests {
		if g.State != stockdigest.DigestSent {
			c.Print("digest %s of reader %s is %s%s", g.ID, g.Reader, g.State, because(g.Reason))
		}
	}
	for _, id := range p.Without {
		c.Print("reader %s has no digest of this day", id)
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// ShowDigests prints digests, one a line.
func ShowDigests(c *Console, list []stockdigest.Digest) error {
	if c.JSON {
		return c.Data(list)
	}
	for _, g := range list {
		about := "all"
		if g.Ticker != "" {
			about = string(g.Ticker)
		}
		line := fmt.Sprintf("%s  %-9s v%d  %-6s  due %s  %d reports  reader %s  %s",
			g.Day, g.State, g.Version, about, g.Due.UTC().Format(time.RFC3339), len(g.ReportIDs), g.Reader, g.ID)
		if g.Approved != "" {
			line += "  approved by " + g.Approved
		}
		c.Print("%s%s", line, because(g.Reason))
	}
	if len(list) == 0 {
		c.Print("no digests")
	}
	return nil
}
