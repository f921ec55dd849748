// Package night keeps recorded nights: a folder with everything a night asked
// the outside, so that the same morning can be had again without a network.
//
// A night is night.json and the bodies it names. Open and Load read and check
// one, Night.Transport serves it as an http.RoundTripper, and a Recorder
// writes one from live traffic. Bodies are kept as the server sent them, after
// the transfer coding and before the content coding: when an exchange has a
// Content-Encoding header, its body is in that encoding, so a client reads a
// replay exactly as it read the live answer. A body file ending .gz is
// compressed on disk only and is served unpacked.
//
// The package reaches no network and imports only the nouns.
package night
