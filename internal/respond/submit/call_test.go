package submit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/directory"
	"candor/internal/outward"
	"candor/internal/respond"
	"candor/internal/respond/respondtest"
	"candor/internal/respond/submit"
)

// secret is the key of the vendor's API. Nothing but the vendor gets it.
const secret = "k3y-of-the-vendor-s-API"

// vendor is a vendor's API, over HTTPS on loopback. It knows samples that it has.
type vendor struct {
	*httptest.Server
	mu    sync.Mutex
	got   []sent                                            // what it took, or was asked to
	has   map[string]bool                                   // by digest
	first func(w http.ResponseWriter, n int, d string) bool // answers the n-th request itself, from 1; nil: none
	asked []string                                          // for verdicts, by path
	score string
}

type sent struct {
	key, name, kind, digest string
	fields                  map[string]string
	file                    []byte
}

func newVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{has: map[string]bool{}}
	v.Server = httptest.NewTLSServer(http.HandlerFunc(v.answer))
	v.Config.ErrorLog = nil
	t.Cleanup(v.Close)
	return v
}

func (v *vendor) answer(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.asked = append(v.asked, r.URL.EscapedPath())
		_, _ = fmt.Fprintf(w, `{"analysis":{"score":%s},"name":"PHP/Shell.X"}`, v.score)
		return
	}
	s := sent{key: r.Header.Get("Auth-Key"), fields: map[string]string{}}
	switch kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind {
	case "multipart/form-data":
		if err := r.ParseMultipartForm(1 << 20); err == nil {
			for name, all := range r.MultipartForm.Value {
				s.fields[name] = all[0]
			}
			for _, all := range r.MultipartForm.File {
				s.name = all[0].Filename
				f, _ := all[0].Open()
				s.file, _ = io.ReadAll(f)
			}
		}
	case "application/json":
		_ = json.NewDecoder(r.Body).Decode(&s.fields)
	case "application/x-www-form-urlencoded":
		_ = r.ParseForm()
		for name := range r.PostForm {
			s.fields[name] = r.PostForm.Get(name)
		}
	default:
		s.file, _ = io.ReadAll(r.Body)
		s.kind = kind
	}
	s.digest = digest(string(s.file) + s.fields["sha256"])
	v.mu.Lock()
	v.got = append(v.got, s)
	n, had := len(v.got), v.has[s.digest]
	v.mu.Unlock()
	if s.key != secret {
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, "no such key: %s", s.key)
		return
	}
	if v.first != nil && v.first(w, n, s.digest) {
		return
	}
	v.mu.Lock()
	v.has[s.digest] = true
	v.mu.Unlock()
	if had {
		_, _ = io.WriteString(w, `{"status":"file_already_known","data":{"id":"r/7"}}`)
		return
	}
	_, _ = io.WriteString(w, `{"status":"inserted","data":{"id":"r/7"}}`)
}

func (v *vendor) requests() []sent {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]sent(nil), v.got...)
}

// keys are the keys of APIs.
type keys struct {
	key string
	err error
}

func (k keys) APIKey(context.Context, directory.Entry) (string, error) { return k.key, k.err }

// apiWorld is a method whose entry has an API.
func apiWorld(t *testing.T) (*world, *vendor) {
	t.Helper()
	w, v := newWorld(t), newVendor(t)
	w.entry.Channels = []directory.Channel{{Way: directory.API, Address: "https://lab.example/docs"}}
	w.entry.Takes = []directory.Goods{directory.Samples, directory.Hashes}
	w.entry.Interface = &directory.Interface{URL: v.URL + "/v1/samples", Body: directory.Multipart, Content: directory.Plain, Field: "file", Fields: []directory.Field{{Name: "json_data", Value: `{"anonymous":1}`}}, Header: "Auth-Key",
		Reference: "/data/id", State: "/status", Answers: []directory.Reading{{Means: directory.Taken, Value: "inserted"}, {Means: directory.Known, Value: "file_already_known"}, {Means: directory.Refused, Value: "unwanted"}},
		Verdict: &directory.Asking{URL: v.URL + "/v1/samples/{reference}", State: "/analysis/score", Detection: "/name", Malicious: []string{"10"}, Clean: []string{"1"}}}
	if err := w.entry.Check(); err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	w.through(t, v.Client().Transport.(*http.Transport), keys{key: secret})
	return w, v
}

// through makes the method anew, with another way to APIs.
func (w *world) through(t *testing.T, way http.RoundTripper, k submit.Keys) {
	t.Helper()
	c := w.method.Config
	c.Client, c.Keys, c.Patience = &http.Client{Transport: way}, k, time.Second
	var err error
	if w.method, err = submit.New(c); err != nil {
		t.Fatal(err)
	}
}

