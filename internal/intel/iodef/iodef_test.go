package iodef_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intel"
	"candor/internal/intel/iodef"
	"candor/internal/intel/tlp"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func bundle() intel.Bundle {
	b := intel.Bundle{ID: "018f0000-0000-7000-8000-000000000001", Title: "Scan <of> \"all\"", Producer: intel.Producer{Name: "Example Hosting", Mail: "desk@example.org"},
		Class: "information-gathering/scanner", Severity: candor.High, Created: noon, Modified: noon.Add(time.Hour), TLP: tlp.Green}
	for _, x := range []struct {
		kind  intake.Kind
		value string
	}{
		{intake.Address, "192.0.2.1"}, {intake.Address, "2001:db8::1"}, {intake.Network, "198.51.100.0/24"}, {intake.Network, "2001:db8::/32"}, {intake.Domain, "evil.example"},
		{intake.URL, `http://evil.example/it's\here?a=<b>&c="d"`}, {intake.Mail, "bad@evil.example"},
		{intake.Hash, strings.Repeat("a", 32)}, {intake.Hash, strings.Repeat("b", 40)}, {intake.Hash, strings.Repeat("c", 64)}, {intake.Hash, strings.Repeat("d", 96)}, {intake.Hash, strings.Repeat("e", 128)},
	} {
		b.Indicators = append(b.Indicators, intel.Indicator{Kind: x.kind, Value: x.value, Class: "information-gathering/scanner", First: noon, Last: noon.Add(time.Minute), Note: "seen", TLP: tlp.Green, Confidence: 70})
	}
	b.Sightings = []intel.Sighting{{Indicator: b.Indicators[0], First: noon, Last: noon, Count: 1464, TLP: tlp.Clear}}
	return b
}

