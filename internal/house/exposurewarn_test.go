package house_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
	"candor/internal/intel/version"
	"candor/internal/respond"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// letters is a way of responding that plans as notify does, and sends nothing.
type letters struct{}

func (letters) Name() string       { return "notify" }
func (letters) TouchesAsset() bool { return false }
func (letters) Plan(context.Context, respond.Request, respond.Target) (respond.Plan, error) {
	return respond.Plan{Lasting: true, Effects: []respond.Line{{Text: "A mail"}}, Data: json.RawMessage(`{}`)}, nil
}
func (letters) Apply(context.Context, candor.Response, respond.Journal) (json.RawMessage, error) {
	return json.RawMessage(`{}`), nil
}
func (letters) Verify(context.Context, candor.Response) error { return nil }
func (letters) Revert(context.Context, candor.Response, respond.Journal) (json.RawMessage, error) {
	return json.RawMessage(`{}`), nil
}

func (w *world) knows(t *testing.T, all ...intel.Vulnerability) {
	t.Helper()
	w.must(t, func(tx *store.Tx) error { return tx.KeepVulnerabilities(t.Context(), all[0].Source, w.now, all...) })
}

func (w *world) runs(t *testing.T, a candor.Asset, software string) {
	t.Helper()
	a.Software = software
	w.must(t, func(tx *store.Tx) error { return tx.ChangeAsset(t.Context(), a, time.Time{}) })
}

// warnWorld has three customers: one site is affected, one may be, and the owner of
// one agreed to nothing.
func warnWorld(t *testing.T, w *world) (sites [3]candor.Asset) {
	t.Helper()
	sites[0] = w.site
	for i, name := range []string{"beta", "gamma"} {
		_, sites[i+1] = storetest.Sample(t, w.Store, name)
	}
	w.Runner = respond.New(respond.Config{Store: respondStore{w.Store}, Now: w.Clock, Then: house.Follow(w.Desk), Methods: []respond.Method{letters{}}})
	for i, a := range sites[:2] {
		if _, err := w.AddAgreement(t.Context(), ada, candor.Agreement{Party: a.Owner, Terms: "Terms", Version: "1", Allows: []string{"notify"}, Accepted: w.now.Add(-time.Hour)}); err != nil {
			t.Fatal(i, err)
		}
	}
	for i, software := range []string{"wordpress 6.4.2", "wordpress", "wordpress 6.4.1"} {
		w.runs(t, sites[i], software)
	}
	w.knows(t, intel.Vulnerability{ID: "CVE-2026-1207", Source: "kev", Vendor: "WordPress", Product: "Core", Title: "Code injection", Exploited: true, TLP: tlp.Clear})
	w.knows(t, intel.Vulnerability{ID: "CVE-2026-1207", Source: "osv", Ecosystem: "Packagist", Product: "wordpress/core", Scheme: version.Semver, Fixed: []string{"6.4.3"}, Versions: []string{"6.4.1", "6.4.2"}, CVSS: 9.8, TLP: tlp.Clear})
	return sites
}

