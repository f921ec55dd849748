package main

import (
	"fmt"
	"io"
	"os"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

type bouncesCmd struct {
	Files []string `arg:"" optional:"" help:"Mails that came back, each in a file (default: one on standard input, as a mail server pipes it)."`
}

// mostMail is more than is read of a bounce.
const mostMail = 4 << 20

func (c *bouncesCmd) Run(s *session) error {
	if len(c.Files) == 0 {
		c.Files = []string{"-"}
	}
	return withApp(s, func(a *app.App) error {
		var all []app.Bounce
		for _, file := range c.Files {
			raw, err := readMail(file)
			if err != nil {
				return err
			}
			found, err := a.Bounces(s.ctx, raw)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			all = append(all, found...)
		}
		return app.ShowBounces(s.console, all)
	})
}

func readMail(file string) ([]byte, error) {
	in := os.Stdin
	if file != "-" {
		opened, err := os.Open(file) //nolint:gosec // a file that the operator names
		if err != nil {
			return nil, &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: "cannot read " + file, Err: err}
		}
		defer func() { _ = opened.Close() }() // it was only read
		in = opened
	}
	raw, err := io.ReadAll(io.LimitReader(in, mostMail))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return raw, nil
}
