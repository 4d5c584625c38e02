package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"candor"
)

// abuseDesk is a program that takes reports in by mail.
type abuseDesk struct {
	dir, data, conf, mail string
}

func newAbuseDesk(t *testing.T, mail string) *abuseDesk {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mail = strings.ReplaceAll(mail, "./", dir+"/")
	d := &abuseDesk{dir: dir, data: filepath.Join(dir, "data"), conf: filepath.Join(dir, "candor.yml"), mail: free.Addr().String()}
	text := fmt.Sprintf(`data: {dir: %q}
mail: {%s, from: desk@provider.example}
provider: {name: Provider, mail: desk@provider.example}
intake:
  networks: [198.51.100.0/24, 127.0.0.1/32]
  acknowledge: true
  smtp: [{name: abuse, listen: %q, domain: desk.provider.example, accept: [abuse@provider.example]}]
  folders: [{name: drop, path: %q, every: 1s}]
`, d.data, mail, d.mail, filepath.Join(dir, "drop"))
	if err := errors.Join(free.Close(), os.Mkdir(filepath.Join(dir, "drop"), 0o700), os.WriteFile(d.conf, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return d
}

// configure adds to the configuration.
func (d *abuseDesk) configure(t *testing.T, more string) {
	t.Helper()
	f, err := os.OpenFile(d.conf, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(more)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// listens checks that mails are taken: the program says where it is when all its
// ports are open.
func (d *abuseDesk) listens(t *testing.T) {
	t.Helper()
	c, err := net.Dial("tcp", d.mail)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}

// deliver hands a mail over, as a mail server does.
func (d *abuseDesk) deliver(t *testing.T, from, text string) {
	t.Helper()
	c, err := gosmtp.Dial(d.mail)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SendMail(from, []string{"abuse@provider.example"}, strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
		t.Fatal(err)
	}
}

// ask asks the API, and reads its answer into out unless that is nil.
func (o *person) ask(t *testing.T, method, path, media, body string, out any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, o.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", o.url)
	if body != "" {
		r.Header.Set("Content-Type", media)
	}
	a, err := o.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	if a.StatusCode >= 300 {
		t.Logf("%s %s: %d %.1000s", method, path, a.StatusCode, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			t.Fatalf("%s %s: %v: %.500s", method, path, err, text)
		}
	}
	return a.StatusCode
}

func (o *person) list(t *testing.T, path string, out any) {
	t.Helper()
	var body struct{ Items json.RawMessage }
	if status := o.ask(t, http.MethodGet, path, "", "", &body); status != http.StatusOK {
		t.Fatalf("%s: %d", path, status)
	}
	if err := json.Unmarshal(body.Items, out); err != nil {
		t.Fatal(err)
	}
}

// report waits until the report with a subject was read.
func (o *person) report(t *testing.T, subject string) (found candor.Report) {
	t.Helper()
	eventually(t, "the report “"+subject+"” is read", 30*time.Second, func() bool {
		var all []candor.Report
		o.list(t, "/api/v1/reports?limit=100", &all)
		at := slices.IndexFunc(all, func(r candor.Report) bool { return r.Subject == subject && r.State != candor.ReportNew })
		if at >= 0 {
			found = all[at]
		}
		return at >= 0
	})
	return found
}

func (o *person) complaints(t *testing.T, report candor.ID) (all []candor.Complaint) {
	t.Helper()
	o.list(t, "/api/v1/complaints?sort=number&report="+string(report), &all)
	return all
}

func (o *person) caseOf(t *testing.T, id candor.ID) candor.Case {
	t.Helper()
	var v struct{ Case candor.Case }
	if status := o.ask(t, http.MethodGet, "/api/v1/cases/"+string(id), "", "", &v); status != http.StatusOK {
		t.Fatalf("the case %q: %d", id, status)
	}
	return v.Case
}

// invited signs somebody of a party in who was invited.
func (o *person) invited(t *testing.T, party candor.ID, name string) *person {
	t.Helper()
	body, err := json.Marshal(map[string]any{"name": name, "mail": name + "@customer.example", "role": candor.RoleCustomer, "party": party})
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Link string }
	if status := o.ask(t, http.MethodPost, "/api/v1/people", "application/json", string(body), &answer); status != http.StatusCreated {
		t.Fatalf("invite %s: %d", name, status)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	one := &person{Client: http.Client{Jar: jar, Timeout: time.Minute}, url: o.url}
	if status := one.post(t, strings.TrimPrefix(answer.Link, o.url), url.Values{"password": {password}}); status != http.StatusOK {
		t.Fatalf("%s accepts: %d", name, status)
	}
	return one
}

const estateRows = `{"type":"party","kind":"customer","reference":"c1","name":"Shop Ltd","language":"en","contacts":["abuse:owner@shop.example"]}
{"type":"party","kind":"customer","reference":"c2","name":"Line Ltd","language":"en","contacts":["abuse:owner@line.example"]}
{"type":"party","kind":"customer","reference":"c3","name":"Own Server Ltd","language":"en","contacts":["abuse:owner@own.example"]}
{"type":"party","kind":"customer","reference":"c4","name":"Reseller Ltd","language":"en","contacts":["abuse:owner@reseller.example"]}
{"type":"asset","kind":"site","reference":"s1","name":"shop.example","owner":"c1","hosts":["shop.example"]}
{"type":"asset","kind":"line","reference":"l1","name":"Line 1","owner":"c2","plan":"100/40","addresses":["198.51.100.7"]}
{"type":"asset","kind":"line","reference":"l2","name":"Line 2","owner":"c3","plan":"100/40","addresses":["127.0.0.1"]}
{"type":"asset","kind":"server","reference":"v1","name":"host1","owner":"c4","hosts":["host1.provider.example","198.51.100.80"]}
{"type":"asset","kind":"site","reference":"s2","name":"one.example","owner":"c1","server":"v1","hosts":["one.example"]}
{"type":"asset","kind":"site","reference":"s3","name":"two.example","owner":"c2","server":"v1","hosts":["two.example"]}
`

// mailOf words a mail in plain text.
func mailOf(from, id, subject, text string) string {
	return fmt.Sprintf("From: %s\nTo: abuse@provider.example\nSubject: %s\nMessage-ID: <%s>\nDate: %s\n\n%s\n", from, subject, id, time.Now().UTC().Format(time.RFC1123Z), text)
}

// xarfMail words a mail with a report in XARF 4.
func xarfMail(subject, reference string, report map[string]any) string {
	soc := map[string]any{"org": "Bank", "contact": "soc@bank.example", "domain": "bank.example"}
	whole := map[string]any{"xarf_version": "4.2.0", "report_id": reference, "timestamp": time.Now().UTC().Format(time.RFC3339), "reporter": soc, "sender": soc}
	for k, v := range report {
		whole[k] = v
	}
	text, _ := json.MarshalIndent(whole, "", " ") // of texts and maps of them
	return fmt.Sprintf("From: soc@bank.example\nTo: abuse@provider.example\nSubject: %s\nMessage-ID: <%s-%d@bank.example>\nMIME-Version: 1.0\n"+
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nA report is attached.\n--b\nContent-Type: application/json; name=xarf.json\n\n%s\n--b--\n",
		subject, reference, time.Now().UnixNano(), text)
}

func arfMail(subject, source string) string {
	return fmt.Sprintf("From: Feedback <fbl@mailbox.example>\nTo: abuse@provider.example\nSubject: %s\nMessage-ID: <f%d@mailbox.example>\nMIME-Version: 1.0\n"+
		"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: text/plain\n\nThis is a report about a mail.\n"+
		"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Made/1.0\nVersion: 1\nArrival-Date: %s\nSource-IP: %s\nReporting-MTA: dns; mx1.mailbox.example\n"+
		"\n--b\nContent-Type: message/rfc822\n\nFrom: sales@watches.example\nTo: reader@mailbox.example\nSubject: Cheap watches\n\nBuy.\n--b--\n",
		subject, time.Now().UnixNano(), time.Now().UTC().Format(time.RFC1123Z), source)
}

func bounceMail() string {
	return "From: MAILER-DAEMON@mx.watch.example\nTo: abuse@provider.example\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <b1@mx.watch.example>\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nYour mail could not be delivered.\n" +
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.watch.example\n\nFinal-Recipient: rfc822; nobody@watch.example\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
}

var outcomeLink = regexp.MustCompile(`http://\S+/r/\S+`)

// TestIntake has reports come by mail in three formats, and go where they belong:
// the case of the one party that they are about, a person, nobody here; what is
// mended is looked at again.
func TestIntake(t *testing.T) {
	d := newAbuseDesk(t, "folder: ./mail")
	p := start(t, "--config", d.conf)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(p.errors())
		}
	})
	ada := signIn(t, p)
	d.listens(t)
	if status := ada.ask(t, http.MethodPost, "/api/v1/import", "application/jsonl", estateRows, nil); status != http.StatusOK {
		t.Fatalf("import: %d", status)
	}
	assets := map[string]candor.Asset{}
	var all []candor.Asset
	ada.list(t, "/api/v1/assets?limit=100", &all)
	for _, a := range all {
		assets[a.Reference] = a
	}
	if len(assets) != 6 {
		t.Fatalf("%d assets are there", len(assets))
	}
	since := time.Now()
	eventually(t, "a second goes by that reports can name", 3*time.Second, func() bool { return time.Now().Unix() > since.Unix()+1 })
	now := time.Now().UTC().Format("2006-01-02 15:04:05") + " UTC"

	d.deliver(t, "rita@watch.example", mailOf("Rita Reporter <rita@watch.example>", "1@watch.example", "Phishing page on your network",
		"Hello,\n\nthis phishing page imitates a bank and is hosted on your network:\n\nhttp://shop.example/login\n\nWe saw it at "+now+". Please take it down.\n\nRita Reporter"))
	d.deliver(t, "soc@bank.example", xarfMail("XARF 1", "0b6a4c1e-9d3c-4b0f-9a67-6f2d7f6b9a01", map[string]any{"source_identifier": "http://127.0.0.1:9/bank", "category": "content", "type": "phishing", "url": "http://127.0.0.1:9/bank"}))
	d.deliver(t, "fbl@mailbox.example", arfMail("FW: Cheap watches", "198.51.100.7"))
	d.deliver(t, "soc@bank.example", xarfMail("XARF 2", "0b6a4c1e-9d3c-4b0f-9a67-6f2d7f6b9a02", map[string]any{"source_identifier": "203.0.113.9", "category": "connection", "type": "port_scan", "protocol": "tcp", "source_port": 40112, "destination_ip": "192.0.2.80", "destination_port": 22, "first_seen": time.Now().UTC().Format(time.RFC3339)}))
	d.deliver(t, "soc@bank.example", xarfMail("XARF 3", "0b6a4c1e-9d3c-4b0f-9a67-6f2d7f6b9a03", map[string]any{"source_identifier": "http://198.51.100.80/x", "category": "content", "type": "phishing", "url": "http://198.51.100.80/x"}))
	d.deliver(t, "", bounceMail())

	goesTo := func(subject string, a candor.Asset, class candor.Class) candor.Complaint {
		t.Helper()
		r := ada.report(t, subject)
		list := ada.complaints(t, r.ID)
		if r.State != candor.ReportFiled || len(list) != 1 || list[0].Asset != a.ID || list[0].Party != a.Owner || list[0].Case == "" {
			t.Fatalf("%s: %+v, %+v", subject, r, list)
		}
		if c := ada.caseOf(t, list[0].Case); c.Party != a.Owner || c.Class != class {
			t.Errorf("%s: the case is %+v", subject, c)
		}
		return list[0]
	}
	goesTo("Phishing page on your network", assets["s1"], candor.Phishing)
	phish := goesTo("XARF 1", assets["l2"], candor.Phishing)
	spam := goesTo("FW: Cheap watches", assets["l1"], candor.Spam)
	foreign := ada.report(t, "XARF 2")
	if list := ada.complaints(t, foreign.ID); foreign.State != candor.ReportFiled || len(list) != 1 || list[0].State != candor.ComplaintForeign || list[0].Case != "" {
		t.Errorf("a foreign address: %+v, %+v", foreign, list)
	}
	if r := ada.report(t, "Undelivered Mail Returned to Sender"); r.State != candor.ReportAutomatic || r.Complaints != 0 {
		t.Errorf("a bounce: %+v", r)
	}

	t.Run("duplicate", func(t *testing.T) {
		d.deliver(t, "soc@bank.example", xarfMail("XARF 1 again", "0b6a4c1e-9d3c-4b0f-9a67-6f2d7f6b9a01", map[string]any{"source_identifier": "http://127.0.0.1:9/bank", "category": "content", "type": "phishing", "url": "http://127.0.0.1:9/bank"}))
		if r := ada.report(t, "XARF 1 again"); r.State != candor.ReportDuplicate || r.Same != phish.Report {
			t.Errorf("%+v", r)
		}
	})
	t.Run("ambiguous", func(t *testing.T) { d.ambiguous(t, ada, assets) })
	t.Run("acknowledged", func(t *testing.T) { d.acknowledged(t) })
	t.Run("folder", func(t *testing.T) {
		text := mailOf("Rita Reporter <rita@watch.example>", "2@watch.example", "Another page", "This phishing page is hosted on your network:\n\nhttp://shop.example/another\n\nWe saw it at "+now+".")
		if err := os.WriteFile(filepath.Join(d.dir, "drop", "a.eml.tmp"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(d.dir, "drop", "a.eml.tmp"), filepath.Join(d.dir, "drop", "a.eml")); err != nil {
			t.Fatal(err)
		}
		goesTo("Another page", assets["s1"], candor.Phishing)
	})
	t.Run("form", func(t *testing.T) {
		uploads(t, p.URL, map[string]string{"kind": "phishing", "about": "hxxp://shop[.]example/third", "when": time.Now().UTC().Format("2006-01-02T15:04:05"), "zone": "+00:00"}, "hosts.csv", "timestamp,src_ip,category\n"+time.Now().UTC().Format(time.RFC3339)+",198.51.100.7,spam\n")
		r := ada.report(t, "A page or message that steals passwords or money (phishing): hxxp://shop[.]example/third")
		list := ada.complaints(t, r.ID)
		if r.State != candor.ReportFiled || len(list) != 2 || list[0].Asset != assets["s1"].ID || list[1].Asset != assets["l1"].ID || list[1].Case != spam.Case {
			t.Errorf("%+v, %+v", r, list)
		}
	})
	t.Run("cases of the right parties only", func(t *testing.T) {
		var cases []candor.Case
		ada.list(t, "/api/v1/cases?limit=100", &cases)
		parties := map[candor.ID]int{}
		for _, c := range cases {
			parties[c.Party]++
		}
		if len(cases) != 4 || parties[assets["s1"].Owner] != 1 || parties[assets["l1"].Owner] != 2 || parties[assets["l2"].Owner] != 1 {
			t.Errorf("%d cases: %v", len(cases), parties)
		}
	})
	t.Run("mended", func(t *testing.T) {
		line, owner := ada.invited(t, assets["l1"].Owner, "lena"), ada.invited(t, assets["l2"].Owner, "olga")
		fixed := func(who *person, id candor.ID) int {
			t.Helper()
			return who.ask(t, http.MethodPost, "/api/v1/cases/"+string(id)+"/fixed", "application/json", `{"text":"We cleaned it."}`, nil)
		}
		if got := fixed(line, phish.Case); got != http.StatusNotFound {
			t.Errorf("somebody says that the case of others is mended: %d", got)
		}
		for who, id := range map[*person]candor.ID{owner: phish.Case, line: spam.Case} {
			if got := fixed(who, id); got >= 300 {
				t.Fatalf("say that it is mended: %d", got)
			}
		}
		eventually(t, "the case about what a line did closes", 20*time.Second, func() bool { return !ada.caseOf(t, spam.Case).State.Open() })
		if c := ada.caseOf(t, phish.Case); !c.State.Open() { // of provider's own machines nobody asks
			t.Errorf("a page that nobody could look at is gone: %+v", c)
		}
	})
}

// uploads fills in the form for reporters, with a file.
func uploads(t *testing.T, at string, fields map[string]string, name, content string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(f, content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+"/abuse", &b)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", at)
	r.Header.Set("Content-Type", w.FormDataContentType())
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if page, err := io.ReadAll(a.Body); err != nil || a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Request.URL.Path, "/r/") {
		t.Fatalf("the form: %d at %s, %v\n%s", a.StatusCode, a.Request.URL, err, page)
	}
}

// ambiguous has a person decide whose a page is on a server with two sites.
func (d *abuseDesk) ambiguous(t *testing.T, ada *person, assets map[string]candor.Asset) {
	r := ada.report(t, "XARF 3")
	list := ada.complaints(t, r.ID)
	if r.State != candor.ReportPerson || len(list) != 1 || list[0].State != candor.ComplaintPerson || list[0].Case != "" || len(list[0].Candidates) != 3 {
		t.Fatalf("%+v, %+v", r, list)
	}
	body, err := json.Marshal(map[string]any{"version": r.Version, "decisions": []any{map[string]any{"complaint": list[0].ID, "state": candor.ComplaintFiled, "asset": assets["s3"].ID}}})
	if err != nil {
		t.Fatal(err)
	}
	if status := ada.ask(t, http.MethodPost, "/api/v1/reports/"+string(r.ID)+"/decide", "application/json", string(body), nil); status >= 300 {
		t.Fatalf("decide: %d", status)
	}
	r = ada.report(t, "XARF 3")
	list = ada.complaints(t, r.ID)
	if r.State != candor.ReportFiled || list[0].Asset != assets["s3"].ID || ada.caseOf(t, list[0].Case).Party != assets["s3"].Owner {
		t.Errorf("%+v, %+v", r, list)
	}
}

// acknowledged follows the link in what was written to a reporter; nobody writes
// to a program.
func (d *abuseDesk) acknowledged(t *testing.T) {
	a, err := http.Get(mailTo(t, d.dir, "rita@watch.example", outcomeLink))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("Phishing page on your network")) {
		t.Errorf("the page for the reporter: %d, %v: %.2000s", a.StatusCode, err, body)
	}
	files, err := filepath.Glob(filepath.Join(d.dir, "mail", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("MAILER-DAEMON")) {
			t.Errorf("a bounce is answered: %s", text)
		}
	}
}
