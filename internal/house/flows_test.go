package house_test

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/flow"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/archivetest"
	"candor/internal/house"
	"candor/internal/store/storetest"
)

// flowWorld has two lines whose flows are kept.
type flowWorld struct {
	*world
	lines  []candor.Asset
	memory *archivetest.Memory
	hour   archive.Question
}

func newFlowWorld(t *testing.T) *flowWorld {
	t.Helper()
	w := &flowWorld{world: newWorld(t, storetest.SQLite(t)), memory: &archivetest.Memory{}}
	for _, name := range []string{"L-1", "L-2"} {
		p, err := w.SaveParty(t.Context(), ada, candor.Party{Kind: candor.Subscriber, Name: "House of " + name})
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.SaveAsset(t.Context(), ada, candor.Asset{Kind: candor.Line, Name: "Line " + name, Reference: name, Owner: p.ID})
		if err != nil {
			t.Fatal(err)
		}
		w.lines = append(w.lines, a)
	}
	w.hour = archive.Question{Since: w.now.Add(-time.Hour), Until: w.now}
	for i := range 10 {
		end := flow.Time(w.now.Add(-time.Duration(i+1) * time.Minute))
		w.memory.Keep([]archive.Flow{{Record: flow.Record{Start: end, End: end, Bytes: uint64(100 * (i + 1)), Packets: 1, Src: flow.V4(0xc0000207), Dst: flow.V4(0xc6336401), SrcPort: 50000, DstPort: 443, Protocol: flow.TCP},
			From: w.lines[i%2].ID, Exporter: netip.MustParseAddr("192.0.2.200")}})
	}
	w.Archive = w.memory
	return w
}

