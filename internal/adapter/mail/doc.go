// Package mail hands mails over: to a mail server over SMTP, or to a folder,
// the outbox. It writes the message, signs it, keeps to the safety net, and
// says of every mail that was not taken how far it came.
//
// It sends to one recipient at a time and knows no reader, no ledger and no
// digest: what a mail says and who gets it is decided before. It reads bounces,
// too, as the bytes of a mail that came back.
package mail
