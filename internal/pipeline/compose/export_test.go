package compose

// MaxKept is the bound of a press.
const MaxKept = maxKept

// Kept is how many parts a press keeps.
func Kept(p *Press) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.kept)
}
