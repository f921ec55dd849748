package webhooks_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
	"stockdigest.app/stockdigest/internal/web/webhooks"
)

const (
	topic       = "arn:aws:sns:us-east-1:123456789012:bounces"
	home        = "https://sns.us-east-1.amazonaws.com/"
	certificate = home + "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
	secret      = "generic-secret-of-the-test"
	credentials = "mailman:of the test"
)

func now() time.Time { return time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC) }

// world is the doors, a desk, and SNS with its key.
type world struct {
	handler http.Handler
	taken   []stockdigest.MailReport
	fails   error
	fetched []string
	pem     map[string][]byte
	log     bytes.Buffer
}

func (w *world) Returned(_ context.Context, r stockdigest.MailReport) error {
	w.taken = append(w.taken, r)
	return w.fails
}

func (w *world) Data(_ context.Context, rawURL string, maxBytes int64) (stockdigest.Body, error) {
	w.fetched = append(w.fetched, rawURL)
	text, ok := w.pem[rawURL]
	if !ok && strings.HasSuffix(rawURL, ".pem") || int64(len(text)) > maxBytes {
		return stockdigest.Body{}, errors.New("404")
	}
	return stockdigest.Body{FinalURL: rawURL, Bytes: text}, nil
}

func newWorld(t *testing.T, c webhooks.Config) *world {
	t.Helper()
	w := &world{pem: map[string][]byte{certificate: theKey().pem}}
	hooks := webhooks.New(c, webhooks.Deps{Desk: w, Get: w, Now: now})
	w.handler = web.New(web.Config{}, web.Deps{
		Sites: []web.Site{hooks.Site()}, Health: web.NewHealth(nil, now, func(string, error) {}), Now: now,
		Log: slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}).Routes()
	return w
}

func allOpen() webhooks.Config {
	return webhooks.Config{Secret: secret, Postmark: credentials, Topics: []string{topic}}
}

func (w *world) post(t *testing.T, door, body string, header http.Header) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/mail/"+door, strings.NewReader(body))
	maps.Copy(r.Header, header)
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	return answer.Code
}

// A pair is a key of SNS with its certificate.
type pair struct {
	key *rsa.PrivateKey
	pem []byte
}

