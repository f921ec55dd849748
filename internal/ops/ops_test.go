package ops_test

import (
	"os"
	"path/filepath"
	"testing"

	"stockdigest.app/stockdigest/internal/ops"
)

func TestWritableFolderPassesAndStaysEmpty(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := ops.Writable(dir)(t.Context()); err != nil {
		t.Fatalf("got %v, want no error", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("got %v and %v, want nothing left behind", left, err)
	}
}

func TestFolderThatTakesNoFileFails(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(t.TempDir(), "missing")} {
		if err := ops.Writable(dir)(t.Context()); err == nil {
			t.Errorf("%s: got no error", dir)
		}
	}
}