func release(t *testing.T, b intel.Bundle) intel.Release {
	t.Helper()
	r, err := b.Release(tlp.Organisation)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var writers = map[string]func(io.Writer, intel.Release) error{"XML": iodef.WriteXML, "JSON": iodef.WriteJSON}

func TestBack(t *testing.T) {
	for name, write := range writers {
		var out, again bytes.Buffer
		if err := errors.Join(write(&out, release(t, bundle())), write(&again, release(t, bundle()))); err != nil {
			t.Fatal(name, err)
		}
		if out.String() != again.String() {
			t.Error(name, "written again is another")
		}
		if !(iodef.File{}).Knows(format.NewFile("", "", bytes.NewReader(out.Bytes()))) {
			t.Error(name, "is not known")
		}
		var got iodef.Incident
		if err := iodef.Read(&out, func(i iodef.Incident) error { got = i; return nil }); err != nil {
			t.Fatal(name, err)
		}
		b := bundle()
		if got.ID != string(b.ID) || got.Maker != "example.org" || got.Purpose != "reporting" || got.TLP != tlp.Green || got.Description != b.Title || got.Class != b.Class || got.Severity != candor.High || !got.Report.Time.Equal(noon) {
			t.Errorf("%s: %+v", name, got)
		}
		if d := cmp.Diff([]iodef.Contact{{Role: "creator", Name: "Example Hosting", Mail: "desk@example.org"}}, got.Contacts); d != "" {
			t.Error(name, d)
		}
		if len(got.Events) != len(b.Indicators) {
			t.Fatalf("%s: %d events of %d", name, len(got.Events), len(b.Indicators))
		}
		for n, i := range b.Indicators {
			role := intake.Source
			if i.Kind == intake.URL || i.Kind == intake.Domain || i.Kind == intake.Hash {
				role = intake.Host
			}
			want := intel.Event(i, role)
			if n == 0 {
				want.Count = 1464
			}
			if d := cmp.Diff(iodef.Event{TLP: tlp.Green, Event: want}, got.Events[n]); d != "" {
				t.Error(name, d)
			}
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, write := range writers {
		if err := write(io.Discard, intel.Release{}); !errors.Is(err, candor.ErrInvalid) {
			t.Error(name, err)
		}
	}
}

const second = `<?xml version="1.0" encoding="ISO-8859-1"?>
<IODEF-Document version="2.00" xml:lang="en" xmlns="urn:ietf:params:xml:ns:iodef-2.0">
 <Incident purpose="mitigation" restriction="need-to-know">
  <IncidentID name="cirt.example">42</IncidentID>
  <StartTime>2026-02-01T10:00:00+02:00</StartTime><GenerationTime>2026-02-02T10:00:00Z</GenerationTime>
  <Description>Br` + "\xfc" + `te force</Description>
  <Assessment><IncidentCategory>brute-force</IncidentCategory><SystemImpact severity="medium" type="takeover-account"/><Confidence rating="high"/></Assessment>
  <Contact role="creator" type="organization"><ContactName>CIRT</ContactName><Email><EmailTo>Desk@CIRT.example</EmailTo></Email></Contact>
  <EventData restriction="red">
   <StartTime>2026-02-01 11:00:00</StartTime>
   <Flow>
    <System category="source"><Node><Address category="ipv4-addr">203.0.113.7</Address><Counter type="count" unit="event">57</Counter></Node><Service ip-protocol="6"><Port>2222</Port></Service></System>
    <System category="target"><Node><Address category="ipv4-net">198.51.100.0/28</Address></Node><Service><Port>22</Port></Service></System>
    <System category="sensor"><Node><DomainData system-status="unknown" domain-status="unknown"><Name>sensor.example</Name></DomainData></Node></System>
    <System category="intermediate"><Node><Address category="mac">00:11:22:33:44:55</Address></Node></System>
   </Flow>
   <Record><RecordData><RecordItem dtype="string">Failed password for root</RecordItem><RecordItem>again</RecordItem></RecordData></Record>
   <EventData><EndTime>2026-02-03T00:00:00Z</EndTime><Flow><System category="source"><Node><Address category="site-uri">http://Bad.example/x</Address></Node></System></Flow></EventData>
  </EventData>
  <IndicatorData><Indicator><IndicatorID name="a" version="1">1</IndicatorID><Observable><BulkObservable type="ipv4-addr"><BulkObservableList>
   192.0.2.1
   192.0.2.2
   nonsense</BulkObservableList></BulkObservable></Observable></Indicator>
   <Indicator><IndicatorID name="a" version="1">2</IndicatorID><Observable><ReferenceX/></Observable></Indicator></IndicatorData>
 </Incident>
 <Incident purpose="other"><IncidentID name="cirt.example">43</IncidentID></Incident>
</IODEF-Document>`

func TestSecond(t *testing.T) {
	var all []iodef.Incident
	if err := iodef.Read(strings.NewReader(second), func(i iodef.Incident) error { all = append(all, i); return nil }); err != nil || len(all) != 2 {
		t.Fatal(len(all), err)
	}
	i := all[0]
	if i.TLP != tlp.Amber || i.Class != "intrusion-attempts/brute-force" || i.Severity != candor.Medium || i.Confidence != 90 || i.Description != "Brüte force" || i.Contacts[0].Mail != "desk@cirt.example" {
		t.Errorf("%+v", i)
	}
	began := &intake.When{Text: "2026-02-01T10:00:00+02:00", Time: time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC)}
	unsure := &intake.When{Text: "2026-02-01 11:00:00"}
	r := func(kind intake.Kind, value string, port uint16, role intake.Role) intake.Resource {
		return intake.Resource{Kind: kind, Value: value, Port: port, Role: role, Confidence: 90}
	}
	const class, note = "intrusion-attempts/brute-force", "Brüte force"
	want := []iodef.Event{
		{TLP: tlp.Red, Event: intake.Event{Class: class, First: unsure, Count: 57, Note: note, Evidence: "Failed password for root\nagain",
			About:  []intake.Resource{r(intake.Address, "203.0.113.7", 2222, intake.Source)},
			Others: []intake.Resource{r(intake.Network, "198.51.100.0/28", 0, intake.Victim), r(intake.Domain, "sensor.example", 0, intake.Reporter)}}},
		{TLP: tlp.Red, Event: intake.Event{Class: class, First: unsure, Note: note, Last: &intake.When{Text: "2026-02-03T00:00:00Z", Time: time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC)},
			About: []intake.Resource{r(intake.URL, "http://bad.example/x", 0, intake.Source)}}},
		{TLP: tlp.Amber, Event: intake.Event{Class: class, First: began, Note: note, About: []intake.Resource{r(intake.Address, "192.0.2.1", 0, intake.Source), r(intake.Address, "192.0.2.2", 0, intake.Source)}}},
	}
	if d := cmp.Diff(want, i.Events); d != "" {
		t.Error(d)
	}
}

const first = `<IODEF-Document version="1.00" lang="en" xmlns="urn:ietf:params:xml:ns:iodef-1.0"><Incident purpose="reporting">
 <IncidentID name="csirt.example">7</IncidentID><ReportTime>2026-02-02T10:00:00Z</ReportTime>
 <Assessment><Impact completion="failed" type="recon" severity="low"/></Assessment>
 <Contact role="creator" type="organization"><Email>a@csirt.example</Email></Contact>
 <EventData><Flow><System category="source"><Node><Address>192.0.2.9</Address><NodeName>x.example</NodeName><Counter type="event">3</Counter></Node></System></Flow></EventData></Incident></IODEF-Document>`

const inJSON = `{"version":"2.0","lang":"en","Incident":[{"purpose":"reporting","restriction":"green","IncidentID":{"id":"8","name":"csirt.example"},"GenerationTime":"2026-02-02T10:00:00Z",
 "Description":[{"value":"Scan","lang":"en"},"x"],"Contact":[{"type":"organization","role":"creator","ContactName":["CSIRT"],"Email":[{"EmailTo":"a@csirt.example"}]}],
 "EventData":[{"StartTime":"2026-02-01T00:00:00Z","System":[{"category":"source","Node":{"Address":[{"category":"ipv4-addr","value":"192.0.2.9"}]},"Counter":[{"type":"count","unit":"event","value":3}],"Service":[{"Port":80}]}],"RecordData":[{"RecordItem":["log"]}]},
 {"Flow":[{"System":[{"category":"source","Node":{"DomainData":[{"Name":"x.example"}]}}]}]}],
 "Indicator":[{"IndicatorID":{"id":"1","name":"x","version":"1"},"Confidence":{"rating":"numeric","value":40},"Observable":{"FileData":{"File":[{"HashData":{"scope":"file-contents","Hash":[{"DigestMethod":"http://www.w3.org/2001/04/xmlenc#sha256","DigestValue":"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo="}]}}]}}}]}]}`

func TestOthers(t *testing.T) {
	for name, x := range map[string]struct {
		doc, want string
	}{
		"version 1": {first, "information-gathering/scanner address 192.0.2.9:0 3, domain x.example:0 3, "},
		"JSON":      {inJSON, "other/undetermined address 192.0.2.9:80 3, domain x.example:0 0, hash " + strings.Repeat("aa", 32) + ":0 0, "},
	} {
		got := ""
		err := iodef.Read(strings.NewReader(x.doc), func(i iodef.Incident) error {
			got += string(i.Class) + " "
			for _, e := range i.Events {
				for _, r := range e.Event.About {
					got += fmt.Sprintf("%s %s:%d %d, ", r.Kind, r.Value, r.Port, e.Event.Count)
				}
			}
			return nil
		})
		if err != nil || got != x.want {
			t.Errorf("%s: %s; want %s; %v", name, got, x.want, err)
		}
	}
	deep := strings.Repeat("<EventData>", 100) + strings.Repeat("</EventData>", 100)
	for _, bad := range []string{"", "x", "<a/>", "<IODEF-Document>", "<IODEF-Document><Incident></IODEF-Document>", "{}", "[]", `{"Incident":{}}`, `{"Incident":[1]}`, `{"Incident":[{}`,
		"<IODEF-Document><Incident>" + deep + "</Incident></IODEF-Document>", `<!DOCTYPE x [<!ENTITY a "b">]><IODEF-Document><Incident><Description>&a;</Description></Incident></IODEF-Document>`} {
		if err := iodef.Read(strings.NewReader(bad), func(iodef.Incident) error { return nil }); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%.60q: %v", bad, err)
		}
	}
	stop := errors.New("stop")
	for _, doc := range []string{first, inJSON} {
		if err := iodef.Read(strings.NewReader(doc), func(iodef.Incident) error { return stop }); !errors.Is(err, stop) || errors.Is(err, candor.ErrInvalid) {
			t.Error(err)
		}
	}
}

