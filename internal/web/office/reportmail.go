package office

import (
	"candor/internal/intake/message"
)

// htmlParts are the HTML texts of a message and of those in it.
func htmlParts(m *message.Message) (all []string) {
	if m == nil {
		return nil
	}
	for i := range m.Parts {
		switch p := &m.Parts[i]; {
		case p.Message != nil:
			all = append(all, htmlParts(p.Message)...)
		case p.Type == "text/html" && p.IsText():
			all = append(all, p.Text)
		}
	}
	return all
}
