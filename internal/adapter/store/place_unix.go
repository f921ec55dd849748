//go:build unix

package store

import (
	"fmt"
	"io/fs"
	"syscall"
)

// fileNumber names a file as its disk does.
func fileNumber(info fs.FileInfo) string {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("file %d", stat.Ino)
	}
	return "file"
}
