package office_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/directory"
	"candor/internal/evidence"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/respond/submit"
	"candor/internal/store"
)

// blobs are the vault, for what sends samples.
type blobs struct{ *evidence.Vault }

func (b blobs) Get(_ context.Context, digest string) (io.ReadCloser, error) {
	d, err := evidence.ParseDigest(digest)
	if err != nil {
		return nil, err
	}
	return b.Vault.Get(d)
}

// sandbox is an entry of the directory whose API takes samples.
func (w *world) sandbox(t testing.TB) directory.Entry {
	t.Helper()
	all, err := w.House.Directory(t.Context(), w.Who(candor.RoleAdmin), directory.Filter{Words: "Sandkasten"})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) > 0 {
		return all[0].Entry
	}
	e, err := w.House.SaveEntry(t.Context(), w.Who(candor.RoleAdmin), directory.Entry{Name: "Sandkasten AG", Kinds: []directory.Kind{directory.Sharing}, Channels: []directory.Channel{{Way: directory.API, Address: "https://sandkasten.example/docs"}, {Way: directory.Form, Address: "https://sandkasten.example/form"}}, Takes: []directory.Goods{directory.Samples}, Archive: directory.Zip, Password: "infected",
		Interface: &directory.Interface{URL: "https://api.sandkasten.example/v1/samples", Body: directory.Multipart, Content: directory.Plain, Field: "file", Fields: []directory.Field{{Name: "json_data", Value: `{"anonymous":1,"tags":["php"]}`}}, Header: "Authorization", Prefix: "Bearer ", Reference: "/data/id", State: "/status",
			Answers: []directory.Reading{{Means: directory.Taken, Value: "inserted"}, {Means: directory.Known, Status: 409}},
			Verdict: &directory.Asking{URL: "https://api.sandkasten.example/v1/samples/{reference}", State: "/verdict", Malicious: []string{"bad"}, Clean: []string{"good"}}}})
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	return e
}

// submitted has samples of the case be on their way: one at an API that took it and
// did not take another, one that a person is to hand in. It gives the response of that.
func (w *world) submitted(t testing.TB) candor.ID {
	t.Helper()
	ctx, e := t.Context(), w.sandbox(t)
	d, n, err := w.House.Vault.Put(strings.NewReader("<?php eval($_POST['x']);"))
	if err != nil {
		t.Fatal(err)
	}
	phrases, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	if w.House.Submit, err = submit.New(submit.Config{Entries: w.House.Store, Vault: blobs{w.House.Vault}, Keys: w.House, Handings: w.House, Client: http.DefaultClient, Phrases: phrases, Provider: "Example", Domain: "example.net", Now: w.Clock}); err != nil {
		t.Fatal(err)
	}
	sample := submit.Sample{SHA256: d.String(), Bytes: n}
	other := submit.Sample{SHA256: strings.Repeat("ab", 32), Bytes: 10}
	now := w.Clock()
	add := func(s submit.Submission, state candor.ResponseState, result any) candor.ID {
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := json.Marshal(respond.Plan{Effects: []respond.Line{{Key: "submit.plan.form.packed", Values: map[string]string{"name": s.Name, "n": "1", "address": s.To}, Text: "Has a person hand it in."}}, Lasting: true, Data: data})
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
		r := candor.Response{ID: candor.NewID(now), Case: w.c.ID, Asset: w.c.Asset, Party: w.c.Party, Method: submit.Name, State: state, Plan: plan, Basis: candor.Basis{Kind: candor.ByLaw, Terms: "NIS2"}, By: "user:x", Created: now, Updated: now}
		if result != nil {
			if r.Result, err = json.Marshal(result); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.House.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddResponse(ctx, r) }); err != nil {
			t.Fatal(err)
		}
		return r.ID
	}
	add(submit.Submission{Entry: e.ID, Name: e.Name, Way: directory.API, To: e.Interface.URL, API: e.Interface, Form: submit.Bare, Samples: []submit.Sample{sample, other}}, candor.ResponseFailed,
		map[string]any{"outcomes": []submit.SampleOutcome{{SHA256: sample.SHA256, Step: submit.Took, Reference: "SK-2026-<b>0815</b>", Status: 200, Attempts: 2, At: now}, {SHA256: other.SHA256, Step: submit.Failed, Status: 413, Said: "the answer was 413: <i>at most 1 MB</i>", Attempts: 1}}})
	return add(submit.Submission{Entry: e.ID, Name: e.Name, Way: directory.Form, To: e.Address(directory.Form), Form: submit.Packed, Archive: directory.Zip, Password: "infected", Samples: []submit.Sample{sample}, Subject: "One sample (case 1)", Text: "SHA-256: " + sample.SHA256 + "\n\nThe attached archive is protected with the password: infected\n"}, candor.ResponseApproved, nil)
}

