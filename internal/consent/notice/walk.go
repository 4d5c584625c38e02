package notice

import (
	"iter"
	"strconv"
)

// uses gives what each piece of code says of its use, by pointer.
func (n *Notice) uses() iter.Seq2[string, Use] {
	return func(yield func(string, Use) bool) {
		c := n.Code
		_ = each("scripts", c.Scripts, func(s Script) Use { return s.Use }, yield) &&
			each("service_workers", c.Workers, func(s Worker) Use { return s.Use }, yield) &&
			each("storage", c.Storage, func(s Storage) Use { return s.Use }, yield) &&
			each("requests", c.Requests, func(s Request) Use { return s.Use }, yield) &&
			each("permissions", c.Permissions, func(s Permission) Use { return s.Use }, yield) &&
			each("downloads", c.Downloads, func(s Download) Use { return s.Use }, yield) &&
			each("extensions", c.Extensions, func(s Extension) Use { return s.Use }, yield) &&
			each("changes", c.Changes, func(s Change) Use { return s.Use }, yield)
	}
}

func each[T any](name string, all []T, of func(T) Use, yield func(string, Use) bool) bool {
	for i, one := range all {
		if !yield("/code/"+name+"/"+strconv.Itoa(i), of(one)) {
			return false
		}
	}
	return true
}

// texts gives all free texts that are there, by pointer.
func (n *Notice) texts() iter.Seq2[string, Text] {
	return func(yield func(string, Text) bool) {
		for _, t := range n.allTexts() {
			if t.Text != nil && !yield(t.at, t.Text) {
				return
			}
		}
	}
}

type placed struct {
	at string
	Text
}

func (n *Notice) allTexts() []placed {
	all := []placed{{"/title", n.Title}, {"/summary", n.Summary}, {"/security/description", n.Security.Description}, {"/removal", n.Removal}}
	for i, p := range n.Purposes {
		at := "/purposes/" + strconv.Itoa(i)
		all = append(all, placed{at + "/description", p.Description}, placed{at + "/lawful_basis/reason", p.Basis.Reason}, placed{at + "/retention_note", p.Note})
		for k, d := range p.Data {
			all = append(all, placed{at + "/pii_information/" + strconv.Itoa(k) + "/description", d.Description})
		}
	}
	if n.Consent != nil {
		all = append(all, placed{"/consent/collection_method", n.Consent.Ask}, placed{"/consent/withdrawal_method", n.Consent.Withdrawal})
	}
	for at, u := range n.uses() {
		all = append(all, placed{at + "/description", u.Description})
	}
	return all
}
