package office

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/intel/bulletin"
	sharing "candor/internal/intel/group"
	"candor/internal/intel/tlp"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// bulletinForm is the form of a bulletin.
type bulletinForm struct {
	form
	action, cancel   string
	marks            []ui.Option
	groups, to       []ui.Option
	chosen, chosenTo []string
	more             bool // there are others than to
	tongues          []tongue
}

// tongue is where a text in a language is written.
type tongue struct{ language, tag, title, body string }

func tongues(r *web.Request) (all []tongue) {
	for _, tag := range bulletin.Languages() {
		all = append(all, tongue{languageName(r, tag), tag, "title-" + tag, "body-" + tag})
	}
	return all
}

// fields are all that can be wrong, in their order on the page.
func (f bulletinForm) fields() []string {
	all := []string{"mark", "until", "remind"}
	for _, t := range f.tongues {
		all = append(all, t.title, t.body)
	}
	return all
}

func (o *office) newBulletin(r *web.Request) (web.View, error) {
	f := bulletinForm{form: given("mark", string(tlp.Green), "remind", "7"), action: bulletinsPath + "/new", cancel: bulletinsPath}
	return o.bulletinFormView(r, f, bulletin.Bulletin{})
}

func (o *office) editBulletin(r *web.Request) (web.View, error) {
	v, err := o.bulletinOf(r, 0)
	if err != nil {
		return web.View{}, err
	}
	b := v.Bulletin
	f := bulletinForm{form: given("mark", string(b.Draft.Mark), "until", b.Draft.Until.In(r.Zone).Format("2006-01-02"), "remind", strconv.Itoa(b.Draft.Remind), "edition", strconv.FormatInt(b.Edition, 10)), action: bulletinPath(b.ID) + "/edit", cancel: bulletinPath(b.ID)}
	for _, t := range b.Draft.Texts {
		f.values["title-"+t.Language], f.values["body-"+t.Language] = t.Title, t.Body
	}
	f.chosen = texts(b.Draft.Groups, "")
	f.chosenTo = append(texts(b.Draft.Parties, "party "), texts(b.Draft.Entries, "entry ")...)
	return o.bulletinFormView(r, f, b)
}

func texts(ids []candor.ID, prefix string) (all []string) {
	for _, id := range ids {
		all = append(all, prefix+string(id))
	}
	return all
}

