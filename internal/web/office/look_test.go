package office_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"candor"
	"candor/internal/consent"
	"candor/internal/desk"
	"candor/internal/store"
	"candor/internal/web"
	"candor/internal/web/browsertest"
	"candor/internal/web/webtest"
)

type view struct {
	language, scheme string
	width            int64
}

// views are two that differ in everything, by turns, or all of them for pictures.
func views(turn int) (all []view) {
	if !browsertest.Shots() {
		return []view{{"zh", "dark", 390}, {"en", "light", 1600}}[turn%2:][:1]
	}
	for _, tag := range []string{"en", "zh"} {
		for _, scheme := range []string{"light", "dark"} {
			all = append(all, view{tag, scheme, 390}, view{tag, scheme, 1600})
		}
	}
	return all
}

// TestLook opens all pages with a provider's data in a real browser, wide and
// on a phone, light and dark. Nothing may be wider than the screen or against
// the policy.
func TestLook(t *testing.T) {
	b, w := browsertest.Open(t, "status of 422"), newWorld(t)
	w.At(time.Now().UTC())
	pages := w.provider(t)
	w.submitted(t)
	signIn(t, b, w)
	for i, name := range slices.Sorted(maps.Keys(pages)) {
		for _, v := range views(i) {
			look(t, b, w, name, pages[name], v)
		}
	}
	for i, f := range forms {
		for _, v := range views(i) {
			send(t, b, w, f, v)
		}
	}
}

// signIn signs the administrator in.
func signIn(t *testing.T, b *browsertest.Browser, w *world) {
	t.Helper()
	mail, password := `document.getElementById("mail")`, `document.getElementById("password")`
	b.Run(t, "sign in", chromedp.Navigate(w.URL+web.SignIn), browsertest.Wants(mail+` && document.readyState === "complete"`),
		browsertest.Wants(fmt.Sprintf(`(%s.value = "admin@example.net", %s.value = %q, %s.form.submit(), true)`, mail, password, webtest.Password, mail)),
		browsertest.Wants(`location.pathname !== "/sign-in" && document.readyState === "complete"`))
}

// look opens a page.
func look(t *testing.T, b *browsertest.Browser, w *world, name, path string, v view) {
	t.Helper()
	what := fmt.Sprintf("%s-%s-%s-%d", name, v.language, v.scheme, v.width)
	parameter := "?language=" + v.language
	if strings.Contains(path, "?") {
		parameter = "&language=" + v.language
	}
	b.Run(t, what, chromedp.EmulateViewport(v.width, 900), browsertest.Prefers(v.scheme), chromedp.Navigate(w.URL+path+parameter),
		browsertest.Wants(`document.readyState === "complete" && document.querySelector("h1")`))
	b.Fits(t, what)
	b.Accessible(t, what, browsertest.Axe(t))
	b.Picture(t, what)
}

// sent is a form that is filled in and sent.
type sent struct{ name, path, fill string }

var forms = []sent{
	{"rehearsal", "/policy/edit", `rule-2-method=quarantine`},
	{"import-confirm", "/import", `text=type,kind,reference,name\nparty,vendor,V-1,Antivirus Inc`},
	{"import-errors", "/import", `text=type,kind,reference,name,contacts\nparty,vendor,V-1,Antivirus Inc,\nparty,alien,V-2,Marvin,\nparty,customer,V-3,Bad Mail Ltd,a b@x\nasset,site,,Nameless,`},
	{"terms-errors", "/terms/new", `text=schema: terms-1\ndocument: x y`},
	{"party-errors", "/parties/new", `name=&zone=Mars/Olympus&contact-0-address=nobody&contact-1-name=Somebody`},
	{"link-once", "/people/new", `name=Nora Lindner&mail=nora.$@example.net`},
	{"agent-once", "/agents/new", `server=web1.example.net (W-1)`},
	{"entry-errors", "/directory/new", `name=Lab&channels=mail nobody&classes=x/y&most=many`},
	{"agent-error", "/agents/new", `server=nowhere`},
	{"secret-once", "/settings/webhooks/new", `url=https://chat.example.net/hooks/$`},
}

