package fetch_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/datatest"
)

// names is a resolver of its own on loopback: answer tells the addresses of a
// name at its nth question.
func names(tb testing.TB, answer func(name string, nth int) []netip.Addr) *net.Resolver {
	tb.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	go func() {
		asked := map[string]int{}
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply := resolve(buf[:n], asked, answer); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func resolve(query []byte, asked map[string]int, answer func(string, int) []netip.Addr) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Additionals = true, nil
	name := strings.TrimSuffix(q.Name.String(), ".")
	key := name + q.Type.String()
	for _, ip := range answer(name, asked[key]) {
		h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
		switch {
		case q.Type == dnsmessage.TypeA && ip.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: ip.As4()}})
		case q.Type == dnsmessage.TypeAAAA && ip.Is6():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
		}
	}
	asked[key]++
	reply, err := m.Pack()
	if err != nil {
		return nil
	}
	return reply
}

// canaries listen on loopback and count who comes.
func canaries(tb testing.TB) (ports []uint16, came *atomic.Int32) {
	tb.Helper()
	came = new(atomic.Int32)
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			tb.Logf("no canary on %s: %v", address, err)
			continue
		}
		tb.Cleanup(func() { _ = l.Close() })
		to, err := netip.ParseAddrPort(l.Addr().String())
		if err != nil {
			tb.Fatal(err)
		}
		ports = append(ports, to.Port())
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				came.Add(1)
				_ = conn.Close()
			}
		}()
	}
	if len(ports) == 0 {
		tb.Fatal("no canary at all")
	}
	return ports, came
}

// classes are addresses that must never be dialled, one or more per class.
func classes() []string {
	return []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
		"168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1",
		"192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
		"240.0.0.1", "255.255.255.255",
		"::", "::1", "::7f00:1", "::ffff:0:7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "100::1", "100:0:0:1::1", "2001::7f00:1", "2001:2::1", "2001:10::1",
		"2001:20::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "5f00::1", "2a00:1450::5efe:7f00:1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
	}
}

// forms are the ways to write or reach an address.
func forms(ip netip.Addr) map[string]string {
	if ip.Is6() {
		return map[string]string{
			"literal":  "http://[" + ip.String() + "]/",
			"expanded": "http://[" + ip.StringExpanded() + "]:80/",
			"zone":     "http://[" + ip.String() + "%25lo]/",
			"secure":   "https://[" + strings.ToUpper(ip.String()) + "]/",
			"redirect": "http://redirect.example/?to=http://[" + ip.String() + "]/",
			"name":     "http://name.example/",
		}
	}
	b := ip.As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	circled := strings.NewReplacer("0", "⓪", "1", "①", "2", "②", "3", "③", "4", "④", "5", "⑤", "6", "⑥", "7", "⑦", "8", "⑧", "9", "⑨", ".", "。")
	return map[string]string{
		"literal":     fmt.Sprintf("http://%s/", ip),
		"decimal":     fmt.Sprintf("http://%d/", n),
		"octal":       fmt.Sprintf("http://0%o.0%o.0%o.0%o/", b[0], b[1], b[2], b[3]),
		"hex":         fmt.Sprintf("http://0x%x/", n),
		"hex parts":   fmt.Sprintf("http://0x%x.0x%x.0x%x.0x%x./", b[0], b[1], b[2], b[3]),
		"short":       fmt.Sprintf("http://%d.%d/", b[0], n&0xffffff),
		"mapped":      fmt.Sprintf("http://[::ffff:%s]/", ip),
		"compatible":  fmt.Sprintf("http://[::%x:%x]/", n>>16, n&0xffff),
		"translated":  fmt.Sprintf("http://[64:ff9b::%x:%x]/", n>>16, n&0xffff),
		"6to4":        fmt.Sprintf("http://[2002:%x:%x::1]/", n>>16, n&0xffff),
		"circled":     "http://" + circled.Replace(ip.String()) + "/",
		"end dot":     fmt.Sprintf("https://%s./", ip),
		"redirect":    fmt.Sprintf("http://redirect.example/?to=http://%s/", ip),
		"name":        "http://name.example/",
		"other first": "http://changing.example/",
	}
}

func TestNoFormReachesAPrivateAddress(t *testing.T) {
	t.Parallel()
	public := netip.MustParseAddr("93.184.216.34")
	tried := 0
	for _, class := range classes() {
		ip := netip.MustParseAddr(class)
		for form, u := range forms(ip) {
			tried++
			t.Run(class+" "+form, func(t *testing.T) {
				t.Parallel()
				resolver := names(t, func(name string, nth int) []netip.Addr {
					if name == "changing.example" && nth == 0 {
						return []netip.Addr{public}
					}
					return []netip.Addr{ip}
				})
				var mu sync.Mutex
				var approved []string
				c := fetch.NewTrapped(fetch.Config{
					UserAgent: agent, Now: noon,
					Wrap: func(inner http.RoundTripper) http.RoundTripper { return redirecting(inner) },
				}, resolver, func(a string) {
					mu.Lock()
					defer mu.Unlock()
					approved = append(approved, a)
				}, 80, 443)
				for range 2 { // a name that changes its answer is asked again
					_, err := c.Data(t.Context(), u, 1000)
					if _, ok := errors.AsType[*fetch.Error](err); !ok {
						t.Fatalf("%s: got %v", u, err)
					}
				}
				for _, a := range approved {
					if netip.MustParseAddrPort(a).Addr() != public {
						t.Errorf("%s: would connect to %s", u, a)
					}
				}
				if form != "other first" && len(approved) > 0 {
					t.Errorf("%s: approved %v", u, approved)
				}
			})
		}
	}
	if tried < 240 {
		t.Errorf("tried %d forms, want at least 240", tried)
	}
}

