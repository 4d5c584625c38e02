package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/access/link"
	"candor/internal/consent"
	"candor/internal/consent/receipt"
	"candor/internal/consent/terms"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// agreements are the pages on which somebody sees and changes what was agreed
// to: at /my/agreements with an account, and below /a/ with the link of a
// receipt.
type agreements struct {
	*web.Request
	path string // of the first of them
	link bool
}

// linkLife is for how long the link of a receipt works.
const linkLife = 5 * 365 * 24 * time.Hour

func (p *portal) mountAgreements() {
	reads, acts, anyone := web.Needs{access.ReadOwn}, web.Needs{access.ActOwn}, web.Needs{web.Anyone}
	for _, x := range []struct {
		root        string
		reads, acts web.Needs
		by          func(func(agreements) (web.View, error)) func(*web.Request) (web.View, error)
	}{{mine, reads, acts, p.account}, {"/a/{token}", anyone, anyone, p.holding}} {
		p.site.Page("GET "+x.root, x.reads, x.by(p.control))
		p.site.Page("GET "+x.root+"/export", x.reads, x.by(p.export))
		p.site.Page("GET "+x.root+"/terms/{id}", x.reads, x.by(p.termsPage))
		p.site.Page("GET "+x.root+"/changes/{id}", x.reads, x.by(p.changesPage))
		p.site.Page("GET "+x.root+"/receipts/{id}", x.reads, x.by(p.receiptPage))
		p.site.Page("GET "+x.root+"/receipts/{id}/file", x.reads, x.by(p.receiptFile))
		p.site.Action("POST "+x.root+"/terms/{id}", x.acts, x.by(p.answer))
		p.site.Action("POST "+x.root+"/withdraw/{id}", x.acts, x.by(p.withdraw))
		p.site.Action("POST "+x.root+"/question", x.acts, x.by(p.askAboutTerms))
	}
	p.site.Page("GET "+mine+"/scans/{id}", reads, p.account(p.scanFile))
	p.site.Page("GET "+house.ReceiptsPath, anyone, p.lookUpForm)
	p.site.Action("POST "+house.ReceiptsPath, anyone, p.lookUp)
	p.site.Action("POST "+house.ReceiptsPath+"/link", anyone, p.mailControl)
	p.site.Handle("GET "+house.ReceiptsPath+"/keys.json", anyone, http.HandlerFunc(p.keys))
}

func (p *portal) account(do func(agreements) (web.View, error)) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) { return do(agreements{r, mine, false}) }
}

// holding lets the holder of a receipt's link see and change what its party
// agreed to.
func (p *portal) holding(do func(agreements) (web.View, error)) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		if p.site.Links == nil {
			return web.View{}, candor.ErrNotFound
		}
		token := r.PathValue("token")
		l, err := p.site.Links.Open(r.Context(), token, link.Consent)
		v := visit{Request: r, path: "/a/" + token, link: &l}
		switch {
		case errors.Is(err, link.ErrExpired), errors.Is(err, link.ErrRevoked):
			return p.dead(v, http.StatusGone, "revoked"), nil
		case errors.Is(err, candor.ErrNotFound):
			return p.dead(v, http.StatusNotFound, "missing"), nil
		case err != nil:
			return web.View{}, err
		}
		r.Who = holder(l)
		party, err := p.site.House.Store.Party(r.Context(), r.Who.Scope(), l.Party)
		if errors.Is(err, candor.ErrNotFound) || err == nil && party.Erased {
			return p.dead(v, http.StatusGone, "revoked"), nil
		}
		if err != nil {
			return web.View{}, err
		}
		r.Speak(party.Language)
		r.In(party.TimeZone)
		return do(agreements{r, "/a/" + token, true})
	}
}

// letter is what stands around the pages below the first.
func (a agreements) letter(title string) ui.CustomerPage {
	p := a.Letter(title)
	p.Home = ui.Link{Text: a.T("portal.agreements"), Href: a.path}
	return p
}

