package night

import (
	"net/url"
	"strings"

	"stockdigest.app/stockdigest"
)

// canonical is the form in which two URLs that ask the same thing are equal:
// an article's identity (see stockdigest.CanonicalURL) with a path, and without
// secrets, which no recorded URL has.
func canonical(raw string) string {
	u, err := url.Parse(withoutSecrets(raw))
	if err != nil {
		return raw
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if (u.Scheme == "http" && u.Port() == "80") || (u.Scheme == "https" && u.Port() == "443") {
		u.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.Fragment, u.RawFragment, u.ForceQuery = "", "", false
	if article, err := stockdigest.CanonicalURL(u.String()); err == nil {
		return article
	}
	return u.String()
}

// withoutSecrets drops the user and the query parameters that carry keys,
// tokens and signatures. What is left is as it was, byte for byte.
func withoutSecrets(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	var kept []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil && secret(plain, value) {
			continue
		}
		kept = append(kept, part)
	}
	query := strings.Join(kept, "&")
	if u.User == nil && query == u.RawQuery {
		return raw
	}
	u.User, u.RawQuery = nil, query
	return u.String()
}

// secret tells parameters that carry keys. Short words that also name plain
// things, such as key=17 of an article, need a value as long as a key.
func secret(name, value string) bool {
	name = strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
	for _, part := range []string{"apikey", "accesskey", "token", "secret", "passw", "signature", "credential", "authorization"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	switch name {
	case "key", "auth", "sig", "pwd", "pass", "jwt", "sid", "session", "sessionid":
		return len(value) >= 12
	}
	return false
}
