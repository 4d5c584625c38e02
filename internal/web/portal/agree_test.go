package portal_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/terms"
	"candor/internal/web/webtest"
)

// publish publishes a document of the library under a label, with more lines.
func (w *world) publish(t testing.TB, name, label string, more ...string) consent.Terms {
	t.Helper()
	source, err := terms.Source(name)
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^version: .*$`).ReplaceAllString(string(source), "version: "+label)
	text = regexp.MustCompile(`(?m)^effective: .*$`).ReplaceAllString(text, "effective: "+w.Clock().Format(time.RFC3339))
	text += strings.Join(append([]string{""}, more...), "\n")
	admin := w.Who(candor.RoleAdmin)
	draft, problems, err := w.House.SaveTerms(t.Context(), admin, "", []byte(text))
	if err != nil {
		t.Fatal(err, problems)
	}
	v, err := w.House.PublishTerms(t.Context(), admin, draft.ID)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var hidden = regexp.MustCompile(`<input type="hidden" name="(digest|language)" value="([^"]*)"`)

// answer fills in the form of terms as it is on the page.
func answer(page string, act consent.Act, clauses ...string) url.Values {
	v := url.Values{"act": {string(act)}, "choice": clauses, "behalf": {"self"}}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		v.Set(m[1], m[2])
	}
	return v
}

// TestAgreements has a customer read terms, refuse them, agree, and take a clause
// back with the receipt's link, without the account.
func TestAgreements(t *testing.T) {
	w := newWorld(t)
	v := w.publish(t, "hosting-terms", "7")
	c := w.As(candor.RoleCustomer)
	const home = "/my/agreements"
	if page := w.Get(t, c, home+"?language=en").Text(); !strings.Contains(page, "not answered yet") || !strings.Contains(page, "Read and answer") {
		t.Fatal("the customer is not asked:", page)
	}
	path := home + "/terms/" + string(v.ID)
	page := w.Get(t, c, path).Text()
	for _, want := range []string{"How you agree, and how you say no", v.Digest, "Clauses of your choice", "I agree", "I refuse"} {
		if !strings.Contains(page, want) {
			t.Errorf("the terms lack %q", want)
		}
	}
	if strings.Contains(page, "checked") && regexp.MustCompile(`name="choice"[^>]*checked`).MatchString(page) {
		t.Error("a clause is chosen beforehand")
	}
	refused := w.Post(t, c, path, answer(page, consent.Refused))
	if got := w.Get(t, c, refused.Location()).Text(); !strings.Contains(got, "You refused “Hosting terms”") {
		t.Error("no receipt of refusing")
	}
	if a := w.Post(t, c, path, answer(page, "maybe")); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("an answer that is none: %d", a.Status)
	}
	stale := answer(page, consent.Agreed)
	stale.Set("digest", strings.Repeat("0", 64))
	if a := w.Post(t, c, path, stale); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("other terms than were shown: %d", a.Status)
	}
	agreed := w.Get(t, c, w.Post(t, c, path, answer(page, consent.Agreed, "samples")).Location()).Text()
	if !strings.Contains(agreed, "You agreed to “Hosting terms”") {
		t.Fatal("no receipt:", agreed)
	}
	w.At(w.Clock().Add(time.Minute))
	if b, _, err := w.House.Basis(t.Context(), w.Who(candor.RoleAdmin), w.Party.ID, "submit", time.Time{}); err != nil || b.Clause != "samples" {
		t.Errorf("the basis is %+v, %v", b, err)
	}

	link := regexp.MustCompile(`/a/[A-Za-z0-9_-]+`).FindString(agreed)
	stranger := w.Stranger()
	if page := w.Get(t, stranger, link+"?language=en").Text(); !strings.Contains(page, "Take back: ") || !strings.Contains(page, "you agreed") {
		t.Fatal("the link does not show what was agreed to:", page)
	}
	taken := w.Post(t, stranger, link+"/withdraw/"+string(v.ID), url.Values{"clause": {"samples"}})
	if got := w.Get(t, stranger, taken.Location()).Text(); !strings.Contains(got, "You took back clauses of “Hosting terms”") {
		t.Error("no receipt of taking back")
	}
	w.At(w.Clock().Add(time.Minute))
	if _, _, err := w.House.Basis(t.Context(), w.Who(candor.RoleAdmin), w.Party.ID, "submit", time.Time{}); err == nil {
		t.Error("the clause that was taken back still allows something")
	}
	if _, _, err := w.House.Basis(t.Context(), w.Who(candor.RoleAdmin), w.Party.ID, "quarantine", time.Time{}); err != nil {
		t.Errorf("the rest does not hold: %v", err)
	}
	if a := w.Post(t, stranger, link+"/withdraw/"+string(v.ID), url.Values{}); a.Status != http.StatusSeeOther {
		t.Errorf("all taken back: %d", a.Status)
	}
	if a := w.Post(t, stranger, link+"/withdraw/"+string(v.ID), url.Values{"once": {"again"}}); a.Location() != link {
		t.Errorf("taken back twice: %d %s", a.Status, a.Location())
	}
	for _, bad := range []string{"/a/x", link[:len(link)-4] + "AAAA", strings.Replace(w.path, "/c/", "/a/", 1)} {
		if a := w.Get(t, stranger, bad); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", bad, a.Status)
		}
	}
	export := w.Get(t, stranger, link+"/export")
	if !strings.Contains(export.Text(), `"act": "withdrawn"`) || !strings.Contains(export.Header.Get("Content-Disposition"), "agreements.json") {
		t.Errorf("the export: %v %s", export.Header, export.Text())
	}
}