// applied calls Apply once, and gives the response with what was saved.
func (w *world) applied(t *testing.T, r candor.Response) (candor.Response, submit.SampleOutcome, error) {
	t.Helper()
	j := &respondtest.Journal{Result: r.Result}
	result, err := w.method.Apply(t.Context(), r, j)
	if r.Result = j.Result; result != nil {
		r.Result = result
	}
	all, broken := submit.Outcomes(r)
	if broken != nil || len(all) != 1 {
		t.Fatal(broken, all, err)
	}
	if bytes.Contains(r.Result, []byte(secret)) || bytes.Contains(r.Plan, []byte(secret)) || err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("the key is in what is kept: %s %s %v", r.Plan, r.Result, err)
	}
	return r, all[0], err
}

func TestAPIConforms(t *testing.T) {
	respondtest.Run(t, func(t *testing.T) respondtest.Fixture {
		w, v := apiWorld(t)
		w.method.Now = func() time.Time { // what was broken off is sent again once it has surely ended
			w.now = w.now.Add(time.Minute)
			return w.now
		}
		return respondtest.Fixture{Method: w.method, Target: target, Options: options(t, digest(content)), Snapshot: func(*testing.T) any {
			v.mu.Lock()
			defer v.mu.Unlock()
			return len(v.has)
		}}
	})
}

// TestAPIBodies: what is announced is what the vendor gets, word by word.
func TestAPIBodies(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*directory.Entry)
		right  func(sent) bool
		plan   string
	}{
		"multipart": {func(*directory.Entry) {}, func(s sent) bool {
			return string(s.file) == content && s.name == digest(content)[:16] && s.fields["json_data"] == `{"anonymous":1}`
		}, "submit.plan.api.plain"},
		"packed": {func(e *directory.Entry) { e.Archive, e.Interface.Content = directory.ZipAES, directory.PackedFile }, func(s sent) bool { return opened(t, s.file) == content && s.name == digest(content)[:16]+".zip" }, "submit.plan.api.packed"},
		"raw": {func(e *directory.Entry) {
			e.Interface.Body, e.Interface.Field, e.Interface.Fields, e.Interface.Method = directory.Raw, "", nil, "PUT"
		}, func(s sent) bool { return string(s.file) == content && s.kind == "application/octet-stream" }, "submit.plan.api.plain"},
		"json": {func(e *directory.Entry) { e.Interface.Body = directory.JSON }, func(s sent) bool {
			return s.fields["file"] == "PD9waHAgZXZhbCgkX1BPU1RbJ3gnXSk7IC8vIG9mIE1yLiBTZWNyZXQsIC9zcnYvd3d3L2FjbWU=" && s.fields["json_data"] != ""
		}, "submit.plan.api.plain"},
		"digests as json": {func(e *directory.Entry) {
			e.Interface.Body, e.Interface.Content, e.Interface.Field = directory.JSON, directory.SHA256, "sha256"
		}, func(s sent) bool { return s.fields["sha256"] == digest(content) }, "submit.plan.api.digests"},
		"digests as a form": {func(e *directory.Entry) {
			e.Interface.Body, e.Interface.Content, e.Interface.Field = directory.FormBody, directory.SHA256, "sha256"
		}, func(s sent) bool { return s.fields["sha256"] == digest(content) && len(s.file) == 0 }, "submit.plan.api.digests"},
	} {
		t.Run(name, func(t *testing.T) {
			w, v := apiWorld(t)
			c.change(&w.entry)
			if err := w.entry.Check(); err != nil {
				t.Fatal(err, candor.Hint(err))
			}
			r, p := w.planned(t)
			s, err := submit.Read(r)
			if err != nil || p.Effects[0].Key != c.plan || strings.Contains(p.Effects[0].Text, "submit.plan") || !strings.Contains(s.Text, v.URL+"/v1/samples") || !strings.Contains(s.Text, digest(content)) || !strings.Contains(s.Text, "Auth-Key: •") || len(v.requests()) > 0 {
				t.Errorf("%v: %+v\n%s", err, p.Effects, s.Text)
			}
			for _, f := range w.entry.Interface.Fields {
				if !strings.Contains(s.Text, f.Name+" = "+f.Value) {
					t.Errorf("the plan does not say %s:\n%s", f.Name, s.Text)
				}
			}
			r, o, err := w.applied(t, r)
			got := v.requests()
			if err != nil || o.Step != submit.Took || o.Reference != "r/7" || !o.At.Equal(noon) || len(got) != 1 || !c.right(got[0]) || got[0].key != secret {
				t.Fatalf("%v, %+v: %+v", err, o, got)
			}
			if text := fmt.Sprintf("%+v", got); strings.Contains(text, "Acme") || strings.Contains(text, "acme.example") {
				t.Errorf("the request tells whose it is: %s", text)
			}
			if err := w.method.Verify(t.Context(), r); err != nil {
				t.Error(err)
			}
			proof, err := w.method.Prove(r)
			if err != nil || !bytes.Contains(proof.Body, []byte(`"state":"taken"`)) || bytes.Contains(proof.Body, []byte("r/7")) || proof.Personal["reference 1"] != "r/7" {
				t.Errorf("%s %v, %v", proof.Body, proof.Personal, err)
			}
			if _, _, err := w.applied(t, r); err != nil || len(v.requests()) != 1 {
				t.Errorf("done again: %d requests, %v", len(v.requests()), err)
			}
		})
	}
}

