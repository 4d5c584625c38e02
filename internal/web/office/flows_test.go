package office_test

import (
	"encoding/csv"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/archivetest"
	"candor/internal/web/webtest"
)

// kept is a line some of whose flows are kept.
func (w *world) kept(t *testing.T, name string, owner candor.ID) candor.Asset {
	t.Helper()
	a := w.aLine(t, name, owner)
	w.keep(t, a)
	return a
}

// keep keeps some flows of the last day: of that line, of others, and of nobody.
func (w *world) keep(t *testing.T, a candor.Asset) {
	t.Helper()
	m := &archivetest.Memory{}
	w.House.Archive = m
	r := rand.New(rand.NewPCG(4, 7))
	lines := []candor.ID{a.ID}
	for _, name := range []string{"Line 4712", "Line 4713", "线路 4714"} {
		lines = append(lines, w.aLine(t, name, a.Owner).ID)
	}
	ports := []uint16{443, 443, 443, 80, 53, 123, 8080, 51820, 22, 3478}
	for i := range 3000 {
		end := flow.Time(w.Clock().Add(-time.Duration(i*i) * 9 * time.Millisecond))
		port := ports[r.IntN(len(ports))]
		f := archive.Flow{Exporter: netip.MustParseAddr("192.0.2.200"), Record: flow.Record{Start: end - r.Int64N(9e6), End: end, Bytes: uint64(r.ExpFloat64()*4e5) + 40, Packets: uint64(1 + r.IntN(300)), Src: flow.V4(0xc0000200 + uint32(i%4)), Dst: flow.V4(0xc6336400 + r.Uint32N(40)<<7),
			SrcPort: uint16(32768 + r.IntN(20000)), DstPort: port, Protocol: []uint8{flow.TCP, flow.UDP}[map[bool]int{true: 1}[port == 53 || port == 123 || port == 51820 || port == 3478]], Flags: flow.SYN | flow.ACK | flow.PSH, In: 3, Out: 1}}
		if f.From = lines[i%4]; i%3 == 0 { // what came back
			f.To, f.From, f.Src, f.Dst, f.SrcPort, f.DstPort, f.Bytes = f.From, "", f.Dst, f.Src, f.DstPort, f.SrcPort, f.Bytes*9
		}
		if i%40 == 0 {
			f.From, f.To = "", ""
		}
		m.Keep([]archive.Flow{f})
	}
}

var why = "&for=the+subscriber+asks"

// TestFlowsPage asks a question, follows its answer, and reads it as CSV.
func TestFlowsPage(t *testing.T) {
	w := newWorld(t)
	a := w.kept(t, "Line 4711", w.party.ID)
	analyst := w.As(candor.RoleAnalyst)
	page := w.Get(t, analyst, "/traffic/flows?by=port&time=1d")
	has(t, page, http.StatusOK, "443 https", "53 domain", `data-zoom="/traffic/flows?by=port`, "is-area", "Closer", "Wider", "Earlier", "Answered from the flows themselves", "Kept: flows, since", "The last step is not over yet", `href="/api/v1/flows?by=port`)
	over := w.Get(t, analyst, "/traffic/flows?by=port&time="+url.QueryEscape(archive.FormatTime(w.Clock().Add(-24*time.Hour), w.Clock().Add(-time.Minute))))
	if has(t, over, http.StatusOK, "is-area"); strings.Contains(over.Text(), "is not over yet") {
		t.Error("of a time that is over a step is left out")
	}
	if strings.Contains(page.Text(), ">Later<") {
		t.Error("there is something after now")
	}
	row := regexp.MustCompile(`href="(/traffic/flows\?[^"]*where=port%3A443[^"]*)"`).FindStringSubmatch(page.Text())
	if row == nil {
		t.Fatal("the row of port 443 leads nowhere")
	}
	has(t, w.Get(t, analyst, unescape(row[1])), http.StatusOK, "Line 4711", "port:443", "Line 4713")
	got, err := csv.NewReader(strings.NewReader(w.Get(t, analyst, "/traffic/flows/csv?by=port,protocol&time=1d&limit=3").Text())).ReadAll()
	if err != nil || len(got) != 4 || strings.Join(got[0], " ") != "port protocol bytes packets flows" || got[1][0] != "443" || got[1][1] != "tcp" {
		t.Errorf("%v, %v", got, err)
	}
	named := "/traffic/flows?where=line:%22Line+4711%22"
	before := len(w.readRecords(t))
	has(t, w.Get(t, analyst, named), http.StatusUnprocessableEntity, "Say what you look at", `href="#for"`)
	if n := len(w.readRecords(t)); n != before {
		t.Error("a question that was not answered left a record")
	}
	has(t, w.Get(t, analyst, "/traffic/flows?where=peer:192.0.2.1&time=1d"), http.StatusUnprocessableEntity, "Say what you look at", `href="#for"`)
	has(t, w.Get(t, analyst, named+"&for=C-9999"), http.StatusUnprocessableEntity, "There is no such case")
	has(t, w.Get(t, analyst, named+"&for="+w.c.Label()), http.StatusOK, "in all")
	last := w.readRecords(t)
	if len(last) != before+1 || !slices.ContainsFunc(last, func(l candor.Logged) bool { return l.Subject == a.ID && l.Case == w.c.ID }) {
		t.Errorf("%+v", last)
	}
	has(t, w.Get(t, analyst, "/traffic/flows?where=port:443+colour:red&by=colour"), http.StatusUnprocessableEntity, "“colour”", "names no field")
	has(t, w.Get(t, analyst, "/traffic/flows?time=soon"), http.StatusUnprocessableEntity, "“soon” is no time")
	has(t, w.Get(t, analyst, "/traffic/flows?where=port:9"), http.StatusOK, "Nothing was told of in this time that fits")
}

