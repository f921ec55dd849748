// Command stockdigest makes sourced digests of the news about companies.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

// The exit codes, for scripts.
const (
	exitOK          = 0
	exitFault       = 1   // our fault: a bug or a full disk
	exitInvalid     = 2   // the input is wrong: flags, settings, an unknown ticker, a broken file
	exitUnavailable = 3   // something outside does not answer: the database, the network
	exitRefused     = 4   // not allowed, or it changed under us
	exitWrongPlace  = 78  // the database is for another environment; nothing was changed
	exitInterrupted = 130 // stopped by a signal; the next run goes on from here
)

func main() { os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }

// run is main without the process: it returns the exit code.
func run(args, environ []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)

	var flags cli
	code := -1
	parser, err := kong.New(&flags,
		kong.Name("stockdigest"), kong.Description("A short, sourced digest of the news about the companies you follow."),
		kong.Writers(stdout, stderr), kong.Exit(func(c int) { code = c }),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"evals": evalList()})
	if err != nil {
		return report(stderr, err)
	}
	command, err := parser.Parse(args)
	switch {
	case code >= 0: // --help
		return code
	case err != nil:
		return report(stderr, stockdigest.Invalid(err.Error()+" (see stockdigest --help)"))
	}
	opts, err := app.ReadOptions(environ)
	if err != nil {
		return report(stderr, err)
	}
	console := &app.Console{Out: stdout, Err: stderr, JSON: flags.JSON}
	return report(stderr, command.Run(&session{ctx: ctx, opts: opts, console: console}))
}

// report prints the error in one line and returns the exit code.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, "stockdigest: stopped; run it again and it goes on from here")
		return exitInterrupted
	}
	fmt.Fprintln(stderr, "stockdigest: "+app.OneLine(err))
	if _, ok := errors.AsType[*app.WrongDatabaseError](err); ok {
		return exitWrongPlace
	}
	switch {
	case errors.Is(err, stockdigest.ErrInvalid), errors.Is(err, stockdigest.ErrNotFound):
		return exitInvalid
	case errors.Is(err, stockdigest.ErrUnavailable):
		return exitUnavailable
	case errors.Is(err, stockdigest.ErrDenied), errors.Is(err, stockdigest.ErrConflict):
		return exitRefused
	}
	return exitFault
}
