//go:build race

package feeds_test

// hostileSize is smaller under the race detector, which slows everything down
// about tenfold.
const hostileSize = 500 << 10
