package portal_test

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"candor"
	"candor/internal/access/link"
	"candor/internal/evidence"
	"candor/internal/web/portal"
)

// sends posts a form with a file, as browsers do.
func (w *world) sends(t *testing.T, c *http.Client, path string, form url.Values, field, name string, content []byte) (status int, location, text string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	var errs []error
	for k, all := range form {
		for _, v := range all {
			errs = append(errs, m.WriteField(k, v))
		}
	}
	part, err := m.CreateFormFile(field, name)
	if err == nil {
		_, err = part.Write(content)
	}
	errs = append(errs, err, m.Close())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+path, &b)
	if err := errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Origin", w.URL)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	a := w.Do(t, c, r)
	return a.Status, a.Location(), a.Text()
}

func supportWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, portal.Config{})
	var err error
	if w.House.Vault, err = evidence.OpenVault(filepath.Join(t.TempDir(), "vault"), evidence.VaultOptions{}); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestReportByAnybody: who is not known reports in one form, gets a page of the
// own, sees what was found, writes more, and rates it once.
func TestReportByAnybody(t *testing.T) {
	w := supportWorld(t)
	c, ctx := w.Stranger(), t.Context()
	if a := w.Get(t, c, "/report?language=en"); a.Status != http.StatusOK || !strings.Contains(a.Text(), "1. What is it?") {
		t.Fatal(a.Status, a.Text())
	}
	if a := w.Post(t, c, "/report", url.Values{"device": {"windows"}}); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a report of nothing: %d", a.Status)
	}
	status, at, text := w.sends(t, c, "/report", url.Values{"what": {"Free <b>game</b>"}, "device": {"windows"}, "share": {"yes"}, "seen": {"2026-03-01"}}, "file", "game.exe", []byte("MZ evil"))
	if status != http.StatusSeeOther || !strings.HasPrefix(at, "/t/") {
		t.Fatal(status, at, text)
	}
	page := w.Get(t, c, at)
	for _, want := range []string{"game.exe", "Free &lt;b&gt;game&lt;/b&gt;", "It has not been looked at yet", "Windows computer", "Keep the address of this page"} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if a := w.Get(t, c, at+"/file"); a.Status != http.StatusNotFound {
		t.Errorf("something is served below the page: %d", a.Status)
	}
	all, err := w.House.Store.Tickets(ctx, candor.Everything, candor.TicketFilter{}, candor.Cut{})
	if err != nil || len(all.Items) != 1 || !all.Items[0].Suspect.Share || all.Items[0].Party != "" {
		t.Fatal(all, err)
	}
	if _, err := w.House.AnswerTicket(ctx, w.Who(candor.RoleAnalyst), all.Items[0].ID, "Do not open it.", candor.TicketSolved); err != nil {
		t.Fatal(err)
	}
	if a := w.Post(t, c, at+"/rate", url.Values{"rating": {"9"}}); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("nine of five: %d", a.Status)
	}
	for range 2 { // the second one changes nothing
		if a := w.Post(t, c, at+"/rate", url.Values{"rating": {"4"}}); a.Location() != at {
			t.Errorf("rating: %d", a.Status)
		}
	}
	if a := w.Post(t, c, at+"/say", url.Values{"text": {"Too late."}}); a.Location() != at {
		t.Errorf("saying more: %d %s", a.Status, a.Text())
	}
	page = w.Get(t, c, at)
	for _, want := range []string{"Do not open it.", "Too late.", "You gave 4 of 5", "We are working on it"} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.Text(), "Test analyst") {
		t.Error("the page names who answered")
	}
	if a := w.Get(t, c, "/c/"+strings.TrimPrefix(at, "/t/")); a.Status != http.StatusNotFound {
		t.Errorf("the link to a ticket opens a case: %d", a.Status)
	}
}

// TestReportsAreLimited: a network hands in five, and one more every twelve
// minutes.
func TestReportsAreLimited(t *testing.T) {
	w := supportWorld(t)
	c := w.Stranger()
	last := 0
	for range 6 {
		last = w.Post(t, c, "/report", url.Values{"what": {"x"}}).Status
	}
	if last != http.StatusTooManyRequests && last != http.StatusServiceUnavailable {
		t.Errorf("the sixth report: %d", last)
	}
}

// elsewhere is a browser in another network.
func (w *world) elsewhere() *http.Client {
	c := w.Stranger()
	c.Transport = &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 9, 9, 9)}}).DialContext}
	return c
}

// TestOneNetworkStopsNoOther: however often one network asks, others are heard,
// and so are those who hold a link.
func TestOneNetworkStopsNoOther(t *testing.T) {
	w := supportWorld(t)
	c := w.Stranger()
	at := w.Post(t, c, "/report", url.Values{"what": {"x"}}).Location()
	for range 110 {
		w.Post(t, c, "/report", url.Values{"what": {"x"}})
	}
	if a := w.Post(t, w.elsewhere(), "/report", url.Values{"what": {"x"}}); a.Status != http.StatusSeeOther {
		t.Errorf("a report from elsewhere: %d", a.Status)
	}
	if a := w.Post(t, w.elsewhere(), at+"/say", url.Values{"text": {"more"}}); a.Location() != at {
		t.Errorf("the holder of a link: %d", a.Status)
	}
}

