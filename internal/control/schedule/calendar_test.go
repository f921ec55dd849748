package schedule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/schedule"
)

// known are the days of ten years as the exchanges published them: weekdays
// without trading, then weekdays that end early.
var known = map[schedule.Exchange]map[int][2]string{
	schedule.NYSE: {
		2018: {"01-01 01-15 02-19 03-30 05-28 07-04 09-03 11-22 12-05 12-25", "07-03 11-23 12-24"},
		2019: {"01-01 01-21 02-18 04-19 05-27 07-04 09-02 11-28 12-25", "07-03 11-29 12-24"},
		2020: {"01-01 01-20 02-17 04-10 05-25 07-03 09-07 11-26 12-25", "11-27 12-24"},
		2021: {"01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24", "11-26"},
		2022: {"01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26", "11-25"},
		2023: {"01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25", "07-03 11-24"},
		2024: {"01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25", "07-03 11-29 12-24"},
		2025: {"01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25", "07-03 11-28 12-24"},
		2026: {"01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25", "11-27 12-24"},
		2027: {"01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24", "11-26"},
	},
	schedule.TSX: {
		2018: {"01-01 02-19 03-30 05-21 07-02 08-06 09-03 10-08 12-25 12-26", "12-24"},
		2019: {"01-01 02-18 04-19 05-20 07-01 08-05 09-02 10-14 12-25 12-26", "12-24"},
		2020: {"01-01 02-17 04-10 05-18 07-01 08-03 09-07 10-12 12-25 12-28", "12-24"},
		2021: {"01-01 02-15 04-02 05-24 07-01 08-02 09-06 10-11 12-27 12-28", "12-24"},
		2022: {"01-03 02-21 04-15 05-23 07-01 08-01 09-05 10-10 12-26 12-27", ""},
		2023: {"01-02 02-20 04-07 05-22 07-03 08-07 09-04 10-09 12-25 12-26", ""},
		2024: {"01-01 02-19 03-29 05-20 07-01 08-05 09-02 10-14 12-25 12-26", "12-24"},
		2025: {"01-01 02-17 04-18 05-19 07-01 08-04 09-01 10-13 12-25 12-26", "12-24"},
		2026: {"01-01 02-16 04-03 05-18 07-01 08-03 09-07 10-12 12-25 12-28", "12-24"},
		2027: {"01-01 02-15 03-26 05-24 07-01 08-02 09-06 10-11 12-27 12-28", "12-24"},
	},
}

func TestTheRulesGiveThePublishedCalendars(t *testing.T) {
	t.Parallel()
	for exchange, years := range known {
		cal := schedule.NewCalendar(exchange, nil)
		for year, want := range years {
			var shut, short []string
			first := stockdigest.Day(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
			for _, s := range cal.Unusual(first, first.Add(365)) {
				date, ours := strings.CutPrefix(string(s.Day), string(first)[:5])
				switch {
				case !ours:
				case s.Open && s.Closes == 13*60:
					short = append(short, date)
				case !s.Open && s.Why != "":
					shut = append(shut, date)
				}
			}
			got := [2]string{strings.Join(shut, " "), strings.Join(short, " ")}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s %d (-published +ours):\n%s", exchange, year, diff)
			}
		}
	}
}

func TestEasterIsWhereTheTablesHaveIt(t *testing.T) {
	t.Parallel()
	for _, day := range []stockdigest.Day{
		"1961-04-02", "2000-04-23", "2008-03-23", "2011-04-24", "2019-04-21", "2024-03-31", "2025-04-20", "2038-04-25", "2049-04-18",
	} {
		friday := day.Add(-2)
		if s := schedule.NewCalendar(schedule.TSX, nil).Session(friday); s.Open || s.Why != "Good Friday" {
			t.Errorf("%s: got %+v, want Good Friday", friday, s)
		}
	}
}

func TestAPersonsWordGoesOverTheRules(t *testing.T) {
	t.Parallel()
	cal := schedule.NewCalendar(schedule.NYSE, []stockdigest.MarketDay{
		{Exchange: "NYSE", Day: "2026-12-01", Note: "mourning"},
		{Exchange: "NYSE", Day: "2026-12-25", Open: true},
		{Exchange: "NYSE", Day: "2026-12-02", Open: true, Closes: 14 * 60},
	})
	for day, want := range map[stockdigest.Day]schedule.Session{
		"2026-12-01": {Day: "2026-12-01", Why: "mourning", Said: true},
		"2026-12-25": {Day: "2026-12-25", Open: true, Said: true},
		"2026-12-02": {Day: "2026-12-02", Open: true, Closes: 14 * 60, Said: true},
		"2026-12-03": {Day: "2026-12-03", Open: true},
		"2026-12-05": {Day: "2026-12-05", Why: "Saturday"},
		"2026-12-24": {Day: "2026-12-24", Open: true, Closes: 13 * 60, Why: "Christmas Eve"},
	} {
		if diff := cmp.Diff(want, cal.Session(day)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", day, diff)
		}
	}
}
