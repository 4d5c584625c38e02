package office

import (
	"fmt"
	"io"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/consent"
	"candor/internal/house"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// fillSaid adds what a party said of terms, and what it is asked for.
func (o *office) fillSaid(r *web.Request, d *partyDetail) error {
	party := d.v.Party.ID
	c, err := o.house.Control(r.Context(), r.Who, party)
	if err != nil {
		return err
	}
	held, err := o.house.Held(r.Context(), r.Who, party)
	if err != nil {
		return err
	}
	for _, f := range c.Offers {
		if f.Asked && !d.v.Party.Erased {
			d.asked = append(d.asked, termsTitle(r.Printer, f.Terms)+" "+f.Terms.Label)
		}
	}
	d.said = ui.Table{ID: "said", Caption: r.T("office.said"), Columns: []ui.Column{wide(column("terms", r.T("office.agreement.terms"))), column("act", r.T("office.said.act")),
		column("clauses", r.T("office.said.clauses")), column("at", r.T("office.said.at")), column("receipt", r.T("office.said.receipt"))}}
	for _, e := range c.History {
		name := e.Label
		if e.Text {
			name = termsTitle(r.Printer, consent.Terms{Version: consent.Version{Document: e.Document}, Titles: e.Titles}) + " " + e.Label
		} else {
			name = e.Document + " " + name
		}
		receipt := ui.Absent()
		if e.Text && !d.v.Party.Erased {
			receipt = anchor(r.T("office.said.receipt"), partyPath(party)+"/receipts/"+string(e.ID))
		}
		if e.Scan != nil {
			receipt = ui.Together(receipt, anchor(r.T("office.said.scan"), partyPath(party)+"/scans/"+string(e.ID)))
		}
		d.said.Rows = append(d.said.Rows, ui.Row{Key: string(e.ID), Label: name, Cells: cells(ui.Text(name), saidAct(r, e),
			ui.OrAbsent(strings.Join(chosen(e, held[e.ID]), r.T("office.list.comma"))), saidWhen(r, e), receipt)})
	}
	return nil
}

// saidWhen tells when and how something was said, and by whom if it was not the
// party itself.
func saidWhen(r *web.Request, e house.Said) templ.Component {
	how := r.Printer.Word("portal.how.", string(e.How))
	if e.Behalf == consent.Representative || e.Behalf == consent.Guardian {
		how += r.T("office.list.comma") + r.Printer.T("portal.agree.behalf."+string(e.Behalf)) + ": " + e.Note
	}
	return ui.Together(ui.Time(e.At), quiet(how))
}

// chosen are the optional clauses that still hold, or those that an event names.
func chosen(e house.Said, held []house.ClauseHeld) (all []string) {
	if e.Act != consent.Agreed || held == nil {
		return e.Clauses
	}
	for _, c := range held {
		if c.Optional && c.Holds {
			all = append(all, c.ID)
		}
	}
	return all
}

func saidAct(r *web.Request, e house.Said) templ.Component {
	tone := ui.Neutral
	if e.Act == consent.Agreed {
		tone = ui.Good
	}
	return ui.Badge(r.Printer.T("office.consents."+string(e.Act)), tone)
}

// partyReceipt is the receipt of what a party said, as a file.
func (o *office) partyReceipt(r *web.Request) (web.View, error) {
	id, err := o.saidOf(r)
	if err != nil {
		return web.View{}, err
	}
	s, err := o.house.Receipt(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	return web.View{Send: &web.File{Name: "receipt-" + string(s.ID) + ".jwt", Type: "application/jwt", Write: written([]byte(s.Text))}}, nil
}

// saidOf is the event in the path, if it is of the party in the path.
func (o *office) saidOf(r *web.Request) (candor.ID, error) {
	p, err := o.partyOf(r)
	if err != nil {
		return "", err
	}
	id, err := r.ID("event")
	if err != nil {
		return "", err
	}
	e, err := o.house.Store.Consent(r.Context(), r.Who.Scope(), id)
	if err == nil && e.Party != p.ID {
		err = fmt.Errorf("event %s of party %s: %w", id, p.ID, candor.ErrNotFound)
	}
	return id, err
}

// partyScan is the scan of the paper on which a party said something, as a file.
func (o *office) partyScan(r *web.Request) (web.View, error) {
	id, err := o.saidOf(r)
	if err != nil {
		return web.View{}, err
	}
	p, from, err := o.house.Paper(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	defer from.Close()
	content, err := io.ReadAll(from) // it is whole only at its end
	if err != nil {
		return web.View{}, err
	}
	return web.View{Send: &web.File{Name: "scan-" + string(id) + house.PaperSuffix(p.Type), Type: p.Type, Write: written(content)}}, nil
}