// TestMailsAreLimited: reports with the same address are few, whoever hands them in.
func TestMailsAreLimited(t *testing.T) {
	w := supportWorld(t)
	for i, want := range []int{http.StatusSeeOther, http.StatusSeeOther, http.StatusSeeOther, http.StatusTooManyRequests} {
		c, mail := w.Stranger(), "victim@x.example"
		if i%2 == 1 {
			c, mail = w.elsewhere(), "Victim@X.example"
		}
		if a := w.Post(t, c, "/report", url.Values{"what": {"x"}, "mail": {mail}}); a.Status != want {
			t.Errorf("report %d: %d, want %d", i+1, a.Status, want)
		}
	}
}

// TestProofsAreLimited: who holds the link to a case hands in a few files at once.
func TestProofsAreLimited(t *testing.T) {
	w := supportWorld(t)
	c, status := w.Stranger(), 0
	for range 6 {
		status, _, _ = w.sends(t, c, w.path+"/fixed", url.Values{"fixed": {"Done."}}, "proof", "x.log", []byte("removed"))
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("the sixth file: %d", status)
	}
}

// TestMyTickets: a customer asks, sees the own tickets alone, and reports with
// the account.
func TestMyTickets(t *testing.T) {
	w := supportWorld(t)
	c := w.As(candor.RoleCustomer)
	a := w.Post(t, c, "/my/tickets/new", url.Values{"subject": {"Slow"}, "text": {"My site is slow."}})
	if !strings.HasPrefix(a.Location(), "/my/tickets/") {
		t.Fatal(a.Status, a.Text())
	}
	at := a.Location()
	if page := w.Get(t, c, at); page.Status != http.StatusOK || !strings.Contains(page.Text(), "My site is slow.") {
		t.Error(page.Status)
	}
	if page := w.Get(t, w.As(candor.RoleSubscriber), at); page.Status != http.StatusNotFound {
		t.Errorf("another party's ticket: %d", page.Status)
	}
	if a := w.Post(t, w.As(candor.RoleSubscriber), at+"/say", url.Values{"text": {"x"}}); a.Status != http.StatusNotFound {
		t.Errorf("writing into another party's ticket: %d", a.Status)
	}
	if list := w.Get(t, c, "/my/tickets"); !strings.Contains(list.Text(), "T-1") {
		t.Error("the list does not show it")
	}
	if list := w.Get(t, w.As(candor.RoleSubscriber), "/my/tickets"); strings.Contains(list.Text(), "T-1") {
		t.Error("another party's list shows it")
	}
	a = w.Post(t, c, "/report", url.Values{"origin": {"https://games.example/x"}})
	if !strings.HasPrefix(a.Location(), "/my/tickets/") {
		t.Errorf("a report with an account: %d %s", a.Status, a.Location())
	}
	gone, err := w.Links.Sign(link.Link{Purpose: link.Ticket, Subject: candor.NewID(w.Clock()), Expires: w.Clock().Add(1e12)})
	if err != nil {
		t.Fatal(err)
	}
	if a := w.Get(t, w.Stranger(), "/t/"+gone); a.Status != http.StatusNotFound {
		t.Errorf("the link to a ticket that is not there: %d", a.Status)
	}
}

// TestProofOfFix: the page of a case shows the guide that fits, and takes what
// shows that it is mended.
func TestProofOfFix(t *testing.T) {
	w := supportWorld(t)
	c := w.Stranger()
	page := w.Get(t, c, w.path+"?language=en")
	for _, want := range []string{"My WordPress site was changed", "Tick what you did", `enctype="multipart/form-data"`} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	status, at, text := w.sends(t, c, w.path+"/fixed", url.Values{"guide": {"wordpress"}, "step": {"1", "3", "99"}, "fixed": {"All done."}}, "proof", "cleanup.log", []byte("removed"))
	if status != http.StatusSeeOther || at != w.path {
		t.Fatal(status, at, text)
	}
	page = w.Get(t, c, w.path)
	for _, want := range []string{"All done.", "✓ Under Users, remove administrators", "cleanup.log", "We are looking again"} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("afterwards the page lacks %q", want)
		}
	}
	files, err := w.House.CaseUploads(t.Context(), w.Who(candor.RoleAdmin), w.c.ID)
	if err != nil || len(files) != 1 || files[0].Size != 7 {
		t.Errorf("%+v, %v", files, err)
	}
}

// TestHelp: guides are there for anybody, in the reader's language, and can be
// searched; one that is hidden is not.
func TestHelp(t *testing.T) {
	w := supportWorld(t)
	c := w.Stranger()
	if a := w.Get(t, c, "/help?language=zh"); a.Status != http.StatusOK || !strings.Contains(a.Text(), "路由器") {
		t.Error("the list is not in Chinese")
	}
	if a := w.Get(t, c, "/help?q=router&language=en"); !strings.Contains(a.Text(), "/help/router") || strings.Contains(a.Text(), "/help/joomla") {
		t.Error("the search gives others")
	}
	if a := w.Get(t, c, "/help/router?language=en"); !strings.Contains(a.Text(), "<ol><li>") {
		t.Error(a.Text())
	}
	if _, err := w.House.SetArticle(t.Context(), w.Who(candor.RoleAnalyst), candor.Article{Slug: "router", Titles: map[string]string{"en": "x"}, Texts: map[string]string{"en": "<script>"}, Hidden: true}); err != nil {
		t.Fatal(err)
	}
	for _, slug := range []string{"router", "none"} {
		if a := w.Get(t, c, "/help/"+slug); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", slug, a.Status)
		}
	}
}