// opened opens an archive with Debian's 7z.
func opened(t *testing.T, archive []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.zip")
	if err := os.WriteFile(path, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := exec.CommandContext(t.Context(), tool(t, "7z"), "e", "-pinfected", "-so", path).Output()
	if err != nil {
		t.Error(err)
	}
	return string(got)
}

// TestAPIAnswers: what answers mean, for now and for good.
func TestAPIAnswers(t *testing.T) {
	huge := strings.Repeat(`{"status":"inserted"} `, 1<<20)
	for name, c := range map[string]struct {
		status    int
		body      string
		head      [2]string
		step      submit.Step
		temporary bool
		says      string
	}{
		"500":                    {500, "<b>oops</b>\n", [2]string{}, submit.Waiting, true, "500: <b>oops</b>"},
		"503 with a time":        {503, "", [2]string{"Retry-After", "7200"}, submit.Waiting, true, "503"},
		"429":                    {429, "slow down", [2]string{}, submit.Waiting, true, "slow down"},
		"413":                    {413, "at most 1 MB", [2]string{}, submit.Failed, false, "at most 1 MB"},
		"400 that shows the key": {400, "bad key " + secret, [2]string{}, submit.Failed, false, "bad key …"},
		"401":                    {401, "who are you", [2]string{}, submit.Failed, false, "the key is refused"},
		"a redirect inside":      {307, "", [2]string{"Location", "https://127.0.0.1:1/"}, submit.Failed, false, "leads elsewhere"},
		"a huge answer":          {200, huge, [2]string{}, submit.Failed, false, "too long"},
		"a huge refusal":         {400, huge, [2]string{}, submit.Failed, false, "inserted"},
		"no JSON":                {200, "<html>ok</html>", [2]string{}, submit.Failed, false, "nobody said"},
		"two values":             {200, `{"status":"inserted"}{}`, [2]string{}, submit.Failed, false, "nobody said"},
		"another value":          {200, `{"status":"queued"}`, [2]string{}, submit.Failed, false, "nobody said"},
		"unwanted":               {200, `{"status":"unwanted"}`, [2]string{}, submit.Refused, false, "does not want"},
		"control signs":          {400, "a\x1b[31m\u202eb", [2]string{}, submit.Failed, false, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			w, v := apiWorld(t)
			v.first = func(out http.ResponseWriter, n int, _ string) bool {
				if n > 1 {
					return false
				}
				if c.head[0] != "" {
					out.Header().Set(c.head[0], c.head[1])
				}
				out.WriteHeader(c.status)
				_, _ = io.WriteString(out, c.body)
				return true
			}
			r, _ := w.planned(t)
			r, o, err := w.applied(t, r)
			after, temporary := respond.RetryAfter(err)
			if err == nil || temporary != c.temporary || o.Step != c.step || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 600 || strings.ContainsAny(o.Said, "\x1b\u202e\n") {
				t.Fatalf("%v (%v), %+v", err, temporary, o)
			}
			if name == "503 with a time" && after != 2*time.Hour {
				t.Errorf("it is tried again after %s", after)
			}
			if !temporary && candor.Hint(err) == "" {
				t.Errorf("no advice: %v", err)
			}
			if err := w.method.Verify(t.Context(), r); err == nil {
				t.Error("it holds")
			}
			if !temporary {
				return
			}
			if _, o, err = w.applied(t, r); err != nil || o.Step != submit.Took || len(v.requests()) != 2 || o.Attempts != 2 {
				t.Errorf("later: %v, %+v", err, o)
			}
		})
	}
}