func (w *flowWorld) reads(t *testing.T) []candor.Logged {
	t.Helper()
	page, err := w.Store.Records(t.Context(), candor.RecordFilter{Kind: candor.RecordRead}, candor.Cut{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

func (w *flowWorld) of(line int) archive.Question {
	q := w.hour
	q.Where = []archive.Condition{{Field: archive.FieldLine, Values: []archive.Value{{Line: w.lines[line].ID}}}}
	return q
}

var why = house.FlowPurpose{Reason: "the subscriber asks"}

// TestFlowsWho: nobody but analysts and administrators, with a session or a token
// made for it, ever reaches the archive.
func TestFlowsWho(t *testing.T) {
	w := newFlowWorld(t)
	for _, role := range append(candor.Roles(), "") {
		for _, scopes := range [][]string{nil, {access.ScopeRead}, {access.ScopeWrite}, {access.ScopeAdmin}, {access.ScopeFlows}} {
			who := candor.Principal{User: "u", Role: role, Scopes: scopes}
			if scopes != nil {
				who.Token = "t"
			}
			if !role.Staff() {
				who.Party = w.lines[0].Owner
			}
			want := (role == candor.RoleAnalyst || role == candor.RoleAdmin) && (scopes == nil || scopes[0] == access.ScopeFlows)
			_, asked := w.AskFlows(t.Context(), who, why, w.hour)
			_, flows := w.Flows(t.Context(), who, why, w.hour)
			_, held := w.HeldFlows(t.Context(), who)
			_, _, found := w.FlowLines(t.Context(), who)("L-1")
			_, named := w.FlowLine(t.Context(), who, w.lines[0].ID)
			_, purpose := w.FlowPurpose(t.Context(), who, "because it is so")
			for what, err := range map[string]error{"ask": asked, "flows": flows, "held": held, "find": found, "name": named, "purpose": purpose} {
				if (err == nil) != want || !want && !errors.Is(err, candor.ErrDenied) {
					t.Errorf("%s with %v, %s: %v", role, scopes, what, err)
				}
			}
		}
	}
}

// TestFlowsRecorded: which questions need a purpose, and which leave a record
// before they are answered.
func TestFlowsRecorded(t *testing.T) {
	w := newFlowWorld(t)
	w.memory.Keep([]archive.Flow{{Record: flow.Record{End: flow.Time(w.now.Add(-time.Minute)), Bytes: 1, Packets: 1, Src: flow.V4(0xc6336402), Dst: flow.V4(0xc0000209), DstPort: 22, Protocol: flow.TCP}, To: w.lines[1].ID}})
	const minute = time.Minute
	for _, tt := range []struct {
		where, by     string
		step          time.Duration
		needs         bool
		records, many int // of an answer, and of flows themselves
	}{
		{"", "", 0, false, 0, 1},
		{"", "port,protocol,exporter", minute, false, 0, 1},
		{"", "line", 0, false, 0, 1},
		{"", "line,port", minute, false, 1, 1},
		{"", "peer", 0, false, 1, 1},
		{"", "peer-net", 0, false, 0, 1},
		{"", "peer-net,line", 0, false, 1, 1},
		{"", "local", 0, false, 1, 1},
		{"", "line,peer", 0, false, 1, 1},
		{"", "local-port,in,out", 0, false, 0, 1},
		{"port:443 protocol:tcp direction:out", "port", minute, false, 0, 1},
		{"port:443", "peer", 0, false, 1, 1},
		{"line:none", "", 0, false, 0, 1},
		{"line:none", "peer", 0, false, 1, 1},
		{"-line:none", "peer", 0, false, 1, 1},
		{"line:L-1", "", 0, true, 1, 1},
		{"line:L-1,none", "", 0, true, 1, 1},
		{"line:L-1,L-2", "", 0, true, 2, 2},
		{"line:L-1 line:L-2,L-1", "port", 0, true, 2, 2},
		{"-line:L-1", "port", 0, false, 0, 1},
		{"-line:L-1", "peer", 0, true, 1, 1},
		{"-line:L-1", "local", 0, true, 1, 1},
		{"-line:L-1 peer-net:198.51.100.0/24", "", 0, true, 1, 1},
		{"-line:L-1 -peer:198.51.100.1", "", 0, true, 1, 1},
		{"local:192.0.2.7", "", 0, true, 1, 1},
		{"local:192.0.2.0/24", "port", 0, true, 1, 1},
		{"-local:192.0.2.7", "port", 0, false, 1, 1},
		{"-local:192.0.2.7", "peer", 0, true, 1, 1},
		{"-local:192.0.2.7 peer:198.51.100.1", "", 0, true, 1, 1},
		{"exporter:192.0.2.200", "peer", 0, false, 1, 1},
		{"exporter:192.0.2.200 in:7", "port", 0, false, 0, 1},
		{"exporter:192.0.2.200 in:7", "peer", 0, true, 1, 1},
		{"in:7", "peer-net", 0, true, 1, 1},
		{"out:7", "local", 0, true, 1, 1},
		{"-out:7", "peer", 0, true, 1, 1},
		{"in:7 peer-net:198.51.100.0/24", "", 0, true, 1, 1},
		{"in:7 out:8", "line", 0, false, 0, 1},
		{"local-port:51820", "port", 0, false, 0, 1},
		{"local-port:51820", "peer", 0, true, 1, 1},
		{"peer-port:51820", "port", 0, false, 0, 1},
		{"peer:198.51.100.1", "", 0, false, 1, 1},
		{"peer:198.51.100.1", "line", 0, false, 1, 1},
		{"-peer:198.51.100.1", "port", 0, false, 1, 1},
		{"peer-net:198.51.100.0/24", "port", 0, false, 1, 1},
		{"peer:192.0.2.7", "", 0, true, 1, 1},                  // of L-1 and L-2
		{"peer:198.51.100.9,192.0.2.9", "port", 0, true, 1, 1}, // one is L-2's
		{"peer:192.0.2.0/28", "port", 0, true, 1, 1},
		{"peer:192.0.2.16/28", "port", 0, false, 1, 1},
		{"peer:192.0.2.0/24", "port", 0, false, 1, 1},
		{"-peer:192.0.2.7", "port", 0, false, 1, 1},
	} {
		q := w.hour
		var err error
		if q.Where, err = archive.ParseConditions(tt.where, w.FlowLines(t.Context(), ada)); err != nil {
			t.Fatal(err)
		}
		for _, f := range strings.FieldsFunc(tt.by, func(r rune) bool { return r == ',' }) {
			q.By = append(q.By, archive.Field(f))
		}
		q.Step = tt.step
		sums := func(p house.FlowPurpose) error { _, err := w.AskFlows(t.Context(), ada, p, q); return err }
		flows := func(p house.FlowPurpose) error { _, err := w.Flows(t.Context(), ada, p, q); return err }
		for i, ask := range []func(house.FlowPurpose) error{sums, flows} {
			want := []int{tt.records, tt.many}[i]
			before := len(w.reads(t))
			if tt.needs {
				if err := ask(house.FlowPurpose{}); !errors.Is(err, house.ErrNoPurpose) || len(w.reads(t)) != before {
					t.Errorf("%q by %q without a purpose: %v", tt.where, tt.by, err)
				}
				if err := ask(why); err != nil {
					t.Errorf("%q by %q: %v", tt.where, tt.by, err)
				}
			} else if err := ask(house.FlowPurpose{}); err != nil {
				t.Errorf("%q by %q without a purpose: %v", tt.where, tt.by, err)
			}
			if got := len(w.reads(t)) - before; got != want {
				t.Errorf("%q by %q leaves %d records, not %d", tt.where, tt.by, got, want)
			}
		}
	}
}

// TestFlowsPurpose: a case stands in the record, and nothing personal.
func TestFlowsPurpose(t *testing.T) {
	w := newFlowWorld(t)
	cases, err := w.Store.Cases(t.Context(), candor.Everything, candor.CaseFilter{}, candor.Cut{Limit: 1})
	if err != nil || len(cases.Items) == 0 {
		t.Fatal(cases, err)
	}
	c := cases.Items[0]
	p, err := w.FlowPurpose(t.Context(), ada, " "+strings.ToLower(c.Label())+" ")
	if err != nil || p.Case.ID != c.ID || p.String() != c.Label() {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := w.FlowPurpose(t.Context(), ada, "C-999999"); !errors.Is(err, candor.ErrInvalid) {
		t.Error("a case that is not there:", err)
	}
	for _, text := range []string{"", "why", strings.Repeat("x", 201)} {
		if p, err := w.FlowPurpose(t.Context(), ada, text); err != nil || p.String() != "" {
			t.Errorf("%q is a purpose: %+v, %v", text, p, err)
		}
	}
	if _, err := w.AskFlows(t.Context(), ada, p, w.of(0)); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Second)
	if _, err := w.Flows(t.Context(), ada, why, w.of(1)); err != nil {
		t.Fatal(err)
	}
	got := w.reads(t)
	slices.SortFunc(got, func(a, b candor.Logged) int { return strings.Compare(string(a.ID), string(b.ID)) })
	if len(got) != 2 || got[0].Case != c.ID || got[0].Subject != w.lines[0].ID || got[1].Case != "" || got[1].Subject != w.lines[1].ID || got[0].Actor != ada.Actor() {
		t.Fatalf("%+v", got)
	}
	for _, l := range got {
		if body := string(l.Body); l.Concealed["questions"] == "" || strings.Contains(body, string(l.Subject)) || strings.Contains(body, why.Reason) {
			t.Errorf("%s, %v", body, l.Concealed)
		}
	}
	if values, err := w.Store.PersonalOf(t.Context(), got[1].ID); err != nil || len(values) != 2 {
		t.Errorf("what is personal: %+v, %v", values, err)
	}
}

// TestFlowsOfErased: who was erased is in no answer, and is not asked about.
func TestFlowsOfErased(t *testing.T) {
	w := newFlowWorld(t)
	a := w.lines[0]
	a.Retired = true
	if _, err := w.SaveAsset(t.Context(), ada, a); err != nil {
		t.Fatal(err)
	}
	by := w.hour
	by.By = []archive.Field{archive.FieldLine}
	got, err := w.AskFlows(t.Context(), ada, why, by, w.of(0))
	if err != nil || len(got.Answers[0].Rows) != 2 || !got.Lines[a.ID].Retired || got.Lines[w.lines[1].ID].Reference != "L-2" || got.Answers[1].Total.Flows != 5 {
		t.Fatalf("with a line that is retired: %+v, %v", got, err)
	}
	if err := w.ErasePerson(t.Context(), ada, a.Owner); err != nil {
		t.Fatal(err)
	}
	got, err = w.AskFlows(t.Context(), ada, why, by)
	if err != nil || len(got.Answers[0].Rows) != 1 || got.Answers[0].Rest.Flows != 5 || got.Answers[0].Total.Flows != 10 {
		t.Fatalf("with a line that was erased: %+v, %v", got, err)
	}
	flows, err := w.Flows(t.Context(), ada, why, w.hour)
	if err != nil || len(flows.Flows) != 5 || flows.Left != 0 {
		t.Fatalf("%+v, %v", flows, err)
	}
	// Its address has become another's, and is asked about.
	w.memory.Keep([]archive.Flow{{Record: flow.Record{End: flow.Time(w.now.Add(-time.Minute)), Bytes: 1, Packets: 1, Src: flow.V4(0xc0000207), Dst: flow.V4(0xc6336409), DstPort: 22, Protocol: flow.TCP}, From: w.lines[1].ID, To: a.ID},
		{Record: flow.Record{End: flow.Time(w.now.Add(-time.Minute)), Bytes: 1, Packets: 1, Src: flow.V4(0xc0000208), Dst: flow.V4(0xc633640a), DstPort: 23, Protocol: flow.TCP}, From: a.ID}})
	for _, tt := range []struct {
		where string
		by    []archive.Field
		flows uint64
	}{
		{"local:192.0.2.7", []archive.Field{archive.FieldPeer, archive.FieldPort}, 6},
		{"local:192.0.2.8", []archive.Field{archive.FieldPeer, archive.FieldPort}, 0},
		{"local:192.0.2.8", nil, 0},
		{"-local:192.0.2.7", []archive.Field{archive.FieldPort}, 0},
		{"peer:198.51.100.10", []archive.Field{archive.FieldPort}, 0},
		{"peer-net:198.51.100.0/24 port:23", nil, 0},
		{"port:23", []archive.Field{archive.FieldLocal}, 0},
		{"port:23", []archive.Field{archive.FieldPeer}, 0},
		{"port:23", []archive.Field{archive.FieldPeerNet}, 0},
		{"port:23", nil, 1}, // of the network
	} {
		q := w.hour
		q.By = tt.by
		if q.Where, err = archive.ParseConditions(tt.where, w.FlowLines(t.Context(), ada)); err != nil {
			t.Fatal(err)
		}
		got, err := w.AskFlows(t.Context(), ada, why, q)
		if err != nil || got.Answers[0].Total.Flows != tt.flows {
			t.Errorf("%s by %v: %+v, %v", tt.where, tt.by, got.Answers, err)
		}
	}
	if flows, err = w.Flows(t.Context(), ada, why, w.hour); err != nil || len(flows.Flows) != 5 || flows.Left != 1 {
		t.Errorf("%+v, %v", flows, err)
	}
	before := len(w.reads(t))
	if _, err := w.AskFlows(t.Context(), ada, why, w.of(0)); !errors.Is(err, candor.ErrInvalid) || len(w.reads(t)) != before {
		t.Errorf("a question that names it: %v", err)
	}
	if values, err := w.Store.PersonalOf(t.Context(), w.reads(t)[len(w.reads(t))-1].ID); err != nil || len(values) > 0 && strings.Contains(values[0].Value, string(a.ID)) {
		t.Errorf("what was asked of it is still there: %+v, %v", values, err)
	}
}

// TestFlowsRecordsAreOfTheirLine: the record of a line says nothing of another.
func TestFlowsRecordsAreOfTheirLine(t *testing.T) {
	w := newFlowWorld(t)
	both, peers := w.of(0), w.hour
	both.Where[0].Values = append(both.Where[0].Values, archive.Value{Line: w.lines[1].ID})
	but := w.of(0)
	but.Where = append(but.Where, archive.Condition{Field: archive.FieldLine, Not: true, Values: []archive.Value{{Line: w.lines[1].ID}}})
	peers.By = []archive.Field{archive.FieldPeer, archive.FieldLine}
	if _, err := w.AskFlows(t.Context(), ada, why, both, w.of(1), but, peers, w.hour); err != nil {
		t.Fatal(err)
	}
	asked := map[candor.ID]string{}
	for _, l := range w.reads(t) {
		values, err := w.Store.PersonalOf(t.Context(), l.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if v.Name == "questions" {
				asked[l.Subject] += v.Value
			}
		}
	}
	words := func(all ...archive.Question) string {
		var lines []string
		for _, q := range all {
			q, err := q.Checked()
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, q.Values(func(id candor.ID) string { return string(id) }).Encode())
		}
		return strings.Join(lines, "\n")
	}
	want := map[candor.ID]string{w.lines[0].ID: words(w.of(0), w.of(0)), w.lines[1].ID: words(w.of(1), w.of(1)), ada.User: words(peers)}
	if !maps.Equal(asked, want) {
		t.Errorf("the records say %q, not %q", asked, want)
	}
}

// TestFlowsUnkept: where nothing is kept, that is the answer, and nobody has
// looked at anything.
func TestFlowsUnkept(t *testing.T) {
	w := newFlowWorld(t)
	w.Archive = nil
	asked, err := w.AskFlows(t.Context(), ada, why, w.of(0))
	if err != nil || asked.Unmeasured != house.NotKept {
		t.Error(asked, err)
	}
	flows, err := w.Flows(t.Context(), ada, why, w.of(0))
	if err != nil || flows.Unmeasured != house.NotKept {
		t.Error(flows, err)
	}
	held, err := w.HeldFlows(t.Context(), ada)
	if err != nil || held.Unmeasured != house.NotKept || held.Held != nil {
		t.Error(held, err)
	}
	if n := len(w.reads(t)); n != 0 {
		t.Errorf("%d records", n)
	}
}
