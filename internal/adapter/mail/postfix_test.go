//go:build postfix

package mail_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/mail"
)

// TestAMailPassesThroughPostfix sends through a Postfix of its own: STARTTLS in,
// a maildir at the end. It needs root and Debian's postfix. Every .eml of the
// folder in MAILS is sent, too.
func TestAMailPassesThroughPostfix(t *testing.T) {
	cfg, maildir := startPostfix(t)
	key := keys(t)["rsa"]
	signer, err := mail.NewSigner("example.com", "mail2026", []byte(key[0]))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Sign = signer
	post, err := mail.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	session, err := post.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := digestOf43KB()
	m.Subject, m.Text = "Größe: ×", []byte(".\n..\nhidden dots\n")
	m.Pictures = []stockdigest.Picture{{Name: "chart-1", PNG: bytes.Repeat([]byte("png"), 1000)}}
	answer, err := session.Send(t.Context(), m, always)
	if err != nil || !strings.Contains(answer, "queued as") {
		t.Fatalf("got %q, %v", answer, err)
	}
	m.To = "nobody@elsewhere.example"
	var fault *stockdigest.MailError
	if _, err := session.Send(t.Context(), m, always); !errors.As(err, &fault) || fault.Handover != stockdigest.HandoverRefused || fault.Address {
		t.Errorf("to a foreign domain: got %v, want a refusal that blames no address", err)
	}
	sent := [][]byte{nil}
	files, err := filepath.Glob(filepath.Join(os.Getenv("MAILS"), "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := session.SendRaw(t.Context(), "ada@example.org", raw); err != nil {
			t.Errorf("%s: %v", f, err)
		}
		sent = append(sent, raw)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	arrived := await(t, maildir, len(sent))
	whole := 0
	for _, raw := range arrived {
		if bytes.Contains(raw, []byte("hidden dots")) {
			if open := unsigned(verified(t, raw, key[1])); len(open) > 0 {
				t.Errorf("after Postfix %q are not under the signature", open)
			}
			if _, all := leaves(t, raw); len(all) != 3 || all[0].body != ".\r\n..\r\nhidden dots\r\n" {
				t.Errorf("after Postfix: got %+v", all)
			}
			whole++
		}
		for _, s := range sent[1:] {
			if bytes.HasSuffix(raw, s) {
				whole++
			}
		}
	}
	if whole != len(sent) {
		t.Errorf("%d of %d mails arrived as they were sent", whole, len(sent))
	}
	t.Logf("measured: %d mails through Postfix with STARTTLS, %d arrived whole, DKIM holds", len(sent), whole)
}

// await returns the mails of a maildir when there are so many of them.
func await(t *testing.T, maildir string, want int) [][]byte {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 600 {
		names, err := filepath.Glob(filepath.Join(maildir, "new", "*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(names) < want {
			<-tick.C
			continue
		}
		var all [][]byte
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n")))
		}
		return all
	}
	t.Fatalf("fewer than %d mails in %s after a minute", want, maildir)
	return nil
}

// startPostfix runs a Postfix with a folder and a port of its own until the
// test ends. It delivers mails to example.org into a maildir and relays none.
func startPostfix(t *testing.T) (mail.Config, string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("Postfix starts as root only")
	}
	owner, err := user.Lookup("postfix")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "postfix") // the test's own folder is closed to Postfix's user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := config()
	cfg.Port, cfg.Roots = port(listener), writeCertificate(t, dir)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"main.cf": fmt.Sprintf(mainCF, dir, owner.Uid, owner.Gid), "master.cf": fmt.Sprintf(masterCF, cfg.Port)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		t.Fatal(err)
	}
	for name, user := range map[string]int{"": 0, "queue": 0, "data": uid, "mail": uid} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(path, 0o755), os.Chmod(path, 0o755), os.Chown(path, user, -1)); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, cfg.Port)
	return cfg, filepath.Join(dir, "mail", "inbox")
}

const mainCF = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
myhostname = mx.example.org
mydestination =
inet_interfaces = 127.0.0.1
mynetworks =
alias_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = static:inbox/
virtual_minimum_uid = 1
virtual_uid_maps = static:%[2]s
virtual_gid_maps = static:%[3]s
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = %[1]s/cert.pem
smtpd_tls_key_file = %[1]s/key.pem
smtpd_relay_restrictions = reject_unauth_destination
`

const masterCF = `127.0.0.1:%d inet n - n - - smtpd
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
proxymap  unix - - n - - proxymap
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
virtual   unix - n n - - virtual
smtp      unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
postlog   unix-dgram n - n - 1 postlogd
`

// run starts the master process and ends it, by its id, with the test.
func run(t *testing.T, dir string, port int) {
	t.Helper()
	for _, verb := range []string{"check", "start"} {
		if out, err := exec.Command("postfix", "-c", dir, verb).CombinedOutput(); err != nil {
			t.Fatalf("postfix %s: %v: %s", verb, err, out)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("Postfix says:\n%s", said)
		}
		end(t, filepath.Join(dir, "queue", "pid", "master.pid"))
	})
	for range 100 {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = conn.Close()
			return
		}
		<-time.After(100 * time.Millisecond)
	}
	t.Fatal("Postfix does not listen after 10 s")
}

// end ends the process whose id the file holds, and waits until it is gone.
func end(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	id, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || id < 2 {
		t.Fatalf("%s holds %q", file, text)
	}
	for range 100 {
		if err := syscall.Kill(id, syscall.SIGTERM); errors.Is(err, syscall.ESRCH) {
			return
		}
		<-time.After(100 * time.Millisecond)
	}
	t.Errorf("Postfix, process %d, is still there after 10 s", id)
}

func writeCertificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	cert, roots := certificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: cert.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return roots
}