// TestSubmissionPages: what an API answered is shown and nothing of it is believed;
// the file to hand in is a download that no browser opens, and only what a person
// says ends it.
func TestSubmissionPages(t *testing.T) {
	w := newWorld(t)
	id := w.submitted(t)
	admin, auditor := w.As(candor.RoleAdmin), w.As(candor.RoleAuditor)
	path := "/cases/" + string(w.c.ID) + "/samples"
	has(t, w.Get(t, admin, path), http.StatusOK, "Sandkasten AG", "Reference SK-2026-<b>0815</b>", "Not sent", "<i>at most 1 MB</i>", "Hand it in at Sandkasten AG", "https://sandkasten.example/form", "It was handed in", "/files/0")
	if a := w.Get(t, auditor, path); strings.Contains(string(a.Body), "/files/0") || strings.Contains(string(a.Body), "hand-in") {
		t.Error("an auditor is offered the file")
	}
	a := w.Get(t, admin, path+"/"+string(id)+"/files/0")
	if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "application/octet-stream" || a.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") || !strings.HasPrefix(string(a.Body), "PK") || strings.Contains(string(a.Body), "eval(") {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	if a := w.Get(t, auditor, path+"/"+string(id)+"/files/0"); a.Status != http.StatusForbidden {
		t.Errorf("an auditor took it: %d", a.Status)
	}
	for _, n := range []string{"1", "x"} {
		if a := w.Get(t, admin, path+"/"+string(id)+"/files/"+n); a.Status != http.StatusSeeOther && a.Status != http.StatusNotFound {
			t.Errorf("file %s: %d", n, a.Status)
		}
	}
	w.Post(t, admin, path+"/"+string(id)+"/hand-in", url.Values{"reference": {"SR-<b>7</b>"}})
	has(t, w.Get(t, auditor, path), http.StatusOK, "Handed in", "SR-<b>7</b>")
	if a := w.Get(t, admin, path); strings.Contains(string(a.Body), "/files/0") {
		t.Error("the file is offered though it was handed in")
	}
}

// TestInterfaceForm: what is said of an API is filled in, kept and shown as it was
// written; the key is taken and never given back.
func TestInterfaceForm(t *testing.T) {
	w := newWorld(t)
	admin := w.As(candor.RoleAdmin)
	has(t, w.Get(t, admin, "/directory/new"), http.StatusOK, "?like=VirusTotal", "?like=MalwareBazaar")
	has(t, w.Get(t, admin, "/directory/new?like=VirusTotal"), http.StatusOK, "https://www.virustotal.com/api/v3/files", "x-apikey", "/data/id")
	f := url.Values{"name": {"Lab"}, "kinds": {"anti-virus"}, "takes": {"samples"}, "channels": {"api https://lab.example/docs"}, "api-url": {"https://api.lab.example/v1"}, "api-method": {"PUT"}, "api-body": {"multipart"}, "api-content": {"plain"}, "api-field": {"file"}, "api-fields": {"a=b=c\nd="}, "api-header": {"Auth-Key"}, "api-prefix": {"Token"},
		"api-reference": {"/id"}, "api-state": {"/s"}, "api-answers": {"known 409\ntaken * in serted"}, "api-verdict-url": {"https://api.lab.example/v1/{reference}"}, "api-verdict-state": {"/v"}, "api-verdicts": {"malicious very bad\nclean good\nneeds-more more"}}
	for field, bad := range map[string][2]string{"api-fields": {"abc", "no equals sign"}, "api-answers": {"known", "no answer"}, "api-verdicts": {"perhaps x", "no verdict"}, "api-url": {"http://x.example/", "does not begin with https"}, "channels": {"mail a@lab.example", "no channel of that way"}} {
		g := url.Values{}
		for k, v := range f {
			g[k] = v
		}
		g.Set(field, bad[0])
		has(t, w.Post(t, admin, "/directory/new", g), http.StatusUnprocessableEntity, bad[1])
	}
	path := w.Post(t, admin, "/directory/new", f).Location()
	all, err := w.House.Directory(t.Context(), w.Who(candor.RoleAdmin), directory.Filter{Words: "Lab"})
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	want := &directory.Interface{URL: "https://api.lab.example/v1", Method: "PUT", Body: directory.Multipart, Content: directory.Plain, Field: "file", Fields: []directory.Field{{Name: "a", Value: "b=c"}, {Name: "d"}}, Header: "Auth-Key", Prefix: "Token ", Reference: "/id", State: "/s",
		Answers: []directory.Reading{{Means: directory.Known, Status: 409}, {Means: directory.Taken, Value: "in serted"}}, Verdict: &directory.Asking{URL: "https://api.lab.example/v1/{reference}", State: "/v", Malicious: []string{"very bad"}, Clean: []string{"good"}, NeedsMore: []string{"more"}}}
	if !directory.SameInterface(all[0].Entry.Interface, want) {
		t.Errorf("%+v", all[0].Entry.Interface)
	}
	has(t, w.Get(t, admin, path), http.StatusOK, "PUT https://api.lab.example/v1", "taken * in serted", "Missing", path+"/key")
	has(t, w.Get(t, admin, path+"/edit"), http.StatusOK, "malicious very bad", "known 409", `value="Token"`)
	has(t, w.Get(t, admin, path+"/key"), http.StatusOK, "api.lab.example", `type="password"`)
	w.Post(t, admin, path+"/key", url.Values{"secret": {"not-to-be-seen"}})
	has(t, w.Get(t, admin, path), http.StatusOK, "Given")
	for _, page := range []string{path, path + "/edit", path + "/key", "/directory", "/directory/export.yaml", "/evidence"} {
		if a := w.Get(t, admin, page); strings.Contains(string(a.Body), "not-to-be-seen") {
			t.Errorf("%s shows the key", page)
		}
	}
}