func unescape(s string) string { return strings.ReplaceAll(s, "&amp;", "&") }

func (w *world) readRecords(t *testing.T) []candor.Logged {
	t.Helper()
	page, err := w.House.Store.Records(t.Context(), candor.RecordFilter{Kind: candor.RecordRead}, candor.Cut{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

// TestFlowsForm: the form, without a script, composes the address.
func TestFlowsForm(t *testing.T) {
	w := newWorld(t)
	w.kept(t, "Line 4711", w.party.ID)
	analyst := w.As(candor.RoleAnalyst)
	q := url.Values{"last": {"between"}, "from": {"2026-11-26T10:00"}, "to": {"2026-11-26T11:30:30"}, "where": {"-port:53"}, "add-line": {"Line 4711"}, "add-port": {"443, 80"}, "add-direction": {"out"}, "by1": {"peer"}, "by3": {"port"}, "by4": {"peer"}, "order": {"flows"}, "limit": {"50"}, "for": {"because"}, "show": {"/traffic/flows/records"}}
	u, err := url.Parse(w.Get(t, analyst, "/traffic/flows/form?"+q.Encode()).Location())
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{"time": {"2026-11-26T10:00Z/2026-11-26T11:30:30Z"}, "where": {`-port:53 line:"Line 4711" port:443,80 direction:out`}, "by": {"peer,port"}, "order": {"flows"}, "limit": {"50"}, "for": {"because"}}
	if u.Path != "/traffic/flows/records" || u.RawQuery != want.Encode() {
		t.Errorf("it leads to %s %s", u.Path, u.RawQuery)
	}
	page := w.Get(t, analyst, "/traffic/flows?"+want.Encode())
	has(t, page, http.StatusOK, `value="2026-11-26T10:00:00"`, `value="because"`, "direction:out")
	for typed, want := range map[string]string{`L-1`: `line:L-1`, `Meier, left`: `line:"Meier, left"`, `"Meier, left", "L 2",L-3`: `line:"Meier, left","L 2",L-3`, `"a\", b", c`: `line:"a\", b",c`} {
		if u, _ := url.Parse(w.Get(t, analyst, "/traffic/flows/form?"+url.Values{"add-line": {typed}}.Encode()).Location()); u.Query().Get("where") != want {
			t.Errorf("the line %s becomes %s", typed, u.Query().Get("where"))
		}
	}
	if u, _ := url.Parse(w.Get(t, analyst, "/traffic/flows/form?last=between&from=x&to=&show=/elsewhere").Location()); u.Path != "/traffic/flows" || u.Query().Get("time") != "x/" {
		t.Errorf("what is no time leads to %s", u)
	}
}

// TestFlowsSaved: a question is kept under a name, without what it was for.
func TestFlowsSaved(t *testing.T) {
	w := newWorld(t)
	w.kept(t, "Line 4711", w.party.ID)
	analyst := w.As(candor.RoleAnalyst)
	kept := regexp.MustCompile(`name="query" value="([^"]*)"`).FindStringSubmatch(w.Get(t, analyst, "/traffic/flows?by=port&time=1h&where=line:%22Line+4711%22"+why).Text())
	if kept == nil || unescape(kept[1]) != "by=port&time=1h&where=line%3A%22Line+4711%22" {
		t.Fatalf("kept would be %v", kept)
	}
	err := w.House.SaveView(t.Context(), w.Who(candor.RoleAnalyst), "traffic/flows", "Web of 4711", unescape(kept[1]))
	if err != nil {
		t.Fatal(err)
	}
	has(t, w.Get(t, analyst, "/traffic/flows"), http.StatusOK, "Web of 4711")
	if strings.Contains(w.Get(t, w.As(candor.RoleAdmin), "/traffic/flows").Text(), "Web of 4711") {
		t.Error("it is somebody else's too")
	}
}

// TestFlowRecords: pages of flows hold each exactly once, newest first, also where
// many ended at the same moment, and one can go back.
func TestFlowRecords(t *testing.T) {
	w := newWorld(t)
	a := w.aLine(t, "Line 1", w.party.ID)
	m := &archivetest.Memory{}
	w.House.Archive = m
	r := rand.New(rand.NewPCG(1, 9))
	for i := range 420 {
		end := flow.Time(w.Clock().Add(-time.Duration(1+r.IntN(4)) * time.Minute))
		m.Keep([]archive.Flow{{From: a.ID, Record: flow.Record{Start: end, End: end, Bytes: 100, Packets: 1, Src: flow.V4(0xc0000207), Dst: flow.V4(0xc6330000 + uint32(i)), SrcPort: 50000, DstPort: 443, Protocol: flow.TCP}}})
	}
	analyst := w.As(candor.RoleAnalyst)
	seen := map[string]int{}
	link := func(page webtest.Answer, word string) string {
		at := regexp.MustCompile(`href="(/traffic/flows/records\?[^"]*)"[^>]*>\s*` + word).FindStringSubmatch(page.Text())
		if at == nil {
			return ""
		}
		return unescape(at[1])
	}
	path := "/traffic/flows/records?where=line:%22Line+1%22" + why
	var pages, paths []string
	for path != "" && len(pages) < 9 {
		page := w.Get(t, analyst, path)
		has(t, page, http.StatusOK, "192.0.2.7:50000", "Line 1")
		for _, d := range regexp.MustCompile(`<code>(198\.51\.\d+\.\d+):443</code>`).FindAllStringSubmatch(page.Text(), -1) {
			seen[d[1]]++
		}
		pages, paths = append(pages, page.Text()), append(paths, path)
		if newer := link(page, "Newer"); len(paths) > 2 && newer != paths[len(paths)-2] {
			t.Errorf("from page %d one comes back to %s, not %s", len(paths), newer, paths[len(paths)-2])
		}
		path = link(page, "Older")
	}
	if len(pages) != 5 || len(seen) != 420 {
		t.Errorf("%d pages have %d flows", len(pages), len(seen))
	}
	for d, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", d, n)
		}
	}
	if n := len(w.readRecords(t)); n != len(pages) {
		t.Errorf("%d records of %d looks", n, len(pages))
	}
	got, err := csv.NewReader(strings.NewReader(w.Get(t, analyst, "/traffic/flows/csv?of=/traffic/flows/records&where=line:%22Line+1%22"+why).Text())).ReadAll()
	if err != nil || len(got) != 421 || got[1][14] != "Line 1" {
		t.Errorf("%d rows of CSV, %v", len(got), err)
	}
}

// TestFlowsExport: CSV has all flows, also where there are more than an answer may
// have; if there are more than it may have, its last row says so. It is one look.
func TestFlowsExport(t *testing.T) {
	w := newWorld(t)
	a := w.aLine(t, "Line 1", w.party.ID)
	m := &archivetest.Memory{}
	w.House.Archive = m
	for i := range 3 * archive.MaxLimit {
		end := flow.Time(w.Clock().Add(-time.Duration(i+1) * 900 * time.Millisecond))
		m.Keep([]archive.Flow{{From: a.ID, Record: flow.Record{Start: end, End: end, Bytes: 100, Packets: 1, Src: flow.V4(0xc0000207), Dst: flow.V4(0xc6330000 + uint32(i)), SrcPort: 50000, DstPort: 443, Protocol: flow.TCP}}})
	}
	path := "/traffic/flows/csv?of=/traffic/flows/records&where=line:%22Line+1%22&time=1h" + why
	for most, rows := range map[string]int{"": 3 * archive.MaxLimit, "&most=2500": 2501} {
		before := len(w.readRecords(t))
		got, err := csv.NewReader(strings.NewReader(w.Get(t, w.As(candor.RoleAnalyst), path+most).Text())).ReadAll()
		if err != nil || len(got)-1 != rows {
			t.Fatalf("%d rows of CSV, not %d; %v", len(got)-1, rows, err)
		}
		if last := got[rows]; (most != "") != strings.Contains(last[0], "There are older flows") {
			t.Errorf("the last row is %q", last)
		}
		if got[1][1] <= got[2][1] || got[rows-1][1] >= got[1][1] {
			t.Errorf("the newest is not the first: %s, %s … %s", got[1][1], got[2][1], got[rows-1][1])
		}
		if records := w.readRecords(t); len(records) != before+1 || !strings.Contains(string(records[0].Body), `"export":`) {
			t.Errorf("%d records of one look: %s", len(records)-before, records[0].Body)
		}
	}
	if to := w.Get(t, w.As(candor.RoleAnalyst), strings.Replace(path, why, "", 1)).Location(); !strings.HasPrefix(to, "/traffic/flows/records") {
		t.Errorf("without a purpose it leads to %q", to)
	}
	has(t, w.Get(t, w.As(candor.RoleAnalyst), "/traffic/flows/records?where=line:%22Line+1%22"+why), http.StatusOK, "CSV has up to 1,000,000 flows")
}

// TestNetworkNow: what the last hour was made of, for those who may see it, and
// why there is nothing where nothing is kept.
func TestNetworkNow(t *testing.T) {
	w := newWorld(t)
	has(t, w.Get(t, w.As(candor.RoleAnalyst), "/traffic/now"), http.StatusOK, "Not kept here", "keeps no flows")
	for path, page := range map[string]string{"/traffic/flows/csv?by=port": "/traffic/flows?by=port", "/traffic/flows/csv?by=port&of=/traffic/flows/records": "/traffic/flows/records?by=port"} {
		if to := w.Get(t, w.As(candor.RoleAnalyst), path).Location(); to != page {
			t.Errorf("where nothing is kept, %s leads to %q", path, to)
		}
		has(t, w.Get(t, w.As(candor.RoleAnalyst), page), http.StatusOK, "Not kept here")
	}
	w.kept(t, "Line 4711", w.party.ID)
	has(t, w.Get(t, w.As(candor.RoleAnalyst), "/traffic/now"), http.StatusOK, "Top talkers", "Line 4711", "tcp · 443 https", "198.51.", "192.0.2.200", `href="/traffic/flows?by=line`, "No known line")
	has(t, w.Get(t, w.As(candor.RoleAnalyst), "/traffic"), http.StatusOK, `hx-get="/traffic/now"`, "Ask of stored flows")
	if page := w.Get(t, w.As(candor.RoleAuditor), "/traffic").Text(); strings.Contains(page, "/traffic/now") || strings.Contains(page, "/traffic/flows") {
		t.Error("an auditor is led to flows")
	}
	if n := len(w.readRecords(t)); n != 0 { // it says nothing of a household
		t.Errorf("%d records of a look", n)
	}
}

// TestLineDay: a day of a line is shown to whoever says what for, and to nobody
// without.
func TestLineDay(t *testing.T) {
	w := newWorld(t)
	a := w.watched(t, "Line 4711", w.party.ID)
	w.keep(t, a)
	path, analyst := "/traffic/lines/"+string(a.ID), w.As(candor.RoleAnalyst)
	if page := w.Get(t, analyst, path); page.Status != http.StatusOK || strings.Contains(page.Text(), "chart-plot") {
		t.Errorf("without a purpose: %d", page.Status)
	}
	has(t, w.Get(t, analyst, path+"?"+why[1:]), http.StatusOK, "Down, ", "above what is usual", "443 https", "198.51.", "The day before", "is-filled", "See the flows themselves")
	if got := w.readRecords(t); len(got) != 1 || got[0].Subject != a.ID {
		t.Errorf("%+v", got)
	}
	has(t, w.Get(t, analyst, path+"?day=2999-01-01"+why), http.StatusUnprocessableEntity, "not in the future")
	has(t, w.Get(t, analyst, "/assets/"+string(a.ID)), http.StatusOK, "A day of this line", path)
	if strings.Contains(w.Get(t, w.As(candor.RoleAuditor), "/assets/"+string(a.ID)).Text(), path) {
		t.Error("an auditor is led to a household's day")
	}
	if to := w.Get(t, analyst, "/traffic/lines/"+string(w.asset.ID)).Location(); to != "/assets/"+string(w.asset.ID) {
		t.Errorf("the day of a site leads to %q", to)
	}
}