func noticeAt(t *testing.T, w *world, id string, a candor.Asset) house.Warning {
	t.Helper()
	v, err := w.ExposureOf(t.Context(), eve, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range v.Exposure.Sites {
		if s.Asset == a.ID {
			return s.Warning
		}
	}
	return house.Warning{}
}

// TestWarnExposed warns whom it must, once, and whom no version proves only when
// that is asked for.
func TestWarnExposed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, sites := t.Context(), warnWorld(t, w)
		const id = "CVE-2026-1207"
		v, err := w.ExposureOf(ctx, eve, id)
		if err != nil {
			t.Fatal(err)
		}
		if v.Sure != 2 || v.Exposed != 2 || v.Exposure.Number != 3 || v.Exposure.Customers != 3 || v.CVSS != 9.8 || len(v.Sources) != 2 {
			t.Errorf("before: %+v", v)
		}
		if s := v.Exposure.Sites; len(s) != 3 || !s[0].Affected || s[0].By != "osv" || s[2].Affected || s[2].Doubt != house.NoVersion || s[2].Asset != sites[1].ID {
			t.Errorf("sites: %+v", s)
		}
		if _, err := w.WarnExposed(ctx, eve, id, true); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor warned: %v", err)
		}
		if _, err := w.WarnExposed(ctx, ada, "CVE-1999-1", true); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("nobody tells of it: %v", err)
		}
		did, err := w.WarnExposed(ctx, ada, id, false)
		if err != nil || did != (house.Warned{Sites: 2, Filed: 2, Proposed: 1, Missing: 1}) {
			t.Fatalf("the affected: %+v, %v", did, err)
		}
		for i, want := range []house.Notice{house.NoticeProposed, house.NotWarned, house.NoticeMissing} {
			if got := noticeAt(t, w, id, sites[i]).Notice; got != want {
				t.Errorf("site %d: %q, want %q", i, got, want)
			}
		}
		// Again, with those that may be: nobody is asked twice.
		if did, err = w.WarnExposed(ctx, ada, id, true); err != nil || did != (house.Warned{Sites: 3, Known: 1, Filed: 1, Proposed: 1, Missing: 1}) {
			t.Errorf("all: %+v, %v", did, err)
		}
		first := noticeAt(t, w, id, sites[0])
		f, err := w.Store.Finding(ctx, candor.Everything, first.Finding)
		if err != nil || f.Severity != candor.High || f.Class != candor.VulnerableSystem || f.Path != "wordpress 6.4.2 (CVE-2026-1207)" || f.Case != first.Case {
			t.Errorf("the finding: %+v, %v", f, err)
		}
		if may, err := w.Store.Finding(ctx, candor.Everything, noticeAt(t, w, id, sites[1]).Finding); err != nil || may.Severity != candor.Medium {
			t.Errorf("where no version proves it: %+v, %v", may, err)
		}
		if all, err := w.Exposures(ctx, eve, house.ExposureFilter{Exploited: true, Product: "wordpress CVE-2026"}, candor.Cut{}); err != nil || len(all.Items) != 1 || all.Items[0].Filed != 3 {
			t.Errorf("the list: %+v, %v", all, err)
		}
		for _, f := range []house.ExposureFilter{{Ransomware: true}, {Product: "joomla"}, {Due: w.now}} {
			if all, err := w.Exposures(ctx, eve, f, candor.Cut{}); err != nil || len(all.Items) != 0 {
				t.Errorf("%+v: %+v, %v", f, all, err)
			}
		}
		w.warnedOfAnother(t, sites[0], first)
		w.updated(t, sites, first)
	})
}

// warnedOfAnother has another vulnerability join a case whose notice was decided
// against: its own notice is proposed, and the first is not asked for again.
func (w *world) warnedOfAnother(t *testing.T, site candor.Asset, first house.Warning) {
	t.Helper()
	ctx := t.Context()
	all, err := w.Store.ResponsesTo(ctx, []candor.ID{first.Case}, "notify")
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if _, err := w.Refuse(ctx, ada, all[0].ID, "they know"); err != nil {
		t.Fatal(err)
	}
	if did, err := w.WarnExposed(ctx, ada, "CVE-2026-1207", false); err != nil || did.Known != 1 || did.Proposed != 0 {
		t.Errorf("after it was decided against: %+v, %v", did, err)
	}
	w.now = w.now.Add(time.Minute)
	w.knows(t, intel.Vulnerability{ID: "GHSA-x<script>alert(1)</script>", Source: "osv", Ecosystem: "Packagist", Product: "wordpress/core", Versions: []string{"6.4.2"}, TLP: tlp.Clear})
	w.knows(t, intel.Vulnerability{ID: "CVE-2026-7", Source: "partner", Ecosystem: "Packagist", Product: "wordpress/core", Versions: []string{"6.4.2"}, TLP: tlp.AmberStrict})
	did, err := w.WarnExposed(ctx, ada, "GHSA-x<script>alert(1)</script>", false)
	if err != nil || did.Proposed != 1 {
		t.Errorf("another: %+v, %v", did, err)
	}
	if n := noticeAt(t, w, "GHSA-x<script>alert(1)</script>", site); n.Case != first.Case || n.Notice != house.NoticeProposed {
		t.Errorf("another: %+v", n)
	}
	if _, err := w.WarnExposed(ctx, ada, "CVE-2026-7", false); !errors.Is(err, candor.ErrDenied) || !strings.Contains(err.Error(), "may not be told") {
		t.Errorf("what customers may not read: %v", err)
	}
}

