package turn

// Waiting is how many wait at g.
func Waiting(g *Gate) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}
