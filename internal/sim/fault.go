package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
)

// A FaultKind is a way in which an answer goes wrong.
type FaultKind string

// The faults. Those before hang-body are no work for a model and are not
// billed; the others are.
const (
	FaultBusy       FaultKind = "429"        // without Retry-After
	FaultBusyAfter  FaultKind = "429-after"  // with Retry-After of one second
	FaultBusyAbsurd FaultKind = "429-absurd" // with Retry-After of ten years
	FaultError      FaultKind = "500"
	FaultGateway    FaultKind = "502"
	FaultOverload   FaultKind = "529"
	FaultHang       FaultKind = "hang"      // nothing comes, not even headers
	FaultWall       FaultKind = "403"       // a wall against robots
	FaultRedirects  FaultKind = "redirects" // sent on without end
	FaultHangBody   FaultKind = "hang-body" // half of the body, then nothing
	FaultHalf       FaultKind = "half"      // half of the body, and the end
	FaultType       FaultKind = "type"      // something else than was asked for
	FaultTokens     FaultKind = "tokens"    // ten times the tokens are reported, and billed
	FaultHuge       FaultKind = "huge"      // 200 MB
	FaultBomb       FaultKind = "bomb"      // a few kilobytes that unfold to 200 MB
)

// The faults that only models have: the answer comes whole and is no good.
const (
	FaultRefusal FaultKind = "refusal" // the model does not want to
	FaultCut     FaultKind = "cut"     // at the most that it may say
	FaultBlanks  FaultKind = "blanks"  // without end
	FaultLoop    FaultKind = "loop"    // the same words over and over
	FaultForm    FaultKind = "form"    // another form than was asked for
	FaultIDs     FaultKind = "ids"     // of lines that were not shown
	FaultFences  FaultKind = "fences"  // around the answer, with a word before it
	FaultLies    FaultKind = "lies"    // every other bullet is wrong, and what is mended too; as a judge it finds all supported
	FaultWords   FaultKind = "words"   // every other bullet says what is true in other words
	FaultDenies  FaultKind = "denies"  // as a judge it finds nothing supported, and it mends nothing
	FaultPraise  FaultKind = "praise"  // every candidate gets the best vote
	FaultScorn   FaultKind = "scorn"   // every candidate is voted out
	FaultLate    FaultKind = "late"    // a batch does not end until it is cancelled, with every other prompt answered
)

// FaultKinds lists the faults.
func FaultKinds() []FaultKind {
	return []FaultKind{
		FaultBusy, FaultBusyAfter, FaultBusyAbsurd, FaultError, FaultGateway, FaultOverload, FaultWall, FaultHang, FaultRedirects,
		FaultHangBody, FaultHalf, FaultType, FaultTokens, FaultHuge, FaultBomb,
		FaultRefusal, FaultCut, FaultBlanks, FaultLoop, FaultForm, FaultIDs, FaultFences, FaultLies, FaultWords, FaultDenies, FaultPraise, FaultScorn, FaultLate,
	}
}

// A Fault happens to requests by chance.
type Fault struct {
	Provider Provider // empty: to all
	Kind     FaultKind
	Share    float64 // of requests, 0 to 1
}

// ParseFaults reads faults as a command line has them:
// "429=0.02,model:tokens=1,pages:hang=0.01".
func ParseFaults(list string) ([]Fault, error) {
	var faults []Fault
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, share, found := strings.Cut(part, "=")
		var f Fault
		if provider, kind, ok := strings.Cut(name, ":"); ok {
			f.Provider, name = Provider(provider), kind
		}
		f.Kind = FaultKind(name)
		var err error
		f.Share, err = strconv.ParseFloat(share, 64)
		known := slices.Contains(FaultKinds(), f.Kind) && (f.Provider == "" || slices.Contains(append(Providers(), Sources()...), f.Provider))
		if !found || err != nil || !known || !(f.Share >= 0 && f.Share <= 1) {
			return nil, stockdigest.Invalid(fmt.Sprintf("unknown fault %q: write PROVIDER:FAULT=SHARE or FAULT=SHARE with a provider of %v, a fault of %v and a share of 0 to 1", part, append(Providers(), Sources()...), FaultKinds()))
		}
		faults = append(faults, f)
	}
	return faults, nil
}