// TestAgeIsAsked has somebody agree to terms that name an age: with a word of it, or
// by a guardian.
func TestAgeIsAsked(t *testing.T) {
	w := newWorld(t)
	v := w.publish(t, "hosting-terms", "7", "age: 16")
	c := w.As(candor.RoleCustomer)
	path := "/my/agreements/terms/" + string(v.ID)
	page := w.Get(t, c, path+"?language=en").Text()
	if !strings.Contains(page, "At least 16 years old") || regexp.MustCompile(`name="age"[^>]*checked`).MatchString(page) {
		t.Fatal("the age is not asked for, or answered beforehand:", page)
	}
	if a := w.Post(t, c, path, answer(page, consent.Agreed)); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), "You have not agreed yet") {
		t.Errorf("without a word of the age: %d %s", a.Status, a.Text())
	}
	by := answer(page, consent.Agreed)
	by.Set("behalf", "guardian")
	by.Set("note", "Eve Example, mother")
	if got := w.Get(t, c, w.Post(t, c, path, by).Location()).Text(); !strings.Contains(got, "You agreed to") || strings.Contains(got, "Age stated") {
		t.Error("a guardian has no receipt, or is said to be of age")
	}
	old := answer(page, consent.Agreed)
	old.Set("age", "reached")
	if got := w.Get(t, c, w.Post(t, c, path, old).Location()).Text(); !strings.Contains(got, "Age stated") || !strings.Contains(got, "At least 16 years old") {
		t.Error("the receipt does not tell the age:", got)
	}
}