func TestFile(t *testing.T) {
	for _, x := range []struct {
		doc    string
		events int
		want   intake.Report
	}{
		{second, 3, intake.Report{Format: "iodef", Reporter: "desk@cirt.example", Reference: "cirt.example/42", TLP: "red", Confidence: 90, Person: "an incident of it names no systems"}},
		{first, 1, intake.Report{Format: "iodef", Reporter: "a@csirt.example", Reference: "csirt.example/7", Confidence: 90}},
		{inJSON, 3, intake.Report{Format: "iodef", Reporter: "a@csirt.example", Reference: "csirt.example/8", TLP: "green", Confidence: 90}},
	} {
		f := format.NewFile("", "", strings.NewReader(x.doc))
		if !(iodef.File{}).Knows(f) {
			t.Errorf("%.60q is not known", x.doc)
		}
		events := 0
		got, err := iodef.File{}.Read(f, func(intake.Event) error { events++; return nil })
		if d := cmp.Diff(x.want, got); err != nil || d != "" || events != x.events {
			t.Errorf("%d events, %v, %s", events, err, d)
		}
	}
	for _, other := range []string{"", "<html/>", "{}", `{"Event":{}}`} {
		if (iodef.File{}).Knows(format.NewFile("", "", strings.NewReader(other))) {
			t.Errorf("%q is known", other)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(second))
	f.Add([]byte(first))
	f.Add([]byte(inJSON))
	f.Fuzz(func(t *testing.T, in []byte) {
		err := iodef.Read(bytes.NewReader(in), func(i iodef.Incident) error {
			for _, e := range i.Events {
				for _, r := range append(e.Event.About, e.Event.Others...) {
					if again, err := intake.NewResource(r.Kind, r.Value); err != nil || again.Value != r.Value {
						t.Fatalf("%q is not canonical: %v", r.Value, err)
					}
				}
				if len(e.Event.Note) > intake.MostNote || len(e.Event.Evidence) > intake.MostEvidence {
					t.Fatal("what should be cut is not")
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, candor.ErrInvalid) {
			t.Fatal(err)
		}
	})
}
