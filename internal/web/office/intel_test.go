package office_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/desk/playbook"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/feed"
	"candor/internal/intel/tlp"
	"candor/internal/intel/version"
	"candor/internal/respond"
	"candor/internal/respond/notify"
	"candor/internal/store"
)

// intel sets feeds up, in every state, with what they name of a site.
func (w *world) intel(t testing.TB, site candor.Asset) {
	t.Helper()
	ctx, now := t.Context(), w.Clock()
	w.House.Feeds = house.Feeds{All: []feed.Feed{
		{Name: "kev", Kind: feed.KEV, URL: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json", Every: 6 * time.Hour, Licence: "CC0-1.0", Trust: 100, TLP: tlp.Clear},
		{Name: "osv-packagist", Kind: feed.OSV, URL: "https://osv.example/Packagist/all.zip", Every: 24 * time.Hour, Licence: "CC-BY-4.0", Trust: 90, TLP: tlp.Clear},
		{Name: "c2", Kind: feed.Addresses, URL: "https://lists.example/c2.txt", Every: time.Hour, Licence: "MIT " + evil, Trust: 90, TLP: tlp.Clear},
		{Name: "partner", Kind: feed.TAXII, URL: "https://taxii.example/root/collections/1", Every: time.Hour, Licence: "by contract", Trust: 70, TLP: tlp.Amber},
		{Name: "epss", Kind: feed.EPSS, URL: "https://epss.example/epss_scores-current.csv.gz", Every: 24 * time.Hour, Licence: "free with attribution", Trust: 80}}}
	keep := func(tx *store.Tx, name string, s feed.State, until time.Time) error {
		_, _, err := tx.ClaimFeed(ctx, name, now, now.Add(time.Hour))
		return errors.Join(err, tx.KeepFeed(ctx, name, s, now.Add(time.Hour)), func() error {
			if until.IsZero() {
				return nil
			}
			_, _, err := tx.ClaimFeed(ctx, name, now, until)
			return err
		}())
	}
	err := w.House.Store.Tx(ctx, func(tx *store.Tx) error {
		return errors.Join(
			keep(tx, "kev", feed.State{Checked: now.Add(-time.Hour), Fetched: now.Add(-time.Hour), Changed: now.Add(-26 * time.Hour), Entries: 2}, time.Time{}),
			keep(tx, "osv-packagist", feed.State{Checked: now.Add(-80 * time.Hour), Fetched: now.Add(-80 * time.Hour), Changed: now.Add(-80 * time.Hour), Entries: 3, Skipped: 2}, time.Time{}),
			keep(tx, "c2", feed.State{Checked: now.Add(-2 * time.Minute), Fetched: now.Add(-9 * time.Hour), Changed: now.Add(-9 * time.Hour), Failures: 4, Error: "403 Forbidden " + evil + ": unavailable", Cause: feed.Refused}, time.Time{}),
			keep(tx, "partner", feed.State{Checked: now.Add(-time.Hour), Fetched: now.Add(-time.Hour)}, now.Add(time.Hour)),
			tx.KeepVulnerabilities(ctx, "kev", now,
				intel.Vulnerability{ID: "CVE-2026-1207", Source: "kev", Vendor: "WordPress", Product: "Core", Title: "WordPress Core code injection " + evil, Exploited: true, Ransomware: true, Due: now.AddDate(0, 0, 3), TLP: tlp.Clear},
				intel.Vulnerability{ID: "CVE-2025-9001", Source: "kev", Vendor: "Joomla", Product: "Joomla", Title: "Upload of files without a check of their kind", Exploited: true, Due: now.AddDate(0, 0, -9), TLP: tlp.Clear}),
			tx.KeepVulnerabilities(ctx, "epss", now, intel.Vulnerability{ID: "CVE-2026-1207", Source: "epss", EPSS: 0.8731, Percentile: 0.99, TLP: tlp.Clear}),
			tx.KeepVulnerabilities(ctx, "osv-packagist", now,
				intel.Vulnerability{ID: "CVE-2026-1207", Source: "osv-packagist", Ecosystem: "Packagist", Product: "wordpress/core", Scheme: version.Semver, Ranges: []version.Range{{From: "6.0.0", Until: "6.4.3"}, {From: "5.8.0", Last: "5.9.7"}}, Fixed: []string{"6.4.3"}, CVSS: 9.8, Published: now.AddDate(0, 0, -7), TLP: tlp.Clear}),
			tx.KeepVulnerabilities(ctx, "partner", now, intel.Vulnerability{ID: "X/1 " + evil, Source: "partner", Ecosystem: "Packagist", Product: "wordpress/core", Versions: []string{"6.4.2"}, TLP: tlp.AmberStrict}),
			tx.KeepIndicators(ctx, "c2", now, intel.Indicator{Kind: intake.URL, Value: "https://www.acme.example/" + evil, Source: "c2", Confidence: 90}),
			tx.KeepHit(ctx, intel.Hit{ID: candor.NewID(now), Feed: "c2", Kind: intake.URL, Value: "https://www.acme.example/" + evil, Asset: site.ID, What: "www.acme.example", Class: candor.MalwareDistribution, TLP: tlp.Clear, Confidence: 90, First: now.Add(-50 * time.Hour), Last: now, Filed: true}),
			tx.KeepHit(ctx, intel.Hit{ID: candor.NewID(now), Feed: "c2", Kind: intake.Address, Value: "192.0.2.7", Asset: site.ID, What: "192.0.2.7/32", TLP: tlp.Clear, Confidence: 60, First: now, Last: now}))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// facts are what letters tell of a case.
type facts struct{ *store.Store }

func (f facts) Places(ctx context.Context, id candor.ID, most int) (paths []string, total int, err error) {
	all, err := f.FindingsOfCase(ctx, id)
	for _, x := range all {
		if x.State == candor.FindingOpen {
			paths = append(paths, x.Path)
		}
	}
	return paths[:min(len(paths), most)], len(paths), err
}

func (facts) CustomerDeadline(context.Context, candor.ID) (time.Time, error) { return time.Time{}, nil }

type respondStore struct{ *store.Store }

func (d respondStore) Tx(ctx context.Context, f func(respond.Tx) error) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

// writes lets notices be proposed.
func (w *world) writes(t testing.TB) {
	t.Helper()
	books, err := playbook.Load()
	if err != nil {
		t.Fatal(err)
	}
	m, err := notify.New(notify.Config{Facts: facts{w.House.Store}, Advice: playbook.Adviser{Library: books, Phrases: w.House.Texts}, Phrases: w.House.Texts, Provider: notify.Provider{Name: "Example Hosting"}, Domain: "hosting.example", Now: w.Clock})
	if err != nil {
		t.Fatal(err)
	}
	w.House.Runner = respond.New(respond.Config{Store: respondStore{w.House.Store}, Methods: []respond.Method{m}, Now: w.Clock, Then: house.Follow(w.House.Desk)})
}

// run has sites say what they run.
func (w *world) run(t testing.TB, software map[*candor.Asset]string) {
	t.Helper()
	for a, text := range software {
		a.Software = text
		if err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.ChangeAsset(t.Context(), *a, time.Time{}) }); err != nil {
			t.Fatal(err)
		}
	}
}

// another is a site of a customer who agreed to notices.
func (w *world) another(t testing.TB) candor.Asset {
	t.Helper()
	ctx, admin := t.Context(), w.Who(candor.RoleAdmin)
	p, err := w.House.SaveParty(ctx, admin, candor.Party{Kind: candor.Customer, Name: "Other " + evil, Language: "en", TimeZone: "Europe/Vienna", Contacts: []candor.Contact{{Purpose: "abuse", Channel: candor.Mail, Address: "abuse@other.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.House.SaveAsset(ctx, admin, candor.Asset{Kind: candor.Site, Name: "other.example", Owner: p.ID, Hosts: []string{"other.example"}, Roots: []string{"/srv/www/other"}, Software: "wordpress"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.House.AddAgreement(ctx, admin, candor.Agreement{Party: p.ID, Terms: "Terms", Version: "1", Allows: []string{"notify"}, Accepted: w.Clock().Add(-time.Hour), How: "paper"}); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestFeeds(t *testing.T) {
	w := newWorld(t)
	admin, auditor := w.As(candor.RoleAdmin), w.As(candor.RoleAuditor)
	has(t, w.Get(t, auditor, "/intel"), http.StatusOK, "No feeds are set up")
	w.intel(t, w.asset)
	list := w.Get(t, auditor, "/intel")
	has(t, list, http.StatusOK, "Up to date", "Out of date", "Fails", "Being read", "Not read yet", "CC0-1.0", "Never yet")
	inert(t, list, "the list")
	page := w.Get(t, admin, "/intel/feeds/c2")
	has(t, page, http.StatusOK, "It failed 4 times in a row", "The publisher refuses us", "403 Forbidden", "Ask it now", "192.0.2.7", "As a finding", "Shown here only", "90 of 100", w.asset.Name)
	inert(t, page, "the feed")
	if a := w.Get(t, auditor, "/intel/feeds/c2"); strings.Contains(a.Text(), "/intel/feeds/c2/fetch") {
		t.Error("an auditor is offered to ask it")
	}
	has(t, w.Get(t, auditor, "/intel/feeds/osv-packagist"), http.StatusOK, "three of its times", "It names nothing of ours")
	if a := w.Get(t, admin, "/intel/feeds/partner"); strings.Contains(a.Text(), "/fetch") {
		t.Error("what is being read is offered to be asked")
	}
	has(t, w.Get(t, admin, "/intel/feeds/none"), http.StatusNotFound)
	has(t, w.led(t, candor.RoleAnalyst, "/intel/feeds/kev/fetch", nil), http.StatusOK, "It is being asked")
	has(t, w.Post(t, admin, "/intel/feeds/none/fetch", nil), http.StatusNotFound)
}

func TestExposures(t *testing.T) {
	w := newWorld(t)
	analyst, auditor := w.As(candor.RoleAnalyst), w.As(candor.RoleAuditor)
	has(t, w.Get(t, auditor, "/intel/exposures"), http.StatusOK, "Nothing is known to be exposed")
	w.intel(t, w.asset)
	w.writes(t)
	other := w.another(t)
	w.run(t, map[*candor.Asset]string{&w.asset: "wordpress 6.4.2", &other: "wordpress"})
	list := w.Get(t, auditor, "/intel/exposures")
	has(t, list, http.StatusOK, "CVE-2026-1207", "customers are or may be exposed", "Exploited for ransom", "Nobody", "87")
	inert(t, list, "the list")
	for query, want := range map[string]bool{"known=ransomware": true, "known=exploited": true, "due=week": true, "due=past": false, "q=wordpress": true, "q=joomla": false} {
		if a := w.Get(t, auditor, "/intel/exposures?"+query); strings.Contains(a.Text(), "/intel/exposures/CVE-2026-1207") != want {
			t.Errorf("%s: it is not as %v", query, want)
		}
	}
	has(t, w.Get(t, auditor, "/intel/exposures?q=joomla"), http.StatusOK, "Nothing matches")

	const path = "/intel/exposures/CVE-2026-1207"
	page := w.Get(t, auditor, path)
	has(t, page, http.StatusOK, "1 customer is exposed", "2 more sites may have it", "as osv-packagist says of this version", "its version is not known", "≥ 6.0.0 < 6.4.3", "≥ 5.8.0 ≤ 5.9.7", "9.8", "wordpress 6.4.2", "None")
	inert(t, page, "the exposure")
	if strings.Contains(page.Text(), path+"/warn") {
		t.Error("an auditor is offered to warn")
	}
	has(t, w.Get(t, analyst, path+"/warn"), http.StatusOK, "Prepare notices about CVE-2026-1207?", "1 customer has sites", "Also 2 sites that may have it", "Refuse the notices")
	has(t, w.Get(t, analyst, "/intel/exposures/CVE-1999-1"), http.StatusNotFound)
	has(t, w.Post(t, analyst, "/intel/exposures/CVE-1999-1/warn", nil), http.StatusSeeOther)

	has(t, w.led(t, candor.RoleAnalyst, path+"/warn", nil), http.StatusOK, "1 notice is prepared and waits for approval", "Ready to send")
	has(t, w.led(t, candor.RoleAnalyst, path+"/warn", url.Values{"all": {"yes"}}), http.StatusOK, "1 site was left alone", "For 1 site no notice can be proposed")
	has(t, w.Get(t, auditor, "/intel/exposures"), http.StatusOK, "3 of 3")

	hidden := "/intel/exposures/" + url.PathEscape("X/1 "+evil)
	page = w.Get(t, analyst, hidden)
	has(t, page, http.StatusOK, "1 customer is exposed", "TLP:AMBER+STRICT")
	inert(t, page, "one that customers may not hear of")
	has(t, w.led(t, candor.RoleAnalyst, hidden+"/warn", nil), http.StatusOK, "Nobody was warned", "may not be told to customers, by its TLP mark")
}
