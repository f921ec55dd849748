package app

import "stockdigest.app/stockdigest/internal/pipeline/extract"

// CheckModels is what doctor does about models.
var CheckModels = checkModels

// LinksOf are the links as the steps of a open them.
func LinksOf(a *App) extract.Links { return a.links() }

// Voters are the models of each voter, as settings write them.
func Voters(o Options) ([][]string, error) {
	c, err := o.chains()
	named := [][]string{}
	for _, voter := range c.voters() {
		var list []string
		for _, m := range voter {
			list = append(list, m.String())
		}
		named = append(named, list)
	}
	return named, err
}
