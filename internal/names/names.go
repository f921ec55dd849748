// Package names finds companies in text: which listed companies a headline or
// a body speaks of, and whether an article is about a given one (COST is not
// "cost", Apple is not Apple Hospitality).
package names
