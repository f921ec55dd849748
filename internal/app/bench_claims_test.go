package app_test

import (
	"fmt"
	"io"
	"os"
	"testing"

	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/app"
)

// childClaims makes this test binary a process of the bench of claims.
const childClaims = "APP_TEST_CLAIMS_CHILD"

func TestClaimsChild(t *testing.T) {
	if os.Getenv(childClaims) == "" {
		t.Skip("runs as a child only")
	}
	if err := app.BenchClaimsChild(t.Context(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// TestProcessesClaimWithoutAViolation is the small form of bench claims: three
// processes with sixteen workers each, on both engines.
func TestProcessesClaimWithoutAViolation(t *testing.T) {
	t.Setenv(childClaims, "1")
	claims := 600
	if os.Getenv("TORTURE") != "" {
		claims = 100_000
	}
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			cfg := app.BenchClaimsConfig{
				Processes: 3, Workers: 16, Claims: claims, Seed: 1,
				DatabaseURL: app.Secret(config(t).URL), Child: []string{"-test.run=^TestClaimsChild$"},
			}
			got, err := app.BenchClaims(t.Context(), cfg, &app.Console{Out: io.Discard, Err: io.Discard})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", got)
			if got.Claims != claims || got.OverCap+got.Priority+got.FIFO+got.Duplicates > 0 {
				t.Errorf("got %+v, want %d claims and no violation", got, claims)
			}
		})
	}
}
