package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
	"golang.org/x/net/idna"
)

// maxURL is the longest URL sent; longer ones are not article links.
const maxURL = 8 << 10

// A guard keeps requests on the public web.
type guard struct {
	ports     []uint16
	addresses *ssrf.Guardian
}

func newGuard(ports ...uint16) *guard {
	return &guard{ports: ports, addresses: ssrf.New(ssrf.WithPorts(ports...))}
}

// errRefused marks an address that must not be reached.
var errRefused = errors.New("refused address")

func refused(err error) bool {
	return errors.Is(err, errRefused)
}

// network is a transport that refuses private addresses after name resolution,
// at the moment of dialling, so that neither a redirect nor a name that changes
// its answer gets past it. A nil resolver is the system's.
func (g *guard) network(resolver *net.Resolver) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Resolver: resolver, Control: g.control}
	return &http.Transport{
		Proxy:                  nil, // a proxy would dial for us, out of the guard's sight
		DialContext:            dialer.DialContext,
		DisableCompression:     true, // decode counts what comes out
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

func (g *guard) control(network, address string, conn syscall.RawConn) error {
	if err := g.addresses.Safe(network, address, conn); err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	return g.address(to.Addr())
}

// address refuses every address that is not plainly public. IPv6 forms that
// carry an IPv4 address inside lie outside 2000::/3 or in its denied parts, so
// the list of ssrf covers them; what it lets through is checked once more.
func (g *guard) address(ip netip.Addr) error {
	if ip.Zone() != "" {
		return fmt.Errorf("%w: %s has a zone", errRefused, ip)
	}
	if err := g.addresses.SafeAddr(ip); err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || special(ip) {
		return fmt.Errorf("%w: %s is set aside", errRefused, ip)
	}
	return nil
}

// special holds what the list of ssrf leaves out: Azure's wire server and
// Oracle's and Alibaba's metadata have addresses that look public or shared,
// 5f00::/16 and 2001:20::/28 are no hosts, and ISATAP hides an IPv4 address
// in the lower half of any prefix.
func special(ip netip.Addr) bool {
	for _, s := range []string{"168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32", "5f00::/16", "2001:20::/28"} {
		if netip.MustParsePrefix(s).Contains(ip) {
			return true
		}
	}
	if !ip.Is6() {
		return false
	}
	b := ip.As16()
	return (b[8] == 0 || b[8] == 2) && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

// parse reads a URL that somebody gave us and checks it.
func (g *guard) parse(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, badURL("longer than %d bytes", maxURL)
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, badURL("it cannot be parsed")
	}
	return u, g.check(u)
}

// join resolves a Location against where we are and checks it.
func (g *guard) join(at *url.URL, location string) (*url.URL, error) {
	if len(location) > maxURL {
		return nil, badURL("sent on to more than %d bytes", maxURL)
	}
	next, err := at.Parse(strings.TrimSpace(location))
	if err != nil {
		return nil, badURL("sent on to what cannot be parsed")
	}
	return next, g.check(next)
}

// check lets through http and https on their ports with a public host, and
// cleans u: the host in ASCII, no fragment.
func (g *guard) check(u *url.URL) error {
	u.Scheme = strings.ToLower(u.Scheme)
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return badURL("scheme %q", u.Scheme)
	case u.User != nil:
		return badURL("it carries a user name")
	case u.Opaque != "" || u.Host == "":
		return badURL("no host")
	}
	if port := u.Port(); port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || !slices.Contains(g.ports, uint16(n)) {
			return badURL("port %s", port)
		}
	}
	host, err := g.host(u.Hostname())
	if err != nil {
		return err
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	u.Host, u.Fragment, u.RawFragment = host, "", ""
	return nil
}

// numeric finds hosts that some resolvers read as an IPv4 address though they
// are not written as one: 2130706433, 0x7f.1, 0177.0.0.1.
var numeric = regexp.MustCompile(`(?i)(^|\.)(0x[0-9a-f]*|[0-9]+)\.?$`)

// host returns the host in ASCII when it may be public.
func (g *guard) host(raw string) (string, error) {
	if ip, err := netip.ParseAddr(raw); err == nil {
		if err := g.address(ip); err != nil {
			return "", &Error{Reason: ReasonAddress, Err: err}
		}
		return raw, nil
	}
	host, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.ToLower(raw), "."))
	if err != nil || host == "" || len(host) > 253 {
		return "", badURL("host %.60q is no host name", raw)
	}
	if ip, err := netip.ParseAddr(host); err == nil { // digits in circles and the like
		if err := g.address(ip); err != nil {
			return "", &Error{Reason: ReasonAddress, Err: err}
		}
		return host, nil
	}
	if numeric.MatchString(host) {
		return "", &Error{Reason: ReasonAddress, Err: fmt.Errorf("%w: %.60q is a number", errRefused, host)}
	}
	if !strings.Contains(host, ".") || inner(host) {
		return "", &Error{Reason: ReasonAddress, Err: fmt.Errorf("%w: %.60q is a name of an inner network", errRefused, host)}
	}
	return host, nil
}

// inner tells names that never are public hosts.
func inner(host string) bool {
	for _, suffix := range []string{".localhost", ".localdomain", ".local", ".internal", ".intranet", ".lan", ".home.arpa", ".onion"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

func badURL(format string, args ...any) error {
	return &Error{Reason: ReasonURL, Err: fmt.Errorf(format, args...)}
}
