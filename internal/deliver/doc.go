// Package deliver hands mails over, each at most once, and says what became of
// every one of them.
//
// Each mail is a row of the ledger, planned before anything is sent and named
// after what it is about, its kind and its recipient. A sender claims rows,
// begins each in a transaction that reads the recipient's consent, hands the
// mail to a mail server, and notes the answer. A process that dies between the
// final dot and the answer leaves a row that is unknown: it is shown, and never
// sent again by itself.
//
// The digester makes the digests of a day from stored reports, and lets each go
// at its time unless a person holds it.
package deliver
