package freetext

import "strings"

// Most lines tell no time, and most that do tell it in one way: what follows
// tells quickly which ways need not be tried.

// monthStarts are the first three bytes of names of months in Latin letters.
var monthStarts = func() map[string]bool {
	all := map[string]bool{}
	for _, m := range monthNames {
		all[m] = true
	}
	for m := range otherMonths {
		all[m[:3]] = true
	}
	return all
}()

// mayMonth tells whether a text may hold the name of a month.
func mayMonth(s string) bool {
	for i := 0; i+3 <= len(s); i++ {
		if s[i] >= 0x80 {
			return true
		}
		if letter(s[i]) && (i == 0 || !letter(s[i-1])) && (monthStarts[strings.ToLower(s[i:i+3])] || s[i+1] >= 0x80 || s[i+2] >= 0x80) {
			return true
		}
	}
	return false
}

// mayZone tells whether a text may hold the short name of a zone, or an offset.
func mayZone(s string) bool {
	for i := 0; i+2 <= len(s); i++ {
		c, n := s[i], s[i+1]
		if 'A' <= c && c <= 'Z' && 'A' <= n && n <= 'Z' || c >= 0x80 {
			return true
		}
		if (c == '+' || c == '-') && digit(n) && (i == 0 || !digit(s[i-1])) {
			return true
		}
	}
	return false
}

// zoneWords are of those words that tell zones.
var zoneWords = []string{"time", "zeit", "heure", "hora", "horário", "ora ", "czas", "tijd", "saat", "врем", "москв"}

// maySpoken tells whether a text may tell a zone in words.
func maySpoken(s string) bool {
	s = strings.ToLower(s)
	for _, w := range zoneWords {
		if strings.Contains(s, w) {
			return true
		}
	}
	return strings.ContainsAny(s, "京国日")
}