// TestReceiptIsChecked has somebody who has no account check a receipt.
func TestReceiptIsChecked(t *testing.T) {
	w := newWorld(t)
	v := w.publish(t, "hosting-terms", "7")
	c := w.As(candor.RoleCustomer)
	path := "/my/agreements/terms/" + string(v.ID)
	at := w.Post(t, c, path, answer(w.Get(t, c, path+"?language=en").Text(), consent.Agreed)).Location()
	receipt := w.Get(t, c, at+"/file")
	if receipt.Header.Get("Content-Type") != "application/jwt" {
		t.Errorf("the receipt is %v", receipt.Header)
	}
	check := func(text string) (int, string) {
		a := w.Post(t, w.Stranger(), "/receipts?language=en", url.Values{"receipt": {text}})
		return a.Status, a.Text()
	}
	if status, page := check(receipt.Text() + "\n"); status != http.StatusOK || !strings.Contains(page, "it still holds") || strings.Contains(page, w.Party.Name) {
		t.Errorf("a receipt: %d %s", status, page)
	}
	if status, page := check(receipt.Text() + "x"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "no receipt of ours") {
		t.Errorf("one that was changed: %d", status)
	}
	for _, lost := range []string{receipt.Text(), receipt.Text() + "x", ""} {
		a := w.Post(t, w.Stranger(), "/receipts/link?language=en", url.Values{"lost": {lost}})
		if a.Status != http.StatusSeeOther || a.Location() != "/receipts" {
			t.Errorf("a link for %.20q: %d %s", lost, a.Status, a.Location())
		}
	}
	w.At(w.Clock().Add(time.Minute))
	w.Post(t, c, "/my/agreements/withdraw/"+string(v.ID), url.Values{})
	if _, page := check(receipt.Text()); !strings.Contains(page, "it was taken back on") {
		t.Error("one that was taken back:", page)
	}
	if keys := w.Get(t, w.Stranger(), "/receipts/keys.json"); !strings.Contains(keys.Text(), `"kty":"EC"`) || strings.Contains(keys.Text(), `"d":`) {
		t.Errorf("the keys: %s", keys.Text())
	}
}

// TestTermsQuestion asks about terms; the staff answers.
func TestTermsQuestion(t *testing.T) {
	w := newWorld(t)
	c := w.As(candor.RoleCustomer)
	const home = "/my/agreements"
	if a := w.Post(t, c, home+"/question?language=en", url.Values{"kind": {"question"}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), "Write your question first") {
		t.Errorf("an empty one: %d", a.Status)
	}
	w.Post(t, c, home+"/question", url.Values{"kind": {"complaint"}, "question": {"Why so <long>?"}})
	if page := w.Get(t, c, home).Text(); !strings.Contains(page, "Why so &lt;long&gt;?") || !strings.Contains(page, "We answer by") {
		t.Error("it is not there:", page)
	}
	open, err := w.House.Questions(t.Context(), w.Who(candor.RoleAnalyst), consent.Open)
	if err != nil || len(open) != 1 {
		t.Fatal(open, err)
	}
	if _, err := w.House.AnswerQuestion(t.Context(), w.Who(candor.RoleAnalyst), open[0].ID, "It is shorter now."); err != nil {
		t.Fatal(err)
	}
	if page := w.Get(t, c, home).Text(); !strings.Contains(page, "It is shorter now.") || strings.Contains(page, "Test analyst") {
		t.Error("the answer is not there, or names who gave it")
	}
	again := url.Values{"case": {string(open[0].ID)}}
	if a := w.Post(t, c, home+"/question?language=en", again); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), "Write your question first") {
		t.Errorf("asked again without words: %d", a.Status)
	}
	again.Set("again-"+string(open[0].ID), "Still too <long>.")
	w.Post(t, c, home+"/question", again)
	if page := w.Get(t, c, home+"?language=en").Text(); !strings.Contains(page, "Still too &lt;long&gt;.") || !strings.Contains(page, "You asked again on") || !strings.Contains(page, "We answer by") {
		t.Error("what was asked again is not there:", page)
	}
	if a := w.Get(t, c, "/my/cases/"+string(open[0].ID)); a.Location() != home {
		t.Errorf("the page of the case leads to %q", a.Location())
	}
	if page := w.Get(t, c, "/my").Text(); strings.Contains(page, string(open[0].ID)) {
		t.Error("it stands among what was found at the customer")
	}
	other := url.Values{"case": {string(w.File(t, w.OtherAsset, webtest.Shell(w.OtherAsset, "a.php")).ID)}}
	other.Set("again-"+other.Get("case"), "Whose is it?")
	if a := w.Post(t, c, home+"/question", other); a.Status != http.StatusNotFound {
		t.Errorf("of another party's case: %d", a.Status)
	}
}