// send fills in a form and sends it; $ stands for what no other has.
func send(t *testing.T, b *browsertest.Browser, w *world, f sent, v view) {
	t.Helper()
	look(t, b, w, f.name+"-form", f.path, v)
	unique := fmt.Sprintf("%s-%s-%d", v.language, v.scheme, v.width)
	fill := strings.ReplaceAll(strings.ReplaceAll(f.fill, "$", unique), "\n", `\n`)
	b.Run(t, f.name, browsertest.Wants(fmt.Sprintf(`(() => { for (const part of "%s".split("&")) { const [name, value] = part.split("="); document.querySelector('main [name="' + name + '"]').value = value }
		document.title = "sent"; document.querySelector("main form.form .button-primary").click(); return true })()`, fill)),
		browsertest.Wants(`document.readyState === "complete" && document.title !== "sent" && document.querySelector("h1")`))
	what := f.name + "-" + unique
	b.Fits(t, what)
	b.Accessible(t, what, browsertest.Axe(t))
	b.Picture(t, what)
}

// provider fills the house as a provider's is, and gives the pages to look at.
func (w *world) provider(t *testing.T) map[string]string {
	t.Helper()
	admin, ctx := w.Who(candor.RoleAdmin), t.Context()
	customers := []string{"Bäckerei Sonnleitner GmbH", "Shop am Graben KG", "Kanzlei Dr. Weiss & Partner", "深圳市海蓝科技有限公司", "Northwind Outdoor Ltd", "Verein Radfreunde Tulln", "Atelier Moreau", "Hotel Alpenblick", "Zahnärzte Mitte", "Fahrschule Kern"}
	var sites []candor.Asset
	for i, name := range customers {
		host := fmt.Sprintf("www%d.example", i+1)
		p, err := w.House.SaveParty(ctx, admin, candor.Party{Kind: candor.Customer, Name: name, Reference: fmt.Sprintf("K-%d", 10231+i*17), Language: []string{"en", "zh", "fr"}[i%3], TimeZone: "Europe/Vienna", Note: "Prefers a call before noon.",
			Contacts: []candor.Contact{{Name: "Maria Huber", Purpose: "technical", Channel: candor.Mail, Address: "it@" + host}, {Purpose: "abuse", Channel: candor.Mail, Address: "abuse@" + host, Language: "en"}, {Channel: candor.Phone, Address: "+43 1 234 56 " + fmt.Sprint(10+i)}}[:3-i%3]})
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.House.SaveAsset(ctx, admin, candor.Asset{Kind: candor.Site, Name: host, Owner: p.ID, Reference: fmt.Sprintf("S-%d", 4000+i), Hosts: []string{host, "shop." + host}[:1+i%2], Roots: []string{"/srv/www/" + host + "/public"}, Software: []string{"wordpress", "joomla", ""}[i%3], ObserveOnly: i == 3})
		if err != nil {
			t.Fatal(err)
		}
		if i < 7 {
			_, err = w.House.AddAgreement(ctx, admin, candor.Agreement{Party: p.ID, Terms: "Terms of hosting", Version: "2026-01", Digest: strings.Repeat("9f86d081", 8), Allows: []string{"notify", "quarantine"}[:1+i%2], Accepted: w.Clock().AddDate(0, -5, -i), How: "contract"})
		}
		if err != nil {
			t.Fatal(err)
		}
		sites = append(sites, a)
	}
	var c candor.Case
	for i, a := range sites[:5] {
		c = w.File(t, a, webtest.Shell(a, fmt.Sprintf("wp-content/uploads/2026/03/cache-%d.php", i)), webtest.Shell(a, "index.php"))
	}
	w.scans(t, sites)
	for _, u := range []candor.User{{Name: "Ingrid Bauer", Mail: "ingrid.bauer@example.net", Role: candor.RoleAuditor}, {Name: "王芳", Mail: "wang.fang@example.net", Role: candor.RoleAnalyst, Language: "zh"}, {Name: "Maria Huber", Mail: "it@www1.example", Role: candor.RoleCustomer, Party: sites[0].Owner}} {
		if _, _, err := w.House.Access.Invite(ctx, admin, u); err != nil {
			t.Fatal(err)
		}
	}
	h, _, err := w.House.AddWebhook(ctx, admin, "https://tickets.example.net/hooks/candor", []string{"case.opened", "case.closed"})
	if err != nil {
		t.Fatal(err)
	}
	w.deliveries(t, h.ID)
	if err := w.House.SetPolicy(ctx, admin, desk.Policy{Rules: []desk.PolicyRule{{Method: "notify", Severity: candor.Medium, Confidence: 80}, {Method: "quarantine", Class: candor.ApplicationCompromise, Severity: candor.High, Confidence: 95}}}); err != nil {
		t.Fatal(err)
	}
	waiver := w.gates(t, sites)
	w.exposes(t, sites)
	w.observes(t, sites[0])
	w.settle(t)
	token := w.token(t)
	g := w.House.Definitions.Health().Generation.ID
	asset, party, analyst, finding := "/assets/"+string(sites[0].ID), "/parties/"+string(sites[0].Owner), "/people/"+string(w.People[candor.RoleAnalyst].ID), "/evidence/"+string(w.record(t, candor.RecordFinding).ID)
	published := w.publish(t, "hosting-terms", "1")
	w.asks(t, "Why may you switch my site off, and who decides it?")
	w.decide(t, w.party.ID, published, consent.Agreed, "samples")
	site := "/gate/" + string(sites[0].ID)
	watched := w.watched(t, "Line 4711", sites[1].Owner)
	w.keep(t, watched)
	reason := "&for=the+subscriber+asks+about+a+bill"
	line := "/assets/" + string(watched.ID)
	return map[string]string{
		"gate": "/gate", "gate-grace": "/gate?state=grace", "gate-suspended": "/gate/" + string(sites[7].ID), "gate-site": site, "gate-draft": "/gate/" + string(sites[9].ID), "gate-live": "/gate/" + string(sites[6].ID), "waive": site + "/waive", "waiver-end": site + "/waivers/" + string(waiver) + "/end", "take-back": site + "/take-back",
		"gate-policy": "/gate/policy", "gate-policy-edit": "/gate/policy/edit",
		"terms": "/terms", "terms-one": "/terms/" + string(published.ID), "terms-arabic": "/terms/" + string(published.ID) + "?in=ar", "terms-coverage": "/terms/coverage", "terms-new": "/terms/new",
		"terms-end": "/terms/" + string(published.ID) + "/end", "consents": "/consents",
		"campaigns": "/campaigns", "campaign": "/campaigns/" + string(w.campaign(t).ID), "software": "/software", "software-one": "/software/" + w.software(t),
		"sites": "/sites", "assets-server": "/assets?kind=server", "asset": asset, "asset-observed": "/assets/" + string(sites[3].ID), "asset-unseen": "/assets/" + string(sites[9].ID), "asset-new": "/assets/new", "asset-software": asset + "/software", "asset-software-gone": asset + "/software?state=gone", "asset-software-none": "/assets/" + string(sites[9].ID) + "/software", "asset-packages": "/assets/" + string(w.server.ID) + "/software", "asset-edit": asset + "/edit",
		"drills": "/drills", "drill": "/drills/" + w.drilled(t), "drill-missed": "/drills/20260201T090000Z-nftables",
		"traffic": "/traffic", "line": line, "line-edit": line + "/edit",
		"traffic-now": "/traffic/now", "flows": "/traffic/flows?by=protocol,port&time=6h", "flows-by-line": "/traffic/flows?by=line,direction&order=packets&time=1d", "flows-narrow": "/traffic/flows?by=peer&where=line:%22Line+4711%22+-port:53" + reason, "flows-wrong": "/traffic/flows?where=port:443+colour:red", "flows-unsaid": "/traffic/flows?where=line:%22Line+4711%22",
		"flows-none": "/traffic/flows?where=port:9", "flows-total": "/traffic/flows?order=flows", "flow-records": "/traffic/flows/records?where=line:%22Line+4711%22" + reason, "line-day": "/traffic/lines/" + string(watched.ID) + "?" + reason[1:], "line-day-unsaid": "/traffic/lines/" + string(watched.ID),
		"repeat": "/repeat?least=1", "repeat-asset": "/repeat?by=asset&least=1&days=365", "repeat-none": "/repeat?least=10", "reports": "/reports", "reports-none": "/reports?state=duplicate", "report": "/reports/" + string(w.reported(t).ID), "report-forwards": w.passedOn(t), "reporter-consents": "/reporter-consents", "reporter-tokens": "/reporter-tokens",
		"intel": "/intel", "intel-feed": "/intel/feeds/c2", "intel-feed-fresh": "/intel/feeds/kev", "exposures": "/intel/exposures", "exposures-none": "/intel/exposures?q=nothing", "exposure": "/intel/exposures/CVE-2026-1207", "exposure-warn": "/intel/exposures/CVE-2026-1207/warn", "exposure-maybe": "/intel/exposures/CVE-2025-9001",
		"pack": "/cases/" + string(c.ID) + "/pack", "pack-refused": "/cases/" + string(c.ID) + "/pack?audience=public",
		"samples": "/cases/" + string(c.ID) + "/samples", "directory": "/directory", "directory-failing": "/directory?state=failing", "entry": "/directory/" + string(w.lab(t).ID), "entry-edit": "/directory/" + string(w.lab(t).ID) + "/edit", "entry-new": "/directory/new", "entry-api": "/directory/" + string(w.sandbox(t).ID), "entry-api-edit": "/directory/" + string(w.sandbox(t).ID) + "/edit", "entry-api-key": "/directory/" + string(w.sandbox(t).ID) + "/key", "entry-verify": "/directory/" + string(w.lab(t).ID) + "/verify", "entry-retire": "/directory/" + string(w.lab(t).ID) + "/retire",
		"groups": "/intel/groups", "group": "/intel/groups/" + string(w.partners(t).ID), "group-new": "/intel/groups/new", "group-retire": "/intel/groups/" + string(w.partners(t).ID) + "/retire", "share": "/cases/" + string(c.ID) + "/share?group=" + string(w.partners(t).ID), "share-none": "/cases/" + string(c.ID) + "/share",
		"bulletins": "/intel/bulletins", "bulletin": "/intel/bulletins/" + string(w.told(t).ID), "bulletin-old": "/intel/bulletins/" + string(w.told(t).ID) + "?version=1", "bulletin-new": "/intel/bulletins/new", "bulletin-edit": "/intel/bulletins/" + string(w.told(t).ID) + "/edit", "bulletin-publish": "/intel/bulletins/" + string(w.told(t).ID) + "/publish", "bulletin-withdraw": "/intel/bulletins/" + string(w.told(t).ID) + "/withdraw",
		"notices": "/notices", "notice": "/notices/" + string(w.notice(t).ID),
		"agents": "/agents", "agents-retired": "/agents?state=revoked", "retire": "/agents/" + string(w.agent.ID) + "/retire", "agent-token": "/agents/tokens/" + w.spare + "/revoke", "asset-server": "/assets/" + string(w.server.ID),
		"parties": "/parties", "party": party, "party-new": "/parties/new", "party-edit": party + "/edit", "agreement": party + "/agreements/new", "paper": party + "/consents/new", "paper-agreed": party + "/consents/new?act=agreed&terms=" + string(published.ID), "paper-withdrawn": party + "/consents/new?act=withdrawn&terms=" + string(published.ID), "erase": party + "/erase", "import": "/import",
		"definitions": "/definitions", "use": "/definitions/" + g + "/use", "evidence": "/evidence", "record": finding, "export": "/cases/" + string(c.ID) + "/evidence",
		"policy": "/policy", "policy-edit": "/policy/edit", "people": "/people", "person": analyst, "person-edit": analyst + "/edit", "invite": "/people/new", "disable": analyst + "/disable", "revoke": analyst + "/tokens/" + string(token.ID) + "/revoke",
		"settings": "/settings", "webhook": "/settings/webhooks/" + string(h.ID), "webhook-new": "/settings/webhooks/new", "health": "/health", "x1207": "/x1207",
	}
}