// titleIn is that of terms in the reader's language, or in one that there is.
func titleIn(p phrase.Printer, titles map[string]string, document string) string {
	if t := titles[p.Lang()]; t != "" {
		return t
	}
	return cmp.Or(titles["en"], document)
}

// controlled is what the first page shows.
type controlled struct {
	agreements
	house.Control
	signed   *candor.User
	form     form
	headings map[candor.ID]map[string]string // of optional clauses, by terms
}

// control is the one place where somebody sees everything that was agreed to.
func (p *portal) control(a agreements) (web.View, error) { return p.controlPage(a, form{}) }

func (p *portal) controlPage(a agreements, f form) (web.View, error) {
	c, err := p.site.House.Control(a.Context(), a.Who, a.Who.Party)
	if err != nil {
		return web.View{}, err
	}
	page := controlled{agreements: a, Control: c, form: f, headings: map[candor.ID]map[string]string{}}
	for _, o := range c.Offers {
		if o.Bound == nil {
			continue
		}
		_, d, err := p.site.House.TermsDocument(a.Context(), a.Who, o.Bound.Terms)
		if errors.Is(err, candor.ErrNotFound) {
			continue // its text is not kept here
		}
		if err != nil {
			return web.View{}, err
		}
		of, lang := map[string]string{}, d.Page(p.site.Phrases, a.Printer.Lang()).Language()
		for _, x := range d.Clauses {
			of[x.ID] = x.Heading[lang]
		}
		page.headings[o.Bound.Terms] = of
	}
	head := a.Letter(a.T("portal.agreements"))
	if !a.link {
		page.signed, head.Home = &a.User, ui.Link{Text: a.T("portal.my.title"), Href: "/my"}
	}
	v := web.View{Document: exact(controlDocument(head, page))}
	if f.problem != "" {
		v = v.Again()
	}
	return v, nil
}

// shown are terms as somebody reads them before answering.
type shown struct {
	agreements
	house.Offer
	document *terms.Document
	page     *terms.Page
	text     string // HTML
	problem  string
}

func (p *portal) termsPage(a agreements) (web.View, error) { return p.terms(a, "") }

func (p *portal) terms(a agreements, problem string) (web.View, error) {
	id, err := a.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, d, err := p.site.House.TermsDocument(a.Context(), a.Who, id)
	if err != nil {
		return web.View{}, err
	}
	c, err := p.site.House.Control(a.Context(), a.Who, a.Who.Party)
	if err != nil {
		return web.View{}, err
	}
	s := shown{agreements: a, Offer: house.Offer{Terms: v}, document: d, page: d.Page(p.site.Phrases, a.Printer.Lang()), problem: problem}
	if i := slices.IndexFunc(c.Offers, func(o house.Offer) bool { return o.Terms.ID == id }); i >= 0 {
		s.Offer = c.Offers[i]
	}
	var html strings.Builder
	if err := s.page.Fragment(&html); err != nil {
		return web.View{}, err
	}
	s.text = html.String()
	view := web.View{Document: exact(termsDocument(a.letter(s.page.Title()), s))}
	if problem != "" {
		view = view.Again()
	}
	return view, nil
}

// offered tells whether the version can be answered.
func (s shown) offered(now time.Time) bool {
	return s.Terms.State == consent.Published && (s.Terms.Ended.IsZero() || now.Before(s.Terms.Ended))
}

