package stockdigest

import (
	"cmp"
	"slices"
	"time"
)

// A ReportID is derived from what the report is about: ticker, kind, as-of
// time and version.
type ReportID string

// A ReportStatus says whether a report may be sent.
type ReportStatus string

// The statuses of a report.
const (
	ReportReady   ReportStatus = "ready"
	ReportQuiet   ReportStatus = "quiet"   // every feed was read without error and nothing new was material
	ReportPartial ReportStatus = "partial" // something to tell, but a source failed
	ReportHeld    ReportStatus = "held"    // a person must look: too much failed the gate, or nothing could be read
)

// A SectionName names a section of a report.
type SectionName string

// The sections, in the order of the mail.
const (
	SectionMajor       SectionName = "major developments"
	SectionFinancial   SectionName = "financial and operating performance"
	SectionRisks       SectionName = "risk factors"
	SectionWallStreet  SectionName = "wall street"
	SectionCompetitive SectionName = "competitive and industry"
	SectionCatalysts   SectionName = "upcoming catalysts"
	SectionUpside      SectionName = "upside"
	SectionDownside    SectionName = "downside"
	SectionVariables   SectionName = "key variables"
)

// SectionNames lists the sections in the order of the mail.
func SectionNames() []SectionName {
	return []SectionName{
		SectionMajor, SectionFinancial, SectionRisks, SectionWallStreet, SectionCompetitive,
		SectionCatalysts, SectionUpside, SectionDownside, SectionVariables,
	}
}

// Hidden reports whether a report of this kind leaves the section out: a daily
// one has no upside, downside, key variables or catalysts.
func (s SectionName) Hidden(kind ReportKind) bool {
	if kind != Daily {
		return false
	}
	return slices.Contains([]SectionName{SectionUpside, SectionDownside, SectionVariables, SectionCatalysts}, s)
}

// Impact is how much a bullet matters.
type Impact string

// The impacts, and the tri-state for "nobody said".
const (
	ImpactHigh   Impact = "high"
	ImpactMedium Impact = "medium"
	ImpactLow    Impact = "low"
)

// Rank counts from the highest; what nobody said is low.
func (i Impact) Rank() int {
	switch i {
	case ImpactHigh:
		return 0
	case ImpactMedium:
		return 1
	case ImpactLow:
	}
	return 2
}

// Sentiment is what a bullet means for the company.
type Sentiment string

// The sentiments.
const (
	Positive Sentiment = "positive"
	Negative Sentiment = "negative"
	Neutral  Sentiment = "neutral"
	Mixed    Sentiment = "mixed"
)

// A Relevance is how directly a bullet concerns the company.
type Relevance string

// The relevances.
const (
	Direct   Relevance = "direct"
	Indirect Relevance = "indirect"
	None     Relevance = "none"
)

// A BulletID is given by code, derived from run and evidence, never from a topic.
type BulletID string

// A Bullet is one statement of a report. One without evidence that passes the
// gate does not exist.
type Bullet struct {
	ID        BulletID   `json:"id"`
	Text      string     `json:"text"`
	Speaker   string     `json:"speaker,omitempty"` // who says so in these words: who speaks in a call, or the company where its filing says we; else empty
	Evidence  []Evidence `json:"evidence"`
	Story     StoryID    `json:"story"`
	Impact    Impact     `json:"impact"`
	Sentiment Sentiment  `json:"sentiment"`
	Relevance Relevance  `json:"relevance"`
	Why       string     `json:"why,omitempty"`      // the reasons for impact and sentiment, for operators
	Update    string     `json:"update,omitempty"`   // what changed since the story was last told
	Context   *Context   `json:"context,omitempty"`  // what a filing says on the topic
	Carriers  []string   `json:"carriers,omitempty"` // other publishers of the same story, sorted
	Late      bool       `json:"late,omitempty"`     // added by the morning's refresh, after the night
	Judged    Judgement  `json:"judged,omitzero"`    // zero: it was told in its source's words from the start

	// Channel is how what others did reaches the company, as a model finds;
	// empty when none was asked.
	Channel Channel `json:"channel,omitempty"`

	// Duplicate names the bullet of an earlier section that tells the same; this
	// one is counted and told with that one.
	Duplicate BulletID `json:"duplicate_of,omitempty"`
}

