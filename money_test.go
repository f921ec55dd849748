package stockdigest_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"stockdigest.app/stockdigest"
)

// amounts are all there are, with those at the ends.
func amounts() *rapid.Generator[stockdigest.Micros] {
	return rapid.Map(rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, -1, 0, 1, math.MaxInt64})),
		func(n int64) stockdigest.Micros { return stockdigest.Micros(n) })
}

func TestMoneyComesBackFromJSONExactly(t *testing.T) {
	t.Parallel()
	type document struct {
		One  stockdigest.Micros   `json:"one_micros"`
		Some []stockdigest.Micros `json:"some_micros"`
		None *stockdigest.Micros  `json:"none_micros"`
	}
	rapid.Check(t, func(t *rapid.T) {
		sent := document{One: amounts().Draw(t, "one"), Some: rapid.SliceOfN(amounts(), 1, 3).Draw(t, "some")}
		data, err := json.Marshal(sent)
		if err != nil {
			t.Fatal(err)
		}
		got := document{One: 1, None: &sent.One}
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		again, err := json.Marshal(got)
		if err != nil || string(again) != string(data) || got.One != sent.One || got.None != nil {
			t.Errorf("%s came back as %s, %v", data, again, err)
		}
	})
}

func TestMoneyInJSONIsAWholeNumber(t *testing.T) {
	t.Parallel()
	if data, err := json.Marshal(stockdigest.Micros(1_300_000)); err != nil || string(data) != "1300000" {
		t.Errorf("got %s, %v", data, err)
	}
	for _, bad := range []string{"1.3", `"$1.30"`, `"1300000"`, "9223372036854775808", "{}"} {
		got := stockdigest.Micros(5)
		if err := json.Unmarshal([]byte(bad), &got); err == nil || got != 5 {
			t.Errorf("%s became %s, %v; want it refused", bad, got, err)
		}
	}
}

func TestDollarsAsPeopleReadThemComeBackExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sent := stockdigest.Micros(rapid.Int64Range(0, 1e9*int64(stockdigest.Dollar)).Draw(t, "amount"))
		if got, err := stockdigest.ParseDollars(sent.String()); err != nil || got != sent {
			t.Errorf("%d micros are %s and came back as %d, %v", int64(sent), sent, int64(got), err)
		}
	})
	for amount, want := range map[stockdigest.Micros]string{
		0: "$0.00", 1_300_000: "$1.30", 250: "$0.000250", -650_000: "-$0.65", math.MinInt64: "-$9223372036854.775808",
	} {
		if got := amount.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAmountsThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "-1", "one", "NaN", "Inf", "1e10", "$", strings.Repeat("9", 400)} {
		if got, err := stockdigest.ParseDollars(bad); !errors.Is(err, stockdigest.ErrInvalid) {
			t.Errorf("%.20q became %s, %v; want it refused", bad, got, err)
		}
	}
}
