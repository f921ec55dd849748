package app

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"stockdigest.app/stockdigest"
)

// Options are all settings, read once from the environment. Every field works
// with its zero value or default; docs/settings.md is made from the tags.
type Options struct {
	Environment string `env:"ENVIRONMENT" envDefault:"staging" doc:"production, staging or development. Anything but production has its schedule off and runs by hand."`
	DatabaseURL Secret `env:"DATABASE_URL" doc:"PostgreSQL address (postgres://user:password@host/name). Empty: a SQLite file in the data folder."`

	Dir      string `env:"STOCKDIGEST_DIR" envDefault:"var" doc:"Data folder: the SQLite file, the databases of recorded nights, and digests. Made when missing."`
	Data     string `env:"STOCKDIGEST_DATA" envDefault:"../shared/data" doc:"Folder of the labelled sets that eval and some tests measure on. Nothing else reads it."`
	Contact  string `env:"STOCKDIGEST_CONTACT" doc:"Mail address in the User-Agent of every request. SEC refuses clients without one, so filings need it in live mode."`
	TimeZone string `env:"STOCKDIGEST_TIME_ZONE" envDefault:"America/New_York" doc:"IANA zone of days and times in live mode; a recorded night brings its own."`
	LogLevel string `env:"STOCKDIGEST_LOG_LEVEL" envDefault:"warn" doc:"Lowest level logged to standard error: debug, info, warn or error."`

	Lease        time.Duration `env:"STOCKDIGEST_LEASE" envDefault:"30s" doc:"How long a run stays claimed without a heartbeat, of which there are ten in it. After a kill, another process takes over this much later; below 1s a busy machine loses its own runs."`
	MaxScheduled int           `env:"MAX_CONCURRENT_SCHEDULED" envDefault:"4" doc:"Scheduled runs worked on at once over all processes, which must all be given the same."`
	MaxAdHoc     int           `env:"MAX_CONCURRENT_ADHOC" envDefault:"2" doc:"Ad-hoc runs worked on at once over all processes."`
	MaxTotal     int           `env:"MAX_CONCURRENT_TOTAL" envDefault:"5" doc:"Runs of all classes worked on at once over all processes. MAX_CONCURRENT_JOBS is another name for it."`

	Listen        string `env:"STOCKDIGEST_LISTEN" envDefault:"127.0.0.1:8080" doc:"Address of the web server. serve --role worker opens only the health pages on it; empty opens nothing."`
	Proxies       int    `env:"STOCKDIGEST_PROXIES" envDefault:"0" doc:"Proxies in front of the web server, whose word about the caller's address is believed."`
	Schedule      string `env:"STOCKDIGEST_SCHEDULE" doc:"on or off. Empty: on in production, off elsewhere."`
	ScheduleTimes string `env:"STOCKDIGEST_SCHEDULE_TIMES" doc:"Other times for slots, such as process=01:30,send=09:00. off in place of a time leaves the slot out."`
	Exchange      string `env:"STOCKDIGEST_EXCHANGE" envDefault:"NYSE" doc:"Whose holidays the schedule keeps: NYSE or TSX."`

	Writer      string `env:"STOCKDIGEST_WRITER" doc:"extractive, claude, openai or gemini: who is asked first; the others that have a key follow when it gives no usable answer. Empty: the first of them that has a key or an address, else extractive."`
	ClaudeKey   Secret `env:"CLAUDE_API_KEY" doc:"Key of Anthropic's API."`
	ClaudeURL   string `env:"STOCKDIGEST_CLAUDE_URL" doc:"Address of a server that speaks as Anthropic's does. Empty: Anthropic itself."`
	OpenAIKey   Secret `env:"OPENAI_API_KEY" doc:"Key of the OpenAI-compatible model server."`
	OpenAIURL   string `env:"OPENAI_BASE_URL" doc:"Address of an OpenAI-compatible server, such as http://127.0.0.1:11434/v1. Empty with a key: OpenAI itself."`
	GeminiKey   Secret `env:"GEMINI_API_KEY" doc:"Key of Google's Gemini API."`
	GeminiURL   string `env:"STOCKDIGEST_GEMINI_URL" doc:"Address of a server that speaks as Gemini's does. Empty: Google itself."`
	ModelsRead  string `env:"STOCKDIGEST_MODELS_READ" doc:"Models that read articles, best first, such as openai:gpt-5-mini,gemini:gemini-2.5-flash. Empty: one of each provider that may be asked."`
	ModelsWrite string `env:"STOCKDIGEST_MODELS_WRITE" doc:"Models that word the bullets, likewise."`
	ModelsCheap string `env:"STOCKDIGEST_MODELS_CHEAP" doc:"Models that do both when the budget gets short, likewise."`
	ModelsVote  string `env:"STOCKDIGEST_MODELS_VOTE" doc:"Models that vote on candidates, dealt in turn to two voters: the first, the third and so on are one voter, best first. Empty: the cheapest of each provider that may be asked, then the ones that read."`
	ModelsJudge string `env:"STOCKDIGEST_MODELS_JUDGE" doc:"Models that judge whether the quotes of a bullet carry its wording, best first, those of the writer's provider last. Empty: the ones that read. none: nobody, and the checks of the code stand alone."`

	FMPKey      Secret `env:"FMP_API_KEY" doc:"Key of Financial Modeling Prep: prices, transcripts of earnings calls where the plan has them, and news and press releases as two more feeds of each company. Empty: prices come from a source without a key."`
	FMPNews     bool   `env:"STOCKDIGEST_FMP_NEWS" envDefault:"true" doc:"Read FMP's news and press releases. false for a plan without them: a feed that is refused makes a report partial."`
	ScrapFlyKey Secret `env:"SCRAPFLY_API_KEY" doc:"Key of ScrapFly, the second way to pages that a wall against robots or a script keeps from us. Empty: their headlines must do."`

	Prompts       string `env:"STOCKDIGEST_PROMPTS" doc:"Versions of prompts that are used in place of the program's, such as write=2."`
	Canary        string `env:"STOCKDIGEST_CANARY" doc:"A version of a prompt, such as write=2, that a part of the tickers tries. It is rolled back by itself when its wordings hold less often than those of the others."`
	CanaryPercent int    `env:"STOCKDIGEST_CANARY_PERCENT" envDefault:"10" doc:"How many in a hundred tickers try it. A ticker that tries it at 10 does so at 20, too."`

	BudgetRun   stockdigest.Micros `env:"STOCKDIGEST_BUDGET_RUN" envDefault:"3" doc:"Most dollars that one run may cost. What a call may cost at worst is reserved before it, so no cap is ever passed."`
	BudgetUser  stockdigest.Micros `env:"STOCKDIGEST_BUDGET_READER" envDefault:"20" doc:"Most dollars that the ad-hoc runs of one reader may cost in a month."`
	BudgetDay   stockdigest.Micros `env:"STOCKDIGEST_BUDGET_DAY" envDefault:"50" doc:"Most dollars in a day of the schedule's zone."`
	BudgetMonth stockdigest.Micros `env:"STOCKDIGEST_BUDGET_MONTH" envDefault:"500" doc:"Most dollars in a month of the schedule's zone."`

	BudgetPages stockdigest.Micros `env:"STOCKDIGEST_BUDGET_SCRAPFLY" envDefault:"2" doc:"Most dollars in a day for pages through ScrapFly, within the caps above. Credits are counted at the price in the price list."`

	ModelParallel int     `env:"STOCKDIGEST_MODEL_PARALLEL" envDefault:"20" doc:"Calls to one model provider at once over all processes."`
	ModelRate     float64 `env:"STOCKDIGEST_MODEL_RATE" envDefault:"20" doc:"Calls to one model provider a second over all processes."`
	ModelTokens   int     `env:"STOCKDIGEST_MODEL_TOKENS" envDefault:"2000000" doc:"Tokens sent to and asked of one model provider a minute over all processes."`

	ModelTimeout  time.Duration `env:"STOCKDIGEST_MODEL_TIMEOUT" envDefault:"90s" doc:"How long one call to a model may take. More for a slow server of one's own."`
	ModelPatience time.Duration `env:"STOCKDIGEST_MODEL_PATIENCE" envDefault:"1m" doc:"How long a run waits for model providers in trouble; from then on it asks once and briefly, goes on to the next, and at last the rules write."`

	Batch     string        `env:"STOCKDIGEST_BATCH" envDefault:"auto" doc:"auto or off. auto lets a scheduled run whose deadline is far enough wait for batches, at half the price, while no other scheduled run waits for its place: set MAX_CONCURRENT_SCHEDULED to as many as there are tickers, and MAX_CONCURRENT_TOTAL above it."`
	BatchWait time.Duration `env:"STOCKDIGEST_BATCH_WAIT" envDefault:"2h" doc:"How long an answer may take in a batch. What has not come by then is asked for by itself; nothing is batched from so long before a run's deadline on."`

	SMTPHost      string   `env:"SMTP_HOST" doc:"Mail server. Empty: mails go to the folder outbox in the data folder, as files that can be opened."`
	SMTPPort      int      `env:"SMTP_PORT" envDefault:"587" doc:"Its port. 465 is encrypted from the first byte; on all others STARTTLS is needed, except in development."`
	SMTPUsername  string   `env:"SMTP_USERNAME" doc:"Name to log in with."`
	SMTPPassword  Secret   `env:"SMTP_PASSWORD" doc:"Password to log in with, sent over TLS only. Empty: no login."`
	SMTPFrom      string   `env:"SMTP_FROM" doc:"Sender, such as StockDigest <digest@example.com>. Mails that cannot be delivered come back to it."`
	AdminEmail    string   `env:"ADMIN_EMAIL" doc:"Address of who runs the service: reviews, previews and warnings go there. Empty: those mails are noted as suppressed."`
	DryRun        bool     `env:"DRY_RUN" doc:"Plan and send mails in a ledger of their own, which real runs never read, and to the addresses of STOCKDIGEST_MAIL_ALLOW only, in production too."`
	MailAllow     []string `env:"STOCKDIGEST_MAIL_ALLOW" doc:"Addresses, or domains such as @example.com, with commas between them. Outside production and in a dry run a mail server is given no others."`
	MailRate      int      `env:"STOCKDIGEST_MAIL_RATE" envDefault:"60" doc:"Most mails in any minute over all processes."`
	DKIMKey       Secret   `env:"STOCKDIGEST_DKIM_KEY" doc:"Private key that signs mails, RSA of 2048 bits or more, or Ed25519, as PEM or the path of a PEM file. Empty: mails are not signed here."`
	DKIMSelector  string   `env:"STOCKDIGEST_DKIM_SELECTOR" doc:"Name in the DNS below which the public key is, such as mail2026."`
	DKIMDomain    string   `env:"STOCKDIGEST_DKIM_DOMAIN" doc:"Domain that signs. Empty: the sender's."`
	PostalAddress string   `env:"STOCKDIGEST_POSTAL_ADDRESS" doc:"Postal address at the foot of every mail to readers, which the law asks for."`
	BaseURL       string   `env:"STOCKDIGEST_BASE_URL" doc:"Public https address of the web site, for the links in mails. Needed with a mail server outside development; http only for this machine's own addresses, such as http://127.0.0.1:8080."`
	Approval      string   `env:"STOCKDIGEST_APPROVAL" envDefault:"auto" doc:"auto: digests go at their time unless held. hand: none goes that nobody approved."`
	Previews      string   `env:"STOCKDIGEST_PREVIEWS" envDefault:"one" doc:"Digests that the operator gets to see half an hour before their readers: none, one (the first of each day) or all."`
	Reviews       string   `env:"STOCKDIGEST_REVIEWS" envDefault:"off" doc:"What runs selected and wrote, by mail to the operator: off, batch (for a night) or run (for each run)."`

	WebhookSecret Secret   `env:"STOCKDIGEST_WEBHOOK_SECRET" doc:"Key of the signature of POST /webhooks/mail/generic, which takes bounces and complaints (docs/webhooks.md). Empty: the address is shut."`
	Postmark      Secret   `env:"STOCKDIGEST_POSTMARK_CREDENTIALS" doc:"user:password that Postmark's webhooks send to POST /webhooks/mail/postmark. Empty: the address is shut."`
	SESTopics     []string `env:"STOCKDIGEST_SES_TOPIC" doc:"ARN of the SNS topic whose messages of SES POST /webhooks/mail/ses takes; several with commas. Empty: the address is shut."`

	Pretend string `env:"STOCKDIGEST_PRETEND" doc:"Address of a pretend world (stockdigest sim) that stands for the whole network. Refused in production."`
}

