package mail_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
)

// keys makes a private key of each kind as PEM, with the record of its public
// key.
func keys(tb testing.TB) map[string][2]string {
	tb.Helper()
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	_, small, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(large.Public())
	if err != nil {
		tb.Fatal(err)
	}
	encode := base64.StdEncoding.EncodeToString
	edPublic, ok := small.Public().(ed25519.PublicKey)
	if !ok {
		tb.Fatal("no Ed25519 key")
	}
	return map[string][2]string{
		"rsa":     {string(pkcs8(tb, large)), "v=DKIM1; k=rsa; p=" + encode(public)},
		"ed25519": {string(pkcs8(tb, small)), "v=DKIM1; k=ed25519; p=" + encode(edPublic)},
		"pkcs 1":  {string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(large)})), "v=DKIM1; k=rsa; p=" + encode(public)},
	}
}

func pkcs8(tb testing.TB, key crypto.PrivateKey) []byte {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// verified says which fields a good signature of example.com covers; none when
// the signature does not hold.
func verified(tb testing.TB, raw []byte, record string) []string {
	tb.Helper()
	all, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if name != "mail2026._domainkey.example.com" {
			tb.Errorf("looked for %s", name)
		}
		return []string{record}, nil
	}})
	if err != nil || len(all) != 1 || all[0].Err != nil || all[0].Domain != "example.com" {
		return nil
	}
	return all[0].HeaderKeys
}

// unsigned lists the fields that must be under the signature, and more often
// than the mail has them, and are not.
func unsigned(keys []string) []string {
	var open []string
	for _, field := range []string{"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"} {
		n := 0
		for _, k := range keys {
			if strings.EqualFold(k, field) {
				n++
			}
		}
		if n < 2 {
			open = append(open, field)
		}
	}
	return open
}

func TestSignaturesHoldAndCoverBothListHeaders(t *testing.T) {
	t.Parallel()
	for kind, key := range keys(t) {
		signer, err := mail.NewSigner("example.com", "mail2026", []byte(key[0]))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		in := newInbox(t)
		in.cfg.Sign = signer
		m := letter()
		m.Text = []byte("trailing space \n.\n\n\n")
		if _, err := in.open(t, in.cfg).Send(t.Context(), m, always); err != nil {
			t.Fatal(err)
		}
		raw := in.got()[0].data
		if open := unsigned(verified(t, raw, key[1])); len(open) > 0 {
			t.Errorf("%s: %q are not under the signature", kind, open)
		}
		for name, forged := range map[string][]byte{
			"another way out":  bytes.Replace(raw, []byte("t=abc"), []byte("t=eve"), 1),
			"a second subject": append([]byte("Subject: eve\r\n"), raw...),
			"another text":     bytes.Replace(raw, []byte("trailing"), []byte("Trailing"), 1),
		} {
			if bytes.Equal(forged, raw) || verified(t, forged, key[1]) != nil {
				t.Errorf("%s: %s passes", kind, name)
			}
		}
	}
}

// TestASignatureWithoutTheListHeadersIsFound is the same rig with a version
// that signs what a signer signs when nobody tells it more.
func TestASignatureWithoutTheListHeadersIsFound(t *testing.T) {
	t.Parallel()
	key := keys(t)["ed25519"]
	signer, err := mail.NewSigner("example.com", "mail2026", []byte(key[0]))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := mail.Message(letter(), sender)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.SignOnly(raw, []string{"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"}
	if open := unsigned(verified(t, signed, key[1])); !slices.Equal(open, want) {
		t.Errorf("got %q as open, want %q", open, want)
	}
}

func TestKeysThatCannotSignAreRefused(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good := keys(t)["ed25519"][0]
	for name, c := range map[string][3]string{
		"no PEM":      {"example.com", "mail2026", "hunter2"},
		"a weak key":  {"example.com", "mail2026", string(pkcs8(t, weak))},
		"broken":      {"example.com", "mail2026", "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n"},
		"no selector": {"example.com", "", good},
		"a domain":    {"example.com\r\nx: y", "mail2026", good},
	} {
		_, err := mail.NewSigner(c[0], c[1], []byte(c[2]))
		if !errors.Is(err, stockdigest.ErrInvalid) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want an invalid input that does not tell the key", name, err)
		}
	}
}
