// Package edgar reads a company's filings from the SEC's EDGAR: the list of
// submissions, the full submission files with their exhibits, plain text made
// of the documents, and the numbered items in that text.
//
// It takes a ticker with its CIK and a window of time and gives filings with
// their documents. It chooses no sentence, judges nothing and stores nothing;
// politeness towards the SEC (contact, rate) is the business of the client
// that it is handed.
package edgar
