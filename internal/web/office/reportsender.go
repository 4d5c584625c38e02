package office

import (
	"errors"
	"strings"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// senderPart is what the page of a report tells of its sender.
type senderPart struct {
	said   string
	good   bool     // somebody vouches
	checks []string // what was looked at
	taught string   // what people taught about the sender's mails
	marks  []string
	sender string // whose profile may be forgotten; empty if there is none, or whoever looks may not
}

// senderPart gathers it; the zero senderPart if senders are not checked.
func (o *office) senderPart(r *web.Request, v house.ReportView, may bool) (p senderPart, err error) {
	u, err := o.house.ReportVouch(r.Context(), r.Who, v.ID)
	if errors.Is(err, candor.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.good, p.said = u.By != "", vouched(r, u)
	for _, c := range u.Checks {
		text := r.T("office.sender.check", phrase.Args{"method": strings.ToUpper(string(c.Method)), "domain": c.Domain, "result": c.Result})
		if c.Why != "" {
			text += " · " + c.Why
		}
		p.checks = append(p.checks, text)
	}
	t, err := o.house.Taught(r.Context(), r.Who, u.Sender)
	if errors.Is(err, candor.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.taught = r.N("office.sender.taught", t.Reports, phrase.Args{"right": t.Right, "wrong": t.Wrong})
	for _, m := range t.Marks {
		p.marks = append(p.marks, r.T("office.sender.mark", phrase.Args{"mark": m.Mark, "right": m.Right, "wrong": m.Wrong}))
	}
	if may {
		p.sender = u.Sender
	}
	return p, nil
}

// vouched says who vouches for a sender.
func vouched(r *web.Request, u candor.Vouch) string {
	args := phrase.Args{"sender": u.Sender, "domain": u.Domain}
	switch u.By {
	case candor.VouchDKIM:
		return r.T("office.sender.dkim", args)
	case candor.VouchSPF:
		return r.T("office.sender.spf", args)
	case candor.VouchRelay:
		return r.T("office.sender.relay", args)
	case candor.VouchToken:
		return r.T("office.sender.token", args)
	}
	return r.T("office.sender.nobody")
}

// forgetTaught has the profile of a report's sender be forgotten.
func (o *office) forgetTaught(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	if _, err := o.house.Report(r.Context(), r.Who, id); err != nil {
		return web.View{}, err
	}
	u, err := o.house.ReportVouch(r.Context(), r.Who, id)
	if err == nil {
		err = o.house.ForgetTaught(r.Context(), r.Who, u.Sender)
	}
	if errors.Is(err, candor.ErrNotFound) {
		err = nil // it is forgotten already
	}
	return web.See(reportPath(id)).Say(ui.Good, r.T("office.sender.forgotten")), err
}
