// Package stockdigest holds the nouns of the product: what we follow, what
// comes in, the work, its result and its proof. It imports the standard library
// only; everything else imports it and nothing imports a sibling.
//
// The flow, one run for one ticker and one window:
//
//	ingest > triage > extract > cluster > summarize > verify > compose
//
//	ingest     feeds and EDGAR become Articles, Filings and Candidates
//	triage     each Candidate is selected or rejected, with gate and reason
//	extract    selected articles get their Text
//	cluster    articles and filings become Stories: new, update or repeat
//	summarize  a writer drafts Bullets, each with Evidence
//	verify     bullets whose evidence does not hold are dropped
//	compose    what is left becomes the immutable Report
//
// Every arrow is rows in the store: a step writes its output and its "done"
// mark in one transaction, so a crash resumes at the first step not done.
package stockdigest
