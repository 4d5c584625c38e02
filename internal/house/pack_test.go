package house_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/directory"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intel/tlp"
	"candor/internal/scan/site"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// packed is a case that is full of what may not leave, and of what should.
type packed struct {
	r       *rand.Rand
	w       *world
	secrets []string
	party   candor.Party
	site    candor.Asset
	kase    candor.Case
	reports []told
	digest  string
	never   []string // what belongs to others
}

// told is a report of a case, and the address of the attacker's that it tells of.
type told struct {
	mark tlp.Mark
	url  string
}

// word is a word that comes up nowhere else; planted ones may not leave.
func (p *packed) word(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "bcdfghjklmnpqrstvwxz"[p.r.IntN(20)]
	}
	return string(b)
}

func (p *packed) plant(s string) string {
	p.secrets = append(p.secrets, s)
	return s
}

func (p *packed) mail() string { return p.plant(p.word(8)) + "@" + p.word(9) + ".example" }

// packedCase makes one through the store and the desk.
func packedCase(t *testing.T, w *world, r *rand.Rand, n int) *packed {
	t.Helper()
	p := &packed{r: r, w: w}
	p.party = candor.Party{ID: candor.NewID(w.now), Kind: []candor.PartyKind{candor.Customer, candor.Subscriber}[r.IntN(2)], Name: p.plant(p.word(6)) + " " + p.plant(p.word(7)), Reference: p.plant("K" + p.word(6)), Language: "en", TimeZone: "UTC",
		Note: "asks for " + p.mail(), Contacts: []candor.Contact{{Name: p.plant(p.word(9)), Channel: candor.Mail, Address: p.mail()}}, Created: w.now, Updated: w.now}
	if p.party.Kind == candor.Customer { // an organisation's name is one word, a person's is two
		p.secrets = append(p.secrets[2:], p.party.Name)
	}
	host, user := p.plant(p.word(9)+".example"), p.plant(p.word(7))
	p.site = candor.Asset{ID: candor.NewID(w.now), Kind: candor.Site, Owner: p.party.ID, Name: p.plant("site " + p.word(8)), Roots: []string{"/home/" + user + "/public_html"}, Hosts: []string{"www." + host, host}, Every: candor.Period(time.Hour), Created: w.now, Updated: w.now}
	address := fmt.Sprintf("100.%d.%d.%d", 64+n/200, n%200, 1+r.IntN(250))
	line := candor.Asset{ID: candor.NewID(w.now), Kind: candor.Line, Owner: p.party.ID, Name: p.plant("line-" + p.word(8)), Access: candor.Access{Addresses: []string{p.plant(address)}}, Every: candor.Period(time.Hour), Created: w.now, Updated: w.now}
	w.must(t, func(tx *store.Tx) error {
		return errors.Join(tx.AddParty(t.Context(), p.party), tx.AddAsset(t.Context(), p.site, w.now), tx.AddAsset(t.Context(), line, w.now))
	})
	p.digest = fmt.Sprintf("%016x%016x%016x%016x", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64())
	filed, err := w.Desk.File(t.Context(), desk.Filing{Asset: p.site.ID, Scan: candor.NewID(w.now), Sensor: site.Sensor, Generation: "g",
		Findings: []candor.Finding{{Path: p.site.Roots[0] + "/x.php", Rule: "shell", Class: candor.Phishing, Severity: candor.High, SHA256: p.digest, Description: user}}})
	if err == nil {
		p.kase, err = w.Store.Case(t.Context(), candor.Everything, filed.Opened[0])
	}
	if err == nil {
		err = w.Comment(t.Context(), ada, p.kase.ID, "Called "+p.mail(), true)
	}
	if err != nil {
		t.Fatal(err)
	}
	for k := range 1 + r.IntN(3) {
		p.report(t, n, k, line, address, host, user)
	}
	p.mixed(t, n)
	return p
}