// Caps are the settings' caps of runs at once.
func (o Options) Caps() stockdigest.Caps {
	return stockdigest.Caps{Scheduled: o.MaxScheduled, AdHoc: o.MaxAdHoc, Total: o.MaxTotal}
}

// A Secret is a setting that is never shown.
type Secret string

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[hidden]"
}

// LogValue hides the value from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ReadOptions reads the settings from environ (lines of NAME=value). All faults
// are reported at once, as one ErrInvalid.
func ReadOptions(environ []string) (Options, error) {
	vars := env.ToMap(environ)
	if total, ok := vars["MAX_CONCURRENT_JOBS"]; ok && vars["MAX_CONCURRENT_TOTAL"] == "" {
		vars["MAX_CONCURRENT_TOTAL"] = total
	}
	var o Options
	faults := unknownNames(vars)
	if err := env.ParseWithOptions(&o, env.Options{Environment: vars}); err != nil {
		var all env.AggregateError
		if !errors.As(err, &all) {
			return o, fmt.Errorf("read settings: %w", err)
		}
		for _, e := range all.Errors {
			faults = append(faults, named(e))
		}
	}
	faults = append(faults, o.faults()...)
	if len(faults) > 0 {
		return o, stockdigest.Invalid("settings: " + strings.Join(faults, "; "))
	}
	return o, nil
}