// TestAPITimeout: what took the sample and did not say so is asked again, says that
// it knows it, and that counts.
func TestAPITimeout(t *testing.T) {
	w, v := apiWorld(t)
	hold := make(chan struct{})
	t.Cleanup(func() { close(hold) })
	v.first = func(_ http.ResponseWriter, n int, d string) bool {
		if n > 1 {
			return false
		}
		v.mu.Lock()
		v.has[d] = true
		v.mu.Unlock()
		<-hold
		return true
	}
	r, _ := w.planned(t)
	r, o, err := w.applied(t, r)
	if _, temporary := respond.RetryAfter(err); !temporary || o.Step != submit.Waiting || o.Said != "no answer in time" {
		t.Fatalf("%v, %+v", err, o)
	}
	if _, o, err = w.applied(t, r); err != nil || o.Step != submit.Knew || o.Reference != "r/7" || len(v.requests()) != 2 {
		t.Errorf("%v, %+v", err, o)
	}
}

// TestAPIKilled: a program that is killed between sending and keeping what came of
// it sends once more at most, and not before the request before can have ended.
func TestAPIKilled(t *testing.T) {
	w, v := apiWorld(t)
	r, _ := w.planned(t)
	j := &respondtest.Journal{CrashBefore: 3} // begin, sending, what came of it
	func() {
		defer func() {
			if recover() == nil {
				t.Error("it was not killed")
			}
		}()
		_, _ = w.method.Apply(t.Context(), r, j)
	}()
	if len(v.requests()) != 1 {
		t.Fatalf("%d requests before", len(v.requests()))
	}
	r.Result = j.Result
	w.through(t, v.Client().Transport, keys{key: secret}) // another program: it remembers nothing
	r, o, err := w.applied(t, r)
	if after, temporary := respond.RetryAfter(err); !temporary || after <= 0 || len(v.requests()) != 1 || o.Step != submit.Sending {
		t.Fatalf("at once: %v after %s, %+v", err, after, o)
	}
	w.now = noon.Add(time.Hour)
	if _, o, err = w.applied(t, r); err != nil || o.Step != submit.Knew || len(v.requests()) != 2 {
		t.Errorf("%v, %+v, %d requests", err, o, len(v.requests()))
	}
}

// TestAPIUnkept: where the database did not take what came of a request, the same
// program remembers it and sends nothing again.
func TestAPIUnkept(t *testing.T) {
	w, v := apiWorld(t)
	r, _ := w.planned(t)
	j := &failing{Journal: respondtest.Journal{}, from: 3}
	if _, err := w.method.Apply(t.Context(), r, j); err == nil {
		t.Fatal("it could be kept")
	}
	r.Result = j.Result
	if _, o, err := w.applied(t, r); err != nil || o.Step != submit.Took || len(v.requests()) != 1 {
		t.Errorf("%v, %+v, %d requests", err, o, len(v.requests()))
	}
}

// failing is a journal that keeps nothing from a save on.
type failing struct {
	respondtest.Journal
	from int
}

func (f *failing) Save(ctx context.Context, result json.RawMessage) error {
	if f.Saves+1 >= f.from {
		return errors.New("the database is away")
	}
	return f.Journal.Save(ctx, result)
}

// TestAPIInside: nothing goes to the provider's own network, whatever the entry says.
func TestAPIInside(t *testing.T) {
	w, v := apiWorld(t)
	w.through(t, outward.Transport(outward.Dialer(time.Second)), keys{key: secret})
	r, _ := w.planned(t)
	_, o, err := w.applied(t, r)
	if _, temporary := respond.RetryAfter(err); err == nil || temporary || o.Step != submit.Failed || !strings.Contains(o.Said, "open Internet") || len(v.requests()) != 0 {
		t.Errorf("%v, %+v", err, o)
	}
}

