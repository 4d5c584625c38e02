package icap

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"candor"
)

// mostNamed is how many findings an answer names.
const mostNamed = 8

//go:embed page.html
var pageText string

// page tells people why something does not come, and what to do.
var page = template.Must(template.New("page").Parse(pageText))

// shown is what the page tells.
type shown struct {
	Upload   bool
	Findings []candor.Finding
	Unseen   string
	URL      string
	SHA256   string // of what was found
	Time     string
}

// block answers in place of a message (RFC 3507, 4.8.2, 4.9.2): also a request
// is answered by a response then.
func (c *session) block(r *request, v verdict) error {
	s := shown{Upload: r.method == "REQMOD", Findings: v.findings[:min(len(v.findings), mostNamed)], Unseen: v.unseen,
		URL: r.address(), Time: c.server.o.Clock().UTC().Format("2006-01-02 15:04:05 UTC")}
	if len(v.findings) > 0 {
		s.SHA256, s.Unseen = v.findings[0].SHA256, ""
	}
	var body bytes.Buffer
	if err := page.Execute(&body, s); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	text := fmt.Sprintf("HTTP/1.1 403 Forbidden\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\nCache-Control: no-store\r\n"+
		"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nX-Content-Type-Options: nosniff\r\nContent-Language: en\r\n\r\n", body.Len())
	c.begin(200, "", v.tag, r.last)
	c.threats(v)
	c.encapsulate("res", &head{text: text}, true)
	if err := c.chunk(body.Bytes()); err != nil {
		return err
	}
	_, err := c.out.WriteString("0\r\n\r\n")
	return err
}

// threats writes the fields by which clients know what was found
// (draft-stecher-icap-subid-00). X-Violations-Found is one field in many lines:
// how many, then for each a file, a name, a number of the problem and what was
// done, 2 for blocked.
func (c *session) threats(v verdict) {
	if len(v.findings) == 0 {
		c.unseen(v)
		return
	}
	first := printable(v.findings[0].Rule)
	c.field("X-Infection-Found", "Type=0; Resolution=2; Threat="+first+";")
	c.field("X-Virus-ID", first)
	named := v.findings[:min(len(v.findings), mostNamed)]
	var lines strings.Builder
	fmt.Fprint(&lines, len(named))
	for _, f := range named {
		lines.WriteString("\r\n\t" + printable(f.Path) + "\r\n\t" + printable(f.Rule) + "\r\n\t0\r\n\t2")
	}
	c.field("X-Violations-Found", lines.String())
}

// printable is a word that can stand in a field whatever it was: names of
// files come from those who upload them.
func printable(s string) string {
	word := strings.Map(func(c rune) rune {
		if c <= ' ' || c > '~' || c == ';' || c == ',' {
			return '_'
		}
		return c
	}, s[:min(len(s), 200)])
	if word == "" {
		return "-"
	}
	return word
}