// named puts the setting's name into a fault that names the field.
func named(err error) string {
	parse, ok := errors.AsType[env.ParseError](err)
	if !ok {
		return err.Error()
	}
	field, _ := reflect.TypeFor[Options]().FieldByName(parse.Name)
	return field.Tag.Get("env") + ": " + OneLine(parse.Err)
}

func (o Options) faults() []string {
	var faults []string
	if _, err := time.LoadLocation(o.TimeZone); err != nil || o.TimeZone == "" {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_TIME_ZONE=%q is not an IANA zone such as America/New_York", o.TimeZone))
	}
	if u := string(o.DatabaseURL); u != "" && !strings.HasPrefix(u, "postgres://") && !strings.HasPrefix(u, "postgresql://") {
		faults = append(faults, "DATABASE_URL does not start with postgres:// (leave it empty for SQLite)")
	}
	if _, err := o.level(); err != nil {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_LOG_LEVEL=%q is not debug, info, warn or error", o.LogLevel))
	}
	if o.Lease != 0 && o.Lease < 100*time.Millisecond {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_LEASE=%s is too short to hold a run", o.Lease))
	}
	if strings.ContainsAny(o.Contact, "\r\n") {
		faults = append(faults, "STOCKDIGEST_CONTACT has a line break")
	}
	return slices.Concat(faults, o.controlFaults(), o.scheduleFaults(), o.modelFaults(), o.editionFaults(), o.mailFaults(), o.sendingFaults(), o.webhookFaults(), o.reviewFaults())
}