// TestAPIStands: what was approved is what is sent, and a key that is away, or was
// given for another host, goes nowhere.
func TestAPIStands(t *testing.T) {
	for name, change := range map[string]func(*world, *vendor){
		"retired":     func(w *world, _ *vendor) { w.entry.Retired = noon },
		"another API": func(w *world, _ *vendor) { f := *w.entry.Interface; f.URL += "2"; w.entry.Interface = &f },
		"no API":      func(w *world, _ *vendor) { w.entry.Interface = nil },
		"no key":      func(w *world, v *vendor) { w.through(t, v.Client().Transport, keys{err: candor.ErrNotFound}) },
		"another host": func(w *world, v *vendor) {
			w.through(t, v.Client().Transport, keys{err: fmt.Errorf("elsewhere: %w", candor.ErrInvalid)})
		},
		"not in the vault": func(w *world, _ *vendor) { delete(w.vault, digest(content)) },
		"said no": func(w *world, v *vendor) {
			w.method.Consent = refusing{}
		},
	} {
		w, v := apiWorld(t)
		r, _ := w.planned(t)
		change(w, v)
		_, o, err := w.applied(t, r)
		if _, temporary := respond.RetryAfter(err); err == nil || temporary || o.Step != submit.Failed || len(v.requests()) != 0 {
			t.Errorf("%s: %v, %+v, %d requests", name, err, o, len(v.requests()))
		}
	}
	for name, change := range map[string]func(*world, *vendor){
		"no key":              func(w *world, v *vendor) { w.through(t, v.Client().Transport, keys{err: candor.ErrNotFound}) },
		"too large":           func(w *world, _ *vendor) { w.entry.MostBytes = 100 },
		"no words of the API": func(w *world, _ *vendor) { w.entry.Interface = nil },
	} {
		w, v := apiWorld(t)
		change(w, v)
		if _, err := w.method.Plan(t.Context(), respond.Request{Options: options(t, digest(content))}, target); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("planned with %s: %v", name, err)
		}
	}
}

type refusing struct{}

func (refusing) MaySend(context.Context, candor.ID, string) error { return candor.ErrDenied }

// TestAPISeveral: one that they do not take keeps none of the others back, and what
// was taken is not sent again when somebody has the rest tried again.
func TestAPISeveral(t *testing.T) {
	w, v := apiWorld(t)
	w.vault[digest("two")], w.vault[digest("three")] = "two", "three"
	v.first = func(out http.ResponseWriter, n int, d string) bool {
		if n <= 3 && d == digest("two") {
			out.WriteHeader(http.StatusRequestEntityTooLarge)
			return true
		}
		return false
	}
	p, err := w.method.Plan(t.Context(), respond.Request{Options: options(t, digest(content), digest("two"), digest("three"))}, target)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	r := candor.Response{ID: candor.NewID(noon), Plan: plan}
	r.Result, err = w.method.Apply(t.Context(), r, &respondtest.Journal{})
	all, broken := submit.Outcomes(r)
	if _, temporary := respond.RetryAfter(err); broken != nil || err == nil || temporary || len(all) != 3 || !all[0].Arrived() || all[1].Step != submit.Failed || !all[2].Arrived() {
		t.Fatalf("%v, %+v", err, all)
	}
	if r.Result, err = w.method.Apply(t.Context(), r, &respondtest.Journal{}); err != nil || len(v.requests()) != 4 {
		t.Errorf("again: %v, %d requests", err, len(v.requests()))
	}
}

func TestAPIGivesUp(t *testing.T) {
	w, v := apiWorld(t)
	v.first = func(out http.ResponseWriter, _ int, _ string) bool {
		out.WriteHeader(http.StatusBadGateway)
		return true
	}
	r, _ := w.planned(t)
	r, _, _ = w.applied(t, r)
	w.now = noon.Add(49 * time.Hour)
	_, o, err := w.applied(t, r)
	if _, temporary := respond.RetryAfter(err); err == nil || temporary || o.Step != submit.Failed || !strings.Contains(err.Error(), "48h") {
		t.Errorf("%v, %+v", err, o)
	}
}

// TestVerdict: a verdict is asked for by the reference, written so that it is one
// step of the path.
func TestVerdict(t *testing.T) {
	w, v := apiWorld(t)
	r, _ := w.planned(t)
	r, o, err := w.applied(t, r)
	if err != nil {
		t.Fatal(err)
	}
	s, err := submit.Read(r)
	if err != nil {
		t.Fatal(err)
	}
	for score, want := range map[string]directory.Verdict{"10": directory.Malicious, "1": directory.Clean, "5": "", `"10"`: directory.Malicious, "null": ""} {
		v.score = score
		a, ok, err := w.method.Verdict(t.Context(), s, o)
		if err != nil || a.Verdict != want || ok != (want != "") || (a.Detection != "") != (want == directory.Malicious) {
			t.Errorf("%s: %+v, %v, %v", score, a, ok, err)
		}
	}
	if v.asked[0] != "/v1/samples/"+url.QueryEscape("r/7") {
		t.Errorf("asked %v", v.asked)
	}
	w.entry.Retired = noon
	if _, _, err := w.method.Verdict(t.Context(), s, o); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("of one that is retired: %v", err)
	}
}
