// Package ops looks after the service: checks of what it stands on.
package ops

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// probe is what the check writes: more than an entry of a folder, which a full
// disk may still take.
const probe = 64 << 10

// Writable returns a check that the folder takes a file that reaches the disk.
// It does not listen to the context while the disk is silent.
func Writable(dir string) func(ctx context.Context) error {
	return func(context.Context) error {
		if err := write(dir); err != nil {
			return fmt.Errorf("write to the data folder: %w", err)
		}
		return nil
	}
}

func write(dir string) (err error) {
	f, err := os.CreateTemp(dir, ".ready-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if _, err := f.Write(make([]byte, probe)); err != nil {
		return err
	}
	return f.Sync()
}
