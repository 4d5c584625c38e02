package freetext

import (
	"slices"
	"testing"
)

// TestFlows: a table of flows says by its head which side stands first, though its
// columns are parted by single spaces; what is no such head says nothing.
func TestFlows(t *testing.T) {
	for _, x := range []struct {
		text           string
		source, target string
	}{
		{"dateTime srcIp:srcPort dstIp:dstPort protocol bytes\n2026-05-12 10:00:01 192.0.2.1:4000 198.51.100.1:80 UDP 99\n2026-05-12 10:00:02 192.0.2.1:4000 198.51.100.1:80 UDP 99", "192.0.2.1", "198.51.100.1"},
		{"dst_ip dst_port src_ip src_port\n198.51.100.1 22 192.0.2.1 4000\n198.51.100.2 22 192.0.2.1 4001", "192.0.2.1", "198.51.100.2"},
		{"Zeit Ziel Zielport Quelle Quellport\n10:02:11 198.51.100.1 22 192.0.2.1 41022", "192.0.2.1", "198.51.100.1"},
		{"Proto Src IP Addr:Port      Dst IP Addr:Port Bytes\n------\nUDP 192.0.2.1:123 -> 198.51.100.1:99 12", "192.0.2.1", "198.51.100.1"},
		{"The source of it all is not what the target of the attack was.\n198.51.100.1 192.0.2.1", "", ""},
		{"source and target\n198.51.100.1 192.0.2.1", "", ""},
		{"src ip, dst ip, port, count\nthree\nlines\nbetween\n198.51.100.1 192.0.2.1", "", ""},
	} {
		all := noted(t, x.text)
		if x.source == "" {
			for v, f := range all {
				if slices.Contains(f, "column-source") || slices.Contains(f, "column-victim") {
					t.Errorf("%q: of %s %q are noted", x.text, v, f)
				}
			}
			continue
		}
		if s, g := all[x.source], all[x.target]; !slices.Contains(s, "column-source") || !slices.Contains(g, "column-victim") || slices.Contains(g, "listed") || slices.Contains(g, "bare") {
			t.Errorf("%q: of the source %q, of the target %q are noted", x.text, s, g)
		}
	}
}

// TestLabelled: an address may stand behind a name that says so, and as before not
// behind another.
func TestLabelled(t *testing.T) {
	for text, want := range map[string]string{
		"your service ip-192[.]0[.]2[.]16/28 sends spam": "192.0.2.16/28",
		"your service IP-192.0.2.16 sends spam":          "192.0.2.16",
		"your service tulip-192.0.2.16 sends spam":       "",
		"nginx-192.0.2.16 sends spam":                    "",
	} {
		if all := noted(t, text); want != "" && all[want] == nil || want == "" && len(all) > 0 {
			t.Errorf("%q: %v are found", text, all)
		}
	}
	if all := noted(t, "registered through your service[.] It copies www[.]maple[.]test"); all["www.maple.test"] == nil || len(all) != 1 {
		t.Errorf("%v are found", all)
	}
}
