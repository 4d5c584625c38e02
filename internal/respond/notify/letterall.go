package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/phrase"
)

// Of many cases each is told of shortly: its page shows all.
const (
	placesEach = 3
	namesShown = 3
)

// digest names what a letter says, but for its links.
func (r rendered) digest() string {
	sum := sha256.Sum256([]byte(r.Subject + "\n\n" + r.Text))
	return hex.EncodeToString(sum[:])
}

// renderAll writes the letter that tells of several cases: each with what it is,
// by when it should be dealt with, and a link; what can be done once for each kind.
func (m *Method) renderAll(all []fact, lang string, zone *time.Location) (rendered, error) {
	p := m.Phrases.For(lang)
	names := phrase.Args{"provider": m.Provider.Name, "case": all[0].Label}
	c := content{Lang: p.Lang(), Dir: p.Dir(), Hello: p.T("notify.hello"), Colon: p.T("notify.colon"),
		Subject: clean(p.N("notify.all.subject", len(all), names), 200), Heading: p.N("notify.all.heading", len(all)),
		Opening: []string{p.N("notify.all.opening", len(all), names)}, Closing: p.T("notify.all.why")}
	if m.Link != nil {
		c.Opening = append(c.Opening, p.T("notify.all.page"))
	}
	for _, of := range kinds(all) {
		k := known{fact: all[of[0]], zone: zone}
		k.Site = sites(all, of)
		saw := section{Title: p.T("customer.saw")}
		for _, i := range of {
			saw.Items = append(saw.Items, m.item(p, known{fact: all[i], zone: zone}, i))
		}
		todo := m.todo(p, k)
		todo.After, todo.Link = nil, nil
		c.Sections = append(c.Sections, saw, m.means(p, k), todo)
	}
	later := section{Title: p.T("customer.next"), Before: []string{p.T("notify.next.look")}}
	if slices.ContainsFunc(all, func(f fact) bool { return !f.Deadline.IsZero() }) {
		later.Before = append(later.Before, p.T("notify.next.after"))
	}
	c.Sections = append(c.Sections, later, m.reach(p, known{}))
	html, err := c.html()
	return rendered{Subject: c.Subject, Text: c.text(), HTML: html}, err
}

// kinds gives the cases by what is the same to say of them, in the order in which
// they come.
func kinds(all []fact) [][]int {
	type kind struct {
		class    candor.Class
		nature   candor.Nature
		software string
	}
	at := map[kind]int{}
	var of [][]int
	for i, f := range all {
		k := kind{f.Class, f.Nature, f.Software}
		n, there := at[k]
		if !there {
			n = len(of)
			at[k] = n
			of = append(of, nil)
		}
		of[n] = append(of[n], i)
	}
	return of
}

// sites names what some cases are about.
func sites(all []fact, of []int) string {
	var names []string
	for _, i := range of {
		if !slices.Contains(names, all[i].Site) {
			names = append(names, all[i].Site)
		}
	}
	if len(names) > namesShown {
		names = append(names[:namesShown:namesShown], "…")
	}
	return strings.Join(names, ", ")
}

func (m *Method) item(p phrase.Printer, k known, n int) item {
	one := item{Title: k.Site + " [" + k.Label + "]", Lines: []string{p.T("notify.saw."+wording(k.Class, k.Nature), phrase.Args{"site": k.Site})}}
	if !k.First.IsZero() {
		one.Lines = append(one.Lines, p.T("notify.first", phrase.Args{"time": p.Time(k.First, k.zone)}))
	}
	if !k.Sure {
		one.Lines = append(one.Lines, p.T("notify.unsure"))
	}
	one.Lines = append(one.Lines, by(p, k))
	if len(k.Places) > 0 {
		one.Places = k.Places[:min(len(k.Places), placesEach)]
		one.Lines = append(one.Lines, p.N("notify.places", max(k.Total, len(k.Places))))
		if more := k.Total - len(one.Places); more > 0 {
			one.More = p.N("notify.places.more", more)
		}
	}
	if m.Link != nil {
		one.Link = linkTo(p, n)
	}
	return one
}
