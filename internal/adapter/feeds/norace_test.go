//go:build !race

package feeds_test

import "stockdigest.app/stockdigest/internal/adapter/feeds"

// hostileSize is the largest feed that is read.
const hostileSize = feeds.MaxBytes