// controlFaults finds what is wrong with when and how much.
func (o Options) controlFaults() []string {
	var faults []string
	for _, n := range []struct {
		name string
		n    int
	}{
		{"MAX_CONCURRENT_SCHEDULED", o.MaxScheduled},
		{"MAX_CONCURRENT_ADHOC", o.MaxAdHoc},
		{"MAX_CONCURRENT_TOTAL", o.MaxTotal},
		{"STOCKDIGEST_MODEL_PARALLEL", o.ModelParallel},
		{"STOCKDIGEST_MODEL_TOKENS", o.ModelTokens},
	} {
		if n.n < 1 {
			faults = append(faults, fmt.Sprintf("%s=%d leaves nothing to do: give at least 1", n.name, n.n))
		}
	}
	if o.ModelRate <= 0 {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_MODEL_RATE=%g leaves nothing to do: give more than 0", o.ModelRate))
	}
	if o.ModelTimeout <= 0 || o.ModelPatience <= 0 {
		faults = append(faults, "STOCKDIGEST_MODEL_TIMEOUT and STOCKDIGEST_MODEL_PATIENCE must be more than 0")
	}
	if o.Batch != "auto" && o.Batch != "off" {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_BATCH=%q is not auto or off", o.Batch))
	}
	if o.Batch == "auto" && o.BatchWait < time.Minute {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_BATCH_WAIT=%s leaves a batch no time: give a minute at least, or set STOCKDIGEST_BATCH=off", o.BatchWait))
	}
	if o.Schedule != "" && o.Schedule != "on" && o.Schedule != "off" {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_SCHEDULE=%q is not on or off", o.Schedule))
	}
	if o.Exchange != "NYSE" && o.Exchange != "TSX" {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_EXCHANGE=%q is not NYSE or TSX", o.Exchange))
	}
	if o.Pretend != "" && o.Production() {
		faults = append(faults, "STOCKDIGEST_PRETEND must not be set in production: readers would get invented news")
	}
	return faults
}

