package holder

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"candor/internal/intake"
)

// Bounds of what registries answer.
const (
	mostDepth    = 6   // of entities within entities
	mostEntities = 500 // of one answer
	mostMails    = 10
)

var errAnswer = errors.New("no answer of RDAP")

// object is what is read of an IP network or a domain (RFC 9083, 5.3, 5.4).
type object struct {
	Class    string   `json:"objectClassName"`
	Handle   string   `json:"handle"`
	Name     string   `json:"name"`
	Domain   string   `json:"ldhName"`
	Entities []entity `json:"entities"`
	Links    []link   `json:"links"`
}

// entity is a person or an organisation (RFC 9083, 5.1). Fields that some
// registries get wrong are read by themselves.
type entity struct {
	Roles    json.RawMessage `json:"roles"`
	VCard    json.RawMessage `json:"vcardArray"`
	Entities json.RawMessage `json:"entities"`
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
	Type string `json:"type"`
}

func parseObject(body []byte) (o object, err error) {
	var raw struct {
		Class    json.RawMessage `json:"objectClassName"`
		Handle   json.RawMessage `json:"handle"`
		Name     json.RawMessage `json:"name"`
		Domain   json.RawMessage `json:"ldhName"`
		Entities json.RawMessage `json:"entities"`
		Links    json.RawMessage `json:"links"`
	}
	if json.Unmarshal(body, &raw) != nil {
		return o, errAnswer
	}
	lenient(raw.Class, &o.Class)
	if o.Class != "ip network" && o.Class != "domain" {
		return o, errAnswer
	}
	lenient(raw.Handle, &o.Handle)
	lenient(raw.Name, &o.Name)
	lenient(raw.Domain, &o.Domain)
	o.Entities, o.Links = list[entity](raw.Entities), list[link](raw.Links)
	return o, nil
}

// lenient reads a value; one of another type stays as it was.
func lenient[T any](raw json.RawMessage, to *T) {
	var v T
	if len(raw) > 0 && json.Unmarshal(raw, &v) == nil {
		*to = v
	}
}

// list reads a list, without what in it is of another type.
func list[T any](raw json.RawMessage) []T {
	var parts []json.RawMessage
	lenient(raw, &parts)
	all := make([]T, 0, min(len(parts), mostEntities))
	for _, p := range parts[:min(len(parts), mostEntities)] {
		var v T
		if json.Unmarshal(p, &v) == nil {
			all = append(all, v)
		}
	}
	return all
}

// related is the URL of another registry that knows more, such as the
// registrar's (RFC 9083, 4.2); empty if there is none.
func (o object) related() string {
	for _, l := range o.Links {
		u, err := url.Parse(l.Href)
		if l.Rel == "related" && strings.HasPrefix(l.Type, "application/rdap+json") && err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
			return l.Href
		}
	}
	return ""
}

// person is one that an object names: in which roles, within which.
type person struct {
	roles  []string // its own
	within []string // of those that it is within
	name   string
	mails  []string
}

// contact gives whom an object names for abuse; else whom it names at all.
func (o object) contact(of Of) (Contact, bool) {
	c := Contact{Of: of, Handle: o.Handle, Name: o.Name}
	if c.Handle == "" {
		c.Handle = o.Domain
	}
	left := mostEntities
	all := people(o.Entities, nil, mostDepth, &left)
	// The name is of whom it belongs to: the registrant of a network; a domain's
	// registrar.
	owner := "registrant"
	if of == Registrar {
		owner = "registrar"
	}
	for _, p := range all {
		if slices.Contains(p.roles, owner) && p.name != "" {
			c.Name = p.name
			break
		}
	}
	for _, rank := range ranks(of) {
		for _, p := range all {
			if rank(p) {
				c.Mails = append(c.Mails, p.mails...)
			}
		}
		if len(c.Mails) > 0 {
			break
		}
	}
	for _, p := range all {
		c.Abuse = c.Abuse || len(c.Mails) > 0 && slices.Contains(p.roles, "abuse") && slices.Contains(p.mails, c.Mails[0])
	}
	var some []string
	for _, m := range c.Mails {
		if !slices.Contains(some, m) && len(some) < mostMails {
			some = append(some, m)
		}
	}
	c.Mails = some
	return c, len(c.Mails) > 0
}

// ranks are whom to tell, the best first. A registrant of a domain is not told:
// often that is who does it.
func ranks(of Of) []func(person) bool {
	has := func(role string) func(person) bool {
		return func(p person) bool { return slices.Contains(p.roles, role) }
	}
	if of == Registrar {
		return []func(person) bool{
			func(p person) bool {
				return slices.Contains(p.roles, "abuse") && slices.Contains(p.within, "registrar")
			},
			has("abuse"), has("registrar"),
		}
	}
	return []func(person) bool{has("abuse"), has("noc"), has("technical"), has("administrative"), has("registrant")}
}

func people(all []entity, within []string, depth int, left *int) (found []person) {
	for _, e := range all {
		if *left--; *left < 0 || depth == 0 {
			break
		}
		p := person{within: within}
		for _, role := range list[string](e.Roles) {
			p.roles = append(p.roles, strings.ToLower(role))
		}
		p.name, p.mails = card(e.VCard)
		found = append(found, p)
		found = append(found, people(list[entity](e.Entities), slices.Concat(within, p.roles), depth-1, left)...)
	}
	return found
}

// card reads a jCard (RFC 7095): the name, and mail addresses, preferred ones
// first.
func card(raw json.RawMessage) (name string, mails []string) {
	var outer []json.RawMessage
	if lenient(raw, &outer); len(outer) < 2 {
		return "", nil
	}
	for _, property := range list[[]json.RawMessage](outer[1]) {
		if len(property) < 4 {
			continue
		}
		var kind, value string
		var parameters map[string]json.RawMessage
		lenient(property[0], &kind)
		lenient(property[1], &parameters)
		lenient(property[3], &value)
		switch strings.ToLower(kind) {
		case "fn":
			if name == "" {
				name = intake.Cut(strings.TrimSpace(value), 200)
			}
		case "email":
			r, err := intake.NewResource(intake.Mail, value)
			if err != nil {
				continue
			}
			if _, preferred := parameters["pref"]; preferred {
				mails = slices.Insert(mails, 0, r.Value)
			} else {
				mails = append(mails, r.Value)
			}
		}
	}
	return name, mails
}
