package office_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/campaign"
	"candor/internal/consent/software"
	"candor/internal/house"
	"candor/internal/store"
)

// campaign asks again about the second version of a document, to which the
// world's party agreed and another never did.
func (w *world) campaign(t testing.TB) campaign.Campaign {
	t.Helper()
	ctx, admin := t.Context(), w.Who(candor.RoleAdmin)
	w.decide(t, w.party.ID, w.publish(t, "acceptable-use", "1"), consent.Agreed)
	text := strings.Replace(w.source(t, "acceptable-use", "2"), "\nclauses:", "\nmaterial: true\nclauses:", 1)
	draft, problems, err := w.House.SaveTerms(ctx, admin, "", []byte(text))
	if err != nil {
		t.Fatal(err, problems)
	}
	v, err := w.House.PublishTerms(ctx, admin, draft.ID)
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.House.AddCampaign(ctx, admin, campaign.Campaign{Terms: v.ID, Silence: campaign.End, Policy: map[string]string{"en": "Who does not answer <b>leaves</b> the old terms.", "zh": "未答复者不再受旧条款约束。"},
		Reminders: []int{7, 14}, Deadline: w.Clock().Add(30 * 24 * time.Hour)})
	if err == nil {
		c, err = w.House.StartCampaign(ctx, admin, c.ID)
	}
	if err == nil {
		err = w.House.RunCampaigns(ctx, func(context.Context, *store.Tx, house.Asking) error { return nil })
	}
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	return c
}