func (o *office) bulletinFormView(r *web.Request, f bulletinForm, b bulletin.Bulletin) (web.View, error) {
	f.marks = []ui.Option{{Value: "clear", Label: r.T("office.group.mark.clear")}, {Value: "green", Label: r.T("office.group.mark.green")}, {Value: "amber", Label: r.T("office.bulletin.mark.amber")}, {Value: "red", Label: r.T("office.bulletin.mark.red")}}
	f.tongues = tongues(r)
	groups, err := o.house.Groups(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	for _, v := range groups {
		if id := string(v.Group.ID); v.Group.Retired.IsZero() || slices.Contains(f.chosen, id) {
			f.groups = append(f.groups, ui.Option{Value: id, Label: v.Group.Name + " (TLP:" + markWord(v.Group.Most) + ")"})
		}
	}
	if f.to, f.more, err = o.recipients(r, f.chosenTo, f.values["find"]); err != nil {
		return web.View{}, err
	}
	if f.values["find"] != "" && len(f.to) == len(f.chosenTo) {
		f.refuse("find", r.T("office.bulletin.find.none"))
	}
	p := ui.Page{Title: r.T("office.bulletin.new"), Active: "bulletins", Lead: r.T("office.bulletin.form.lead"), Crumbs: bulletinCrumbs(r)}
	if b.ID != "" {
		p.Title = r.T("office.edit", phrase.Args{"name": b.Title()})
		p.Crumbs = append(p.Crumbs, ui.Link{Text: b.Title(), Href: bulletinPath(b.ID)})
	}
	v := web.View{Page: p, Body: bulletinFormPage(f)}
	if f.bad() {
		v = v.Again()
	}
	return v, nil
}

// recipients are those who can be named: those who are, and the first of the others
// whose names hold a text; more tells that there are more of them.
func (o *office) recipients(r *web.Request, chosen []string, text string) (all []ui.Option, more bool, err error) {
	var named bulletin.Draft
	addressed(&named, chosen)
	found, more, err := o.house.BulletinChoices(r.Context(), r.Who, named, text)
	for _, c := range found {
		if c.Entry != "" {
			all = append(all, ui.Option{Value: "entry " + string(c.Entry), Label: r.T("office.bulletin.to.entry", phrase.Args{"name": c.Name})})
		} else {
			all = append(all, ui.Option{Value: "party " + string(c.Party), Label: c.Name})
		}
	}
	return all, more, err
}

// addressed takes over whom somebody ticked.
func addressed(d *bulletin.Draft, ticked []string) {
	for _, one := range ticked {
		if kind, id := cut(one); kind == "party" {
			d.Parties = append(d.Parties, candor.ID(id))
		} else {
			d.Entries = append(d.Entries, candor.ID(id))
		}
	}
}

func (o *office) addBulletin(r *web.Request) (web.View, error) {
	return o.saveBulletin(r, bulletin.Bulletin{}, bulletinsPath+"/new", bulletinsPath)
}

func (o *office) changeBulletin(r *web.Request) (web.View, error) {
	v, err := o.bulletinOf(r, 0)
	if err != nil {
		return web.View{}, err
	}
	return o.saveBulletin(r, v.Bulletin, bulletinPath(v.Bulletin.ID)+"/edit", bulletinPath(v.Bulletin.ID))
}

func (o *office) saveBulletin(r *web.Request, old bulletin.Bulletin, action, cancel string) (web.View, error) {
	f := bulletinForm{form: typed(r, "mark", "until", "remind", "edition", "find"), action: action, cancel: cancel, chosen: r.Lines("group"), chosenTo: r.LinesUpTo("to", bulletin.MostRecipients+1)}
	d := bulletin.Draft{Mark: tlp.Mark(f.values["mark"]), Groups: ids(f.chosen)}
	if d.Until = f.moment(r, "until"); d.Until.IsZero() {
		f.refuse("until", r.T("office.bulletin.until.bad"))
	}
	var err error
	if d.Remind, err = strconv.Atoi(f.values["remind"]); err != nil {
		f.refuse("remind", r.T("office.bulletin.remind.bad", phrase.Args{"most": strconv.Itoa(bulletin.MostDays)}))
	}
	f.texts(r, &d)
	addressed(&d, f.chosenTo)
	if r.Line("do") == "find" { // nothing is saved yet, and nothing wrong
		clear(f.errors)
		v, err := o.bulletinFormView(r, f, old)
		return v.Again(), err
	}
	edition, _ := strconv.ParseInt(f.values["edition"], 10, 64) // none is not looked at
	if !f.bad() {
		b, err := o.house.SaveBulletin(r.Context(), r.Who, old.ID, d, edition)
		if err == nil {
			return web.See(bulletinPath(b.ID)).Say(ui.Good, r.T("office.bulletin.saved")), nil
		}
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
	}
	return o.bulletinFormView(r, f, old)
}

// texts takes what was written in each language.
func (f *bulletinForm) texts(r *web.Request, d *bulletin.Draft) {
	for _, t := range tongues(r) {
		title, body := r.Line(t.title), strings.TrimSpace(r.Text(t.body))
		f.values[t.title], f.values[t.body] = title, body
		switch {
		case title == "" && body == "":
			continue
		case title == "":
			f.refuse(t.title, r.T("office.bulletin.half"))
		case body == "":
			f.refuse(t.body, r.T("office.bulletin.half"))
		}
		d.Texts = append(d.Texts, intel.Text{Language: t.tag, Title: title, Body: body})
	}
	if len(d.Texts) == 0 {
		f.refuse("title-en", r.T("office.bulletin.empty"))
	}
}

// publishDetail is what the page that asks before publishing shows.
type publishDetail struct {
	offer        house.BulletinOffer
	path         string
	mails        ui.Table
	texts        []bulletinText
	faults, left []ui.Fact
}

func (o *office) askPublish(r *web.Request) (web.View, error) {
	v, err := o.bulletinOf(r, 0)
	if err != nil {
		return web.View{}, err
	}
	offer, err := o.house.OfferBulletin(r.Context(), r.Who, v.Bulletin.ID)
	if err != nil {
		return web.View{}, err
	}
	b := offer.Bulletin
	d := publishDetail{offer: offer, path: bulletinPath(b.ID), texts: bulletinTexts(r, b.Draft), faults: bulletinFaults(r, offer.Faults), left: bulletinFaults(r, offer.Left)}
	d.mails = ui.Table{ID: "mails", Caption: r.N("office.bulletin.mails", len(offer.Mails)), Empty: ui.Situation{Title: r.T("office.bulletin.mails.none"), Text: r.T("office.bulletin.mails.none.text")}, Columns: []ui.Column{
		wide(column("name", r.T("office.name"))), column("address", r.T("office.bulletin.address")), column("language", r.T("office.bulletin.language"))}}
	for _, m := range offer.Mails {
		address := m.Address
		if m.Encrypted {
			address += " " + r.T("office.group.encrypted")
		}
		d.mails.Rows = append(d.mails.Rows, ui.Row{Key: string(m.Party + m.Entry), Label: m.Name, Cells: cells(ui.Text(m.Name), ui.Text(address), ui.Text(languageName(r, m.Language)))})
	}
	p := ui.Page{Title: r.T("office.bulletin.publish.title", phrase.Args{"n": strconv.Itoa(offer.Number)}), Active: "bulletins", Lead: r.T("office.bulletin.publish.lead"), Crumbs: append(bulletinCrumbs(r), ui.Link{Text: b.Title(), Href: d.path})}
	return web.View{Page: p, Body: publishBody(d)}, nil
}

func bulletinFaults(r *web.Request, all []house.BulletinFault) (facts []ui.Fact) {
	for _, f := range all {
		label := f.Name
		if label == "" {
			label = r.T("office.bulletin.named")
		}
		why := faultWord(r, sharing.Fault{Why: f.Why})
		switch f.Why {
		case house.WhyUnreachable:
			why = r.T("office.bulletin.why.unreachable")
		case house.WhyNoKey:
			why = r.T("office.bulletin.why.key")
		case sharing.WhyStrict:
			why = r.T("office.bulletin.why.strict")
		}
		facts = append(facts, ui.Fact{Label: label, Value: ui.Text(why)})
	}
	return facts
}

func (o *office) publishBulletin(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	edition, err := strconv.ParseInt(r.Line("edition"), 10, 64)
	if err != nil {
		return web.View{}, fmt.Errorf("edition of a bulletin: %w", candor.ErrInvalid)
	}
	v, err := o.house.PublishBulletin(r.Context(), r.Who, id, edition)
	if told := toldOf(err, bulletinPath(id)+"/publish"); told != nil {
		return *told, nil
	}
	return web.See(bulletinPath(id)).Say(ui.Good, r.T("office.bulletin.published.done", phrase.Args{"n": strconv.Itoa(v.Number)})), err
}

// toldOf leads back with what the house says against a step; nil where that is for the
// page of errors.
func toldOf(err error, back string) *web.View {
	for _, kind := range []error{candor.ErrDenied, candor.ErrInvalid, candor.ErrUnavailable, candor.ErrChanged} {
		if errors.Is(err, kind) {
			v := web.See(back).SayAll(ui.Message{Tone: ui.Bad, Title: plain(err), Text: candor.Hint(err)})
			return &v
		}
	}
	return nil
}

// withdrawForm is the form of why a bulletin is withdrawn.
type withdrawForm struct {
	form
	path string
	sent int
}

func (o *office) askWithdrawal(r *web.Request) (web.View, error) { return o.withdrawPage(r, given()) }

func (o *office) withdrawPage(r *web.Request, f form) (web.View, error) {
	v, err := o.bulletinOf(r, 0)
	if err != nil {
		return web.View{}, err
	}
	path := bulletinPath(v.Bulletin.ID)
	p := ui.Page{Title: r.T("office.bulletin.withdraw.title"), Active: "bulletins", Crumbs: append(bulletinCrumbs(r), ui.Link{Text: v.Bulletin.Title(), Href: path})}
	view := web.View{Page: p, Body: withdrawPage(withdrawForm{form: f, path: path, sent: v.Count.Sent})}
	if f.bad() {
		view.Status = http.StatusUnprocessableEntity
	}
	return view, nil
}

func (o *office) withdrawBulletin(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	f := given("reason", strings.TrimSpace(r.Text("reason")))
	if f.values["reason"] == "" {
		f.refuse("reason", r.T("office.bulletin.reason.empty"))
		return o.withdrawPage(r, f)
	}
	_, err = o.house.WithdrawBulletin(r.Context(), r.Who, id, f.values["reason"])
	if told := toldOf(err, bulletinPath(id)); told != nil {
		return *told, nil
	}
	return web.See(bulletinPath(id)).Say(ui.Good, r.T("office.bulletin.withdrawn.done")), err
}

// spoken is a field for text in a language.
func spoken(tag string, in ui.Input) ui.Input {
	in.Lang = tag
	return in
}
