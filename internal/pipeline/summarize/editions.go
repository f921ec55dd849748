package summarize

import (
	"embed"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
)

//go:embed prompts/*.txt
var prompts embed.FS

// Editions are the system texts of the step's prompts in all versions.
func Editions() (map[stockdigest.Edition]string, error) { return desk.Editions(prompts) }
