package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
)

// A Check is one thing that doctor looked at.
type Check struct {
	Name   string `json:"name"`
	State  string `json:"state"` // ok, warn or fail
	Detail string `json:"detail"`
}

// Doctor looks at everything a run needs and says what is wrong and the way
// out. It changes nothing but the schema of an empty database. Offline leaves
// the network out.
func Doctor(ctx context.Context, opts Options, offline bool, console *Console) []Check {
	checks := []Check{checkFolder(opts.Dir), checkZone(opts.TimeZone)}
	checks = append(checks, checkStore(ctx, opts)...)
	checks = append(checks, checkContact(opts))
	checks = append(checks, checkModels(ctx, opts, offline)...)
	checks = append(checks, checkMail(ctx, opts, offline), checkLinks(opts))
	if offline {
		return checks
	}
	return append(checks, checkNetwork(ctx, opts, console)...)
}

// checkNetwork asks the sources of news. A pretend world has invented ones of
// its own; of others it plays the optional ones.
func checkNetwork(ctx context.Context, opts Options, console *Console) []Check {
	world, err := Here(ctx, opts)
	if err != nil {
		return []Check{failed("pretend world", err)}
	}
	client := fetch.New(world.fetching(opts, newLogger(opts, console), nil))
	optional := checkSources(ctx, opts, world, client)
	if world.own != nil {
		return optional
	}
	return append([]Check{checkFeed(ctx, client), checkSEC(ctx, client)}, optional...)
}

// Failed reports whether any check failed.
func Failed(checks []Check) bool {
	for _, c := range checks {
		if c.State == "fail" {
			return true
		}
	}
	return false
}

func passed(name, detail string) Check { return Check{Name: name, State: "ok", Detail: detail} }

func failed(name string, err error) Check {
	return Check{Name: name, State: "fail", Detail: OneLine(err)}
}

func checkFolder(dir string) Check {
	const name = "data folder"
	if err := makeFolder(dir); err != nil {
		return failed(name, err)
	}
	probe := filepath.Join(dir, ".doctor")
	if err := writeFile(probe, []byte("ok")); err != nil {
		return failed(name, err)
	}
	if err := os.Remove(probe); err != nil {
		return failed(name, err)
	}
	return passed(name, dir+" can be written")
}

func checkZone(zone string) Check {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return failed("time zone", err)
	}
	return passed("time zone", fmt.Sprintf("%s, %s there now", zone, time.Now().In(loc).Format("Mon 15:04")))
}

// checkStore looks at the database and at what must add up in it.
func checkStore(ctx context.Context, opts Options) []Check {
	const name = "database"
	db, err := openStore(ctx, opts, Live(opts))
	if err != nil {
		return []Check{failed(name, err)}
	}
	checks := []Check{checkDatabase(ctx, opts, db), checkCredits(ctx, db)}
	if err := db.Close(); err != nil {
		checks = append(checks, failed(name, err))
	}
	return checks
}

func checkDatabase(ctx context.Context, opts Options, db *store.DB) Check {
	const name = "database"
	all, err := db.Tickers(ctx)
	if err != nil {
		return failed(name, err)
	}
	engine := "SQLite in " + opts.Dir
	if opts.DatabaseURL != "" {
		engine = "PostgreSQL from DATABASE_URL"
	}
	return passed(name, fmt.Sprintf("%s, schema up to date, %d tickers", engine, len(all)))
}

// doctorFaults is how many faults of one kind doctor names.
const doctorFaults = 5

// checkCredits compares every reader's account with the ledger.
func checkCredits(ctx context.Context, db *store.DB) Check {
	const name = "credits"
	faults, err := db.CheckLedger(ctx)
	if err != nil {
		return failed(name, err)
	}
	if len(faults) == 0 {
		return passed(name, "every account agrees with the ledger")
	}
	var said []string
	for _, f := range faults[:min(doctorFaults, len(faults))] {
		who := string(f.Reader)
		if r, err := db.Reader(ctx, who); err == nil {
			who = r.Email
		}
		said = append(said, fmt.Sprintf("reader %s: %d where %d is right (%s)", who, f.Got, f.Want, f.What))
	}
	if more := len(faults) - len(said); more > 0 {
		said = append(said, fmt.Sprintf("and %d more", more))
	}
	return Check{
		Name: name, State: "fail",
		Detail: strings.Join(said, "; ") + " (stockdigest credits check lists all; of ledger and account the ledger is right)",
	}
}

func checkContact(opts Options) Check {
	if opts.Contact == "" {
		return Check{Name: "contact", State: "warn", Detail: "STOCKDIGEST_CONTACT is empty: SEC refuses clients that name no contact, so live runs get no filings"}
	}
	return passed("contact", "requests name "+opts.Contact)
}

func checkFeed(ctx context.Context, client *fetch.Client) Check {
	_, err := client.Feed(ctx, ingest.GoogleNews("Apple Inc."), "", "")
	if err != nil {
		return failed("news feeds", err)
	}
	return passed("news feeds", "Google News answers")
}

func checkSEC(ctx context.Context, client *fetch.Client) Check {
	_, err := client.Data(ctx, "https://data.sec.gov/submissions/CIK0000320193.json", 8<<20)
	if err != nil {
		return failed("SEC filings", err)
	}
	return passed("SEC filings", "data.sec.gov answers")
}