func newPair(until time.Time) pair {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now().AddDate(-1, 0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return pair{key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

var keptPair = newPair(now().AddDate(1, 0, 0))

func theKey() pair { return keptPair }

// signed is a message of SNS as the documentation shows it, signed.
func signed(t *testing.T, by pair, version string, change func(m map[string]string)) string {
	t.Helper()
	m := map[string]string{
		"Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": topic, "Subject": "Amazon SES Email Event Notification",
		"Message": sesBounce, "Timestamp": "2026-11-24T08:58:30.123Z", "SignatureVersion": version, "SigningCertURL": certificate,
		"UnsubscribeURL": home + "?Action=Unsubscribe&SubscriptionArn=" + topic, "NewField": "ignored",
	}
	if change != nil {
		change(m)
	}
	body, err := json.Marshal(m)
	check(t, err)
	text, err := webhooks.Canonical(body)
	check(t, err)
	var signature []byte
	if version == "1" {
		sum := sha1.Sum(text)
		signature, err = rsa.SignPKCS1v15(nil, by.key, crypto.SHA1, sum[:])
	} else {
		sum := sha256.Sum256(text)
		signature, err = rsa.SignPKCS1v15(nil, by.key, crypto.SHA256, sum[:])
	}
	check(t, err)
	m["Signature"] = base64.StdEncoding.EncodeToString(signature)
	body, err = json.Marshal(m)
	check(t, err)
	return string(body)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const sesBounce = `{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"General","reportingMTA":"dns; email.example.com",
"bouncedRecipients":[{"emailAddress":"\"Jane\" <jane@example.com>","status":"5.1.1","action":"failed","diagnosticCode":"smtp; 550 5.1.1 user unknown"}],
"timestamp":"2026-11-24T08:58:00.000Z","feedbackId":"00000138111222aa","remoteMtaIp":"127.0.2.0"},
"mail":{"timestamp":"2026-11-24T08:57:00.000Z","source":"digest@example.org","messageId":"00000138111222aa-33322211",
"commonHeaders":{"from":["digest@example.org"],"messageId":"<00112233445566778899aabbccddeeff@example.org>"}}}`

const (
	postmarkBounce = `{"RecordType":"Bounce","MessageStream":"outbound","ID":4323372036854775807,"Type":"HardBounce","TypeCode":1,"Name":"Hard bounce",
"Tag":"Test","MessageID":"883953f4-6105-42a2-a16a-77a8eac79483","Metadata":{"a_key":"a_value"},"ServerID":23,
"Description":"The server was unable to deliver your message (ex: unknown user, mailbox not found).","Details":"Test bounce details",
"Email":"john@example.com","From":"sender@example.com","BouncedAt":"2026-11-24T08:33:54.9070259Z","DumpAvailable":true,"Inactive":true,"CanActivate":true}`
	postmarkComplaint = `{"RecordType":"SpamComplaint","MessageStream":"outbound","ID":42,"Type":"SpamComplaint","TypeCode":100001,"Name":"Spam complaint",
"Description":"The subscriber explicitly marked this message as spam.","Email":"john@example.com","BouncedAt":"2026-11-24T08:33:54Z"}`
	postmarkLeft = `{"RecordType":"SubscriptionChange","MessageID":"883953f4","ServerID":123456,"MessageStream":"outbound","ChangedAt":"2026-11-24T08:53:34.416071Z",
"Recipient":"john@example.com","Origin":"Recipient","SuppressSending":true,"SuppressionReason":"ManualSuppression","Tag":"my-tag"}`
)

func report(address string, cause stockdigest.SuppressionCause, permanent bool) stockdigest.MailReport {
	return stockdigest.MailReport{Address: address, Cause: cause, Permanent: permanent}
}

// TestReportsAreReadAsTheServicesDocumentThem leaves out details and times.
func TestReportsAreReadAsTheServicesDocumentThem(t *testing.T) {
	t.Parallel()
	parse := map[string]func([]byte) ([]stockdigest.MailReport, error){
		"postmark": webhooks.ParsePostmark, "ses": webhooks.ParseSES,
		"generic": func(b []byte) ([]stockdigest.MailReport, error) { _, r, err := webhooks.ParseGeneric(b); return r, err },
	}
	bounced, complained := stockdigest.SuppressedBounced, stockdigest.SuppressedComplaint
	withID := report("jane@example.com", bounced, true)
	withID.Delivery = "00112233445566778899aabbccddeeff"
	for _, test := range []struct {
		door, body string
		want       []stockdigest.MailReport
	}{
		{"postmark", postmarkBounce, []stockdigest.MailReport{report("john@example.com", bounced, true)}},
		{"postmark", strings.Replace(postmarkBounce, "HardBounce", "SoftBounce", 1), []stockdigest.MailReport{report("john@example.com", bounced, false)}},
		{"postmark", strings.Replace(postmarkBounce, "HardBounce", "Transient", 1), []stockdigest.MailReport{report("john@example.com", bounced, false)}},
		{"postmark", strings.Replace(postmarkBounce, "HardBounce", "BadEmailAddress", 1), []stockdigest.MailReport{report("john@example.com", bounced, true)}},
		{"postmark", postmarkComplaint, []stockdigest.MailReport{report("john@example.com", complained, true)}},
		{"postmark", postmarkLeft, []stockdigest.MailReport{report("john@example.com", complained, true)}},
		{"postmark", strings.Replace(postmarkLeft, "Recipient\",", "Admin\",", 1), []stockdigest.MailReport{report("john@example.com", bounced, false)}},
		{"postmark", strings.Replace(postmarkLeft, "true", "false", 1), nil},
		{"postmark", `{"RecordType":"Open","Email":"john@example.com"}`, nil},
		{"postmark", `{"RecordType":"Delivery","Recipient":"john@example.com","DeliveredAt":"2026-11-24T08:33:54Z"}`, nil},
		{"ses", sesBounce, []stockdigest.MailReport{withID}},
		{"ses", strings.Replace(sesBounce, "notificationType", "eventType", 1), []stockdigest.MailReport{withID}},
		{
			"ses", `{"notificationType":"Bounce","bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull","bouncedRecipients":[{"emailAddress":"a@example.com"},{"emailAddress":"not one"}]}}`,
			[]stockdigest.MailReport{report("a@example.com", bounced, false)},
		},
		{
			"ses", `{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"a@example.com"}],"complaintFeedbackType":"abuse"}}`,
			[]stockdigest.MailReport{report("a@example.com", complained, true)},
		},
		{
			"ses", `{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"a@example.com"}]}}`,
			[]stockdigest.MailReport{report("a@example.com", complained, true)},
		},
		{
			"ses", `{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"a@example.com"}],"complaintFeedbackType":"not-spam"}}`,
			[]stockdigest.MailReport{report("a@example.com", complained, false)},
		},
		{
			"ses", `{"eventType":"DeliveryDelay","deliveryDelay":{"delayType":"TransientCommunicationFailure","delayedRecipients":[{"emailAddress":"a@example.com","status":"4.4.1"}]}}`,
			[]stockdigest.MailReport{report("a@example.com", bounced, false)},
		},
		{"ses", `{"notificationType":"AmazonSnsSubscriptionSucceeded","message":"You have successfully subscribed"}`, nil},
		{"ses", `{"eventType":"Click","click":{}}`, nil},
		{"generic", `{"sent_at":"2026-11-24T09:00:00Z","event":"bounce","address":"a@example.com","more":[1]}`, []stockdigest.MailReport{report("a@example.com", bounced, true)}},
		{"generic", `{"sent_at":"2026-11-24T09:00:00Z","event":"complaint","address":"a@example.com"}`, []stockdigest.MailReport{report("a@example.com", complained, true)}},
		{"generic", `{"sent_at":"2026-11-24T09:00:00Z","event":"delay","address":"a@example.com"}`, []stockdigest.MailReport{report("a@example.com", bounced, false)}},
	} {
		got, err := parse[test.door]([]byte(test.body))
		for i := range got {
			got[i].Detail, got[i].At = "", time.Time{}
		}
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %s: %v (-want +got):\n%s", test.door, test.body, err, diff)
		}
	}
}

func generic(body, key string) http.Header {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return http.Header{"X-Signature": {hex.EncodeToString(mac.Sum(nil))}}
}

func basic(credentials string) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))}}
}