// A Channel is the way on which news of others reaches a company.
type Channel string

// The channels.
const (
	ChannelDemand      Channel = "demand"
	ChannelCosts       Channel = "costs"
	ChannelSupply      Channel = "supply"
	ChannelCompetition Channel = "competition"
	ChannelRules       Channel = "rules"
	ChannelCapital     Channel = "capital"
)

// Channels lists the channels.
func Channels() []Channel {
	return []Channel{ChannelDemand, ChannelCosts, ChannelSupply, ChannelCompetition, ChannelRules, ChannelCapital}
}

// Leads returns the bullet that stands for each story, the story that matters
// most first: of its bullets of the highest impact the one that its source tells
// first, in whatever section it stands. Stories of equal impact keep their order,
// and one that order does not name is left out.
func Leads(bullets []Bullet, order []StoryID) []Bullet {
	var leads []Bullet
	for _, id := range order {
		var of []Bullet
		for _, b := range bullets {
			if b.Story == id {
				of = append(of, b)
			}
		}
		if len(of) > 0 {
			leads = append(leads, slices.MinFunc(of, func(a, b Bullet) int { return cmp.Or(byImpact(a, b), byPlace(a, b)) }))
		}
	}
	slices.SortStableFunc(leads, byImpact)
	return leads
}

func byImpact(a, b Bullet) int { return cmp.Compare(a.Impact.Rank(), b.Impact.Rank()) }

func byPlace(a, b Bullet) int {
	if len(a.Evidence) == 0 || len(b.Evidence) == 0 {
		return 0
	}
	return cmp.Or(cmp.Compare(a.Evidence[0].Start, b.Evidence[0].Start), cmp.Compare(a.Evidence[0].Source, b.Evidence[0].Source))
}

// A Judgement is what a second model says of a wording beside its quotes. A
// bullet whose wording it does not find supported is told in its source's words.
type Judgement struct {
	Verdict Entailment `json:"verdict"`
	By      string     `json:"by,omitempty"` // the model's name
}

// An Entailment says whether quotes carry a wording.
type Entailment string

// The entailments.
const (
	Supported    Entailment = "supported"
	Contradicted Entailment = "contradicted"
	NotEnough    Entailment = "not enough" // the quotes do not say so much
	NotJudged    Entailment = "not judged" // nobody was asked, or answered; the checks of the code stand alone
)

// Context is what a recent filing says on a bullet's topic. It never changes
// the bullet's text.
type Context struct {
	Text     string   `json:"text"`
	Form     string   `json:"form"`
	Item     string   `json:"item,omitempty"`
	Evidence Evidence `json:"evidence"`
}

// A Section is a named list of bullets, most important first.
type Section struct {
	Name    SectionName `json:"name"`
	Bullets []Bullet    `json:"bullets"`
}

// A Draft is what a writer made of a run's material, before and after the gate.
type Draft struct {
	Writer   string    // extractive, or the model's name
	Rung     Rung      // of the ladder of degradation; empty in drafts that are older than it
	Written  Written   // how much of it a model read
	Sections []Section // in the order of SectionNames, empty ones left out
	Dropped  []Drop    // filled by verify

	// LeftOut are articles that a model read and found to be without effect on
	// the company; the verdicts are kept with the draft.
	LeftOut []Verdict

	// BottomLine is what a model says of the bullets that matter most, made from
	// those that passed the gate and through the same gate; empty: code says it.
	BottomLine string
}

// Bullets returns the bullets of all sections in order.
func (d Draft) Bullets() []Bullet {
	var all []Bullet
	for _, s := range d.Sections {
		all = append(all, s.Bullets...)
	}
	return all
}

