package edgar

// PlainText and Items are the inner steps, for tests.
var (
	PlainText = plainText
	Items     = splitItems
)
