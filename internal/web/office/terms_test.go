package office_test

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
	"candor/internal/house"
)

var (
	labelLine     = regexp.MustCompile(`(?m)^version: .*$`)
	effectiveLine = regexp.MustCompile(`(?m)^effective: .*$`)
)

// source is a document of the library under a label, in force now.
func (w *world) source(t testing.TB, name, label string) string {
	t.Helper()
	text, err := terms.Source(name)
	if err != nil {
		t.Fatal(err)
	}
	return effectiveLine.ReplaceAllString(labelLine.ReplaceAllString(string(text), "version: \""+label+"\""), "effective: "+w.Clock().Format(time.RFC3339))
}

func (w *world) draft(t testing.TB, name, label string) consent.Terms {
	t.Helper()
	v, problems, err := w.House.SaveTerms(t.Context(), w.Who(candor.RoleAdmin), "", []byte(w.source(t, name, label)))
	if err != nil {
		t.Fatal(err, problems)
	}
	return v
}

func (w *world) publish(t testing.TB, name, label string) consent.Terms {
	t.Helper()
	v, err := w.House.PublishTerms(t.Context(), w.Who(candor.RoleAdmin), w.draft(t, name, label).ID)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// asks is a complaint of the customer's.
func (w *world) asks(t testing.TB, text string) consent.Question {
	t.Helper()
	q, err := w.House.AskAboutTerms(t.Context(), w.Who(candor.RoleCustomer), consent.Question{Kind: consent.Complains, Document: "hosting-terms", Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// decide enters what a party said on paper.
func (w *world) decide(t testing.TB, party candor.ID, v consent.Terms, act consent.Act, clauses ...string) {
	t.Helper()
	d := house.Decision{Party: party, Terms: v.ID, Act: act, Clauses: clauses, Language: "en", How: consent.ByPaper, Note: "folder 7"}
	if _, err := w.House.Decide(t.Context(), w.Who(candor.RoleAnalyst), d); err != nil {
		t.Fatal(err)
	}
}

// TestTerms writes terms, mends them, publishes them and ends them.
func TestTerms(t *testing.T) {
	w := newWorld(t)
	admin := w.As(candor.RoleAdmin)
	has(t, w.Get(t, admin, "/terms"), http.StatusOK, "There are no terms yet")
	has(t, w.Get(t, admin, "/terms/new?from=hosting-terms"), http.StatusOK, "document: hosting-terms")
	a := w.Post(t, admin, "/terms/new", url.Values{"text": {"schema: terms-1\ndocument: " + evil}})
	has(t, a, http.StatusUnprocessableEntity, "The text has faults", "Line ", "document: ")
	inert(t, a, "the text that came back")
	text := w.source(t, "hosting-terms", "1")
	page := w.led(t, candor.RoleAdmin, "/terms/new", url.Values{"text": {text}})
	has(t, page, http.StatusOK, "The draft was saved", "Hosting terms 1", "Draft")
	all, err := w.House.Terms(t.Context(), w.Who(candor.RoleAdmin))
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	path := "/terms/" + string(all[0].ID)
	has(t, w.Get(t, admin, path+"?in=ar"), http.StatusOK, `lang="ar" dir="rtl"`, "شروط الاستضافة")
	if got := w.Get(t, admin, path+"/text").Text(); got != text {
		t.Errorf("the file has %d bytes, and not the %d that were kept", len(got), len(text))
	}
	has(t, w.led(t, candor.RoleAdmin, path+"/edit", url.Values{"text": {w.source(t, "hosting-terms", "2")}}), http.StatusOK, "Hosting terms 2")
	has(t, w.Get(t, admin, path+"/publish"), http.StatusOK, "Publish Hosting terms 2?", "never changes any more")
	has(t, w.led(t, candor.RoleAdmin, path+"/publish", nil), http.StatusOK, "The version was published", "Published")
	has(t, w.Get(t, admin, path+"/changes"), http.StatusOK, "There is no version before")
	has(t, w.led(t, candor.RoleAdmin, path+"/delete", nil), http.StatusOK, "cannot") // what is published stays
	has(t, w.Get(t, admin, "/terms/coverage"), http.StatusOK, "Missing", "hosting-terms 2, ")
	has(t, w.led(t, candor.RoleAdmin, path+"/end", nil), http.StatusOK, "The end of the version was set")
	has(t, w.Get(t, admin, "/terms"), http.StatusOK, "Ended")
	draft := w.draft(t, "privacy-policy", "1")
	has(t, w.led(t, candor.RoleAdmin, "/terms/"+string(draft.ID)+"/delete", nil), http.StatusOK, "The draft was deleted")
}

// TestAskedAgain counts who is bound by a version when one follows that matters.
func TestAskedAgain(t *testing.T) {
	w := newWorld(t)
	one := w.publish(t, "hosting-terms", "1")
	w.decide(t, w.party.ID, one, consent.Agreed)
	w.At(w.Clock().Add(time.Hour))
	text := strings.Replace(w.source(t, "hosting-terms", "2"), "languages:", "material: true\nlanguages:", 1)
	v, problems, err := w.House.SaveTerms(t.Context(), w.Who(candor.RoleAdmin), "", []byte(text))
	if err != nil {
		t.Fatal(err, problems)
	}
	if _, err := w.House.PublishTerms(t.Context(), w.Who(candor.RoleAdmin), v.ID); err != nil {
		t.Fatal(err)
	}
	w.At(w.Clock().Add(time.Minute))
	all, _, err := w.House.TermsStances(t.Context(), w.Who(candor.RoleAuditor))
	if err != nil || len(all) != 2 || all[0].Waiting != 1 || all[1].Agreed != 1 || all[1].Waiting != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	has(t, w.Get(t, w.As(candor.RoleAuditor), "/consents"), http.StatusOK, "Open re-consents", "Coverage by version", "2 agreed, 0 refused, 0 withdrew", "50%", "Not measured")
	has(t, w.Get(t, w.As(candor.RoleAuditor), "/terms/"+string(v.ID)+"/changes"), http.StatusOK, "In short")
}
