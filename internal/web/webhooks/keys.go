package webhooks

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the first version of SNS's signatures
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/url"
	"regexp"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// The bounds of certificates: SNS has one per region, of 2 KB, and changes it
// about once a year.
const (
	maxCertificate = 16 << 10
	maxKeys        = 8
	keepKeys       = 24 * time.Hour
)

// certificates is what SNS calls them.
var certificates = regexp.MustCompile(`^/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem$`)

// keys knows the keys of SNS by the address of their certificates. It is safe
// for concurrent use.
type keys struct {
	get   Getter
	now   func() time.Time
	mu    sync.Mutex
	known map[string]signer
}

type signer struct {
	key   *rsa.PublicKey
	until time.Time
}

func newKeys(get Getter, now func() time.Time) *keys {
	return &keys{get: get, now: now, known: map[string]signer{}}
}

// check refuses a message that SNS did not sign.
func (k *keys) check(ctx context.Context, m message) error {
	signature, err := base64.StdEncoding.DecodeString(m.Signature)
	u, e := url.Parse(m.SigningCertURL)
	if err != nil || e != nil || !m.atHome(m.SigningCertURL) || u.RawQuery != "" || !certificates.MatchString(u.Path) {
		return errStranger()
	}
	key, err := k.key(ctx, m.SigningCertURL)
	if err != nil {
		return err
	}
	signed := m.canonical()
	switch m.SignatureVersion {
	case "1":
		sum := sha1.Sum(signed) //nolint:gosec // the first version of SNS's signatures
		err = rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], signature)
	case "2":
		sum := sha256.Sum256(signed)
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	default:
		return errStranger()
	}
	if err != nil {
		return errStranger()
	}
	return nil
}

// key returns the key of a certificate that SNS has at an address.
func (k *keys) key(ctx context.Context, address string) (*rsa.PublicKey, error) {
	k.mu.Lock()
	known, ok := k.known[address]
	k.mu.Unlock()
	if ok && k.now().Before(known.until) {
		return known.key, nil
	}
	body, err := k.get.Data(ctx, address, maxCertificate)
	if err != nil {
		return nil, fmt.Errorf("fetch the certificate of SNS: %w", &stockdigest.Error{
			Kind: stockdigest.ErrUnavailable, Message: "the signature cannot be checked right now", Err: err,
		})
	}
	if body.FinalURL != "" && body.FinalURL != address {
		return nil, errStranger()
	}
	fresh, err := k.read(body.Bytes)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.known) >= maxKeys {
		clear(k.known)
	}
	k.known[address] = fresh
	return fresh.key, nil
}

func (k *keys) read(text []byte) (signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return signer{}, errStranger()
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return signer{}, errStranger()
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if now := k.now(); !ok || now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return signer{}, errStranger()
	}
	until := k.now().Add(keepKeys)
	if cert.NotAfter.Before(until) {
		until = cert.NotAfter
	}
	return signer{key, until}, nil
}
