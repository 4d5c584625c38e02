package house_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/agent"
	"candor/internal/desk/playbook"
	"candor/internal/fleet"
	"candor/internal/house"
	"candor/internal/intel/feed"
	"candor/internal/intel/tlp"
	"candor/internal/inventory"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/respond/notify"
	"candor/internal/respond/notify/smtp"
	"candor/internal/respond/notify/smtptest"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

type fleetStore struct{ *store.Store }

func (d fleetStore) Tx(ctx context.Context, f func(fleet.Tx) error) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

// noDefinitions has agents scan nothing.
type noDefinitions struct{}

func (noDefinitions) Current() string                 { return "" }
func (noDefinitions) Archive(string, io.Writer) error { return candor.ErrNotFound }

// caseFacts is what letters tell of a case.
type caseFacts struct{ *store.Store }

func (f caseFacts) Places(ctx context.Context, id candor.ID, most int) (paths []string, total int, err error) {
	all, err := f.FindingsOfCase(ctx, id)
	for _, x := range all {
		if x.State == candor.FindingOpen {
			paths = append(paths, x.Path)
		}
	}
	return paths[:min(len(paths), most)], len(paths), err
}

func (caseFacts) CustomerDeadline(context.Context, candor.ID) (time.Time, error) {
	return time.Time{}, nil
}

