package misp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

// Bounds of what is read.
const (
	MostBytes      = 64 << 20
	MostAttributes = 500_000 // of one event
	mostTags       = 1000
)

// Read reads one event. candor.ErrInvalid is of what is none, and of what passes
// the bounds; attributes that are wrong are told as problems, and left out.
func Read(r io.Reader) (Content, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MostBytes+1))
	if err != nil {
		return Content{}, err
	}
	if len(raw) > MostBytes {
		return Content{}, fmt.Errorf("MISP: an event of more than %d MiB: %w", MostBytes>>20, candor.ErrInvalid)
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	var in struct {
		Event    *event
		Response []struct{ Event *event } `json:"response"`
	}
	var shape *json.UnmarshalTypeError
	if err := json.Unmarshal(raw, &in); err != nil && !errors.As(err, &shape) {
		return Content{}, fmt.Errorf("MISP: %w", errors.Join(err, candor.ErrInvalid))
	}
	if in.Event == nil && len(in.Response) == 1 {
		in.Event = in.Response[0].Event
	}
	if in.Event == nil {
		return Content{}, fmt.Errorf("MISP: no event: %w", candor.ErrInvalid)
	}
	c, err := content(in.Event)
	if shape != nil {
		c.problem("%v", shape)
	}
	return c, err
}

func content(e *event) (Content, error) {
	c := Content{UUID: strings.ToLower(e.UUID), Info: intake.Cut(e.Info, intake.MostNote), Modified: e.Timestamp.time()}
	if _, err := candor.ParseID(c.UUID); err != nil {
		c.UUID = ""
	}
	if e.Orgc != nil {
		c.Producer = intake.Cut(e.Orgc.Name, intake.MostNote)
	}
	if len(e.Tags) > mostTags {
		return c, fmt.Errorf("MISP: more than %d tags: %w", mostTags, candor.ErrInvalid)
	}
	c.TLP = marks(e.Tags)
	lists := [][]attribute{e.Attributes}
	for _, g := range e.Objects {
		for i := range g.Attributes {
			if g.Deleted.yes() {
				g.Attributes[i].Deleted = g.Deleted
			}
		}
		lists = append(lists, g.Attributes)
	}
	for _, l := range lists {
		for _, a := range l {
			if c.Attributes++; c.Attributes > MostAttributes {
				return c, fmt.Errorf("MISP: more than %d attributes: %w", MostAttributes, candor.ErrInvalid)
			}
			c.attribute(e, a)
		}
	}
	return c, nil
}

// attribute adds what an attribute names.
func (c *Content) attribute(e *event, a attribute) {
	parts := reads[a.Type]
	if len(parts) == 0 {
		return
	}
	if a.Deleted.yes() {
		return // it holds no more
	}
	if len(a.Tags) > mostTags {
		c.problem("%.40s: more than %d tags", a.UUID, mostTags)
		return
	}
	values := []string{string(a.Value)}
	if len(parts) > 1 {
		values = strings.SplitN(string(a.Value), "|", len(parts))
	}
	for n, v := range values {
		if parts[n] == "" {
			continue
		}
		i, err := indicator(parts[n], v)
		if err != nil {
			c.problem("%.40s: %v", a.UUID, err)
			continue
		}
		c.describe(&i, e, a)
		if a.IDS.yes() {
			c.Indicators = append(c.Indicators, i)
		} else {
			c.Context = append(c.Context, i)
		}
	}
}

// indicator makes an indicator of a value; addresses may be networks, and URLs
// hosts.
func indicator(kind intake.Kind, value string) (intel.Indicator, error) {
	i, err := intel.NewIndicator(kind, value)
	if err != nil && kind == intake.Address {
		if n, bad := intel.NewIndicator(intake.Network, value); bad == nil {
			return n, nil
		}
	}
	if err != nil && kind == intake.URL { // some have only the host
		if n, bad := intel.NewIndicator(intake.Domain, value); bad == nil {
			return n, nil
		}
	}
	return i, err
}

func (c *Content) describe(i *intel.Indicator, e *event, a attribute) {
	i.Reference = a.UUID
	i.Note = intake.Cut(strings.TrimSpace(a.Comment), intake.MostNote)
	if i.Note == "" {
		i.Note = c.Info
	}
	if i.Class = class(a.Tags); i.Class == "" {
		i.Class = class(e.Tags)
	}
	if i.Confidence = confidence(a.Tags); i.Confidence == 0 {
		i.Confidence = confidence(e.Tags)
	}
	i.First, i.Last = a.First.time(), a.Last.time()
	if i.First.IsZero() {
		i.First = a.Timestamp.time()
	}
	if i.Last.Before(i.First) {
		i.Last = i.First
	}
	if i.TLP = marks(a.Tags); i.TLP == "" || c.TLP != "" && c.TLP.Compare(i.TLP) > 0 {
		i.TLP = c.TLP
	}
}

// reads is what the parts of a value are, by the attribute's type; a part of no
// kind is passed over. Types that are not here name nothing that we have words for.
var reads = map[string][]intake.Kind{
	"ip-src": {intake.Address}, "ip-dst": {intake.Address}, "ip-src|port": {intake.Address, ""}, "ip-dst|port": {intake.Address, ""},
	"domain": {intake.Domain}, "hostname": {intake.Domain}, "hostname|port": {intake.Domain, ""}, "domain|ip": {intake.Domain, intake.Address},
	"url": {intake.URL}, "email": {intake.Mail}, "email-src": {intake.Mail}, "email-reply-to": {intake.Mail},
	"md5": {intake.Hash}, "sha1": {intake.Hash}, "sha256": {intake.Hash}, "sha384": {intake.Hash}, "sha512": {intake.Hash},
	"filename|md5": {"", intake.Hash}, "filename|sha1": {"", intake.Hash}, "filename|sha256": {"", intake.Hash},
	"filename|sha384": {"", intake.Hash}, "filename|sha512": {"", intake.Hash}, "malware-sample": {"", intake.Hash},
}

// whole adds up the marks of an event.
func (c Content) whole() tlp.Mark {
	var sum tlp.Sum
	if c.TLP != "" {
		sum.Add(c.TLP)
	}
	for _, i := range append(c.Indicators[:len(c.Indicators):len(c.Indicators)], c.Context...) {
		sum.Add(i.TLP)
	}
	return sum.Mark()
}
