package icap

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const (
	offeredPreview = 4 << 10 // bytes; what is no longer than that can always be answered by 204
	optionsTTL     = 600     // seconds
)

// methodsAt gives the methods of the service at a path, one of those where
// clients are used to find a scanner; nil: there is none. What follows the path
// as a query says nothing here.
func methodsAt(path string) []string {
	switch path {
	case "/scan", "/avscan", "/srv_clamav":
		return []string{"REQMOD", "RESPMOD"}
	case "/reqmod":
		return []string{"REQMOD"}
	case "/respmod":
		return []string{"RESPMOD"}
	}
	return nil
}

// options tells what a service does (RFC 3507, 4.10).
func (c *session) options(r *request, methods []string) error {
	if r.body { // it means nothing
		if _, err := io.Copy(io.Discard, newChunks(c.in, -1)); err != nil {
			return err
		}
	}
	s := c.server
	d, err := s.o.Definitions()
	if err != nil {
		s.o.Log.Warn("icap: there are no definitions", "error", err)
		return refuse(503, "there are no definitions")
	}
	c.begin(200, "", s.tagOf(d.Generation), r.last)
	c.field("Methods", strings.Join(methods, ", "))
	c.field("Service-ID", "candor")
	c.field("Max-Connections", strconv.Itoa(s.o.Connections))
	c.field("Options-TTL", strconv.Itoa(optionsTTL))
	c.field("Allow", "204")
	c.field("Preview", strconv.Itoa(offeredPreview))
	c.field("Transfer-Preview", "*")
	c.field("X-Include", "X-Client-IP")
	c.field("Encapsulated", "null-body=0")
	c.out.WriteString("\r\n")
	return nil
}

// tag is the ISTag (RFC 3507, 4.7) of what is in use.
func (s *Server) tag() string {
	d, err := s.o.Definitions()
	if err != nil {
		return `"candor-none"`
	}
	return s.tagOf(d.Generation)
}

// tagOf differs by all that verdicts rest on.
func (s *Server) tagOf(generation string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{s.o.Version, generation, strconv.FormatBool(s.o.FailOpen), strconv.FormatInt(s.o.MaxStream, 10)}, "\x00")))
	return `"candor-` + hex.EncodeToString(sum[:10]) + `"`
}

// begin writes the status line and the fields that each answer has.
func (c *session) begin(status int, why, tag string, last bool) {
	c.out.WriteString("ICAP/1.0 " + strconv.Itoa(status) + " " + http.StatusText(status))
	if why != "" {
		c.out.WriteString(": " + why)
	}
	c.out.WriteString("\r\n")
	c.field("ISTag", tag)
	c.field("Date", c.server.o.Clock().UTC().Format(http.TimeFormat))
	c.field("Service", strings.TrimSpace("Candor "+c.server.o.Version))
	if last {
		c.field("Connection", "close")
	}
}

// field writes a field; its value is ours or was made printable.
func (c *session) field(name, value string) {
	c.out.WriteString(name)
	c.out.WriteString(": ")
	c.out.WriteString(value)
	c.out.WriteString("\r\n")
}
