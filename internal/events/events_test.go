package events_test

import (
	"slices"
	"testing"

	"stockdigest.app/stockdigest/internal/events"
)

func TestFirstNamesTheEvent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]events.Kind{
		"Brightwell raises full-year sales forecast after strong quarter":                    events.Guidance,
		"Brightwell sweetens its bid for Kestrel to $42 a share":                             events.Deal,
		"Brightwell recalls 12,000 scanners over battery defects":                            events.Accident,
		"Shareholders sued Brightwell in federal court":                                      events.Legal,
		"Regulators approved the merger":                                                     events.Deal,
		"Brightwell is sued over injuries from recalled scanners":                            events.Legal,
		"Brightwell weighs $700 million sale of valves unit":                                 events.Deal,
		"Oakline downgraded Brightwell to hold and cut its price target to $44":              events.Analyst,
		"Brightwell's finance chief will step down in June":                                  events.Management,
		"The FTC is investigating Brightwell's pricing":                                      events.Regulation,
		"Brightwell names Ada Quill as chief financial officer":                              events.Management,
		"Brightwell will cut 400 jobs in Ohio":                                               events.Jobs,
		"Brightwell priced $500 million of senior unsecured notes":                           events.Financing,
		"Revenue rose 7% to $1.2 billion":                                                    events.Earnings,
		"Brightwell doubles its dividend":                                                    events.Payout,
		"Two brokers downgraded the stock":                                                   events.Analyst,
		"Brightwell signed a supply agreement with Oakline":                                  events.Contract,
		"Brightwell unveils a handheld spectrometer":                                         events.Product,
		"The car's engineers used airflow guidance between the headlights to cut drag":       events.None,
		"Brightwell's outlook cut as orders slow":                                            events.Guidance,
		"Brightwell lifts forecast after a strong quarter":                                   events.Guidance,
		"Brightwell chief Quill to take over Oakline":                                        events.Management,
		"Ada Quill will take over on 1 May":                                                  events.Management,
		"Brightwell buys Kestrel":                                                            events.Deal,
		"Brightwell to pay $1.6 million over parental leave":                                 events.Legal,
		"The state ordered Brightwell to pay $14 million in taxes":                           events.Legal,
		"Brightwell fined over late filings":                                                 events.Regulation,
		"Brightwell takes $5.6 billion charge":                                               events.Earnings,
		"Brightwell reports wider loss":                                                      events.Earnings,
		"Brightwell loses $36 million":                                                       events.Earnings,
		"Brightwell adds 273,000 digital subscribers":                                        events.Earnings,
		"The scanner's upgrades are under the hood":                                          events.None,
		"The concert was sold out and the crowd went home happy":                             events.None,
		"Brightwell said it takes credit for the idea and has a low-tar filter on the shelf": events.None,
	} {
		if got := events.First(text); got != want {
			t.Errorf("First(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestTopicsNameWhatIsSpokenOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]events.Topic{
		"Operating profit rose 9% to $210 million in the third quarter.":           {events.Profit, events.Quarter},
		"Brightwell raised its dividend and will buy back $200 million of shares.": {events.Dividend, events.Buyback},
		"Net debt stood at $2 billion.":                                            {events.Debt},
		"Oakline cut its price target on the stock to $44.":                        {events.PriceTarget},
		"The plant in Ohio makes scanners.":                                        nil,
	} {
		if got := events.Topics(text); !slices.Equal(got, want) {
			t.Errorf("Topics(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestEveryKindHasPoints(t *testing.T) {
	t.Parallel()
	for _, k := range events.Kinds() {
		if k.Points() < 1 || k.Points() > 3 {
			t.Errorf("%s has %d points, want 1 to 3", k, k.Points())
		}
	}
	if events.None.Points() != 0 {
		t.Error("no event has points")
	}
}