// updated has findings end that are over, and no others.
func (w *world) updated(t *testing.T, sites [3]candor.Asset, first house.Warning) {
	t.Helper()
	ctx := t.Context()
	state := func(id candor.ID) candor.FindingState {
		f, err := w.Store.Finding(ctx, candor.Everything, id)
		if err != nil {
			t.Fatal(err)
		}
		return f.State
	}
	unsure := noticeAt(t, w, "CVE-2026-1207", sites[1])
	w.runs(t, sites[1], "")
	w.runs(t, sites[0], "wordpress 6.4.2")
	if err := errors.Join(w.EndExposures(ctx), w.RecheckExposures(ctx, first.Case, "customer:x")); err != nil || state(first.Finding) != candor.FindingOpen || state(unsure.Finding) != candor.FindingOpen {
		t.Errorf("what is not known to be over ended: %v", err)
	}
	w.runs(t, sites[0], "wordpress 6.4.3")
	if err := w.RecheckExposures(ctx, first.Case, "customer:x"); err != nil || state(first.Finding) != candor.FindingGone {
		t.Errorf("it was updated: %v, %v", state(first.Finding), err)
	}
	w.runs(t, sites[1], "wordpress 6.4.3")
	if err := w.EndExposures(ctx); err != nil || state(unsure.Finding) != candor.FindingGone {
		t.Errorf("its version became known: %v, %v", state(unsure.Finding), err)
	}
	// It is exposed again: that is told again.
	w.now = w.now.Add(time.Minute)
	w.runs(t, sites[1], "wordpress 6.4.1")
	if did, err := w.WarnExposed(ctx, ada, "CVE-2026-1207", false); err != nil || did.Filed+did.Proposed == 0 {
		t.Errorf("again: %+v, %v", did, err)
	}
}

// TestWarnJob warns in the name of whoever asked, and goes on behind what was done.
func TestWarnJob(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, sites := t.Context(), warnWorld(t, w)
		last := sites[0]
		for _, a := range sites {
			if a.ID > last.ID {
				last = a
			}
		}
		if err := w.GoOnWarning(ctx, house.WarnJob{ID: "CVE-2026-1207", All: true, User: ada.User, Role: ada.Role, After: last.ID}); err != nil {
			t.Fatal(err)
		}
		if n := noticeAt(t, w, "CVE-2026-1207", sites[0]).Notice; n != house.NotWarned {
			t.Errorf("it began anew: %q", n)
		}
		if err := w.GoOnWarning(ctx, house.WarnJob{ID: "CVE-2026-1207", All: true, User: ada.User, Role: ada.Role}); err != nil {
			t.Fatal(err)
		}
		if n := noticeAt(t, w, "CVE-2026-1207", sites[0]); n.Notice != house.NoticeProposed {
			t.Errorf("nothing was done: %+v", n)
		} else if all, err := w.Store.ResponsesTo(ctx, []candor.ID{n.Case}, "notify"); err != nil || len(all) != 1 || all[0].By != ada.Actor() {
			t.Errorf("by whom: %+v, %v", all, err)
		}
		if err := w.GoOnWarning(ctx, house.WarnJob{ID: "CVE-1999-1", Role: ada.Role}); err != nil {
			t.Errorf("no feed tells of it any more: %v", err)
		}
	})
}

// TestFetchFeed asks a feed that is not due.
func TestFetchFeed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, p := t.Context(), newPublisher(t)
		p.set(w)
		p.put("/kev.json", kev)
		p.put("/c2.txt", "203.0.113.1\n")
		if err := w.TurnFeeds(ctx); err != nil {
			t.Fatal(err)
		}
		p.put("/c2.txt", "203.0.113.1\n203.0.113.2\n")
		if err := w.FetchNow(ctx, "c2"); err != nil {
			t.Fatal(err)
		}
		if v, err := w.FeedOf(ctx, eve, "c2"); err != nil || v.Entries != 2 || v.Reading || !v.Next.Equal(w.now.Add(time.Hour)) {
			t.Errorf("asked: %+v, %v", v, err)
		}
		p.put("/c2.txt", "")
		if err := w.FetchNow(ctx, "c2"); err != nil {
			t.Fatal(err)
		}
		if v, err := w.FeedOf(ctx, eve, "c2"); err != nil || v.Failures != 1 || v.Cause != "busy" || v.Entries != 2 {
			t.Errorf("it failed: %+v, %v", v, err)
		}
		if err := w.FetchFeed(ctx, eve, "c2"); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor: %v", err)
		}
		for _, err := range []error{w.FetchFeed(ctx, ada, "none"), func() error { _, err := w.FeedOf(ctx, ada, "none"); return err }()} {
			if !errors.Is(err, candor.ErrNotFound) {
				t.Errorf("a feed that is not set up: %v", err)
			}
		}
		if err := errors.Join(w.FetchFeed(ctx, ada, "c2"), w.FetchNow(ctx, "none")); err != nil {
			t.Error(err)
		}
	})
}