const told = `{"sent_at":"2026-11-24T08:55:01Z","event":"bounce","address":"a@example.com"}`

// TestOnlyTheServiceIsBelieved tries every door with right and wrong proofs.
func TestOnlyTheServiceIsBelieved(t *testing.T) {
	t.Parallel()
	stranger := newPair(now().AddDate(1, 0, 0))
	set := func(name, value string) func(map[string]string) {
		return func(m map[string]string) { m[name] = value }
	}
	good := signed(t, theKey(), "2", nil)
	spoilt := func(name, value string) string { // after it was signed
		var m map[string]string
		check(t, json.Unmarshal([]byte(good), &m))
		m[name] = value
		body, err := json.Marshal(m)
		check(t, err)
		return string(body)
	}
	old := strings.Replace(told, "08:55", "08:54", 1)
	for name, test := range map[string]struct {
		door, body string
		header     http.Header
		want       int
	}{
		"generic, signed":             {"generic", told, generic(told, secret), 204},
		"generic, with a prefix":      {"generic", told, http.Header{"X-Signature": {"sha256=" + generic(told, secret).Get("X-Signature")}}, 204},
		"generic, not signed":         {"generic", told, nil, 401},
		"generic, half a signature":   {"generic", told, http.Header{"X-Signature": {generic(told, secret).Get("X-Signature")[:32]}}, 401},
		"generic, with another key":   {"generic", told, generic(told, "another"), 401},
		"generic, changed":            {"generic", told + " ", generic(told, secret), 401},
		"generic, replayed":           {"generic", old, generic(old, secret), 401},
		"generic, no JSON":            {"generic", "[", generic("[", secret), 400},
		"generic, no event":           {"generic", "{}", generic("{}", secret), 400},
		"postmark":                    {"postmark", postmarkBounce, basic(credentials), 204},
		"postmark, nobody":            {"postmark", postmarkBounce, nil, 401},
		"postmark, another password":  {"postmark", postmarkBounce, basic("mailman:of the tes"), 401},
		"postmark, no password":       {"postmark", postmarkBounce, basic("mailman:"), 401},
		"postmark, no JSON":           {"postmark", "<", basic(credentials), 400},
		"postmark, too long":          {"postmark", strings.Repeat(" ", 70_000), basic(credentials), 413},
		"ses, version 2":              {"ses", good, nil, 204},
		"ses, version 1":              {"ses", signed(t, theKey(), "1", nil), nil, 204},
		"ses, no subject":             {"ses", signed(t, theKey(), "2", set("Subject", "")), nil, 204},
		"ses, version 3":              {"ses", signed(t, theKey(), "3", nil), nil, 401},
		"ses, of a stranger":          {"ses", signed(t, stranger, "2", nil), nil, 401},
		"ses, another topic":          {"ses", signed(t, theKey(), "2", set("TopicArn", topic+"x")), nil, 401},
		"ses, an old message":         {"ses", signed(t, theKey(), "2", set("Timestamp", "2026-11-24T07:58:30.123Z")), nil, 401},
		"ses, no time":                {"ses", signed(t, theKey(), "2", set("Timestamp", "")), nil, 401},
		"ses, changed":                {"ses", spoilt("Message", strings.Replace(sesBounce, "jane", "john", 1)), nil, 401},
		"ses, no signature":           {"ses", spoilt("Signature", ""), nil, 401},
		"ses, a key from elsewhere":   {"ses", signed(t, stranger, "2", set("SigningCertURL", "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem")), nil, 401},
		"ses, a key from a user":      {"ses", signed(t, stranger, "2", set("SigningCertURL", "https://sns.us-east-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem")), nil, 401},
		"ses, a key from a bucket":    {"ses", signed(t, stranger, "2", set("SigningCertURL", "https://s3.us-east-1.amazonaws.com/SimpleNotificationService-1.pem")), nil, 401},
		"ses, a key without TLS":      {"ses", signed(t, theKey(), "2", set("SigningCertURL", strings.Replace(certificate, "https", "http", 1))), nil, 401},
		"ses, a key on another port":  {"ses", signed(t, theKey(), "2", set("SigningCertURL", strings.Replace(certificate, ".com/", ".com:8443/", 1))), nil, 401},
		"ses, a key of another place": {"ses", signed(t, theKey(), "2", set("SigningCertURL", strings.Replace(certificate, "us-east-1", "eu-west-1", 1))), nil, 401},
		"ses, an action as a key":     {"ses", signed(t, theKey(), "2", set("SigningCertURL", home+"?Action=ConfirmSubscription&x=.pem")), nil, 401},
		"ses, a key that is not there": {
			"ses", signed(t, theKey(), "2", set("SigningCertURL", home+"SimpleNotificationService-ffff.pem")), nil, 503,
		},
		"ses, no JSON":                     {"ses", "{", nil, 400},
		"ses, a message that is no notice": {"ses", signed(t, theKey(), "2", set("Message", "hello")), nil, 400},
		"ses, the end of a subscription":   {"ses", signed(t, theKey(), "2", set("Type", "UnsubscribeConfirmation")), nil, 204},
	} {
		w := newWorld(t, allOpen())
		got := w.post(t, test.door, test.body, test.header)
		if got != test.want || (len(w.taken) > 0) != (test.want == 204 && !strings.Contains(name, "the end")) {
			t.Errorf("%s: got %d and %d reports, want %d", name, got, len(w.taken), test.want)
		}
		for _, u := range w.fetched {
			if !strings.HasPrefix(u, home) {
				t.Errorf("%s: asked %s", name, u)
			}
		}
	}
}

