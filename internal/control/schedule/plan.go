package schedule

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// A Plan is the clock table: which kinds are due when, in one zone. It is pure;
// the days of the exchange come in with each question.
type Plan struct {
	zone *time.Location
	rows []row
}

// A row says when one kind is due.
type row struct {
	kind  stockdigest.SlotKind
	times []stockdigest.ClockTime // rising
	on    func(stockdigest.Day, Calendar) bool
	late  time.Duration // how long after its time a slot that was missed is made up
}

// table is the clock of a day as the product promises it. A slot is made up
// while it is still of use, and never once the next of its kind is due.
func table() []row {
	return []row{
		{stockdigest.SlotProcess, []stockdigest.ClockTime{clock(2, 0)}, tradingDay, 6 * time.Hour},
		{stockdigest.SlotCleanup, []stockdigest.ClockTime{clock(6, 0)}, everyDay, 18 * time.Hour},
		{stockdigest.SlotFilings, append([]stockdigest.ClockTime{clock(6, 30)}, hourly(clock(8, 30), clock(21, 30))...), everyDay, time.Hour},
		{stockdigest.SlotRefresh, []stockdigest.ClockTime{clock(7, 0)}, tradingDay, time.Hour},
		{stockdigest.SlotDeadline, []stockdigest.ClockTime{clock(8, 0)}, tradingDay, time.Hour},
		{stockdigest.SlotSend, []stockdigest.ClockTime{clock(8, 30)}, tradingDay, 6 * time.Hour},
		{stockdigest.SlotAlerts, hourly(clock(9, 0), clock(22, 0)), everyDay, time.Hour},
		// By 08:00 in New York it is the first everywhere, and a grant is for a
		// reader's own month. The window is the longest month.
		{stockdigest.SlotCredits, []stockdigest.ClockTime{clock(8, 0)}, firstOfMonth, 31 * 24 * time.Hour},
	}
}

func clock(hour, minute int) stockdigest.ClockTime { return stockdigest.ClockTime(60*hour + minute) }

func hourly(from, to stockdigest.ClockTime) []stockdigest.ClockTime {
	var times []stockdigest.ClockTime
	for t := from; t <= to; t += 60 {
		times = append(times, t)
	}
	return times
}

func everyDay(stockdigest.Day, Calendar) bool { return true }

func tradingDay(day stockdigest.Day, cal Calendar) bool { return cal.Session(day).Open }

func firstOfMonth(day stockdigest.Day, _ Calendar) bool { return day == day.First() }

// NewPlan makes the clock table for a zone. Changes are other times for kinds,
// such as "process=01:30,send=09:00"; a kind that is off is never due. A kind
// that comes every hour comes once a day when it is given a time.
func NewPlan(zone *time.Location, changes string) (Plan, error) {
	p := Plan{zone: zone, rows: table()}
	seen := map[stockdigest.SlotKind]bool{}
	for change := range strings.SplitSeq(changes, ",") {
		if change = strings.TrimSpace(change); change == "" {
			continue
		}
		name, at, _ := strings.Cut(change, "=")
		kind := stockdigest.SlotKind(strings.TrimSpace(name))
		if err := kind.Validate(); err != nil {
			return Plan{}, err
		}
		if seen[kind] {
			return Plan{}, stockdigest.Invalid(fmt.Sprintf("%s has two times", kind))
		}
		seen[kind] = true
		if err := p.change(kind, strings.TrimSpace(at)); err != nil {
			return Plan{}, err
		}
	}
	return p, p.inOrder()
}

func (p *Plan) change(kind stockdigest.SlotKind, at string) error {
	i := slices.IndexFunc(p.rows, func(r row) bool { return r.kind == kind })
	if at == "off" {
		p.rows = slices.Delete(p.rows, i, i+1)
		return nil
	}
	t, err := stockdigest.ParseClock(at)
	if err != nil {
		return stockdigest.Invalid(fmt.Sprintf("%s=%s is not a time such as 08:30, and not off", kind, at))
	}
	p.rows[i].times = []stockdigest.ClockTime{t}
	return nil
}

// inOrder refuses a night whose runs would be past their deadline when they
// begin, or whose mails would go out before it.
func (p *Plan) inOrder() error {
	night := []stockdigest.SlotKind{stockdigest.SlotProcess, stockdigest.SlotDeadline, stockdigest.SlotSend}
	var last row
	for _, kind := range night {
		r, ok := p.row(kind)
		if !ok {
			continue
		}
		if len(last.times) > 0 && r.times[0] <= last.times[0] {
			return stockdigest.Invalid(fmt.Sprintf(
				"%s at %s is not after %s at %s", kind, r.times[0], last.kind, last.times[0]))
		}
		last = r
	}
	return nil
}

