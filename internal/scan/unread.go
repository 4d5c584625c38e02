package scan

import (
	"fmt"
	"strings"

	"candor"
	"candor/internal/scan/unpack"
)

// mostGaps bounds the gaps of one content that are told.
const mostGaps = 20

// unread words gaps as findings: content that was not fully looked at is never
// called clean.
func unread(gaps []unpack.Gap) []candor.Finding {
	var out []candor.Finding
	for _, g := range gaps[:min(len(gaps), mostGaps)] {
		w := unreadWords[g.Reason]
		out = append(out, candor.Finding{
			Rule: candor.Unread(w.name), Language: candor.OwnLanguage, Inside: g.Path, Class: candor.Undetermined, Severity: candor.Info,
			Description: fmt.Sprintf("%s: %s", w.text, detail(g)),
		})
	}
	return out
}

func detail(g unpack.Gap) string {
	text := strings.ToValidUTF8(g.Detail, "?")
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	if g.Kind == "" {
		return text
	}
	return g.Kind + ", " + text
}

// unreadWords word the reasons.
var unreadWords = map[unpack.Reason]struct{ name, text string }{
	unpack.Bytes:       {"Bytes", "more lies inside than is looked at"},
	unpack.Entries:     {"Entries", "more parts lie inside than are looked at"},
	unpack.Time:        {"Time", "looking inside took too long"},
	unpack.Large:       {"Large", "a part is larger than is looked at"},
	unpack.Depth:       {"Depth", "parts lie deeper than is looked"},
	unpack.Window:      {"Window", "decoding would take more memory than is allowed"},
	unpack.Encrypted:   {"Encrypted", "it is encrypted"},
	unpack.Damaged:     {"Damaged", "it cannot be read to its end"},
	unpack.Unsupported: {"Unsupported", "nothing here reads this format"},
}