// put writes files below a folder.
func put(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		at := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o750), os.WriteFile(at, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

func wordpressFiles(version string) map[string]string {
	return map[string]string{"wp-includes/version.php": "<?php\n$wp_version = '" + version + "';\n", "wp-content/plugins/wp-file-manager/file_folder_manager.php": "<?php\n/*\nPlugin Name: File Manager\nVersion: 6.0\n*/\n"}
}

func dpkgStatus(openssl string) map[string]string {
	return map[string]string{"etc/os-release": "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
		"var/lib/dpkg/status": "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: " + openssl + "\n\nPackage: sudo\nStatus: install ok installed\nVersion: 1.9.13p3-1\nArchitecture: amd64\n"}
}

// observedKEV has what is exploited, of an application, a plug-in of it, and a package.
const observedKEV = `{"vulnerabilities":[
{"cveID":"CVE-2026-1207","vendorProject":"WordPress","product":"Core","vulnerabilityName":"WordPress Core code injection","dateAdded":"2026-11-20","dueDate":"2026-12-11","knownRansomwareCampaignUse":"Known"},
{"cveID":"CVE-2026-2001","vendorProject":"WordPress","product":"File Manager Plugin","vulnerabilityName":"Upload","dateAdded":"2026-11-20","dueDate":"2026-12-11"},
{"cveID":"CVE-2026-2003","vendorProject":"Sudo","product":"Sudo","vulnerabilityName":"Sudo","dateAdded":"2026-11-20","dueDate":"2026-12-11"},
{"cveID":"CVE-2026-3000","vendorProject":"OpenSSL","product":"OpenSSL","vulnerabilityName":"OpenSSL","dateAdded":"2026-11-20","dueDate":"2026-12-11"}]}`

const observedOSV = `{"id":"CVE-2026-1207","modified":"2026-11-20T00:00:00Z","affected":[{"package":{"ecosystem":"Packagist","name":"wordpress/core"},
"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"6.0"},{"fixed":"6.4.3"}]}]}]}`

const observedDebian = `{"openssl":{"CVE-2026-3000":{"description":"x","releases":{"bookworm":{"status":"resolved","fixed_version":"3.0.11-1~deb12u2","urgency":"high"},"trixie":{"status":"open"}}},
"CVE-2026-3001":{"description":"y","releases":{"bookworm":{"status":"open","urgency":"unimportant"},"trixie":{"status":"open"}}}}}`

// observedWorld is a customer with three sites on a server that has an agent.
type observedWorld struct {
	*world
	server candor.Asset
	sites  [3]candor.Asset
	system string
	mails  *smtptest.Server
	agent  func() (stop func())
}

func newObservedWorld(t *testing.T, w *world) *observedWorld {
	t.Helper()
	o := &observedWorld{world: w, system: t.TempDir()}
	put(t, o.system, dpkgStatus("3.0.11-1~deb12u1"))
	o.server = candor.Asset{ID: candor.NewID(w.now), Kind: candor.Server, Owner: w.party.ID, Name: "web1", Created: w.now, Updated: w.now}
	w.must(t, func(tx *store.Tx) error { return tx.AddAsset(t.Context(), o.server, time.Time{}) })
	for i, software := range []string{"", "wordpress 5.0", "joomla"} {
		root := filepath.Join(t.TempDir(), "site")
		put(t, root, wordpressFiles("6.4.2"))
		name := string(rune('a'+i)) + ".example"
		a := candor.Asset{ID: candor.NewID(w.now), Kind: candor.Site, Owner: w.party.ID, Name: name, Hosts: []string{name}, Roots: []string{root}, Software: software, Server: o.server.ID, Created: w.now, Updated: w.now}
		w.must(t, func(tx *store.Tx) error { return tx.AddAsset(t.Context(), a, time.Time{}) })
		o.sites[i] = a
	}
	w.runs(t, w.site, "") // the site of the sample says nothing
	w.Fleet = fleet.New(fleet.Config{Store: fleetStore{w.Store}, Sites: w.Sites, Software: w.House, Definitions: noDefinitions{}, Keys: w.Vault, Clock: time.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	o.serveAgents(t)
	o.sendMails(t)
	return o
}

// serveAgents answers agents; each starts anew with the same folder.
func (o *observedWorld) serveAgents(t *testing.T) {
	t.Helper()
	tls, err := o.Fleet.TLS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: o.Fleet.Handler(), TLSConfig: tls, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)}
	go func() { _ = server.ServeTLS(l, "", "") }() // it ends with the test
	t.Cleanup(func() { _ = server.Close() })
	token, _, err := o.Fleet.Token(t.Context(), o.server.ID, "test")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	o.agent = func() func() {
		a, err := agent.New(t.Context(), agent.Config{Nodes: []string{l.Addr().String()}, Token: token, Dir: dir, Name: "web1", Version: "1", Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
			Wait: time.Second, Alone: time.Hour, Retry: 20 * time.Millisecond, System: o.system, Survey: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if err := a.Run(ctx); err != nil {
				t.Error(err)
			}
		}()
		return func() { cancel(); <-ended }
	}
}

// sendMails has notices go to a mail server.
func (o *observedWorld) sendMails(t *testing.T) {
	t.Helper()
	books, err := playbook.Load()
	if err != nil {
		t.Fatal(err)
	}
	texts, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	o.mails = smtptest.Start(t, smtptest.Options{})
	sender, err := smtp.New(smtp.Options{Host: o.mails.Host, Port: o.mails.Port, Security: smtp.None, Timeout: 5 * time.Second, From: mail.Address{Address: "desk@hosting.example"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sender.Close() })
	m, err := notify.New(notify.Config{Messages: mailbox{o.Store}, Facts: caseFacts{o.Store}, Advice: playbook.Adviser{Library: books, Phrases: texts}, Sender: sender, Phrases: texts,
		Provider: notify.Provider{Name: "Example Hosting"}, Domain: "hosting.example", Now: o.Clock, Gather: 10 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	o.Runner = respond.New(respond.Config{Store: respondStore{o.Store}, Now: o.Clock, Then: house.Follow(o.Desk), Methods: []respond.Method{m}})
	if _, err := o.AddAgreement(t.Context(), ada, candor.Agreement{Party: o.party.ID, Terms: "Terms", Version: "1", Allows: []string{"notify"}, Accepted: o.now.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
}

// survey has the agent look until what it tells is as it should be.
func (o *observedWorld) survey(t *testing.T, what string, is func() bool) {
	t.Helper()
	stop := o.agent()
	defer stop()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within a minute", what)
		case <-tick.C:
		}
	}
}

// software gives the items of an asset, in short.
func (o *observedWorld) software(t *testing.T, a candor.Asset) (all []string) {
	t.Helper()
	v, err := o.SoftwareOf(t.Context(), eve, a.ID, store.ItemFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range v.Items {
		all = append(all, i.Name+" "+i.Version)
	}
	return all
}

// exposures gives what is exposed: whether for sure, and how many of how many parties.
func (o *observedWorld) exposures(t *testing.T) map[string][3]int {
	t.Helper()
	if err := o.JudgeSoftware(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := o.Exposures(t.Context(), eve, house.ExposureFilter{}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][3]int{}
	for _, e := range all.Items {
		sure := 0
		if e.Affected {
			sure = 1
		}
		got[e.ID] = [3]int{sure, e.Number, e.Customers}
	}
	return got
}

func wantExposures(t *testing.T, what string, got, want map[string][3]int) {
	t.Helper()
	for id, w := range want {
		if got[id] != w {
			t.Errorf("%s: %s is %v, want %v", what, id, got[id], w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestObserved goes from the files of a server and its sites to one mail about three
// exposed sites, and to the end of what was updated.
func TestObserved(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, o := t.Context(), newObservedWorld(t, w)
		o.survey(t, "the software is told", func() bool {
			return len(o.software(t, o.server)) == 2 && len(o.software(t, o.sites[0])) == 2 && len(o.software(t, o.sites[1])) == 2 && len(o.software(t, o.sites[2])) == 2
		})
		if got := o.software(t, o.sites[0]); !slices.Equal(got, []string{"wordpress 6.4.2", "wp-file-manager 6.0"}) {
			t.Errorf("the site has %q", got)
		}
		o.contradictions(t)
		wantExposures(t, "before feeds", o.exposures(t), nil)
		p := newPublisher(t)
		p.set(w, feed.Feed{Name: "osv", Kind: feed.OSV, URL: p.URL + "/osv.json", Every: time.Hour, Licence: "CC0-1.0", Trust: 90, TLP: tlp.Clear},
			feed.Feed{Name: "debian", Kind: feed.Debian, URL: p.URL + "/debian.json", Every: time.Hour, Licence: "MIT", Trust: 90, TLP: tlp.Clear})
		for path, text := range map[string]string{"/kev.json": observedKEV, "/osv.json": observedOSV, "/debian.json": observedDebian, "/c2.txt": "192.0.2.8\n"} {
			p.put(path, text)
		}
		if err := w.TurnFeeds(ctx); err != nil {
			t.Fatal(err)
		}
		// Of the plug-in and of sudo nobody tells which versions: they may be exposed.
		wantExposures(t, "with feeds", o.exposures(t), map[string][3]int{"CVE-2026-1207": {1, 3, 1}, "CVE-2026-2001": {0, 3, 1}, "CVE-2026-2003": {0, 1, 1}, "CVE-2026-3000": {1, 1, 1}})
		v, err := w.ExposureOf(ctx, eve, "CVE-2026-3000")
		if err != nil || len(v.Exposure.Sites) != 1 || v.Exposure.Sites[0].Asset != o.server.ID || v.Exposure.Sites[0].Software != "openssl 3.0.11-1~deb12u1 (Debian 12)" || v.Exposure.Sites[0].By != "debian" || !v.Exposure.Sites[0].Observed {
			t.Errorf("the server: %+v, %v", v, err)
		}
		epoch, err := w.Store.ExposureEpoch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for path, text := range map[string]string{"/c2.txt": "192.0.2.9\n", "/debian.json": observedDebian + "\n"} {
			p.put(path, text)
		}
		w.now = w.now.Add(2 * time.Hour)
		if err := w.TurnFeeds(ctx); err != nil {
			t.Fatal(err)
		}
		if now, err := w.Store.ExposureEpoch(ctx); err != nil || now != epoch { // neither tells otherwise of vulnerabilities
			t.Errorf("feeds changed %d times, %v", now-epoch, err)
		}
		o.oneMail(t)
		o.updates(t)
	})
}

// contradictions: what was written down and is not so is told.
func (o *observedWorld) contradictions(t *testing.T) {
	t.Helper()
	for i, want := range []house.Contradiction{"", house.OtherVersion, house.OtherProgram} {
		v, err := o.SoftwareOf(t.Context(), eve, o.sites[i].ID, store.ItemFilter{})
		if err != nil {
			t.Fatal(err)
		}
		got := house.Contradiction("")
		if v.Contradicted != nil {
			if got = v.Contradicted.How; !slices.Equal(v.Contradicted.Observed, []string{"wordpress 6.4.2"}) || v.Contradicted.Declared != o.sites[i].Software {
				t.Errorf("%+v", v.Contradicted)
			}
		}
		if got != want {
			t.Errorf("%q against what was observed: %q, want %q", o.sites[i].Software, got, want)
		}
	}
	mine := candor.Principal{Role: candor.RoleCustomer, User: candor.NewID(o.now), Party: o.party.ID}
	if v, err := o.SoftwareOf(t.Context(), mine, o.sites[0].ID, store.ItemFilter{Kind: inventory.Plugin}); err != nil || len(v.Items) != 1 {
		t.Errorf("its owner: %+v, %v", v, err)
	}
	mine.Party = candor.NewID(o.now)
	if _, err := o.SoftwareOf(t.Context(), mine, o.sites[0].ID, store.ItemFilter{}); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("another customer: %v", err)
	}
}

// oneMail warns the owner of three sites: three cases, three notices, one mail.
func (o *observedWorld) oneMail(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	did, err := o.WarnExposed(ctx, ada, "CVE-2026-1207", false)
	if err != nil || did != (house.Warned{Sites: 3, Filed: 3, Proposed: 3}) {
		t.Fatalf("warned: %+v, %v", did, err)
	}
	var ids []candor.ID
	for _, a := range o.sites {
		n := noticeAt(t, o.world, "CVE-2026-1207", a)
		all, err := o.Store.ResponsesTo(ctx, []candor.ID{n.Case}, "notify")
		if err != nil || len(all) != 1 || n.Notice != house.NoticeProposed {
			t.Fatalf("%s: %+v, %+v, %v", a.Name, n, all, err)
		}
		if _, err := o.Approve(ctx, ada, all[0].ID); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, all[0].ID)
	}
	for _, id := range ids {
		err := o.Runner.Apply(ctx, id)
		if later := (*candor.LaterError)(nil); err != nil && !errors.As(err, &later) {
			t.Fatal(err)
		}
	}
	for _, id := range ids { // those that follow the first
		if err := o.Runner.Apply(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	mails := o.mails.Mails()
	if len(mails) != 1 || mails[0].To != o.party.Contacts[0].Address {
		t.Fatalf("%d mails", len(mails))
	}
	m, err := o.Store.MessagesOf(ctx, ids[0])
	if err != nil || len(m) != 1 {
		t.Fatal(m, err)
	}
	for _, a := range o.sites {
		if !strings.Contains(m[0].Text, a.Name) {
			t.Errorf("the mail does not name %s:\n%s", a.Name, m[0].Text)
		}
		if n := noticeAt(t, o.world, "CVE-2026-1207", a).Notice; n != house.NoticeSent {
			t.Errorf("%s: %q", a.Name, n)
		}
	}
}

// updates has a site and a package updated: what was filed of the site ends, and
// nothing else does.
func (o *observedWorld) updates(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	put(t, o.sites[0].Roots[0], wordpressFiles("6.4.3"))
	put(t, o.system, dpkgStatus("3.0.11-1~deb12u2"))
	o.survey(t, "the updates are told", func() bool {
		return slices.Contains(o.software(t, o.sites[0]), "wordpress 6.4.3") && slices.Contains(o.software(t, o.server), "libssl3 3.0.11-1~deb12u2")
	})
	wantExposures(t, "updated", o.exposures(t), map[string][3]int{"CVE-2026-1207": {1, 2, 1}, "CVE-2026-2001": {0, 3, 1}, "CVE-2026-2003": {0, 1, 1}})
	if err := o.EndExposures(ctx); err != nil {
		t.Fatal(err)
	}
	for i, want := range []candor.FindingState{candor.FindingGone, candor.FindingOpen, candor.FindingOpen} {
		all, err := o.Store.FindingsOfRule(ctx, "Exposure.CVE-2026-1207", []candor.ID{o.sites[i].ID})
		if err != nil || len(all) != 1 || all[0].State != want {
			t.Errorf("site %d: %+v, %v", i, all, err)
		}
	}
	v, err := o.SoftwareOf(ctx, eve, o.sites[0].ID, store.ItemFilter{Gone: true})
	if err != nil || len(v.Items) != 1 || v.Items[0].Version != "6.4.2" || v.Items[0].Last.IsZero() {
		t.Errorf("what is gone: %+v, %v", v, err)
	}
}

// TestObserveSites looks at sites whose roots are here, and takes nothing of an agent
// that is not its own.
func TestObserveSites(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		put(t, w.site.Roots[0], wordpressFiles("6.4.2"))
		_, elsewhere := storetest.Sample(t, w.Store, "elsewhere") // not below the folders that may be looked at
		if err := w.ObserveSites(ctx); err != nil {
			t.Fatal(err)
		}
		o := observedWorld{world: w}
		if got := o.software(t, w.site); !slices.Equal(got, []string{"wordpress 6.4.2", "wp-file-manager 6.0"}) {
			t.Errorf("the site has %q", got)
		}
		if v, err := w.SoftwareOf(ctx, eve, elsewhere.ID, store.ItemFilter{}); err != nil || v.State != nil {
			t.Errorf("nobody may look there: %+v, %v", v, err)
		}
		put(t, w.site.Roots[0], wordpressFiles("6.4.3"))
		if err := w.ObserveSites(ctx); err != nil || slices.Contains(o.software(t, w.site), "wordpress 6.4.3") {
			t.Errorf("it was looked at before its time: %v", err)
		}
		w.now = w.now.Add(house.LookEvery)
		if err := w.ObserveSites(ctx); err != nil || !slices.Contains(o.software(t, w.site), "wordpress 6.4.3") {
			t.Errorf("it was not looked at: %v", err)
		}
		l := inventory.List{Items: []inventory.Item{{Kind: inventory.Application, Name: "wordpress", Version: "1.0", Place: "."}}}
		if _, err := w.TakeInventory(ctx, elsewhere.ID, w.site.ID, l.Digest(), &l); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an agent speaks for a site elsewhere: %v", err)
		}
		l.Items[0].Kind = inventory.Package
		if _, err := w.TakeInventory(ctx, w.site.ID, w.site.ID, l.Digest(), &l); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("a site has packages of a server: %v", err)
		}
	})
}
