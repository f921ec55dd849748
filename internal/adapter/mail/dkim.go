package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"stockdigest.app/stockdigest"
)

// A Signer puts a DKIM signature on messages.
type Signer struct {
	domain, selector string
	key              crypto.Signer
}

// NewSigner returns a signer for a domain with the private key in PEM: RSA of
// at least 2048 bits, or Ed25519. Errors are ErrInvalid and never show the key.
func NewSigner(domain, selector string, key []byte) (*Signer, error) {
	if !isDomain(domain) || !isDomain(selector) {
		return nil, stockdigest.Invalid(fmt.Sprintf("DKIM needs a domain and a selector; got %.80q and %.80q", domain, selector))
	}
	private, err := parseKey(key)
	if err != nil {
		return nil, stockdigest.Invalid("the DKIM key " + err.Error())
	}
	return &Signer{domain: domain, selector: selector, key: private}, nil
}

func parseKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, errors.New("is not a private key in PKCS 8 or PKCS 1")
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < 2048 {
			return nil, errors.New("has fewer than 2048 bits")
		}
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, errors.New("is neither RSA nor Ed25519")
}

// signedFields are the fields that a signature covers where a mail has them.
// RFC 8058 wants the last two signed: without that, mail services show no way
// out of their own.
func signedFields() []string {
	return []string{"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"}
}

// Sign returns the message with a signature before it. Each field is named once
// more than the mail has it: so none of them can be added on the way.
func (s *Signer) Sign(message []byte) ([]byte, error) {
	return s.sign(message, signedFields())
}

func (s *Signer) sign(message []byte, fields []string) ([]byte, error) {
	head, _, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	present := "\r\n" + string(head)
	var keys []string
	for _, f := range fields {
		if strings.Contains(present, "\r\n"+f+":") {
			keys = append(keys, f, f)
		}
	}
	var signed bytes.Buffer
	signed.Grow(len(message) + 1024)
	err := dkim.Sign(&signed, bytes.NewReader(message), &dkim.SignOptions{
		Domain: s.domain, Selector: s.selector, Signer: s.key, HeaderKeys: keys,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		return nil, fmt.Errorf("sign a mail: %w", err)
	}
	return signed.Bytes(), nil
}
