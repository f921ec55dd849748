package webhooks

// The parsers, for fuzzing.
var (
	ParseGeneric  = parseGeneric
	ParsePostmark = parsePostmark
	ParseSES      = parseSES
)

// Canonical parses a message of SNS and returns what is signed of it.
func Canonical(body []byte) ([]byte, error) {
	m, err := parseMessage(body)
	return m.canonical(), err
}