// Production reports whether real readers are served. A missing or misspelt
// environment is not production.
func (o Options) Production() bool { return o.Environment == "production" }

// Scheduled reports whether the schedule starts work by itself.
func (o Options) Scheduled() bool {
	return o.Schedule == "on" || o.Schedule == "" && o.Production()
}

func (o Options) level() (slog.Level, error) {
	var l slog.Level
	err := l.UnmarshalText([]byte(o.LogLevel))
	return l, err
}

// unknownNames finds settings of ours that do not exist: a misspelt one must
// not be ignored.
func unknownNames(vars map[string]string) []string {
	known := map[string]bool{}
	for _, s := range Settings() {
		known[s.Name] = true
	}
	var faults []string
	for name := range vars {
		if strings.HasPrefix(name, "STOCKDIGEST_") && !known[name] {
			faults = append(faults, "unknown setting "+name)
		}
	}
	slices.Sort(faults)
	return faults
}

// A Setting describes one option for the docs and for doctor.
type Setting struct {
	Name, Default, Doc string
	Secret             bool
}

// Settings lists every option in the order of the struct.
func Settings() []Setting {
	t := reflect.TypeFor[Options]()
	all := make([]Setting, 0, t.NumField())
	for f := range t.Fields() {
		all = append(all, Setting{
			Name: f.Tag.Get("env"), Default: f.Tag.Get("envDefault"), Doc: f.Tag.Get("doc"),
			Secret: f.Type == reflect.TypeFor[Secret](),
		})
	}
	return all
}

// SettingsMarkdown is the text of docs/settings.md.
func SettingsMarkdown() string {
	var b strings.Builder
	b.WriteString("# Settings\n\nGenerated by `make generate` from `internal/app/options.go`. All are environment variables; none is needed. Unknown names that start with `STOCKDIGEST_` are refused.\n\n| name | default | what it does |\n|---|---|---|\n")
	for _, s := range Settings() {
		def := "–"
		if s.Default != "" {
			def = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, def, s.Doc)
	}
	return b.String()
}
