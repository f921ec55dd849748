// Package fetch is the polite client: the one way this program reads feeds,
// pages and filings from the outside.
//
// It takes a URL and gives a whole stockdigest.Body, or an *Error that says
// why not and when to try again. Every request has a deadline, at most five
// redirects, a cap on decoded bytes and on how far an answer may unfold, a
// check of its type, and its turn in a limit per host; text comes out as
// UTF-8. Pages are asked for only where robots.txt lets them be.
//
// Feed and page URLs come from strangers, so nothing here reaches a private
// network: scheme, port and host are checked before each hop and each address
// once more after name resolution, as it is dialled. Proxies of the
// environment are ignored, and no cookie or credential is ever sent.
package fetch
