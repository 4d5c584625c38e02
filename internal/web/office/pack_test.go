package office_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"candor"
	"candor/internal/directory"
)

// TestPack shows what a pack holds, and sends it.
func TestPack(t *testing.T) {
	w := newWorld(t)
	admin, analyst := w.As(candor.RoleAdmin), w.As(candor.RoleAnalyst)
	cert, err := w.House.SaveEntry(t.Context(), w.Who(candor.RoleAdmin), directory.Entry{Name: "CERT Example", Kinds: []directory.Kind{directory.CERT}, Channels: []directory.Channel{{Way: directory.Mail, Address: "in@cert.example"}}, Takes: []directory.Goods{directory.Reports}})
	if err != nil {
		t.Fatal(err)
	}
	path := "/cases/" + string(w.c.ID) + "/pack"
	has(t, w.Get(t, analyst, path+"?format=misp&entry="+string(cert.ID)), http.StatusOK, "Pack for a CERT", "CERT Example", "TLP:AMBER", "Digest of a file", ".misp.json", "never in a pack", "Nothing else had to be left out", "Download the pack")
	refused := w.Get(t, analyst, path+"?audience=public")
	has(t, refused, http.StatusOK, "There is no pack for them", "that may not go to “Anybody”", "Choose a narrower audience")
	if strings.Contains(string(refused.Body), "Download the pack") {
		t.Error("what is refused can be taken")
	}
	got := w.Post(t, admin, path, url.Values{"format": {"iodef"}, "audience": {"recipients"}, "entry": {string(cert.ID)}})
	if got.Status != http.StatusOK || !strings.Contains(string(got.Body), "IODEF-Document") {
		t.Errorf("%d: %.300s", got.Status, got.Body)
	}
	records, err := w.House.Records(t.Context(), w.Who(candor.RoleAdmin), candor.RecordFilter{Case: w.c.ID}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, l := range records.Items {
		if strings.Contains(string(l.Body), `"pack":"iodef"`) && strings.Contains(string(l.Body), "CERT Example") {
			kept++
		}
	}
	if kept != 1 {
		t.Errorf("the log has it %d times", kept)
	}
}
