package office_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"candor"
	"candor/internal/consent/proof"
	"candor/internal/house"
)

// absent is a web in which no host has a notice.
type absent struct{}

func (absent) Fetch(context.Context, proof.Wanted) proof.Seen {
	return proof.Seen{Status: candor.ProofAbsent, Detail: "http-404"}
}

// notice is a published notice of the first customer, which its site was seen
// not to serve.
func (w *world) notice(t testing.TB) candor.Notice {
	t.Helper()
	ctx, customer := t.Context(), w.Who(candor.RoleCustomer)
	text, err := os.ReadFile("../../../docs/notice/shop.json")
	if err != nil {
		t.Fatal(err)
	}
	host := w.PartyAsset.Hosts[0]
	document := strings.Replace(string(text), `"shop.example",`, `"shop.example", "`+host+`",`, 1)
	n, err := w.House.AddNotice(ctx, customer, w.Party.ID, house.NoticeDraft{Name: "Tea shop", Sites: []candor.ID{w.PartyAsset.ID}, Document: []byte(document)})
	if err == nil {
		_, err = w.House.PublishNotice(ctx, customer, n.ID, n.Edition, true)
	}
	if err == nil {
		w.House.Proofs = absent{}
		err = w.House.Prove(ctx, w.PartyAsset.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNotices(t *testing.T) {
	w := newWorld(t)
	n := w.notice(t)
	path := "/notices/" + string(n.ID)
	for page, want := range map[string][]string{
		"/notices": {"Tea shop", w.Party.Name, "Version 1", "does not serve it"},
		path:       {"Tea shop", w.PartyAsset.Name, "does not serve it", "http-404", "/notice/" + string(n.ID) + "/v/1", "Fetch the notice of"},
	} {
		a := w.Get(t, w.As(candor.RoleAnalyst), page)
		for _, text := range want {
			if a.Status != http.StatusOK || !strings.Contains(a.Text(), text) {
				t.Errorf("%s: %d, without %q", page, a.Status, text)
			}
		}
	}
	if a := w.Get(t, w.As(candor.RoleAuditor), path); strings.Contains(a.Text(), "Fetch the notice of") {
		t.Error("an auditor is offered to act")
	}
	for site, want := range map[string]int{string(w.PartyAsset.ID): http.StatusSeeOther, string(w.OtherAsset.ID): http.StatusNotFound, "": http.StatusUnprocessableEntity} {
		if a := w.Post(t, w.As(candor.RoleAnalyst), path+"/prove", url.Values{"site": {site}}); a.Status != want {
			t.Errorf("asking for %q: %d, want %d", site, a.Status, want)
		}
	}
}
