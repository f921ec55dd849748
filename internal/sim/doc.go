// Package sim is the pretend world: one server on loopback that stands for the
// whole network of the product. It plays feeds, pages, EDGAR and a model server
// that speaks OpenAI's language, each with latencies, limits and faults, and it
// keeps the two things that no program can tell of itself: the bill, and a log
// of what was asked when.
//
// The product sends it every request with the host it meant in the header
// X-Pretend-Host. Companies, people and news are invented from a seed: the same
// seed and day give the same bytes, whoever asks and in whatever order. Nothing
// here reads the product's own counters, and the product knows nothing of what
// is inside.
package sim