func (w *world) must(t *testing.T, f func(*store.Tx) error) {
	t.Helper()
	if err := w.Store.Tx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// report adds a report about the case, which also tells of the attacker.
func (p *packed) report(t *testing.T, n, k int, line candor.Asset, address, host, user string) {
	marks := []string{"", "", "clear", "green", "amber", "amber+strict", "red", "mauve"}
	mark := marks[p.r.IntN(len(marks))]
	x := told{url: fmt.Sprintf("http://bad%dx%d.example/kit%d/login.php", n, k, n)}
	if mark != "" {
		x.mark, _ = tlp.Parse(mark)
	}
	p.reports = append(p.reports, x)
	r := candor.Report{ID: candor.NewID(p.w.now), Way: "api", Received: p.w.now, SHA256: fmt.Sprintf("%064x", p.r.Uint64()), State: candor.ReportFiled, Reporter: p.mail(), Reference: p.plant(p.word(9)), TLP: mark, Updated: p.w.now}
	mine := func(kind intake.Kind, value string, asset candor.Asset) candor.Complaint {
		return candor.Complaint{Kind: string(kind), Value: value, Role: string(intake.Source), Class: candor.Phishing, State: candor.ComplaintFiled, Asset: asset.ID, Party: p.party.ID, Case: p.kase.ID}
	}
	dynamic := p.plant(fmt.Sprintf("198.18.%d.%d", n%250, 10*k+p.r.IntN(10)))
	foreign := func(role intake.Role, kind intake.Kind, value string) candor.Complaint {
		return candor.Complaint{Kind: string(kind), Value: value, Role: string(role), Class: candor.Phishing, State: candor.ComplaintForeign}
	}
	all := []candor.Complaint{
		mine(intake.URL, "http://"+host+"/login", p.site), mine(intake.Address, address, line), mine(intake.Address, dynamic, line),
		foreign(intake.Host, intake.URL, x.url+"?of="+p.party.Reference), foreign(intake.Host, intake.URL, "http://bad.example/~"+strings.ToUpper(user)+"/"), foreign(intake.Host, intake.URL, "http://"+address+"/x"),
		foreign(intake.Host, intake.Domain, strings.ReplaceAll(host, ".", "-")+".bad.example"), foreign(intake.Source, intake.Mail, p.party.Reference+"@bad.example"),
		foreign(intake.Victim, intake.URL, p.plant("http://victim"+p.word(7)+".example/")),
	}
	p.add(t, r, all)
}

func (p *packed) add(t *testing.T, r candor.Report, all []candor.Complaint) {
	for i := range all {
		c := &all[i]
		c.ID, c.Report, c.Number, c.Confidence, c.Updated, c.First, c.Last = candor.NewID(p.w.now), r.ID, int64(i+1), 90, p.w.now, p.w.now, p.w.now
		c.Note, c.Evidence = "seen by "+r.Reporter, "log of "+p.secrets[0]
	}
	r.Complaints = int64(len(all))
	p.w.must(t, func(tx *store.Tx) error {
		return errors.Join(tx.AddReports(t.Context(), store.NewReport{Report: r}), tx.AddComplaints(t.Context(), all...))
	})
}

// mixed adds a report that is about somebody else's too.
func (p *packed) mixed(t *testing.T, n int) {
	p.never = []string{fmt.Sprintf("other%d.example", n), fmt.Sprintf("both%d.example", n)}
	r := candor.Report{ID: candor.NewID(p.w.now), Way: "api", Received: p.w.now, SHA256: fmt.Sprintf("%064x", p.r.Uint64()), State: candor.ReportFiled, Reporter: p.mail(), TLP: "clear", Updated: p.w.now}
	p.add(t, r, []candor.Complaint{
		{Kind: "url", Value: "http://" + p.site.Hosts[0] + "/b", Role: "host", Class: candor.Phishing, State: candor.ComplaintFiled, Asset: p.site.ID, Party: p.party.ID, Case: p.kase.ID},
		{Kind: "url", Value: "http://" + p.never[0] + "/b", Role: "host", Class: candor.Phishing, State: candor.ComplaintPerson},
		{Kind: "domain", Value: p.never[1], Role: "host", Class: candor.Phishing, State: candor.ComplaintForeign},
	})
}

// mark is the strictest of the reports: that of mixed is clear.
func (p *packed) mark() tlp.Mark {
	marks := []tlp.Mark{tlp.Clear}
	for _, r := range p.reports {
		marks = append(marks, r.mark)
	}
	return tlp.Strictest(marks...)
}

// TestPacks makes packs of cases that are full of names: none of these is in any
// format, and what is the attacker's is, as far as the marks let it.
func TestPacks(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	r := rand.New(rand.NewPCG(12, 7))
	const cases = 300
	packs, denied, urls, digests, planted := 0, 0, 0, 0, 0
	for n := range cases {
		p := packedCase(t, w, r, n)
		planted += len(p.secrets)
		for _, to := range []tlp.Audience{tlp.Audiences()[r.IntN(5)], tlp.Organisation, tlp.Recipients} {
			for _, f := range house.PackFormats() {
				got, err := w.PreviewPack(t.Context(), ada, house.PackOrder{Case: p.kase.ID, Format: f, Audience: to})
				if !p.mark().Allows(to) {
					if denied++; !errors.Is(err, candor.ErrDenied) || candor.Hint(err) == "" {
						t.Fatalf("%s to %s: %v", p.mark(), to, err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				packs++
				u, d := p.check(t, got, to)
				urls, digests = urls+u, digests+d
			}
		}
	}
	if packs == 0 || denied == 0 || urls == 0 || digests == 0 {
		t.Error("nothing was shown")
	}
	t.Logf("%d cases with %d planted identifiers: %d packs in %d formats with %d addresses and %d digests of the attacker's, %d refused by the mark", cases, planted, packs, len(house.PackFormats()), urls, digests, denied)
}

// check looks into a pack, and counts what it has of the attacker.
func (p *packed) check(t *testing.T, got house.Pack, to tlp.Audience) (urls, digests int) {
	t.Helper()
	text := strings.ToLower(string(got.Content))
	if got.MediaType == "application/pdf" {
		text += "\n" + readSheets(text)
	}
	for _, s := range slices.Concat(p.secrets, p.never, []string{string(p.kase.ID), string(p.party.ID), string(p.site.ID), p.site.Roots[0]}) {
		if strings.Contains(text, strings.ToLower(s)) {
			t.Fatalf("%s tells %q to %s:\n%s", got.Name, s, to, got.Content)
		}
	}
	if !got.Mark.Allows(to) || strings.Contains(got.Name, p.kase.Label()) {
		t.Fatalf("%s is marked %s", got.Name, got.Mark)
	}
	for _, x := range p.reports {
		reach := to
		if x.mark != "" && to == tlp.Recipients {
			reach = tlp.Community // they are not of those whom it was given to
		}
		want := x.mark.Allows(to) && x.mark.Allows(reach)
		if has := strings.Contains(text, x.url); has != want {
			t.Fatalf("%s to %s has %s, marked %q: %v\n%s", got.Name, to, x.url, x.mark, has, got.Content)
		} else if has {
			urls++
		}
	}
	raw, err := hex.DecodeString(p.digest)
	if err != nil {
		t.Fatal(err)
	}
	has := strings.Contains(text, p.digest) || strings.Contains(string(got.Content), base64.StdEncoding.EncodeToString(raw)) // as IODEF has it
	if has != tlp.Amber.Allows(to) {
		t.Fatalf("%s to %s has the digest %s: %v, %+v", got.Name, to, p.digest, has, got.Left)
	}
	if has {
		digests++
	}
	if got.Left.Private == 0 || got.Left.Bulk != 1 {
		t.Fatalf("left out: %+v", got.Left)
	}
	return urls, digests
}

var shownText = regexp.MustCompile(`\(((?:[^()\\]|\\.)*)\) tj`)

// readSheets is the text of a PDF in lower case that is not compressed, as a person
// reads it: lines that go on are one, and addresses are as they were.
func readSheets(content string) string {
	var out strings.Builder
	for _, m := range shownText.FindAllStringSubmatch(content, -1) {
		out.WriteString(strings.ReplaceAll(m[1], `\`, ""))
	}
	return strings.NewReplacer("[.]", ".", "hxxp", "http").Replace(out.String())
}

// TestCasePack keeps who took a pack, and gives it to nobody else.
func TestCasePack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		cert, err := w.SaveEntry(ctx, ada, directory.Entry{Name: "CERT Example", Kinds: []directory.Kind{directory.CERT}, Channels: []directory.Channel{{Way: directory.Mail, Address: "in@cert.example"}}, Takes: []directory.Goods{directory.Reports}})
		if err != nil {
			t.Fatal(err)
		}
		order := house.PackOrder{Case: w.kase, Format: house.PackSTIX, Audience: tlp.Recipients, Entry: cert.ID}
		if _, err := w.CasePack(ctx, eve, order); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor took it: %v", err)
		}
		p, err := w.CasePack(ctx, ada, order)
		if err != nil || len(p.Content) == 0 || len(p.Bundle.Indicators) != 1 || p.Mark != tlp.Amber {
			t.Fatalf("%+v, %v", p, err)
		}
		for _, o := range []house.PackOrder{{Case: w.kase, Format: "word", Audience: tlp.Public}, {Case: w.kase, Format: house.PackMISP, Audience: "all"}} {
			if _, err := w.CasePack(ctx, ada, o); !errors.Is(err, candor.ErrInvalid) {
				t.Errorf("%+v: %v", o, err)
			}
		}
		if _, err := w.CasePack(ctx, ada, house.PackOrder{Case: w.kase, Format: house.PackMISP, Audience: tlp.Public}); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("amber went to the public: %v", err)
		}
		if _, err := w.CasePack(ctx, ada, house.PackOrder{Case: candor.NewID(w.now), Format: house.PackMISP, Audience: tlp.Recipients}); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("of no case: %v", err)
		}
		v, err := w.Case(ctx, ada, w.kase)
		if err != nil {
			t.Fatal(err)
		}
		var taken []map[string]any
		for _, l := range v.Records {
			var b map[string]any
			if json.Unmarshal(l.Body, &b) == nil && b["pack"] != nil {
				taken = append(taken, b)
				if l.Actor != ada.Actor() {
					t.Errorf("taken by %q", l.Actor)
				}
			}
		}
		if len(taken) != 1 || taken[0]["sha256"] != p.SHA256 || taken[0]["organisation"] != "CERT Example" || taken[0]["audience"] != "recipients" {
			t.Errorf("the log has %v", taken)
		}
		if _, err := w.RetireEntry(ctx, ada, cert.ID, true); err != nil {
			t.Fatal(err)
		}
		if _, err := w.CasePack(ctx, ada, order); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("for one that is retired: %v", err)
		}
	})
}
