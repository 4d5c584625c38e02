package office_test

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intake/format/readers"
	"candor/internal/intake/freetext"
	"candor/internal/intake/reading"
	"candor/internal/intake/wrap"
)

// either says of everything that it may be one of two assets.
type either []candor.Asset

func (e either) Whose(context.Context, intake.Resource, *intake.When, *intake.When, time.Time) (house.Attribution, error) {
	a := house.Attribution{Ours: true, Why: "more than one may have held it then"}
	for _, x := range e {
		a.Candidates = append(a.Candidates, candor.Candidate{Asset: x.ID, Party: x.Owner, How: "vhost", Since: time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC)})
	}
	return a, nil
}

const reportMail = "From: cert@reporter.example\r\nTo: abuse@example.net\r\nSubject: Phishing page on shop.example\r\nMessage-ID: <p1@reporter.example>\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nDear abuse team,\r\n\r\nthe page hxxps://shop[.]example/bank/login.php on your server imitates our client's sign-in page.\r\n" +
	"It was first seen on 2026-05-01 10:02:11 UTC. Please take it down. <script>alert(1)</script>\r\n\r\n-- \r\nCERT, https://reporter.example/\r\n\r\n" +
	"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><h1>Takedown</h1><img src=\"https://tracker.example/x.gif\"><p>the page https://shop.example/bank/login.php</p><script>alert(1)</script></body></html>\r\n--b--\r\n"

// reported has a report come in that a person has to decide about.
func (w *world) reported(t testing.TB) candor.Report {
	t.Helper()
	return w.comesIn(t, reportMail)
}

func (w *world) comesIn(t testing.TB, mail string) candor.Report {
	t.Helper()
	w.House.Reports = house.Reports{Reader: &reading.Reader{Formats: readers.All(nil), Text: freetext.New(), Opener: wrap.New(wrap.Options{Now: w.Clock})}, Whose: either{w.asset, w.server}}
	id, err := w.House.TakeReport(t.Context(), w.Who(candor.RoleAdmin), "", "", strings.NewReader(mail))
	if err == nil {
		err = w.House.ReadReport(t.Context(), id)
	}
	r, again := w.House.Store.Report(t.Context(), id)
	if err != nil || again != nil {
		t.Fatal(err, again)
	}
	return r
}

func (w *world) complaint(t testing.TB, r candor.Report) candor.Complaint {
	t.Helper()
	v, err := w.House.ReportView(t.Context(), w.Who(candor.RoleAdmin), r.ID, candor.Cut{})
	if err != nil || len(v.Complaints.Items) == 0 {
		t.Fatal(err, "no complaints")
	}
	return v.Complaints.Items[0]
}

// TestReportPage decides about a report on its page.
func TestReportPage(t *testing.T) {
	w := newWorld(t)
	r := w.reported(t)
	c, path := w.complaint(t, r), "/reports/"+string(r.ID)
	analyst := w.As(candor.RoleAnalyst)
	page := w.Get(t, analyst, path)
	for _, want := range []string{`<mark class="loud"`, "hxxps://shop[.]example/bank/login.php</mark>", "&lt;script&gt;", w.asset.Name, "iframe class=\"strange\" sandbox", "more than one may have held it then", "it is not certain whose 1 of 1 are", " · acme", "since 1 Feb 2026, 08:00 UTC"} {
		if !strings.Contains(string(page.Body), want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if chinese := w.Get(t, analyst, path+"?language=zh"); !strings.Contains(chinese.Text(), "当时可能有多个持有者") || strings.Contains(chinese.Text(), "it is not certain") {
		t.Error("the reasons are English in Chinese")
	}
	if strings.Contains(string(page.Body), "<script>alert") || strings.Contains(string(page.Body), "tracker.example/x.gif\"") {
		t.Error("what the mail holds is in the page as it came")
	}
	if csp := page.Header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "; frame-src 'self'") {
		t.Errorf("the page's policy: %s", csp)
	}
	frame := w.Get(t, analyst, path+"/html/0")
	if csp := frame.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "sandbox; default-src 'none';") || !strings.Contains(string(frame.Body), "Takedown") {
		t.Errorf("the frame: %s, %s", csp, frame.Body)
	}
	if none := w.Get(t, analyst, path+"/html/1"); none.Status != 404 {
		t.Errorf("a part that is not there: %d", none.Status)
	}
	whole := w.Get(t, analyst, path+"/message")
	if string(whole.Body) != reportMail || !strings.HasPrefix(whole.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the message: %v", whole.Header)
	}

	send := func(values url.Values) int {
		t.Helper()
		values.Set("version", strconv.FormatInt(r.Version, 10))
		return w.Post(t, analyst, path+"/complaints/"+string(c.ID), values).Status
	}
	if status := send(url.Values{"state": {"filed"}}); status != 422 {
		t.Errorf("filed at nothing: %d", status)
	}
	if status := send(url.Values{"state": {"filed"}, "other": {"no-such-asset"}}); status != 422 {
		t.Errorf("filed at what is not there: %d", status)
	}
	if status := send(url.Values{"state": {"filed"}, "asset": {string(w.asset.ID)}, "class": {string(candor.Phishing)}}); status != 303 {
		t.Fatalf("it cannot be filed: %d", status)
	}
	if c = w.complaint(t, r); c.State != candor.ComplaintFiled || c.Case == "" || c.Asset != w.asset.ID {
		t.Errorf("%+v", c)
	}
	if list := w.Get(t, analyst, "/reports?state=filed"); !strings.Contains(string(list.Body), "Phishing page on shop.example") {
		t.Error("the list has it not")
	}
	if status := send(url.Values{"state": {"dismissed"}}); status == 303 {
		t.Error("what was decided is decided once more, from a page that is old")
	}
}
