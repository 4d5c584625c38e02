package dmarc

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/formattest"

	"github.com/google/go-cmp/cmp"
)

func sample(t testing.TB, name string) []byte {
	content, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func read(name string, content []byte) (intake.Report, error) {
	var all []intake.Event
	report, err := Reader{}.Read(format.NewFile(name, "", bytes.NewReader(content)), func(e intake.Event) error {
		all = append(all, e)
		return nil
	})
	report.Events = all
	return report, err
}

var (
	begin = &intake.When{Text: "1767225600", Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	end   = &intake.When{Text: "1767311999", Time: time.Date(2026, 1, 1, 23, 59, 59, 0, time.UTC)}
)

func TestRead(t *testing.T) {
	want := map[string]intake.Report{
		"rfc7489.xml": {Format: "dmarc", Reporter: "noreply-dmarc@receiver.example", Reference: "receiver.example 1234567890", Confidence: 95, Passed: 43, Events: []intake.Event{{
			Class: Masquerade, First: begin, Last: end, Count: 12, Note: "mail from example.com, not vouched for by DKIM or SPF; disposition reject",
			About:    []intake.Resource{{Kind: intake.Address, Value: "198.51.100.7", Role: intake.Source, Confidence: 95}},
			Others:   []intake.Resource{{Kind: intake.Domain, Value: "example.com", Role: intake.Victim, Confidence: 100}},
			Evidence: "source_ip: 198.51.100.7\ncount: 12\ndisposition: reject\ndkim: fail\nspf: fail\nheader_from: example.com\nenvelope_from: example.com\nauth_results spf: example.com fail\n",
		}}},
		"rfc9990.xml": {Format: "dmarc", Reporter: "report_sender@example-reporter.example", Reference: "Sample Reporter 3v98abbp8ya9n3va8yr8oa3ya", Confidence: 70, Passed: 123, Events: []intake.Event{{
			Class: Masquerade, First: begin, Last: end, Count: 2, Note: "mail from shop.example.net, not vouched for by DKIM or SPF; disposition none",
			About: []intake.Resource{{Kind: intake.Address, Value: "203.0.113.9", Role: intake.Source, Confidence: 70}},
			Others: []intake.Resource{{Kind: intake.Domain, Value: "shop.example.net", Role: intake.Victim, Confidence: 100},
				{Kind: intake.Domain, Value: "mailer.example.org", Role: intake.Other, Confidence: 100}},
			Evidence: "source_ip: 203.0.113.9\ncount: 2\ndisposition: none\ndkim: fail\nspf: fail\nreason: policy_test_mode\nheader_from: shop.example.net\nenvelope_from: mailer.example.org\n" +
				"auth_results dkim: mailer.example.org s1 pass\nauth_results spf: mailer.example.org pass\n",
		}}},
	}
	for name, want := range want {
		got, err := read(name, sample(t, name))
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, d)
		}
	}
}

func TestReadZip(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"readme.txt", "receiver.example!example.com!1767225600!1767311999.xml"} {
		w, err := z.Create(name)
		if err == nil && strings.HasSuffix(name, "xml") {
			_, err = w.Write(sample(t, "rfc7489.xml"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if report, err := read("x.zip", b.Bytes()); err != nil || len(report.Events) != 1 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestReadReasons(t *testing.T) {
	for why, passed := range map[string]bool{
		"<type>forwarded</type>": true, "<type>trusted_forwarder</type>": true, "<type>local_policy</type><comment>arc=pass as[1].d=x</comment>": true,
		"<type>local_policy</type>": false, "<type>sampled_out</type>": false, "<type>other</type>": false,
	} {
		report, err := read("", []byte("<feedback><record><row><source_ip>192.0.2.1</source_ip><count>5</count><policy_evaluated><dkim>fail</dkim><spf>fail</spf><reason>"+
			why+"</reason></policy_evaluated></row></record></feedback>"))
		if err != nil || (report.Passed == 5) != passed || (len(report.Events) == 0) != passed {
			t.Errorf("%s: %+v, %v", why, report, err)
		}
	}
}

func TestReadTolerant(t *testing.T) {
	row := "<record><row><source_ip>192.0.2.1</source_ip><count>5</count><policy_evaluated><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>b\xfcro.example</header_from></identifiers></record></feedback>"
	for text, want := range map[string]string{
		"<feedback>" + row: "", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><feedback>" + row + "<": "büro.example",
		"<?xml version='1.0' encoding='utf-8'?><feedback>" + row: "b\uFFFDro.example",
	} {
		report, err := read("", []byte(text))
		if err != nil || len(report.Events) != 1 || strings.HasPrefix(text, "<?xml") && !strings.Contains(report.Events[0].Note, want) {
			t.Errorf("%s: %+v, %v", text, report, err)
		}
	}
}

func TestReadErrors(t *testing.T) {
	row := func(text string) string { return "<feedback><record><row>" + text + "</row></record></feedback>" }
	for text, want := range map[string]error{
		"": format.ErrOther, "<html>": format.ErrOther, "<feedback><record>": nil,
		row("<source_ip>192.0.2.1</source_ip><count>-1</count><policy_evaluated><dkim>fail</dkim></policy_evaluated>"): nil,
		row("<source_ip>192.0.2.1</source_ip><count>1</count>"):                                                        nil,
		row("<source_ip>here</source_ip><count>1</count><policy_evaluated><dkim>fail</dkim></policy_evaluated>"):       intake.ErrValue,
		"<feedback><record><x>" + strings.Repeat("y", 2<<20) + "</x></record></feedback>":                              format.ErrTooLarge,
	} {
		if _, err := read("", []byte(text)); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}

func TestKnows(t *testing.T) {
	for text, want := range map[string]bool{"<?xml version='1.0'?>\n<feedback>": true, "<ns:feedback xmlns:ns='x'>": true, "<feedbacks>": false, "{}": false} {
		if (Reader{}).Knows(format.NewFile("", "", strings.NewReader(text))) != want {
			t.Errorf("%s is known: %v", text, !want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sample(f, "rfc7489.xml"))
	f.Add(sample(f, "rfc9990.xml"))
	f.Fuzz(func(t *testing.T, content []byte) {
		Reader{}.Knows(format.NewFile("", "", bytes.NewReader(content)))
		report, _ := read("", content)
		if report.Passed < 0 {
			t.Errorf("%d passed", report.Passed)
		}
		for _, e := range report.Events {
			formattest.Event(t, e)
			if len(e.About) != 1 {
				t.Errorf("%+v", e)
			}
		}
	})
}
