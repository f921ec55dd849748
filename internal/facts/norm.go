package facts

import (
	"fmt"
	"math/big"
	"strings"
)

// norm returns the canonical form of a fact.
func norm(f Fact) string {
	switch f.Kind {
	case Money:
		return "money:" + f.Currency + ":" + plain(f.Value)
	case Number:
		return "number:" + plain(f.Value) + ":" + f.Unit
	case Percent, Points, Multiple:
		return string(f.Kind) + ":" + plain(f.Value)
	case Date:
		return "date:" + or(f.Year, "%04d") + "-" + or(f.Month, "%02d") + "-" + or(f.Day, "%02d")
	case Year:
		return fmt.Sprintf("year:%d", f.Year)
	case Period:
		return "period:" + f.Part + ":" + or(f.Year, "%04d")
	case Weekday, Time:
		return string(f.Kind) + ":" + f.Part
	case Ratio:
		return "ratio:" + f.Part
	default:
		return string(f.Kind) + ":" + strings.ToLower(f.Text)
	}
}

func or(n int, format string) string {
	if n == 0 {
		return "?"
	}
	return fmt.Sprintf(format, n)
}

// plain prints a value exactly: as a decimal when it has an end, else as a
// fraction.
func plain(v *big.Rat) string {
	if v == nil {
		return "?"
	}
	if v.IsInt() {
		return v.Num().String()
	}
	if places, exact := v.FloatPrec(); exact {
		return v.FloatString(places)
	}
	return v.RatString()
}
