package notice

import "strings"

// pattern is a name in which * stands for any characters, none too. It takes
// time in proportion to the product of both lengths at worst, and no memory.
type pattern string

func (p pattern) matches(s string) bool {
	want := string(p)
	star, mark := -1, 0 // the last star seen, and up to where it reaches in s
	i, k := 0, 0
	for i < len(s) {
		switch {
		case k < len(want) && want[k] == '*':
			star, mark = k, i
			k++
		case k < len(want) && want[k] == s[i]:
			i, k = i+1, k+1
		case star >= 0: // the star takes one character more
			mark++
			i, k = mark, star+1
		default:
			return false
		}
	}
	return strings.Trim(want[k:], "*") == ""
}

// hostPattern is a host, or "*." and the host below which all are meant.
type hostPattern string

func (p hostPattern) matches(host string) bool {
	below, all := strings.CutPrefix(string(p), "*")
	if all {
		return len(host) > len(below) && strings.HasSuffix(host, below)
	}
	return host == string(p)
}

// cleanHost gives a host as notices write it: lower case, without the dot at
// the end of a full name.
func cleanHost(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// origin is what a script's address begins with.
type origin struct {
	word   string // "self" or "inline"; else empty
	scheme string
	host   hostPattern
	port   string
}

func parseOrigin(s string) origin {
	if s == "self" || s == "inline" {
		return origin{word: s}
	}
	scheme, rest, _ := strings.Cut(s, "://")
	host, port, _ := strings.Cut(rest, ":")
	return origin{scheme: scheme, host: hostPattern(host), port: realPort(scheme, port)}
}

func realPort(scheme, port string) string {
	if port != "" {
		return port
	}
	if scheme == "http" || scheme == "ws" {
		return "80"
	}
	return "443"
}
