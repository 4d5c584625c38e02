package api_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/flow"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/archivetest"
	"candor/internal/store/storetest"
)

// TestFlows asks the archive over the API as everybody.
func TestFlows(t *testing.T) {
	w := full(t, storetest.SQLite(t))
	admin := w.people["admin"].who
	a, err := w.house.SaveAsset(t.Context(), admin, candor.Asset{Kind: candor.Line, Name: "Line 1", Reference: "L 1", Owner: w.a.party.ID})
	if err != nil {
		t.Fatal(err)
	}
	m := &archivetest.Memory{}
	w.house.Archive = m
	end := flow.Time(w.now.Add(-time.Minute))
	m.Keep([]archive.Flow{
		{Record: flow.Record{Start: end - 1e6, End: end, Bytes: 1000, Packets: 4, Sampling: 10, Src: flow.V4(0xc0000207), Dst: flow.V4(0xc6336401), SrcPort: 50000, DstPort: 443, Protocol: flow.TCP, Flags: flow.SYN | flow.ACK}, From: a.ID, Exporter: netip.MustParseAddr("192.0.2.200")},
		{Record: flow.Record{Start: end, End: end, Bytes: 60, Packets: 1, Src: flow.V4(0xc6336401), Dst: flow.V4(0xcb007101), SrcPort: 53, DstPort: 53, Protocol: flow.UDP}},
	})
	ask := func(path string, pairs ...string) string {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return path + "?" + v.Encode()
	}
	whole, named := ask("/api/v1/flows", "by", "line,port", "step", "30m"), ask("/api/v1/flows/records", "where", `line:"L 1"`, "for", "the subscriber asks")
	for name, p := range w.people {
		for _, path := range []string{whole, named, "/api/v1/flows/held"} {
			rec := w.ask(p, http.MethodGet, path, nil)
			if may := name == "admin" || name == "analyst"; (rec.Code == http.StatusOK) != may || !may && rec.Code != http.StatusForbidden && rec.Code != http.StatusUnauthorized {
				t.Errorf("%s: %s answered %d: %s", name, path, rec.Code, rec.Body)
			}
		}
	}
	analyst := w.people["analyst"]
	got := read[object](t, w.ask(analyst, http.MethodGet, whole, nil), http.StatusOK)
	rows := got["rows"].([]any)
	keys := rows[0].(object)["keys"].([]any)
	if line := keys[0].(object); got["tier"] != "raw" || got["step"] != 1800.0 || len(rows) != 2 || line["value"] != `"L 1"` || line["line"] != string(a.ID) || keys[1].(object)["value"] != "443" || rows[0].(object)["sum"].(object)["bytes"] != 10000.0 || len(got["series"].([]any)) != 2 {
		t.Errorf("%v", got)
	}
	if none := rows[1].(object)["keys"].([]any)[0].(object); none["value"] != "none" || none["line"] != nil {
		t.Errorf("no line is %v", none)
	}
	exported := ask("/api/v1/flows/export", "where", `line:"L 1"`, "for", "the subscriber asks")
	for name, p := range w.people {
		rec := w.ask(p, http.MethodGet, exported, nil)
		if may := name == "admin" || name == "analyst"; (rec.Code == http.StatusOK) != may {
			t.Errorf("%s: an export answered %d: %s", name, rec.Code, rec.Body)
		}
	}
	if rec := w.ask(analyst, http.MethodGet, exported, nil); rec.Header().Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(rec.Body.String(), "start,end,source,") || !strings.Contains(rec.Body.String(), "192.0.2.7,50000,198.51.100.1,443,tcp,AS,10000,40,10,0,0,192.0.2.200,L 1,\n") {
		t.Errorf("%v %s", rec.Header(), rec.Body)
	}
	if rec := w.ask(analyst, http.MethodGet, ask("/api/v1/flows/export", "most", "1"), nil); !strings.Contains(rec.Body.String(), "\nThere are older flows") {
		t.Errorf("what is left out is not told: %s", rec.Body)
	}
	if rec := w.ask(analyst, http.MethodGet, ask("/api/v1/flows/export", "where", `line:"L 1"`), nil); rec.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a purpose: %d %s", rec.Code, rec.Body)
	}
	before := reads(t, w)
	got = read[object](t, w.ask(analyst, http.MethodGet, named, nil), http.StatusOK)
	one := got["flows"].([]any)[0].(object)
	if len(got["flows"].([]any)) != 1 || one["from"] != "L 1" || one["to"] != nil || one["flags"] != "AS" || one["protocol"] != "tcp" || one["bytes"] != 10000.0 || one["source"] != "192.0.2.7" {
		t.Errorf("%v", got)
	}
	if after := reads(t, w); after != before+1 {
		t.Errorf("%d records of looks, after %d", after, before)
	}
	w.hand("analyst", access.ScopeFlows)
	w.hand("analyst", access.ScopeAdmin)
	if rec := w.ask(w.people["analyst/flows"], http.MethodGet, whole, nil); rec.Code != http.StatusOK {
		t.Errorf("a token for flows: %d %s", rec.Code, rec.Body)
	}
	if rec := w.ask(w.people["analyst/admin"], http.MethodGet, whole, nil); rec.Code != http.StatusForbidden {
		t.Errorf("a token for everything else: %d %s", rec.Code, rec.Body)
	}
	for path, what := range map[string]string{
		ask("/api/v1/flows", "where", `line:"L 1"`):                         "without a purpose",
		ask("/api/v1/flows", "where", "local:192.0.2.7", "for", "why"):      "without a purpose",
		ask("/api/v1/flows", "where", "port:443 colour:red"):                "colour",
		ask("/api/v1/flows", "where", "line:L-9"):                           "L-9",
		ask("/api/v1/flows", "time", "soon"):                                "allowed: 1h",
		ask("/api/v1/flows", "step", "often"):                               "is no length of time",
		ask("/api/v1/flows", "for", "C-123456"):                             "there is no case",
		ask("/api/v1/flows/records", "where", "local:0.0.0.0/0", "for", ""): "without a purpose",
	} {
		rec := w.ask(analyst, http.MethodGet, path, nil)
		if rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), what) {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	held := read[object](t, w.ask(analyst, http.MethodGet, "/api/v1/flows/held", nil), http.StatusOK)
	if tiers := held["held"].(object)["tiers"].([]any); len(tiers) != 1 || tiers[0].(object)["rows"] != 2.0 {
		t.Errorf("%v", held)
	}
}

func reads(t *testing.T, w *world) int {
	t.Helper()
	page, err := w.house.Store.Records(t.Context(), candor.RecordFilter{Kind: candor.RecordRead}, candor.Cut{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}