func (p Plan) row(kind stockdigest.SlotKind) (row, bool) {
	i := slices.IndexFunc(p.rows, func(r row) bool { return r.kind == kind })
	if i < 0 {
		return row{}, false
	}
	return p.rows[i], true
}

// Due returns what is due at now and may still be made up, whether or not it
// was done: at most one slot of each kind, its newest.
func (p Plan) Due(now time.Time, cal Calendar) []stockdigest.Slot {
	var due []stockdigest.Slot
	// Clocks that go back over midnight show the day before again.
	tomorrow := stockdigest.DayOf(now, p.zone).Add(1)
	for _, r := range p.rows {
		if slot, ok := p.newest(r, now, tomorrow, cal); ok {
			due = append(due, slot)
		}
	}
	return due
}

// newest is the last slot of a row at or before now, unless that is too long
// ago. No slot after the day from is looked at.
func (p Plan) newest(r row, now time.Time, from stockdigest.Day, cal Calendar) (stockdigest.Slot, bool) {
	oldest := stockdigest.DayOf(now.Add(-r.late), p.zone)
	for day := from; day >= oldest; day = day.Add(-1) {
		if !r.on(day, cal) {
			continue
		}
		for _, at := range slices.Backward(r.times) {
			due := day.At(at, p.zone)
			if due.After(now) {
				continue
			}
			return stockdigest.Slot{Kind: r.kind, Day: day, At: at, Due: due}, now.Sub(due) < r.late
		}
	}
	return stockdigest.Slot{}, false
}

// Between returns the slots that come due after from, up to and including to,
// in the order of their times; at the same time in the order of the table.
func (p Plan) Between(from, to time.Time, cal Calendar) []stockdigest.Slot {
	var slots []stockdigest.Slot
	last := stockdigest.DayOf(to, p.zone).Add(1)
	for day := stockdigest.DayOf(from, p.zone); day <= last; day = day.Add(1) {
		for _, r := range p.rows {
			if !r.on(day, cal) {
				continue
			}
			for _, at := range r.times {
				if due := day.At(at, p.zone); due.After(from) && !due.After(to) {
					slots = append(slots, stockdigest.Slot{Kind: r.kind, Day: day, At: at, Due: due})
				}
			}
		}
	}
	slices.SortStableFunc(slots, func(a, b stockdigest.Slot) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(kindRank(a.Kind), kindRank(b.Kind)))
	})
	return slots
}

func kindRank(kind stockdigest.SlotKind) int { return slices.Index(stockdigest.SlotKinds(), kind) }

// deadline is when the runs of a batch that is opened at now publish what they
// have: the day's deadline, or never when that is over or off.
func (p Plan) deadline(now time.Time) time.Time {
	r, ok := p.row(stockdigest.SlotDeadline)
	if !ok {
		return time.Time{}
	}
	if at := stockdigest.DayOf(now, p.zone).At(r.times[0], p.zone); at.After(now) {
		return at
	}
	return time.Time{}
}

// SendAt returns the time of day at which mails go, which holds where each
// reader is; ok is false when the slot is left out.
func (p Plan) SendAt() (at stockdigest.ClockTime, ok bool) {
	r, ok := p.row(stockdigest.SlotSend)
	if !ok {
		return 0, false
	}
	return r.times[0], true
}

// Night returns the as-of times of the last night that was over at a moment:
// from its process slot to its deadline. A reader far east of the schedule's
// zone gets the night before, whole, and not a part of the one that is under
// way. Without these slots it is the last day.
func (p Plan) Night(at time.Time) (since, until time.Time) {
	process, ok := p.row(stockdigest.SlotProcess)
	deadline, alsoOK := p.row(stockdigest.SlotDeadline)
	if !ok || !alsoOK {
		return at.Add(-24 * time.Hour), at
	}
	day := stockdigest.DayOf(at, p.zone).Add(1)
	for until = day.At(deadline.times[0], p.zone); until.After(at); until = day.At(deadline.times[0], p.zone) {
		day = day.Add(-1)
	}
	return day.At(process.times[0], p.zone).Add(-time.Second), until
}
