package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"candor"
	"candor/internal/fleet/wire"
)

const id = "01a21703-33df-7d96-a321-b736c75acee6"

// found is a finding as an agent sends it.
func found() candor.Finding {
	return candor.Finding{Path: "/srv/a.php", Rule: "r", Class: candor.Test, SHA256: strings.Repeat("a", 64)}
}

func TestReport(t *testing.T) {
	for name, change := range map[string]func(*wire.Report){
		"":                 func(*wire.Report) {},
		"number":           func(r *wire.Report) { r.Number = 0 },
		"scan":             func(r *wire.Report) { r.Scan = "x" },
		"end of no scan":   func(r *wire.Report) { r.Scan, r.End = "", &wire.End{} },
		"relative":         func(r *wire.Report) { r.Found[0].Path = "a.php" },
		"out of its site":  func(r *wire.Report) { r.Found[0].Path = "/srv/../etc/passwd" },
		"no digest":        func(r *wire.Report) { r.Found[0].SHA256 = "aa" },
		"no class":         func(r *wire.Report) { r.Found[0].Class = "x/y" },
		"no rule":          func(r *wire.Report) { r.Found[0].Rule = "" },
		"no severity":      func(r *wire.Report) { r.Found[0].Severity = 9 },
		"zero":             func(r *wire.Report) { r.Found[0].Description = "a\x00b" },
		"negative":         func(r *wire.Report) { r.Files = -1 },
		"too many":         func(r *wire.Report) { r.Found = make([]candor.Finding, wire.MostFindings+1) },
		"too much is said": func(r *wire.Report) { r.Found[0].Strings = []candor.Occurrence{{Data: make([]byte, 1<<16)}} },
	} {
		r := wire.Report{Number: 1, Scan: id, Asset: id, Found: []candor.Finding{found()}}
		change(&r)
		if err := r.Check(); (err == nil) != (name == "") || err != nil && !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestChangeReport holds that what was found in files that changed needs no scan.
func TestChangeReport(t *testing.T) {
	r := wire.Report{Number: 1, Asset: id, Found: []candor.Finding{found()}}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

func TestRead(t *testing.T) {
	if _, err := wire.Read[wire.Report](strings.NewReader(`{"number":0}`)); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("what is read is not checked: %v", err)
	}
	if _, err := wire.Read[wire.Report](bytes.NewReader(make([]byte, wire.MostBody+1))); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("too much: %v", err)
	}
}

func TestToken(t *testing.T) {
	token := wire.Token{Secret: [16]byte{1, 2}, Issuer: [32]byte{3}}
	if got, err := wire.ParseToken(" " + token.String() + "\n"); err != nil || got != token {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "candor-agent.", "candor-agent.AAAA", token.String()[3:], token.String() + "A"} {
		if _, err := wire.ParseToken(bad); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestFailure(t *testing.T) {
	for _, kind := range []error{candor.ErrInvalid, candor.ErrDenied, candor.ErrNotFound, candor.ErrExists, candor.ErrChanged, candor.ErrUnavailable} {
		got := wire.FailureOf(candor.WithHint(kind, "Do it.")).Err()
		if !errors.Is(got, kind) || candor.Hint(got) != "Do it." {
			t.Errorf("%v became %v", kind, got)
		}
	}
}

// FuzzRead reads what agents send: whatever it is, it is refused or within its
// bounds.
func FuzzRead(f *testing.F) {
	for _, v := range []any{wire.Report{Number: 1, Scan: id, Asset: id, Found: []candor.Finding{found()}, End: &wire.End{Complete: true}},
		wire.SyncRequest{Version: "1", Status: wire.Status{Scans: []wire.Running{{Scan: id, Asset: id}}}}, wire.Claim{Under: "g", Digests: []string{strings.Repeat("a", 64)}},
		wire.Outcome{Error: &wire.Failure{Text: "no", Kind: "denied"}}, wire.EnrolRequest{Token: "x"}} {
		text, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := wire.Read[wire.Report](bytes.NewReader(data)); err == nil {
			for _, x := range r.Found {
				if !strings.HasPrefix(x.Path, "/") || strings.Contains(x.Path+"/", "/../") || len(x.SHA256) != 64 {
					t.Errorf("taken: %+v", x)
				}
			}
		}
		if c, err := wire.Read[wire.Claim](bytes.NewReader(data)); err == nil && len(c.Digests) > wire.MostDigests {
			t.Error("too many digests")
		}
		if o, err := wire.Read[wire.Outcome](bytes.NewReader(data)); err == nil && o.Error != nil {
			_ = o.Error.Err().Error()
		}
		_, _ = wire.Read[wire.SyncRequest](bytes.NewReader(data))  // that it does not panic
		_, _ = wire.Read[wire.EnrolRequest](bytes.NewReader(data)) // that it does not panic
		if token, err := wire.ParseToken(string(data)); err == nil && !strings.Contains(string(data), token.String()) {
			t.Errorf("%q was read as %s", data, token)
		}
	})
}
