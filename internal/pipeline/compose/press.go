package compose

import (
	"fmt"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// A House is who sends letters: what is the same in all of them.
type House struct {
	Links  Links
	Postal string // postal address, on one line; empty: none is told

	// Draw makes a PNG of closes, nil when it cannot. Without it a digest shows
	// the pictures of Links.
	Draw func(stockdigest.PriceHistory) []byte
}

// Own is what only one recipient's letter holds.
type Own struct {
	Zone        string                          // IANA name, of letters that are no digest; empty: UTC
	Unsubscribe func(stockdigest.Symbol) string // page that ends the mails about a company; about all with none. Nil: to the operator
	Confirm     string                          // page with the button that confirms an address

	// Missing are the companies that the reader follows and the digest has no
	// report of, by symbol and name. Each gets a line that says so.
	Missing []stockdigest.Ticker
}

// Digest renders a digest of the reports in it, most material first, for who
// makes one only.
func Digest(d stockdigest.Digest, house House, own Own) (Letter, error) {
	t, err := newTypeset()
	if err != nil {
		return Letter{}, err
	}
	return newPress(t, house).Digest(d, nil, own)
}

// A Press writes letters. It keeps the companies' parts of the last digests, so
// that the next reader of the same reports costs little. It is safe for use by
// many at once.
type Press struct {
	set   typeset
	house House

	mu      sync.Mutex
	kept    map[columnKey]*keptColumn
	uses    uint64
	locales map[string]locale // by zone
}

// maxKept bounds the parts that a Press keeps: those of a night of a hundred
// companies in two zones. One takes some 10 KB.
const maxKept = 200

// columnKey is all that a part of a digest depends on.
type columnKey struct {
	report stockdigest.ReportID
	zone   string
	room   room
}

type keptColumn struct {
	used uint64 // the press's count at its last use

	mu   sync.Mutex // held while it is made
	made *column
}

// NewPress returns a press of a house.
func NewPress(house House) (*Press, error) {
	t, err := newTypeset()
	if err != nil {
		return nil, err
	}
	return newPress(t, house), nil
}

func newPress(t typeset, house House) *Press {
	return &Press{set: t, house: house, kept: map[columnKey]*keptColumn{}, locales: map[string]locale{}}
}

// A Loader returns a stored report.
type Loader func(stockdigest.ReportID) (stockdigest.Report, error)

// Digest writes the digest of a reader, of the reports in it; when it has none,
// of its ReportIDs, which load gives. It is not called for what the press still
// has.
func (p *Press) Digest(d stockdigest.Digest, load Loader, own Own) (Letter, error) {
	return p.digest(d, load, own, nil)
}

// Preview writes a digest as its reader gets it, under a banner that tells the
// operator what will become of it.
func (p *Press) Preview(d stockdigest.Digest, load Loader, own Own) (Letter, error) {
	in, err := p.locale(d.TimeZone)
	if err != nil {
		return Letter{}, err
	}
	letter, err := p.digest(d, load, own, previewBanner(d, in))
	if err != nil {
		return Letter{}, err
	}
	letter.Subject = oneLine("Preview: "+letter.Subject, maxSubject)
	return letter, nil
}

func (p *Press) digest(d stockdigest.Digest, load Loader, own Own, banner []string) (Letter, error) {
	in, err := p.locale(d.TimeZone)
	if err != nil {
		return Letter{}, err
	}
	return p.set.digest(d, p.house, own, in, banner, func(to room) ([]column, error) {
		all := make([]column, 0, max(len(d.Reports), len(d.ReportIDs)))
		for _, r := range d.Reports {
			c, err := p.set.column(r, p.house, in, to)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
		if len(all) > 0 {
			return all, nil
		}
		for _, id := range d.ReportIDs {
			c, err := p.column(columnKey{id, d.TimeZone, to}, in, load)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
		return all, nil
	})
}

// locale returns the locale of a zone, which is looked up once.
func (p *Press) locale(zone string) (locale, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if in, ok := p.locales[zone]; ok {
		return in, nil
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return locale{}, fmt.Errorf("time zone of a letter: %w", err)
	}
	in := localeIn(loc)
	p.locales[zone] = in
	return in, nil
}

// column returns a part that is kept, or makes it. Who asks for one that is
// being made waits for it; when that fails, the next one tries.
func (p *Press) column(key columnKey, in locale, load Loader) (column, error) {
	k := p.keep(key)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.made == nil {
		r, err := load(key.report)
		if err != nil {
			return column{}, err
		}
		c, err := p.set.column(r, p.house, in, key.room)
		if err != nil {
			return column{}, err
		}
		k.made = &c
	}
	return *k.made, nil
}

// keep finds the place of a part, or makes one, for which the part that was not
// used for longest goes.
func (p *Press) keep(key columnKey) *keptColumn {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.kept[key]
	if k == nil {
		if len(p.kept) >= maxKept {
			p.dropOldest()
		}
		k = &keptColumn{}
		p.kept[key] = k
	}
	p.uses++
	k.used = p.uses
	return k
}

func (p *Press) dropOldest() {
	var oldest columnKey
	least := p.uses + 1
	for key, k := range p.kept {
		if k.used < least {
			oldest, least = key, k.used
		}
	}
	delete(p.kept, oldest)
}