// Written says how much a model read for a draft, and why not all of it.
type Written struct {
	Read    int    `json:"read"`              // articles that a model chose sentences from
	Of      int    `json:"of"`                // articles with a text to choose from
	Why     string `json:"why,omitempty"`     // why the rest was left to rules, for people
	Unknown int    `json:"unknown,omitempty"` // numbers in its answers that named nothing, and were dropped
	Mended  int    `json:"mended,omitempty"`  // bullets whose wording did not hold, and that a model worded anew
	Quoted  int    `json:"quoted,omitempty"`  // bullets whose wording did not hold, and that are told in their source's words
}

// A Drop is a bullet that the gate refused, with its failed claims.
type Drop struct {
	Bullet  Bullet
	Section SectionName
	Reasons []string
}

// A Report is the immutable result of a run. Its JSON form is the output
// contract of the report command.
type Report struct {
	ID         ReportID        `json:"id"`
	Ticker     Symbol          `json:"ticker"`
	Name       string          `json:"name"`
	Kind       ReportKind      `json:"kind"`
	AsOf       time.Time       `json:"as_of"`
	TimeZone   string          `json:"time_zone"`
	Version    int             `json:"version"`
	Status     ReportStatus    `json:"status"`
	Reason     string          `json:"reason,omitempty"` // why held, partial or quiet, for people
	Writer     string          `json:"writer"`
	Rung       Rung            `json:"rung,omitempty"`
	Written    Written         `json:"written,omitzero"`
	BottomLine string          `json:"bottom_line"`
	Price      *PriceCard      `json:"price,omitempty"` // nil: no source told it
	Sections   []Section       `json:"sections"`
	Stories    []ReportStory   `json:"stories"`
	Articles   []ReportArticle `json:"articles"`
	Filings    []ReportFiling  `json:"filings"`
	Coverage   Coverage        `json:"coverage"`
	Failures   []string        `json:"failures,omitempty"` // a line for each source that could not be read
}

// Told returns the bullets of all sections in order, each statement once: those
// that tell what another one tells are left out.
func (r Report) Told() []Bullet {
	var all []Bullet
	for _, s := range r.Sections {
		for _, b := range s.Bullets {
			if b.Duplicate == "" {
				all = append(all, b)
			}
		}
	}
	return all
}

// A ReportStory is a story as the report shows it.
type ReportStory struct {
	ID       StoryID    `json:"id"`
	Headline string     `json:"headline"`
	State    StoryState `json:"state"`
	Change   string     `json:"change,omitempty"`
	LastTold time.Time  `json:"last_told,omitzero"`
	Sources  int        `json:"sources"`
}

// A ReportArticle is a candidate as the report shows it: the "why" and "why not".
type ReportArticle struct {
	URL         string    `json:"url"`
	Title       string    `json:"title"`
	Publisher   string    `json:"publisher"`
	PublishedAt time.Time `json:"published_at"`
	Role        Role      `json:"role"`
	Decision    Decision  `json:"decision"`
	Gate        string    `json:"gate"`
	Reason      string    `json:"reason"`
	Label       TextLabel `json:"label,omitempty"`
	Story       StoryID   `json:"story"`
}

// A ReportFiling is a filing as the report shows it.
type ReportFiling struct {
	Accession Accession `json:"accession"`
	Form      string    `json:"form"`
	Items     []string  `json:"items"`
	URL       string    `json:"url"`
	FiledAt   time.Time `json:"filed_at"`
	Story     StoryID   `json:"story"`
}

// Coverage is the line a reader can trust: what was read for this report.
type Coverage struct {
	FeedsOK    int `json:"feeds_ok"`
	FeedsTotal int `json:"feeds_total"`
	Articles   int `json:"articles"` // candidates, duplicates included
	Selected   int `json:"selected"`
	Filings    int `json:"filings"`
	Dropped    int `json:"dropped"` // bullets the gate refused
}
