package acns

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html/charset"

	"candor/internal/intake"
)

// notice is one Infringement: the texts of its elements by path, the first of
// each, and its items.
type notice struct {
	texts map[string]string
	items []item
}

type item struct{ title, file, size, hash, url string }

func (n *notice) get(path string) string { return n.texts[path] }

// notices reads XML as a stream, and gives each notice. Documents that declare
// types or entities are not read.
func notices(from io.Reader, decoded bool, give func(*notice) error) error {
	d := xml.NewDecoder(from)
	d.Strict = false // titles with a bare & are common
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if decoded {
			return in, nil
		}
		return charset.NewReaderLabel(label, in)
	}
	w := walk{give: give}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return wrong("the XML is damaged: " + err.Error())
		}
		switch t := token.(type) {
		case xml.Directive:
			return wrong("the XML declares types or entities")
		case xml.StartElement:
			if err := w.start(t); err != nil {
				return err
			}
		case xml.CharData:
			if w.now != nil && w.text.Len() < intake.MostValue {
				w.text.Write(t)
			}
		case xml.EndElement:
			if err := w.end(); err != nil {
				return err
			}
		}
	}
}

// walk is the way through the elements.
type walk struct {
	give func(*notice) error
	path []string // below Infringement
	now  *notice
	text strings.Builder
}

func (w *walk) start(t xml.StartElement) error {
	name := lower(t.Name.Local)
	w.text.Reset()
	if w.now == nil {
		if name == "infringement" {
			w.now = &notice{texts: make(map[string]string)}
		}
		return nil
	}
	if len(w.path) >= mostDepth {
		return wrong("elements lie too deep in each other")
	}
	w.path = append(w.path, name)
	if w.at() == "content/item" && len(w.now.items) < mostItems {
		w.now.items = append(w.now.items, item{})
	}
	for _, a := range t.Attr {
		w.put(w.at()+"/"+lower(a.Name.Local), a.Value)
	}
	return nil
}

func (w *walk) at() string { return strings.Join(w.path, "/") }

// put keeps a text, unless there is one.
func (w *walk) put(path, text string) {
	if text = strings.TrimSpace(text); text == "" || len(text) > intake.MostValue {
		return
	}
	if _, has := w.now.texts[path]; !has && len(w.now.texts) < 200 {
		w.now.texts[path] = text
	}
}

func (w *walk) end() error {
	if w.now == nil {
		return nil
	}
	if len(w.path) == 0 {
		n := w.now
		w.now = nil
		return w.give(n)
	}
	path := w.at()
	text := strings.TrimSpace(w.text.String())
	w.text.Reset()
	w.path = w.path[:len(w.path)-1]
	if field, ok := strings.CutPrefix(path, "content/item/"); ok && len(w.now.items) > 0 {
		w.now.items[len(w.now.items)-1].set(field, text)
		return nil
	}
	w.put(path, text)
	return nil
}

func (i *item) set(field, text string) {
	text = intake.Cut(text, 300)
	switch field {
	case "title":
		i.title = text
	case "filename":
		i.file = text
	case "filesize":
		i.size = text
	case "hash":
		i.hash = text
	case "url":
		i.url = text
	}
}

// event is what a notice tells.
func (n *notice) event() (intake.Event, error) {
	e := intake.Event{Class: "fraud/copyright"}
	source, err := intake.NewResource(intake.Address, n.get("source/ipaddress"))
	if err != nil {
		if n.get("source/ipaddress") != "" {
			return e, wrong(fmt.Sprintf("Source/IP_Address: %.60q is no IP address", n.get("source/ipaddress")))
		}
		if source, err = intake.NewResource(intake.URL, n.get("source/urlbase")); err != nil {
			return e, wrong("Source/IP_Address is missing")
		}
	}
	source.Role, source.Confidence = intake.Source, 95
	if port, err := strconv.ParseUint(n.get("source/port"), 10, 16); err == nil {
		source.Port = uint16(port)
	}
	e.About = append(e.About, source)
	e.First = when(n.get("source/timestamp"))
	for _, i := range n.items {
		if r, err := intake.NewResource(intake.Hash, i.hash); err == nil && len(e.Others) < 100 {
			r.Role, r.Confidence = intake.Other, 5
			e.Others = append(e.Others, r)
		}
	}
	e.Note, e.Evidence = n.note(), n.evidence()
	return e, nil
}

// note names the works, and who is said to have logged in.
func (n *notice) note() string {
	var all []string
	for _, i := range n.items {
		if name := i.title + i.file; name != "" {
			if i.title != "" {
				name = i.title
			}
			all = append(all, name)
		}
	}
	note := strings.Join(all, "; ")
	if kind := n.get("source/type"); kind != "" {
		note += " (" + kind + ")"
	}
	for _, path := range []string{"source/login/username", "source/username", "source/login"} {
		if login := n.get(path); login != "" {
			note += ", login " + login
			break
		}
	}
	return intake.Cut(strings.TrimSpace(note), intake.MostNote)
}

func (n *notice) evidence() string {
	var b strings.Builder
	for _, i := range n.items {
		if b.Len() > intake.MostEvidence {
			break
		}
		var fields []string
		for _, f := range []string{i.title, i.file, i.size, i.hash, i.url} {
			if f != "" {
				fields = append(fields, f)
			}
		}
		b.WriteString(strings.Join(fields, "\t") + "\n")
	}
	return intake.Cut(b.String(), intake.MostEvidence)
}

// when reads a time; one without a zone is told as it stands.
func when(text string) *intake.When {
	if text == "" || len(text) > 100 {
		return nil
	}
	w := intake.When{Text: text}
	if t, err := time.Parse(time.RFC3339, strings.ToUpper(text)); err == nil {
		w.Time = t.UTC()
	}
	return &w
}