func TestDoorsWithoutSecretAreShut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, webhooks.Config{})
	for door, header := range map[string]http.Header{"generic": generic(told, ""), "postmark": basic(":"), "ses": nil} {
		if got := w.post(t, door, told, header); got != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", door, got)
		}
	}
	if len(w.taken) > 0 {
		t.Errorf("got %v, want nothing taken", w.taken)
	}
}

func TestCertificateIsFetchedOnceAndOnlyWhileItIsGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allOpen())
	for range 3 {
		if got := w.post(t, "ses", signed(t, theKey(), "2", nil), nil); got != http.StatusNoContent {
			t.Fatalf("got %d", got)
		}
	}
	if diff := cmp.Diff([]string{certificate}, w.fetched); diff != "" {
		t.Errorf("fetched (-want +got):\n%s", diff)
	}
	for name, text := range map[string][]byte{
		"over": newPair(now().Add(-time.Hour)).pem, "no certificate": []byte("hello"),
		"empty": {}, "broken": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}),
	} {
		w := newWorld(t, allOpen())
		w.pem[certificate] = text
		if got := w.post(t, "ses", signed(t, theKey(), "2", nil), nil); got != http.StatusUnauthorized {
			t.Errorf("%s: got %d, want 401", name, got)
		}
	}
}