// redirecting answers redirect.example itself and leaves the rest to inner.
func redirecting(inner http.RoundTripper) via {
	return func(req *http.Request) (*http.Response, error) {
		if req.URL.Hostname() == "redirect.example" {
			return say(req, http.StatusFound, http.Header{"Location": {req.URL.Query().Get("to")}}, http.NoBody), nil
		}
		return inner.RoundTrip(req)
	}
}

func TestPublicAddressesPass(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{"1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::200e"} {
		resolver := names(t, func(string, int) []netip.Addr { return []netip.Addr{netip.MustParseAddr(ip)} })
		var approved atomic.Int32
		c := fetch.NewTrapped(fetch.Config{UserAgent: agent, Now: noon}, resolver, func(string) { approved.Add(1) }, 80, 443)
		_, err := c.Data(t.Context(), "https://name.example/", 1000)
		if got := reason(t, err); got != fetch.ReasonNetwork || approved.Load() == 0 {
			t.Errorf("%s: got %s (%v)", ip, got, err)
		}
	}
}

// TestNoCanaryIsReached runs the real network against listeners on loopback:
// the ports are open to it, the addresses are not.
func TestNoCanaryIsReached(t *testing.T) {
	t.Parallel()
	ports, came := canaries(t)
	loopback := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}
	resolver := names(t, func(string, int) []netip.Addr { return loopback })
	c := fetch.NewOnPorts(fetch.Config{UserAgent: agent, Now: noon}, resolver, append(ports, 80, 443)...)
	for _, port := range ports {
		for _, host := range []string{"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "any.example", "127.1", "0", "0x7f000001", "2130706433", "①②⑦.⓪.⓪.①", "a.localhost", "[::]", "0.0.0.0"} {
			for _, scheme := range []string{"http", "https"} {
				u := fmt.Sprintf("%s://%s:%d/", scheme, host, port)
				_, err := c.Page(t.Context(), u)
				if got := reason(t, err); got != fetch.ReasonAddress && got != fetch.ReasonURL {
					t.Errorf("%s: got %s (%v)", u, got, err)
				}
			}
		}
	}
	if got := came.Load(); got != 0 {
		t.Errorf("%d connections to the canaries, want 0", got)
	}
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", ports[0]))
	if err != nil {
		t.Fatalf("the canary is deaf: %v", err)
	}
	_ = conn.Close()
}

func TestTheNetworkTakesNoProxy(t *testing.T) {
	t.Parallel()
	if fetch.Network().Proxy != nil {
		t.Error("a proxy would dial for us, out of the guard's sight")
	}
}

// TestAttackURLs tries every URL of the collection outside the repository.
func TestAttackURLs(t *testing.T) {
	t.Parallel()
	f, err := os.Open(datatest.Dir(t, "attacks", "ssrf_urls.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inner := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1"), netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("::ffff:10.0.0.1")}
	resolver := names(t, func(string, int) []netip.Addr { return inner })
	var mu sync.Mutex
	approved := map[string]bool{}
	c := fetch.NewTrapped(fetch.Config{UserAgent: agent, Now: noon}, resolver, func(a string) {
		mu.Lock()
		defer mu.Unlock()
		approved[a] = true
	}, 80, 443)
	tried := 0
	for lines := bufio.NewScanner(f); lines.Scan(); tried++ {
		u := lines.Text()
		for _, read := range []func() error{
			func() error { _, err := c.Page(t.Context(), u); return err },
			func() error { _, err := c.Feed(t.Context(), u, "", ""); return err },
		} {
			var e *stockdigest.Error
			if err := read(); !errors.As(err, &e) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: got %v", u, err)
			}
		}
	}
	delete(approved, "1.1.1.1:80") // stands in the list, and is public
	if len(approved) > 0 || tried < 100 {
		t.Errorf("%d URLs tried, would connect to %v", tried, approved)
	}
}

func FuzzURL(f *testing.F) {
	for _, u := range []string{"http://127.0.0.1/", "http://[::ffff:7f00:1]:80/", "http://a.example@127.1/", "https://①②⑦.1/", "http://a.example:80#@[::1]/"} {
		f.Add(u)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c := client(via(func(req *http.Request) (*http.Response, error) {
			host := req.URL.Hostname()
			if ip, err := netip.ParseAddr(host); err == nil && (!ip.IsGlobalUnicast() || ip.IsPrivate()) {
				t.Errorf("%q asks %s", raw, host)
			}
			if port := req.URL.Port(); port != "" && port != "80" && port != "443" {
				t.Errorf("%q asks port %s", raw, port)
			}
			return say(req, 404, nil, http.NoBody), nil
		}))
		_, err := c.Data(context.Background(), raw, 100)
		if err == nil || strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("%q: got %q", raw, err)
		}
	})
}
