package iodef_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"candor/internal/intel"
	"candor/internal/intel/iodef"
)

// valid has xmllint look whether a document is as RFC 7970 wants it
// (testdata/iodef.xsd), and gives what it says.
func valid(t *testing.T, document []byte) (string, bool) {
	t.Helper()
	path, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "--noout", "--nonet", "--schema", "testdata/iodef.xsd", "-")
	cmd.Stdin = bytes.NewReader(document)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// TestSchema holds what is written against the schema, with and without each part.
func TestSchema(t *testing.T) {
	whole := bundle()
	bare := intel.Bundle{ID: whole.ID, Producer: intel.Producer{Name: "Example Hosting"}, Created: noon, TLP: whole.TLP}
	network, hashes := bare, bare
	network.Indicators, hashes.Indicators = whole.Indicators[:1], whole.Indicators[len(whole.Indicators)-1:]
	for name, b := range map[string]intel.Bundle{"whole": whole, "bare": bare, "network": network, "hashes": hashes} {
		var out bytes.Buffer
		if err := iodef.WriteXML(&out, release(t, b)); err != nil {
			t.Fatal(name, err)
		}
		if said, ok := valid(t, out.Bytes()); !ok {
			t.Errorf("%s: %s\n%s", name, said, out.Bytes())
		}
	}
}

// TestSchemaRefuses: the schema finds what is wrong.
func TestSchemaRefuses(t *testing.T) {
	var out bytes.Buffer
	if err := iodef.WriteXML(&out, release(t, bundle())); err != nil {
		t.Fatal(err)
	}
	for old, wrong := range map[string]string{
		` version="2.00"`: ` version="2.0"`, ` purpose="reporting"`: "", ` purpose="reporting" `: ` purpose="gossip" `, `<GenerationTime>2026-03-01T13:00:00Z</GenerationTime>`: "", "2026-03-01T12:00:00Z": "2026-03-01 12:00:00",
		` restriction="green"`: ` restriction="chartreuse"`, `<EmailTo>desk@example.org</EmailTo>`: "<EmailTo>desk</EmailTo>", `category="ipv4-addr"`: `category="ipv5-addr"`, "</System>": "</System><Record></Record>",
		` rating="numeric">70`: ` rating="numeric">170`, ` version="1">`: ">", ` scope="file-contents"`: "", "</Flow>": "</Flow><Record></Record>", `type="unknown"></SystemImpact>`: `></SystemImpact>`,
	} {
		bad := strings.Replace(out.String(), old, wrong, 1)
		if bad == out.String() {
			t.Errorf("nothing is written like %s", old)
		} else if _, ok := valid(t, []byte(bad)); ok {
			t.Errorf("%s in place of %s is valid", wrong, old)
		}
	}
}
