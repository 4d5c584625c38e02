package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/phrase"
	"candor/internal/respond"
)

// placesShown is how many paths a mail names.
const placesShown = 5

// Plan implements respond.Method. The mails are written now, all but the link,
// so that what is approved is what is sent.
func (m *Method) Plan(ctx context.Context, req respond.Request, t respond.Target) (respond.Plan, error) {
	var o Options
	if len(req.Options) > 0 {
		if err := json.Unmarshal(req.Options, &o); err != nil {
			return respond.Plan{}, invalid("the options cannot be read", "Give letter and undo, or nothing.")
		}
	}
	if err := o.complete(); err != nil {
		return respond.Plan{}, err
	}
	who := choose(t.Party)
	if len(who.contacts) == 0 {
		return respond.Plan{}, invalid("the party has no contact that mail can reach", "Add a contact with a mail address to the party.")
	}
	k, err := m.know(ctx, t)
	if err != nil {
		return respond.Plan{}, err
	}
	p := planned{Case: t.Case, Letter: o.Letter, Zone: t.Party.TimeZone, Fact: k.fact, Letters: map[string]rendered{}}
	if o.Undo != "" {
		p.Undo = map[string]rendered{}
	}
	for _, contact := range who.contacts {
		lang := m.Phrases.For(contact.Language, t.Party.Language).Lang()
		p.To = append(p.To, recipient{Message: candor.NewID(m.Now()), Contact: contact, Language: lang})
		if err := m.write(&p, o, k, lang); err != nil {
			return respond.Plan{}, err
		}
	}
	return m.describe(p, o, k, who)
}

// write adds the letters in one language.
func (m *Method) write(p *planned, o Options, k known, lang string) (err error) {
	if _, written := p.Letters[lang]; written {
		return nil
	}
	if p.Letters[lang], err = m.render(o.Letter, k, lang); err != nil || o.Undo == "" {
		return err
	}
	p.Undo[lang], err = m.render(o.Undo, k, lang)
	return err
}

// known is what the letters tell of.
type known struct {
	fact
	zone *time.Location
}

// fact is what is known of one case, as it is kept with the plan.
type fact struct {
	Label    string        `json:"label"` // of the case
	Site     string        `json:"site"`
	Class    candor.Class  `json:"class"`
	Nature   candor.Nature `json:"nature,omitempty"`
	Software string        `json:"software,omitempty"`
	Sure     bool          `json:"sure,omitempty"`
	Places   []string      `json:"places,omitempty"`
	Total    int           `json:"total,omitempty"`
	First    time.Time     `json:"first,omitzero"`
	Deadline time.Time     `json:"deadline,omitzero"`
}

// sureFrom is the confidence from which a mail speaks without doubt.
const sureFrom = 90

func (m *Method) know(ctx context.Context, t respond.Target) (known, error) {
	paths, total, err := m.Facts.Places(ctx, t.Case.ID, placesShown)
	if err != nil {
		return known{}, fmt.Errorf("find the places of case %s: %w", t.Case.Label(), err)
	}
	deadline, err := m.Facts.CustomerDeadline(ctx, t.Case.ID)
	if err != nil {
		return known{}, fmt.Errorf("find the deadline of case %s: %w", t.Case.Label(), err)
	}
	k := known{zone: zone(t.Party.TimeZone), fact: fact{
		Label: t.Case.Label(), Site: siteName(t.Asset), Class: t.Case.Class, Nature: t.Case.Nature,
		Software: t.Asset.Software, Sure: t.Case.Confidence >= sureFrom,
		Total: total, First: t.Case.Opened, Deadline: deadline,
	}}
	for _, path := range paths[:min(len(paths), placesShown)] {
		k.Places = append(k.Places, place(below(path, t.Asset.Roots)))
	}
	return k, nil
}

// siteName is what the party calls the asset.
func siteName(a candor.Asset) string {
	for _, name := range append(a.Hosts[:len(a.Hosts):len(a.Hosts)], a.Name) {
		if name = clean(name, 80); name != "" {
			return name
		}
	}
	return string(a.ID)
}

// zone is UTC where the party's is not known: times name theirs.
func zone(name string) *time.Location {
	if l, err := time.LoadLocation(name); err == nil && name != "Local" {
		return l
	}
	return time.UTC
}

// describe says what will be done, to whoever approves it.
func (m *Method) describe(p planned, o Options, k known, who choice) (respond.Plan, error) {
	var out respond.Plan
	for _, to := range p.To {
		values := map[string]string{
			"address":  clean(to.Contact.Address, 254),
			"language": m.Phrases.For(to.Language).T("notify.language"),
			"subject":  p.Letters[to.Language].Subject,
		}
		out.Effects = append(out.Effects, m.line("notify.plan.mail."+who.purpose, values))
	}
	for _, address := range who.bad {
		out.Warnings = append(out.Warnings, m.line("notify.plan.bad", map[string]string{"address": address}))
	}
	if who.left > 0 {
		out.Warnings = append(out.Warnings, m.line("notify.plan.left", map[string]string{"n": fmt.Sprint(who.left)}))
	}
	if o.Letter == Notice && k.Deadline.IsZero() {
		out.Warnings = append(out.Warnings, m.line("notify.plan.undated", nil))
	}
	if o.Letter == Notice && !k.Sure {
		out.Warnings = append(out.Warnings, m.line("notify.plan.unsure", nil))
	}
	if o.Letter == Notice && o.Undo == "" && m.Gather > 0 {
		out.Warnings = append(out.Warnings, m.line("notify.plan.gather", map[string]string{"minutes": fmt.Sprint(int(m.Gather.Minutes()))}))
	}
	out.Lasting = o.Undo == ""
	out.Undo = m.line("notify.plan.lasting", nil)
	if !out.Lasting {
		out.Undo = m.line("notify.plan.undo."+string(o.Undo), nil)
	}
	var err error
	out.Data, err = json.Marshal(p)
	return out, err
}

// line makes a line of the plan in English, and the values for the others.
func (m *Method) line(key string, values map[string]string) respond.Line {
	args := phrase.Args{}
	for name, v := range values {
		args[name] = v
	}
	return respond.Line{Key: key, Values: values, Text: m.Phrases.ForConsole("en").T(key, args)}
}

// Preview gives the mails of a planned response as they will be sent, but for
// the link, which stands as an address that leads nowhere. The error is
// candor.ErrInvalid.
func Preview(r candor.Response) ([]candor.Message, error) {
	var p planned
	if _, err := respond.ReadPlan(r, &p); err != nil {
		return nil, err
	}
	var out []candor.Message
	for _, to := range p.To {
		l := p.Letters[to.Language]
		text := strings.NewReplacer(untilMark, "…")
		out = append(out, candor.Message{ID: to.Message, Response: r.ID, Case: r.Case, Party: r.Party, To: to.Contact.Address,
			Language: to.Language, Subject: l.Subject, Text: text.Replace(l.Text), HTML: text.Replace(l.HTML)})
	}
	return out, nil
}
