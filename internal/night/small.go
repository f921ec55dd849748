package night

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed small
var smallFiles embed.FS

// Small is the night that ships with the program: three mornings of five
// invented companies, written for it. Every name, text and figure in it is
// made up.
func Small() (*Night, error) {
	files, err := fs.Sub(smallFiles, "small")
	if err != nil {
		return nil, fmt.Errorf("open the shipped night: %w", err)
	}
	return Load(files)
}
