package office_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/directory"
)

// dead probes find nothing alive.
type dead struct{ now candor.Clock }

func (d dead) Probe(_ context.Context, e directory.Entry) (all []directory.Probe) {
	for _, c := range e.Channels {
		all = append(all, directory.Probe{Address: c.Address, What: directory.MX, Detail: "lab.example has no mail server", First: d.now(), Last: d.now()})
	}
	return all
}

// lab is an entry of the directory with all that one can have, one channel of
// which is dead.
func (w *world) lab(t testing.TB) directory.Entry {
	t.Helper()
	ctx, admin := t.Context(), w.Who(candor.RoleAdmin)
	all, err := w.House.Directory(ctx, admin, directory.Filter{Words: "Beispiel"})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) > 0 {
		return all[0].Entry
	}
	starter, err := directory.Starter()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.House.ImportDirectory(ctx, admin, starter, false); err != nil {
		t.Fatal(err)
	}
	e, err := w.House.SaveEntry(ctx, admin, directory.Entry{Name: "Beispiel Virenlabor GmbH", Kinds: []directory.Kind{directory.AntiVirus, directory.AntiSpyware}, Channels: []directory.Channel{
		{Way: directory.Mail, Address: "samples@lab.example"}, {Way: directory.Form, Address: "https://lab.example/a/rather/long/path/to/the/form/for/samples?kind=file"}, {Way: directory.Phone, Address: "+43 1 234 56 78"}},
		Archive: directory.ZipAES, Password: "infected", MostBytes: 10 << 20, Languages: []string{"de", "en"}, Hours: "Mon to Fri, 8 to 18", Classes: []candor.Class{candor.InfectedSystem, candor.MalwareDistribution},
		Takes: []directory.Goods{directory.Samples, directory.Hashes}, Source: "https://lab.example/contact", Looked: "2026-02-01", Note: "Name the <b>case</b> in the subject."})
	if err == nil {
		e, err = w.House.VerifyEntry(ctx, admin, e.ID, "called the number on their site")
	}
	if err == nil {
		w.House.Prober = dead{w.Clock}
		_, err = w.House.ProbeEntry(ctx, admin, e.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestDirectory(t *testing.T) {
	w := newWorld(t)
	admin, auditor := w.As(candor.RoleAdmin), w.As(candor.RoleAuditor)
	has(t, w.Get(t, admin, "/directory"), http.StatusOK, "The directory is empty", "Add well-known organisations")
	if a := w.Get(t, auditor, "/directory"); strings.Contains(string(a.Body), "/directory/starter") {
		t.Error("an auditor is offered to add entries")
	}
	w.Post(t, admin, "/directory/starter", nil)
	has(t, w.Get(t, auditor, "/directory"), http.StatusOK, "ESET", "samples@eset.com", "To be verified", "Never by us")
	has(t, w.Get(t, auditor, "/directory?state=fresh"), http.StatusOK, "Take a filter away")
	has(t, w.Get(t, auditor, "/directory?kind=hotline"), http.StatusOK, "Internet Watch")

	f := url.Values{"name": {"Lab"}, "kinds": {"anti-virus"}, "takes": {"samples"}, "channels": {"mail samples@lab.example\nphone +43 1 234 56"}, "archive": {"zip"}, "password": {"infected"}, "most": {"7.5"}, "classes": {"infected-system"}}
	for field, bad := range map[string][2]string{"name": {"", "name"}, "channels": {"mail nobody", "no mail address"}, "most": {"many", "number of MiB"}, "classes": {"x/y", "no incident class"}, "password": {"", "no password"}, "key": {"BEGIN", "cannot be read"}} {
		g := url.Values{}
		for k, v := range f {
			g[k] = v
		}
		g.Set(field, bad[0])
		has(t, w.Post(t, admin, "/directory/new", g), http.StatusUnprocessableEntity, bad[1])
	}
	a := w.Post(t, admin, "/directory/new", f)
	path := a.Location()
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(path, "/directory/") {
		t.Fatalf("%d %s: %s", a.Status, path, a.Body)
	}
	has(t, w.Get(t, auditor, path), http.StatusOK, "samples@lab.example", "+43 1 234 56", "7.9 MB", "Verify it before you rely on it", "password “infected”")
	w.Post(t, admin, path+"/verify", nil) // does not say how
	has(t, w.Get(t, auditor, path), http.StatusOK, "Verify it before you rely on it")
	has(t, w.Get(t, admin, path+"/verify"), http.StatusOK, "180 days")
	w.Post(t, admin, path+"/verify", url.Values{"how": {"called <b>them</b>"}})
	has(t, w.Get(t, auditor, path), http.StatusOK, "called <b>them</b>")
	has(t, w.Get(t, auditor, "/directory?state=fresh"), http.StatusOK, "samples@lab.example")

	has(t, w.Get(t, admin, path+"/edit"), http.StatusOK, "mail samples@lab.example", `value="7.5"`, `name="edition" value="2"`)
	f.Set("edition", "1")
	has(t, w.Post(t, admin, path+"/edit", f), http.StatusUnprocessableEntity, "Somebody else changed")
	f.Set("edition", "2")
	f.Set("channels", "mail other@lab.example")
	w.Post(t, admin, path+"/edit", f)
	has(t, w.Get(t, auditor, path), http.StatusOK, "other@lab.example", "Verify it before you rely on it") // it was of another address

	w.House.Prober = dead{w.Clock}
	w.Post(t, admin, path+"/probe", nil)
	w.At(w.Clock().Add(10 * time.Minute))
	w.Post(t, admin, path+"/probe", nil)
	has(t, w.Get(t, auditor, path), http.StatusOK, "A channel does not answer", "lab.example has no mail server")
	has(t, w.Get(t, auditor, "/directory?state=failing"), http.StatusOK, "other@lab.example")
	has(t, w.Get(t, admin, path+"/retire"), http.StatusOK, "out of use?")
	w.Post(t, admin, path+"/retire", url.Values{"retired": {"yes"}})
	has(t, w.Get(t, auditor, path), http.StatusOK, "Out of use")
	if a := w.Get(t, auditor, "/directory"); strings.Contains(string(a.Body), "other@lab.example") {
		t.Error("what is retired is listed")
	}
	w.Post(t, admin, path+"/retire", nil)
	has(t, w.Get(t, auditor, "/directory"), http.StatusOK, "other@lab.example")
	a = w.Get(t, auditor, "/directory/export.yaml")
	if entries, err := directory.ReadYAML(strings.NewReader(string(a.Body))); err != nil || len(entries) < 10 {
		t.Errorf("the export: %d entries, %v", len(entries), err)
	}
}
