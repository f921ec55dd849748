package desk

import (
	"fmt"
	"io/fs"
	"strings"

	"stockdigest.app/stockdigest"
)

// Editions are the system texts of the prompts in a step's folder prompts, in
// all versions that the program brings: the file write.2.txt is version 2 of the
// prompt write. One is used as it stands unless the settings name another.
func Editions(files fs.FS) (map[stockdigest.Edition]string, error) {
	list, err := fs.ReadDir(files, "prompts")
	if err != nil {
		return nil, fmt.Errorf("list the prompts: %w", err)
	}
	all := map[stockdigest.Edition]string{}
	for _, f := range list {
		text, err := fs.ReadFile(files, "prompts/"+f.Name())
		if err != nil {
			return nil, fmt.Errorf("read a prompt: %w", err)
		}
		prompt, version, _ := strings.Cut(strings.TrimSuffix(f.Name(), ".txt"), ".")
		all[stockdigest.Edition{Prompt: prompt, Version: version}] = string(text)
	}
	return all, nil
}
