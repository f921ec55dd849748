package fetch

import (
	"net/url"
	"strings"
)

// Redact returns a URL that may be shown and logged: without user, fragment
// and the values of query parameters that look like secrets.
func Redact(raw string) string {
	if len(raw) > maxURL {
		raw = raw[:maxURL]
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Opaque != "" {
		raw, _, _ = strings.Cut(raw, "?")
		if at := strings.LastIndexByte(raw, '@'); at >= 0 {
			raw = raw[at+1:]
		}
		return printable(strings.ToValidUTF8(strings.Join(strings.Fields(raw), ""), ""))
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	parts := strings.Split(u.RawQuery, "&")
	for i, part := range parts {
		name, value, ok := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil && ok && value != "" && secretName(plain) {
			parts[i] = name + "=hidden"
		}
	}
	u.RawQuery = strings.Join(parts, "&")
	return u.String()
}

// secretName tells parameters that carry keys and sessions.
func secretName(name string) bool {
	name = strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
	switch name {
	case "key", "auth", "sig", "pwd", "pass", "jwt", "sid", "session", "sessionid", "code":
		return true
	}
	for _, part := range []string{"apikey", "accesskey", "token", "secret", "passw", "signature", "credential", "authorization"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
