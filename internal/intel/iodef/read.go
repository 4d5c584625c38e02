package iodef

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"golang.org/x/net/html/charset"

	"candor"
)

// Read reads a document, XML or JSON, and hands over its incidents, in order, one
// at a time. candor.ErrInvalid is of what is no IODEF, and of what passes the
// bounds; an error of each is given back.
func Read(r io.Reader, each func(Incident) error) error {
	in := bufio.NewReader(&bounded{r: r, left: MostBytes})
	start, _ := in.Peek(512) // a shorter one is looked at all the same
	var err error
	if start = bytes.TrimLeft(start, "\ufeff \t\r\n"); bytes.HasPrefix(start, []byte("{")) {
		if bom, _ := in.Peek(3); bytes.Equal(bom, []byte("\ufeff")) {
			_, err = in.Discard(3)
		}
		if err == nil {
			err = readJSON(json.NewDecoder(in), each)
		}
	} else {
		err = readXML(in, each)
	}
	var ours *givenBack
	if errors.As(err, &ours) {
		return ours.err
	}
	if err != nil {
		return fmt.Errorf("IODEF: %w", errors.Join(err, candor.ErrInvalid))
	}
	return nil
}

// givenBack is an error of who takes incidents.
type givenBack struct{ err error }

func (g *givenBack) Error() string { return g.err.Error() }

type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("more than %d MiB", MostBytes>>20)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func readXML(r io.Reader, each func(Incident) error) error {
	d := xml.NewDecoder(r)
	d.CharsetReader = charset.NewReaderLabel
	found := false
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && found {
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		if !found {
			if e.Name.Local != "IODEF-Document" {
				return fmt.Errorf("%.40s is no IODEF-Document", e.Name.Local)
			}
			found = true
			continue
		}
		if e.Name.Local != "Incident" {
			if err := d.Skip(); err != nil {
				return err
			}
			continue
		}
		var i incident
		if err := d.DecodeElement(&i, &e); err != nil {
			return err
		}
		if err := hand(i, each); err != nil {
			return err
		}
	}
}

func hand(i incident, each func(Incident) error) error {
	said, err := i.said()
	if err != nil {
		return err
	}
	if err := each(said); err != nil {
		return &givenBack{err}
	}
	return nil
}

func readJSON(d *json.Decoder, each func(Incident) error) error {
	if _, err := d.Token(); err != nil {
		return err
	}
	found := false
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if key != "Incident" {
			var skip json.RawMessage
			if err := d.Decode(&skip); err != nil {
				return err
			}
			continue
		}
		found = true
		if t, err := d.Token(); err != nil || t != json.Delim('[') {
			return errors.Join(errors.New("incidents are no list"), err)
		}
		for d.More() {
			var i incident
			if err := d.Decode(&i); err != nil {
				return err
			}
			if err := hand(i, each); err != nil {
				return err
			}
		}
		if _, err := d.Token(); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if !found {
		return errors.New("no incident")
	}
	return nil
}
