package summarize

import (
	"embed"
	"strings"

	"stockdigest.app/stockdigest"
)

//go:embed prompts/*.txt
var editions embed.FS

// Editions are the system texts of the step's prompts in all versions that the
// program brings. One is used as it stands unless the settings name another.
func Editions() (map[stockdigest.Edition]string, error) {
	files, err := editions.ReadDir("prompts")
	if err != nil {
		return nil, err
	}
	all := map[stockdigest.Edition]string{}
	for _, f := range files {
		text, err := editions.ReadFile("prompts/" + f.Name())
		if err != nil {
			return nil, err
		}
		prompt, version, _ := strings.Cut(strings.TrimSuffix(f.Name(), ".txt"), ".")
		all[stockdigest.Edition{Prompt: prompt, Version: version}] = string(text)
	}
	return all, nil
}
