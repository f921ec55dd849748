package stockdigest

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Micros is money in millionths of a US dollar. All prices, reservations and
// bills are whole micros; there are no fractions to lose.
type Micros int64

// Dollar is one dollar.
const Dollar Micros = 1_000_000

// String returns the amount as people read it: $1.30, or with more places when
// it is below a cent.
func (m Micros) String() string {
	sign, n := "", uint64(m) //nolint:gosec // the sign is taken off below
	if m < 0 {
		sign, n = "-", -n
	}
	if n%10_000 == 0 {
		return fmt.Sprintf("%s$%d.%02d", sign, n/uint64(Dollar), n%uint64(Dollar)/10_000)
	}
	return fmt.Sprintf("%s$%d.%06d", sign, n/uint64(Dollar), n%uint64(Dollar))
}

// ParseDollars reads an amount such as 12, 0.65 or $1.30.
func ParseDollars(s string) (Micros, error) {
	f, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(s), "$"), 64)
	if err != nil || f < 0 || f > 1e9 || math.IsNaN(f) {
		return 0, Invalid("unusable amount " + quote(s) + ": write dollars such as 12 or 0.65")
	}
	return Micros(math.Round(f * float64(Dollar))), nil
}

// UnmarshalText reads an amount in dollars, for settings.
func (m *Micros) UnmarshalText(text []byte) error {
	parsed, err := ParseDollars(string(text))
	if err == nil {
		*m = parsed
	}
	return err
}

// UnmarshalJSON reads whole micros, the number that an amount is as JSON, so
// that it comes back exactly; UnmarshalText is for settings. Fields say their
// unit: cost_micros is one of these, bill_usd a number of dollars.
func (m *Micros) UnmarshalJSON(raw []byte) error {
	return json.Unmarshal(raw, (*int64)(m))
}
