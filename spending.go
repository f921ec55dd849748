package stockdigest

import "time"

// A Spent is what paid calls took out of one cap.
type Spent struct {
	Scope    string `json:"scope"` // day, month, reader or run
	Name     string `json:"name"`  // the date, the month, the reader or the run
	Settled  Micros `json:"settled_micros"`
	Reserved Micros `json:"reserved_micros"` // for calls that have not ended
	Cap      Micros `json:"cap_micros"`
}

// Left is what the cap leaves for new calls.
func (s Spent) Left() Micros { return max(0, s.Cap-s.Settled-s.Reserved) }

// A ModelSpending is what one model cost on a day.
type ModelSpending struct {
	Provider  string `json:"provider"`
	Model     string `json:"model"`
	Calls     int    `json:"calls"` // all that were begun
	Done      int    `json:"done"`
	Failed    int    `json:"failed"`
	Lost      int    `json:"lost"`
	TokensIn  int    `json:"tokens_in"`
	TokensOut int    `json:"tokens_out"`
	Cost      Micros `json:"cost_micros"`
}

// A Spending is what paid calls cost on a day and in its month.
type Spending struct {
	Day    Spent           `json:"day"`
	Month  Spent           `json:"month"`
	Models []ModelSpending `json:"models"` // of the day, by provider and name
	Runs   []Spent         `json:"runs"`   // of the day, dearest first, at most 20
}

// A CallFilter chooses lines of the call ledger, newest first. Empty fields
// choose all.
type CallFilter struct {
	Run   RunID
	Limit int // zero: 100
}

// A ProviderState is how one provider does.
type ProviderState struct {
	Name      string    `json:"name"`
	Open      int       `json:"open"`     // calls under way
	Failures  int       `json:"failures"` // in a row
	DownSince time.Time `json:"down_since,omitzero"`
	NextTry   time.Time `json:"next_try,omitzero"` // nobody calls before
	Tripped   string    `json:"tripped,omitempty"` // why an operator must look; nobody calls until the reset
	Error     string    `json:"error,omitempty"`   // the last one
	ErrorAt   time.Time `json:"error_at,omitzero"`
}
