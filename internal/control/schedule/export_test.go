package schedule

import (
	"time"

	"stockdigest.app/stockdigest"
)

// Daily returns a plan in which the kinds come every day of the week at their
// times, and are made up for six hours.
func Daily(zone *time.Location, times map[stockdigest.SlotKind]stockdigest.ClockTime) Plan {
	p := Plan{zone: zone}
	for _, kind := range stockdigest.SlotKinds() {
		if at, ok := times[kind]; ok {
			p.rows = append(p.rows, row{kind, []stockdigest.ClockTime{at}, everyDay, 6 * time.Hour})
		}
	}
	return p
}
