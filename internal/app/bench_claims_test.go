package app_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/app"
)

// childClaims makes this test binary a process of the bench of claims.
const childClaims = "APP_TEST_CLAIMS_CHILD"

// claimsChild is one of these processes.
func claimsChild() int {
	if err := app.BenchClaimsChild(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestProcessesClaimWithoutAViolation is the small form of bench claims: three
// processes with sixteen workers each, on both engines.
func TestProcessesClaimWithoutAViolation(t *testing.T) {
	t.Setenv(childClaims, "1")
	claims := 600
	if tight() {
		claims = 100_000
	}
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			cfg := app.BenchClaimsConfig{
				Processes: 3, Workers: 16, Claims: claims, Seed: 1,
				DatabaseURL: app.Secret(config(t).URL), Child: []string{"claims-child"},
			}
			got, err := app.BenchClaims(t.Context(), cfg, &app.Console{Out: io.Discard, Err: io.Discard})
			if err != nil {
				t.Fatal(err)
			}
			measured(t, "%s: %+v", engine, got)
			if got.Claims != claims || got.OverCap+got.Priority+got.FIFO+got.Duplicates > 0 {
				t.Errorf("got %+v, want %d claims and no violation", got, claims)
			}
		})
	}
}