// exposes has feeds name sites, and the first of their owners warned.
func (w *world) exposes(t *testing.T, sites []candor.Asset) {
	t.Helper()
	w.intel(t, sites[0])
	w.writes(t)
	w.run(t, map[*candor.Asset]string{&sites[0]: "wordpress 6.4.2", &sites[6]: "wordpress 6.4.1"})
	if _, err := w.House.WarnExposed(t.Context(), w.Who(candor.RoleAnalyst), "CVE-2026-1207", false); err != nil {
		t.Fatal(err)
	}
	w.run(t, map[*candor.Asset]string{&sites[8]: "wordpress 6.4.1"})
}

// scans are in every state.
func (w *world) scans(t *testing.T, sites []candor.Asset) {
	t.Helper()
	now := w.Clock()
	err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		var err error
		for i, a := range sites[:9] {
			s := candor.Scan{ID: candor.NewID(now), Asset: a.ID, Party: a.Owner, State: candor.ScanComplete, Cause: "schedule", By: "system", Files: int64(18_230 + 913*i), Bytes: int64(2_140_000_000 + 91_000_000*i), Findings: int64(i % 3),
				Queued: now.Add(-time.Duration(i+1) * 5 * time.Hour), Started: now.Add(-time.Duration(i+1) * 5 * time.Hour), Ended: now.Add(-time.Duration(i+1)*5*time.Hour + 94*time.Second)}
			a.Scanned = s.Ended
			err = errors.Join(err, tx.AddScan(t.Context(), s), tx.ChangeAsset(t.Context(), a, now.Add(time.Hour)))
		}
		a := sites[0]
		for _, s := range []candor.Scan{
			{State: candor.ScanRunning, Cause: "demand", By: w.Who(candor.RoleAnalyst).Actor(), Files: 7_412, Bytes: 812_000_000, Total: 2_140_000_000, Errors: 3, Queued: now.Add(-41 * time.Second), Started: now.Add(-40 * time.Second)},
			{State: candor.ScanPartial, Cause: "definitions", By: "system", Files: 9_120, Bytes: 998_000_000, Findings: 2, Errors: 14, Error: "it was stopped after 15 min", Queued: now.Add(-30 * time.Hour), Started: now.Add(-30 * time.Hour), Ended: now.Add(-30*time.Hour + 15*time.Minute)},
			{State: candor.ScanFailed, Cause: "schedule", By: "system", Error: "open /srv/www/www1.example/public: no such file or directory", Queued: now.Add(-54 * time.Hour), Started: now.Add(-54 * time.Hour), Ended: now.Add(-54 * time.Hour)},
		} {
			s.ID, s.Asset, s.Party = candor.NewID(now), a.ID, a.Owner
			err = errors.Join(err, tx.AddScan(t.Context(), s))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) deliveries(t *testing.T, hook candor.ID) {
	t.Helper()
	now := w.Clock()
	err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		return errors.Join(
			tx.SetDelivery(t.Context(), store.Delivery{ID: candor.NewID(now), Webhook: hook, Kind: "case.opened", Body: "{}", State: "delivered", Attempts: 1, Status: 204, Created: now.Add(-3 * time.Hour), Ended: now}),
			tx.SetDelivery(t.Context(), store.Delivery{ID: candor.NewID(now), Webhook: hook, Kind: "case.closed", Body: "{}", State: "failed", Attempts: 12, Status: 500, Error: "the answer was 500 Internal Server Error", Created: now.Add(-50 * time.Hour), Ended: now}),
			tx.SetDelivery(t.Context(), store.Delivery{ID: candor.NewID(now), Webhook: hook, Kind: "test", Body: "{}", State: "waiting", Created: now}))
	})
	if err != nil {
		t.Fatal(err)
	}
}