// software registers a product with one build, of which a device shows another
// agreement.
func (w *world) software(t testing.TB) string {
	t.Helper()
	ctx, admin := t.Context(), w.Who(candor.RoleAdmin)
	a, err := w.House.SaveAsset(ctx, admin, candor.Asset{Kind: candor.Product, Owner: w.party.ID, Name: "Toolbar"})
	if err != nil {
		t.Fatal(err)
	}
	sum := func(digit string) string { return strings.Repeat(digit, 64) }
	build, err := software.NewBuild("toolbar", "1.2", "windows/amd64", []software.File{{Name: "setup.exe", SHA256: sum("a")}})
	if err != nil {
		t.Fatal(err)
	}
	d := software.Declaration{Build: build, Agreement: software.Paper{Document: "eula", Version: "3", SHA256: sum("1")}, Policy: software.Paper{Document: "privacy", Version: "1", SHA256: sum("2")}, Optional: []string{"stats"}}
	if _, err := w.House.AddProduct(ctx, admin, software.Product{ID: "toolbar", Name: "Toolbar", Publisher: "Acme & Sons", Asset: a.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.House.Declare(ctx, admin, d, time.Time{}); err != nil {
		t.Fatal(err)
	}
	queue, err := software.OpenQueue(t.TempDir(), w.Clock)
	if err != nil {
		t.Fatal(err)
	}
	for _, agreement := range []string{sum("1"), sum("9")} {
		if _, err := queue.Add(software.Statement{Product: "toolbar", Build: build.Digest(), Agreement: agreement, Policy: sum("2"), Act: consent.Agreed, Language: "en", How: consent.ByInstaller}); err != nil {
			t.Fatal(err)
		}
	}
	waiting, err := queue.Waiting()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range waiting {
		if _, err := w.House.AcceptStatement(ctx, x); err != nil {
			t.Fatal(err)
		}
	}
	return "toolbar"
}

func TestSoftware(t *testing.T) {
	w := newWorld(t)
	c := w.As(candor.RoleAuditor)
	has(t, w.Get(t, c, "/software"), http.StatusOK, "No software yet")
	path := "/software/" + w.software(t)
	has(t, w.Get(t, c, "/software"), http.StatusOK, "Toolbar", "Acme & Sons", path)
	has(t, w.Get(t, c, "/software?q=acme"), http.StatusOK, path)
	has(t, w.Get(t, c, "/software?q=other"), http.StatusOK, "Take a filter away")
	for i := range 60 {
		id := fmt.Sprintf("other-%02d", i)
		a, err := w.House.SaveAsset(t.Context(), w.Who(candor.RoleAdmin), candor.Asset{Kind: candor.Product, Owner: w.party.ID, Name: id})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.House.AddProduct(t.Context(), w.Who(candor.RoleAdmin), software.Product{ID: id, Name: "Other", Publisher: "Acme", Asset: a.ID}); err != nil {
			t.Fatal(err)
		}
	}
	first := string(w.Get(t, c, "/software").Body)
	next := regexp.MustCompile(`/software\?after=[^"&]+`).FindString(first)
	if strings.Contains(first, `"/software/other-00"`) || !strings.Contains(first, `"/software/other-59"`) || next == "" {
		t.Fatalf("the list is on one page")
	}
	has(t, w.Get(t, c, next), http.StatusOK, `"/software/other-00"`)
	has(t, w.Get(t, c, "/software?q=other-00"), http.StatusOK, "/software/other-00")
	has(t, w.Get(t, c, path), http.StatusOK, "1.2 windows/amd64", "eula 3", "privacy 1", "stats", "Another agreement was shown")
	if a := w.Get(t, c, "/software/nothing"); a.Status != http.StatusNotFound {
		t.Errorf("what is not there: %d", a.Status)
	}
}

func TestCampaigns(t *testing.T) {
	w := newWorld(t)
	c := w.As(candor.RoleAuditor)
	has(t, w.Get(t, c, "/campaigns"), http.StatusOK, "No campaign yet")
	made := w.campaign(t)
	path := "/campaigns/" + string(made.ID)
	has(t, w.Get(t, c, "/campaigns"), http.StatusOK, "Acceptable use 2", "Running", "The versions before end", path)
	has(t, w.Get(t, c, "/campaigns?state=draft"), http.StatusOK, "Take a filter away")
	page := w.Get(t, c, path)
	has(t, page, http.StatusOK, "Acceptable use 2", "Who is asked", w.party.Name, "Waiting", "7, 14", "end for all on", "<b>leaves</b>", "Unreachable")
	has(t, w.Get(t, c, path+"?state=agreed"), http.StatusOK, "Take a filter away")
	if a := w.Get(t, c, "/campaigns/"+string(candor.NewID(w.Clock()))); a.Status != http.StatusNotFound {
		t.Errorf("what is not there: %d", a.Status)
	}
}

// TestCampaignForm drafts a campaign, starts and stops it.
func TestCampaignForm(t *testing.T) {
	w := newWorld(t)
	c := w.As(candor.RoleAdmin)
	has(t, w.Get(t, c, "/campaigns/new"), http.StatusOK, "There is nothing to ask about")
	w.decide(t, w.party.ID, w.publish(t, "acceptable-use", "1"), consent.Agreed)
	text := strings.Replace(w.source(t, "acceptable-use", "2"), "\nclauses:", "\nmaterial: true\nclauses:", 1)
	draft, problems, err := w.House.SaveTerms(t.Context(), w.Who(candor.RoleAdmin), "", []byte(text))
	if err != nil {
		t.Fatal(err, problems)
	}
	v, err := w.House.PublishTerms(t.Context(), w.Who(candor.RoleAdmin), draft.ID)
	if err != nil {
		t.Fatal(err)
	}
	has(t, w.Get(t, c, "/campaigns/new?terms="+string(v.ID)), http.StatusOK, "Acceptable use 2", "What silence means, in English", `name="policy-zh"`, "7, 14, 21")
	day := func(n int) string { return w.Clock().AddDate(0, 0, n).Format(time.DateOnly) }
	good := func(other ...string) url.Values {
		f := url.Values{"terms": {string(v.ID)}, "silence": {"end"}, "policy-en": {"Who does not answer leaves."}, "deadline": {day(30)}, "reminders": {"7, 14"}}
		for pair := range slices.Chunk(other, 2) {
			f.Set(pair[0], pair[1])
		}
		return f
	}
	for name, bad := range map[string]struct {
		form url.Values
		says string
	}{
		"no policy":      {good("policy-en", " "), "at least one language"},
		"no deadline":    {good("deadline", ""), "Choose a day"},
		"no time":        {good("deadline", day(3)), "not enough time"},
		"no terms":       {good("terms", ""), "Choose"},
		"a bad reminder": {good("reminders", "soon"), "numbers of days"},
		"a late one":     {good("reminders", "40"), "reminders are not between"},
		"no silence":     {good("silence", ""), "silence cannot mean"},
	} {
		a := w.Post(t, c, "/campaigns/new", bad.form)
		if a.Status != http.StatusUnprocessableEntity || !strings.Contains(string(a.Body), bad.says) {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	a := w.Post(t, c, "/campaigns/new", good())
	path := a.Location()
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(path, "/campaigns/") {
		t.Fatalf("%d, %s: %s", a.Status, path, a.Body)
	}
	has(t, w.Get(t, c, path), http.StatusOK, "Draft", "7, 14", "Who does not answer leaves.", path+"/start", path+"/stop")
	has(t, w.Get(t, w.As(candor.RoleAuditor), path), http.StatusOK, "Draft")
	if strings.Contains(string(w.Get(t, w.As(candor.RoleAuditor), path).Body), path+"/start") {
		t.Error("an auditor is offered to start it")
	}
	has(t, w.Get(t, c, path+"/start"), http.StatusOK, "Start asking?", "end for all on")
	w.Post(t, c, path+"/start", nil)
	has(t, w.Get(t, c, path), http.StatusOK, "Running")
	has(t, w.Get(t, c, path+"/stop"), http.StatusOK, "do not end then")
	w.Post(t, c, path+"/stop", nil) // without a reason
	has(t, w.Get(t, c, path), http.StatusOK, "Running")
	w.Post(t, c, path+"/stop", url.Values{"reason": {"a mistake in clause 3"}})
	has(t, w.Get(t, c, path), http.StatusOK, "Stopped", "a mistake in clause 3")
}
