package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// in runs a command line with settings.
func in(t *testing.T, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, environ, &out, &errs)
	return code, out.String(), errs.String()
}

// TestDatabaseOfAnotherEnvironmentIsRefusedWithoutAWrite tries every pair of
// environments, a misspelt one among them, which is staging.
func TestDatabaseOfAnotherEnvironmentIsRefusedWithoutAWrite(t *testing.T) {
	t.Parallel()
	means := map[string]string{"production": "production", "staging": "staging", "development": "development", "prod": "staging", "": "staging"}
	for made := range means {
		dir := t.TempDir()
		if code, _, errs := in(t, []string{"STOCKDIGEST_DIR=" + dir, "ENVIRONMENT=" + made}, "readers", "add", "ada@example.com"); code != exitOK {
			t.Fatalf("%q: exit code %d: %s", made, code, errs)
		}
		for opened := range means {
			before := hashOfFile(t, filepath.Join(dir, "stockdigest.db"))
			code, _, errs := in(t, []string{"STOCKDIGEST_DIR=" + dir, "ENVIRONMENT=" + opened}, "readers", "list")
			switch {
			case means[made] == means[opened] && code != exitOK:
				t.Errorf("made as %q, opened as %q: exit code %d: %s", made, opened, code, errs)
			case means[made] == means[opened]:
			case code != exitWrongPlace || !strings.Contains(errs, means[made]) || !strings.Contains(errs, means[opened]):
				t.Errorf("made as %q, opened as %q: exit code %d: %s", made, opened, code, errs)
			case hashOfFile(t, filepath.Join(dir, "stockdigest.db")) != before:
				t.Errorf("made as %q, opened as %q: the file changed", made, opened)
			}
		}
	}
}

func hashOfFile(t *testing.T, path string) [32]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(data)
}

// TestBackupSendsNothingUntilItIsReleased restores a backup into a folder of
// its own.
func TestBackupSendsNothingUntilItIsReleased(t *testing.T) {
	t.Parallel()
	dir, restored := t.TempDir(), t.TempDir()
	here, there := []string{"STOCKDIGEST_DIR=" + dir}, []string{"STOCKDIGEST_DIR=" + restored}
	for _, args := range [][]string{{"readers", "add", "ada@example.com", "AAPL"}, {"backup", filepath.Join(restored, "stockdigest.db")}, {"send"}} {
		if code, _, errs := in(t, here, args...); code != exitOK {
			t.Fatalf("%s: exit code %d: %s", args, code, errs)
		}
	}
	code, _, errs := in(t, there, "send")
	if code != exitRefused || !strings.Contains(errs, "held") {
		t.Fatalf("the backup sent: exit code %d: %s", code, errs)
	}
	if code, out, errs := in(t, there, "deliveries", "release"); code != exitOK || !strings.Contains(out, "may go") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	if code, _, errs := in(t, there, "send"); code != exitOK {
		t.Fatalf("after the release: exit code %d: %s", code, errs)
	}
	code, out, errs := in(t, there, "readers", "list", "--json")
	var readers []struct{ Email string }
	if err := json.Unmarshal([]byte(out), &readers); err != nil || code != exitOK || len(readers) != 1 || readers[0].Email != "ada@example.com" {
		t.Errorf("the backup holds %s (%v, %s)", out, err, errs)
	}
}
