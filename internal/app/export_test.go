package app

import "stockdigest.app/stockdigest/internal/pipeline/extract"

// CheckModels is what doctor does about models.
var CheckModels = checkModels

// LinksOf are the links as the steps of a open them.
func LinksOf(a *App) extract.Links { return a.links() }
