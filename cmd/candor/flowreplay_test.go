package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"candor/internal/flow"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
)

// exportsFile is a capture of ten datagrams of NetFlow v9, of which the fifth is
// missing.
func exportsFile(t *testing.T) string {
	t.Helper()
	const at = 1_800_000_000_000_000
	e, err := export.New(export.Options{Version: decode.NetFlow9, Domain: 7, Booted: at - 1e9, Sampling: 10})
	if err != nil {
		t.Fatal(err)
	}
	le, be := binary.LittleEndian, binary.BigEndian
	b := le.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 101, 0, 0, 0) // of raw IP
	for i := range uint32(10) {
		now := at + int64(i)*1e6
		r := []flow.Record{{Src: flow.V4(1), Dst: flow.V4(2), Bytes: 1000, Packets: 2, Protocol: flow.UDP, Start: now - 1e6, End: now}}
		if err := e.Append(r, now, func(d []byte) error {
			if i == 5 {
				return nil
			}
			n := uint32(28 + len(d))
			for _, v := range []uint32{uint32(now / 1e6), 0, n, n} {
				b = le.AppendUint32(b, v)
			}
			for _, v := range []uint32{0x45<<24 | n, 0, 64<<24 | 17<<16, 0xc0000201, 0x0a000001, 5000<<16 | 2055, (n - 20) << 16} {
				b = be.AppendUint32(b, v)
			}
			b = append(b, d...)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(t.TempDir(), "exports.pcap")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestFlowReplay(t *testing.T) {
	name := exportsFile(t)
	do := func(want int, args ...string) (string, string) {
		t.Helper()
		var out, complaint bytes.Buffer
		if status := run(append([]string{"flow", "replay"}, args...), nil, &out, &complaint); status != want {
			t.Errorf("%v: status %d: %s", args, status, complaint.String())
		}
		return out.String(), complaint.String()
	}
	out, _ := do(exitClean, name)
	for _, want := range []string{
		"exports.pcap: pcap of export datagrams\n",
		"packets   9, 9 export datagrams\n",
		"captured  2027-01-15T08:00:00Z to 2027-01-15T08:00:09Z (9s)\n",
		"records   9, of 90.0 kB in 180 packets\n",
		"of times  2027-01-15T07:59:59Z to 2027-01-15T08:00:09Z (10s)\n",
		"exporter  192.0.2.1: 9 datagrams, 9 records\n",
		"NetFlow v9, domain 7: 10 datagrams sent, 1 lost\n",
		"1 records of options\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in:\n%s", want, out)
		}
	}
	out, _ = do(exitClean, "--format", "json", name)
	var r struct {
		Type, Kind, Holds string
		Records           int
		Bytes             uint64
		Lost              map[string]uint64
		Exporters         []struct {
			Address string
			Streams []struct{ Sent, Lost uint64 }
		}
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Type != "file" || r.Kind != "pcap" || r.Holds != "exports" || r.Records != 9 || r.Bytes != 90_000 || r.Lost["datagrams"] != 1 || r.Exporters[0].Streams[0].Sent != 10 {
		t.Errorf("%+v", r)
	}
	if out, _ = do(exitClean, "--as", "traffic", name); !strings.Contains(out, "pcap of traffic that flows are made of\n") || !strings.Contains(out, "records   1,") {
		t.Errorf("as traffic:\n%s", out)
	}
	for _, args := range [][]string{{}, {"--as", "rain", name}, {"--format", "xml", name}, {"/does/not/exist"}, {os.Args[0]}} {
		if _, complaint := do(exitError, args...); !strings.HasPrefix(complaint, "candor: ") {
			t.Errorf("%v: %q", args, complaint)
		}
	}
}