func TestSubscriptionIsConfirmedForOurTopicOnly(t *testing.T) {
	t.Parallel()
	confirm := func(address string) func(m map[string]string) {
		return func(m map[string]string) {
			m["Type"], m["SubscribeURL"], m["Token"], m["Message"] = "SubscriptionConfirmation", address, "2336412f37", "You have chosen to subscribe"
			delete(m, "Subject")
		}
	}
	yes := home + "?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=2336412f37"
	for name, test := range map[string]struct {
		change func(m map[string]string)
		code   int
		asked  bool
	}{
		"ours":             {confirm(yes), 204, true},
		"another topic":    {func(m map[string]string) { confirm(yes)(m); m["TopicArn"] = topic + "2" }, 401, false},
		"another place":    {confirm("https://evil.example/?Action=ConfirmSubscription"), 401, false},
		"inside the house": {confirm("http://169.254.169.254/latest/meta-data"), 401, false},
	} {
		w := newWorld(t, allOpen())
		got := w.post(t, "ses", signed(t, theKey(), "1", test.change), nil)
		asked := len(w.fetched) > 0 && w.fetched[len(w.fetched)-1] == yes
		if got != test.code || asked != test.asked || len(w.taken) > 0 {
			t.Errorf("%s: got %d after asking %v, want %d", name, got, w.fetched, test.code)
		}
	}
}

// TestFailureOfTheDeskIsTriedAgainByTheService looks at what is answered and
// logged when a report cannot be kept.
func TestFailureOfTheDeskIsTriedAgainByTheService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allOpen())
	w.fails = &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "busy"}
	if got := w.post(t, "postmark", postmarkBounce, basic(credentials)); got != http.StatusServiceUnavailable {
		t.Errorf("got %d, want 503", got)
	}
	for _, private := range []string{"john@example.com", "mailman", "of the test", secret} {
		if strings.Contains(w.log.String(), private) {
			t.Errorf("the log has %q", private)
		}
	}
}

func seeds(f *testing.F) {
	f.Helper()
	for _, s := range []string{postmarkBounce, postmarkComplaint, postmarkLeft, sesBounce, told, `{"Type":"Notification","Message":"{}"}`, "{", "null", `{"bounce":[]}`} {
		f.Add([]byte(s))
	}
}

// sane refuses reports that could do harm.
func sane(t *testing.T, reports []stockdigest.MailReport) {
	t.Helper()
	if len(reports) > 100 {
		t.Errorf("got %d reports", len(reports))
	}
	for _, r := range reports {
		if !strings.Contains(r.Address, "@") || strings.ContainsAny(r.Address, "\r\n\t \x00") || len(r.Address) > 254 ||
			strings.ContainsAny(r.Detail, "\r\n") || len([]rune(r.Detail)) > 300 || r.Delivery != "" && len(r.Delivery) != 32 {
			t.Errorf("got %+v", r)
		}
	}
}

func FuzzPostmark(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		reports, _ := webhooks.ParsePostmark(body)
		sane(t, reports)
	})
}

func FuzzSES(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		reports, _ := webhooks.ParseSES(body)
		sane(t, reports)
	})
}

func FuzzGeneric(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		_, reports, _ := webhooks.ParseGeneric(body)
		sane(t, reports)
	})
}

// FuzzMessage posts what is not signed: nothing of it is taken or asked for.
func FuzzMessage(f *testing.F) {
	seeds(f)
	f.Add([]byte(fmt.Sprintf(`{"Type":"Notification","TopicArn":%q,"Timestamp":"2026-11-24T09:00:00Z","SigningCertURL":%q}`, topic, certificate)))
	f.Fuzz(func(t *testing.T, body []byte) {
		w := newWorld(t, allOpen())
		if code := w.post(t, "ses", string(body), nil); code < 400 || len(w.taken) > 0 {
			t.Errorf("got %d and %v", code, w.taken)
		}
		for _, u := range w.fetched {
			if u != certificate && !strings.HasPrefix(u, home) {
				t.Errorf("asked %s", u)
			}
		}
	})
}