// answer keeps that somebody agreed, or refused.
func (p *portal) answer(a agreements) (web.View, error) {
	id, err := a.ID("id")
	if err != nil {
		return web.View{}, err
	}
	d := house.Decision{Terms: id, Digest: a.Line("digest"), Act: consent.Act(a.Line("act")), Language: a.Line("language"), Behalf: consent.Behalf(a.Line("behalf")), OfAge: a.Line("age") != "", Note: a.Text("note")}
	if d.Act == consent.Agreed {
		d.Clauses = a.Lines("choice")
	}
	e, err := p.site.House.Decide(a.Context(), a.Who, d)
	if errors.Is(err, house.ErrAge) {
		return p.terms(a, a.T("portal.agree.age.problem"))
	}
	if errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrChanged) {
		return p.terms(a, a.T("portal.agree.problem"))
	}
	if err != nil {
		return web.View{}, err
	}
	return a.said(e), nil
}

// said leads to the receipt of what was just said.
func (a agreements) said(e consent.Event) web.View {
	return web.See(a.path+"/receipts/"+string(e.ID)).Say(ui.Good, a.Printer.T("portal.agree.said."+string(e.Act)))
}

// withdraw takes back a clause, or a document as a whole, in one step.
func (p *portal) withdraw(a agreements) (web.View, error) {
	id, err := a.ID("id")
	if err != nil {
		return web.View{}, err
	}
	e, err := p.site.House.Decide(a.Context(), a.Who, house.Decision{Terms: id, Act: consent.Withdrawn, Clauses: a.Lines("clause")})
	if errors.Is(err, candor.ErrChanged) {
		return web.See(a.path), nil // it was taken back before
	}
	if err != nil {
		return web.View{}, err
	}
	return a.said(e), nil
}

// changesPage compares a version with the one by which somebody is bound.
func (p *portal) changesPage(a agreements) (web.View, error) {
	id, err := a.ID("id")
	if err != nil {
		return web.View{}, err
	}
	c, err := p.site.House.Control(a.Context(), a.Who, a.Who.Party)
	if err != nil {
		return web.View{}, err
	}
	i := slices.IndexFunc(c.Offers, func(o house.Offer) bool { return o.Terms.ID == id })
	if i < 0 || c.Offers[i].Bound == nil || c.Offers[i].Bound.Terms == id {
		return web.See(a.path + "/terms/" + string(id)), nil
	}
	_, old, err := p.site.House.TermsDocument(a.Context(), a.Who, c.Offers[i].Bound.Terms)
	if errors.Is(err, candor.ErrNotFound) { // its text is not kept here
		return web.See(a.path + "/terms/" + string(id)), nil
	}
	if err != nil {
		return web.View{}, err
	}
	_, fresh, err := p.site.House.TermsDocument(a.Context(), a.Who, id)
	if err != nil {
		return web.View{}, err
	}
	compared, err := terms.Compare(old, fresh, p.site.Phrases, a.Printer.Lang())
	if err != nil {
		return web.View{}, err
	}
	var html strings.Builder
	if err := compared.Fragment(&html); err != nil {
		return web.View{}, err
	}
	return web.View{Document: exact(changesDocument(a.letter(a.T("portal.agree.changes")), a.path+"/terms/"+string(id), html.String()))}, nil
}

// receipted is a receipt as somebody reads it.
type receipted struct {
	agreements
	*receipt.Signed
	title   string
	control string // the link that opens these pages without an account
}

func (p *portal) receiptPage(a agreements) (web.View, error) {
	r, err := p.receipt(a)
	if err != nil {
		return web.View{}, err
	}
	page := receipted{agreements: a, Signed: r, title: r.Agreement.Document}
	for _, v := range []string{a.Printer.Lang(), "en"} {
		if t, err := p.titleOf(a, r); err == nil && t[v] != "" {
			page.title = t[v]
			break
		}
	}
	if page.control, err = p.controlLink(a); err != nil {
		return web.View{}, err
	}
	return web.View{Document: exact(receiptDocument(a.letter(a.T("portal.receipt")), page))}, nil
}

func (p *portal) titleOf(a agreements, r *receipt.Signed) (map[string]string, error) {
	e, err := p.site.House.Store.Consent(a.Context(), a.Who.Scope(), r.Record)
	if err != nil {
		return nil, err
	}
	v, err := p.site.House.Store.Terms(a.Context(), e.Version)
	return v.Titles, err
}

// controlLink is the link that opens the pages without an account.
func (p *portal) controlLink(a agreements) (string, error) {
	if a.link {
		return p.site.PublicURL + a.path, nil
	}
	if p.site.Links == nil {
		return "", nil
	}
	token, err := p.site.Links.Sign(link.Link{Purpose: link.Consent, Subject: a.Who.Party, Party: a.Who.Party, Expires: a.Now.Add(linkLife)})
	return p.site.PublicURL + "/a/" + token, err
}

func (p *portal) receipt(a agreements) (*receipt.Signed, error) {
	id, err := a.ID("id")
	if err != nil {
		return nil, err
	}
	return p.site.House.Receipt(a.Context(), a.Who, id)
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// receiptFile is the receipt as a file to keep.
func (p *portal) receiptFile(a agreements) (web.View, error) {
	r, err := p.receipt(a)
	if err != nil {
		return web.View{}, err
	}
	return web.View{Send: &web.File{Name: "receipt-" + string(r.ID) + ".jwt", Type: "application/jwt", Write: text(r.Text)}}, nil
}

// mine is the page of what somebody who is signed in agreed to.
const mine = "/my/agreements"

// scanFile is the scan of a paper on which something was said. Who holds a link
// alone does not get it: a paper shows more of people than a receipt does.
func (p *portal) scanFile(a agreements) (web.View, error) {
	id, err := a.ID("id")
	if err != nil {
		return web.View{}, err
	}
	scan, from, err := p.site.House.Paper(a.Context(), a.Who, id)
	if err != nil {
		return web.View{}, err
	}
	defer from.Close()
	content, err := io.ReadAll(from) // it is whole only at its end
	return web.View{Send: &web.File{Name: "scan-" + string(id) + house.PaperSuffix(scan.Type), Type: scan.Type, Write: text(string(content))}}, err
}

// export is everything that somebody said, as a file.
func (p *portal) export(a agreements) (web.View, error) {
	c, err := p.site.House.Control(a.Context(), a.Who, a.Who.Party)
	if err != nil {
		return web.View{}, err
	}
	body, err := json.MarshalIndent(c, "", "  ")
	return web.View{Send: &web.File{Name: "agreements.json", Type: "application/json", Write: text(string(body))}}, err
}

// saidOn tells who said something of a question, and when.
func saidOn(ctx context.Context, kind consent.QuestionKind, first bool, l consent.Line) string {
	switch {
	case l.Kind == candor.EventAnswer:
		return date(ctx, "portal.agree.answered", l.At)
	case l.Kind == candor.EventComment:
		return date(ctx, "portal.agree.said.comment", l.At)
	case !first:
		return date(ctx, "portal.agree.asked.again", l.At)
	case kind == consent.Complains:
		return date(ctx, "portal.agree.asked.complaint", l.At)
	}
	return date(ctx, "portal.agree.asked.question", l.At)
}

// askAgain asks once more what was answered.
func (p *portal) askAgain(a agreements, id candor.ID) (web.View, error) {
	field := "again-" + string(id)
	text := a.Text(field)
	if text == "" {
		return p.controlPage(a, form{field: field, problem: a.T("portal.ask.empty")})
	}
	if err := p.site.House.Ask(a.Context(), a.Who, id, text); err != nil {
		return web.View{}, err
	}
	return web.See(a.path).Say(ui.Good, a.T("portal.ask.said")), nil
}

func (p *portal) askAboutTerms(a agreements) (web.View, error) {
	if a.Line("case") != "" {
		id, err := a.FormID("case")
		if err != nil {
			return web.View{}, err
		}
		return p.askAgain(a, id)
	}
	q := consent.Question{Kind: consent.QuestionKind(a.Line("kind")), Document: a.Line("document"), Text: a.Text("question")}
	if q.Text == "" {
		return p.controlPage(a, form{field: "question", problem: a.T("portal.ask.empty")})
	}
	_, err := p.site.House.AskAboutTerms(a.Context(), a.Who, q)
	if errors.Is(err, candor.ErrDenied) && candor.Hint(err) != "" {
		return p.controlPage(a, form{field: "question", problem: a.T("portal.agree.toomany")})
	}
	if err != nil {
		return web.View{}, err
	}
	return web.See(a.path).Say(ui.Good, a.T("portal.ask.said")), nil
}

// looked is the page on which a receipt is checked by whoever has it.
type looked struct {
	form     form
	text     string
	standing *house.Standing
	mails    bool // the link can be mailed
}

func (p *portal) lookUpForm(r *web.Request) (web.View, error) {
	return web.View{Document: exact(lookUpDocument(r.Letter(r.T("portal.receipt.check")), looked{mails: !p.site.House.Mute}))}, nil
}

func (p *portal) lookUp(r *web.Request) (web.View, error) {
	l := looked{mails: !p.site.House.Mute, text: strings.Join(strings.Fields(r.Text("receipt")), "")}
	s, err := p.site.House.LookUp(r.Context(), l.text)
	switch {
	case err == nil:
		l.standing = &s
	case errors.Is(err, candor.ErrInvalid), errors.Is(err, candor.ErrDenied):
		l.form = form{field: "receipt", problem: r.T("portal.receipt.bad")}
	default:
		return web.View{}, err
	}
	v := web.View{Document: exact(lookUpDocument(r.Letter(r.T("portal.receipt.check")), l))}
	if l.form.problem != "" {
		v = v.Again()
	}
	return v, nil
}

// mailControl has the link mailed to whom a receipt is of. The answer is the
// same, whatever was put in.
func (p *portal) mailControl(r *web.Request) (web.View, error) {
	if err := p.site.House.MailControl(r.Context(), strings.Join(strings.Fields(r.Text("lost")), "")); err != nil {
		return web.View{}, err
	}
	return web.See(house.ReceiptsPath).Say(ui.Neutral, r.T("portal.receipt.mail.said")), nil
}

// keys are what receipts are checked with.
func (p *portal) keys(w http.ResponseWriter, _ *http.Request) {
	text, err := json.Marshal(p.site.House.ReceiptKeys())
	if err != nil {
		http.Error(w, "the keys cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_, _ = w.Write(text) // who went away does not matter
}

// receiptLines are what a receipt says besides its clauses.
func receiptLines(ctx context.Context, r *signedReceipt) []ui.Fact {
	all := []ui.Fact{
		{Label: phrase.T(ctx, "portal.receipt.when"), Value: plain(phrase.From(ctx).Time(r.Event.At, ui.From(ctx).Zone))},
		{Label: phrase.T(ctx, "portal.receipt.version"), Value: plain(r.Agreement.Version)},
		{Label: phrase.T(ctx, "portal.receipt.how"), Value: plain(phrase.From(ctx).T("portal.how." + string(r.Event.Method)))},
		{Label: phrase.T(ctx, "portal.receipt.behalf"), Value: plain(phrase.From(ctx).T("portal.agree.behalf." + string(r.Event.Behalf)))},
		{Label: phrase.T(ctx, "portal.receipt.language"), Value: ui.Mono(r.Agreement.Language)},
		{Label: phrase.T(ctx, "portal.receipt.digest"), Value: ui.Mono(r.Agreement.SHA256)},
		{Label: phrase.T(ctx, "portal.receipt.number"), Value: ui.Mono(string(r.ID))},
	}
	if r.Event.Age > 0 {
		all = append(all, ui.Fact{Label: phrase.T(ctx, "portal.receipt.age"), Value: plain(phrase.From(ctx).N("portal.agree.age.reached", r.Event.Age))})
	}
	return all
}
