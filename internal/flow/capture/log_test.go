package capture_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor/internal/flow"
	"candor/internal/flow/capture"
)

const zeekHead = "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n"

func a(s string) flow.Addr { return flow.FromIP(netip.MustParseAddr(s)) }

// at is a time in seconds since 1970.
func at(seconds float64) int64 { return int64(seconds * 1e6) }

func TestLogs(t *testing.T) {
	began := flow.Time(time.Date(2026, 3, 2, 10, 0, 0, 250_000_000, time.UTC))
	want := []flow.Record{
		{Start: at(100.5), End: at(102), Src: a("10.0.0.1"), Dst: a("192.0.2.1"), SrcPort: 40000, DstPort: 443, Protocol: flow.TCP, Flags: flow.SYN | flow.ACK | flow.PSH | flow.FIN, Bytes: 900, Packets: 7},
		{Start: at(100.5), End: at(102), Src: a("192.0.2.1"), Dst: a("10.0.0.1"), SrcPort: 443, DstPort: 40000, Protocol: flow.TCP, Flags: flow.SYN | flow.ACK | flow.PSH, Bytes: 5000, Packets: 9},
		{Start: at(100), End: at(103), Src: a("10.0.0.1"), Dst: a("192.0.2.2"), SrcPort: 40001, DstPort: 23, Protocol: flow.TCP, Flags: flow.SYN, Bytes: 60, Packets: 1},
		{Start: at(104), End: at(104), Src: a("2001:db8::1"), Dst: a("2001:db8::2"), DstPort: 128 << 8, Protocol: flow.ICMPv6, Bytes: 104, Packets: 1},
		{Start: at(104), End: at(104), Src: a("2001:db8::2"), Dst: a("2001:db8::1"), DstPort: 129 << 8, Protocol: flow.ICMPv6, Bytes: 104, Packets: 1},
	}
	for name, c := range map[string]struct {
		text    string
		kind    capture.Kind
		skipped int
		want    []flow.Record
	}{
		"zeek": {zeekHead +
			"100.0\tC2\t10.0.0.1\t40001\t192.0.2.2\t23\ttcp\t-\t3.0\t0\t0\tS0\tS\t1\t60\t0\t0\n" +
			"100.5\tC1\t10.0.0.1\t40000\t192.0.2.1\t443\ttcp\tssl\t1.5\t500\t4500\tSF\tShADadF\t7\t900\t9\t5000\n" +
			"104\tC3\t2001:db8::1\t128\t2001:db8::2\t0\ticmp\t-\t-\t-\t-\tOTH\t-\t1\t104\t1\t104\n" +
			"105\tC4\t10.0.0.1\t1\t10.0.0.2\t2\tunknown_transport\t-\t-\t-\t-\tOTH\t-\t1\t104\t1\t104\n", capture.Zeek, 3, want},
		"zeek as JSON": {
			`{"ts":100.5,"id.orig_h":"10.0.0.1","id.orig_p":40000,"id.resp_h":"192.0.2.1","id.resp_p":443,"proto":"tcp","duration":1.5,"history":"ShADadF","orig_pkts":7,"orig_ip_bytes":900,"resp_pkts":9,"resp_ip_bytes":5000}` + "\n\n" +
				`{"ts":100,"id.orig_h":"10.0.0.1","id.orig_p":40001,"id.resp_h":"192.0.2.2","id.resp_p":23,"proto":"tcp","duration":3,"history":"S","orig_pkts":1,"orig_ip_bytes":60}` + "\n" +
				`{"ts":104,"id.orig_h":"2001:db8::1","id.orig_p":128,"id.resp_h":"2001:db8::2","id.resp_p":0,"proto":"icmp","orig_pkts":1,"orig_ip_bytes":104,"resp_pkts":1,"resp_ip_bytes":104}`, capture.Zeek, 1, want},
		"argus": {"StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,SrcPkts,Label\n" +
			"2026/03/02 10:00:00.250000,2.5,tcp,10.0.0.1,40000,   ->,192.0.2.1,443,FSPA_SPA,0,0,16,5900,900,7,x\n" +
			"2026/03/02 10:00:00.250000,0,arp,10.0.0.1,,  who,10.0.0.2,,CON,,,2,100,50,1,\n" +
			"2026/03/02 10:00:00.250000,0,udp,192.0.2.9,53,   <-,10.0.0.1,40002,CON,0,0,2,300,200,1,\n", capture.Argus, 2, []flow.Record{
			{Start: began, End: began, Src: a("10.0.0.1"), Dst: a("192.0.2.9"), SrcPort: 40002, DstPort: 53, Protocol: flow.UDP, Bytes: 100, Packets: 1},
			{Start: began, End: began, Src: a("192.0.2.9"), Dst: a("10.0.0.1"), SrcPort: 53, DstPort: 40002, Protocol: flow.UDP, Bytes: 200, Packets: 1},
			{Start: began, End: began + 2_500_000, Src: a("10.0.0.1"), Dst: a("192.0.2.1"), SrcPort: 40000, DstPort: 443, Protocol: flow.TCP, Flags: flow.FIN | flow.SYN | flow.PSH | flow.ACK, Bytes: 900, Packets: 7},
			{Start: began, End: began + 2_500_000, Src: a("192.0.2.1"), Dst: a("10.0.0.1"), SrcPort: 443, DstPort: 40000, Protocol: flow.TCP, Flags: flow.SYN | flow.PSH | flow.ACK, Bytes: 5000, Packets: 9},
		}},
		"argus with tabs, without packets of either": {"StartTime\tDur\tProto\tSrcAddr\tSport\tDir\tDstAddr\tDport\tState\tTotPkts\tTotBytes\tSrcBytes\n" +
			"2026/03/02 10:00:00.25\t0\ttcp\t10.0.0.1\t40000\t->\t192.0.2.1\t23\tREQ\t3\t180\t180\n" +
			"2026/03/02 10:00:00.25\t0\ticmp\t10.0.0.1\t0x0008\t->\t192.0.2.1\t0x0000\tECO\t3\t180\t120\n", capture.Argus, 1, []flow.Record{
			{Start: began, End: began, Src: a("10.0.0.1"), Dst: a("192.0.2.1"), SrcPort: 40000, DstPort: 23, Protocol: flow.TCP, Flags: flow.SYN, Bytes: 180, Packets: 3},
			{Start: began, End: began, Src: a("10.0.0.1"), Dst: a("192.0.2.1"), DstPort: 8 << 8, Protocol: flow.ICMP, Bytes: 120, Packets: 2},
			{Start: began, End: began, Src: a("192.0.2.1"), Dst: a("10.0.0.1"), Protocol: flow.ICMP, Bytes: 60, Packets: 1},
		}},
		"flows of a desk": {"start,end,source,source-port,destination,destination-port,protocol,flags,bytes,packets,sampling,in,out,exporter,from,to\n" +
			"2026-03-02T10:00:01.000001Z,2026-03-02T10:00:02Z,10.0.0.1,0,192.0.2.1,2048,icmp,none,100,2,0,3,1,192.0.2.200,\"L, 1\",\n" +
			"2026-03-02T10:00:00.25Z,2026-03-02T10:00:00.25Z,2001:db8::1,40000,2001:db8::2,443,tcp,UAS,9000,70,10,3,1,,L-1,L-2\n" +
			"2026-03-02T10:00:00.25Z,2026-03-02T10:00:00.25Z,10.0.0.1,0,192.0.2.1,0,gre,none,50,1,1,3,1,,,\n" +
			"There are older flows: these are only the newest.,,,,,,,,,,,,,,,\n", capture.Stored, 2, []flow.Record{
			{Start: began, End: began, Src: a("2001:db8::1"), Dst: a("2001:db8::2"), SrcPort: 40000, DstPort: 443, Protocol: flow.TCP, Flags: flow.URG | flow.ACK | flow.SYN, Bytes: 900, Packets: 7, Sampling: 10},
			{Start: began, End: began, Src: a("10.0.0.1"), Dst: a("192.0.2.1"), Protocol: 47, Bytes: 50, Packets: 1, Sampling: 1},
			{Start: began + 750_001, End: began + 1_750_000, Src: a("10.0.0.1"), Dst: a("192.0.2.1"), DstPort: 8 << 8, Protocol: flow.ICMP, Bytes: 100, Packets: 2},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f, batches, err := play(t, write(t, []byte(c.text)), capture.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var records []flow.Record
			for _, b := range batches {
				records = append(records, b.Records...)
			}
			if f.Kind != c.kind || f.Counts.Skipped != c.skipped {
				t.Errorf("kind %s, %d lines skipped", f.Kind, f.Counts.Skipped)
			}
			if d := cmp.Diff(c.want, records); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestLogsThatAreWrong(t *testing.T) {
	for name, text := range map[string]string{
		"no columns":           "#separator \\x09\n100\tC1\t10.0.0.1\t1\n",
		"a number that is not": zeekHead + "100.0\tC2\t10.0.0.1\tmany\t192.0.2.2\t23\ttcp\t-\t3.0\t0\t0\tS0\tS\t1\t60\t0\t0\n",
		"a time before 1970":   zeekHead + "-1\tC2\t10.0.0.1\t1\t192.0.2.2\t23\ttcp\t-\t3.0\t0\t0\tS0\tS\t1\t60\t0\t0\n",
		"no JSON":              "{\"ts\":1\n",
		"no time":              "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,TotPkts,TotBytes,SrcBytes\nnow,0,tcp,10.0.0.1,1,->,10.0.0.2,2,CON,1,1,1\n",
		"no counts":            "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,TotPkts,TotBytes,SrcBytes\n2026/03/02 10:00:00,0,tcp,10.0.0.1,1,->,10.0.0.2,2,CON,x,1,1\n",
		"no flow":              "start,end,source,source-port,destination,destination-port,protocol,flags,bytes,packets,sampling,in\n2026-03-02T10:00:01Z,2026-03-02T10:00:00Z,10.0.0.1,1,192.0.2.1,2,tcp,S,1,1,1,3\n",
		"no address of a flow": "start,end,source,source-port,destination,destination-port,protocol,flags,bytes,packets,sampling,in\n2026-03-02T10:00:00Z,2026-03-02T10:00:00Z,here,1,192.0.2.1,2,tcp,S,1,1,1,3\n",
		"a line too long":      zeekHead + strings.Repeat("x", 2<<20) + "\n",
	} {
		if _, records, err := play(t, write(t, []byte(text)), capture.Options{}); err == nil || errors.Is(err, capture.ErrKind) || len(records) > 0 {
			t.Errorf("%s: %v, %d records", name, err, len(records))
		}
	}
}

func FuzzLogs(f *testing.F) {
	f.Add([]byte(zeekHead + "100.5\tC1\t10.0.0.1\t40000\t192.0.2.1\t443\ttcp\tssl\t1.5\t500\t4500\tSF\tShADadF\t7\t900\t9\t5000\n"))
	f.Add([]byte(`{"ts":100,"id.orig_h":"10.0.0.1","id.orig_p":40001,"id.resp_h":"192.0.2.2","id.resp_p":23,"proto":"tcp","duration":1e300,"history":"S","orig_pkts":1,"orig_ip_bytes":60}`))
	f.Add([]byte("StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,TotPkts,TotBytes,SrcBytes\n2026/03/02 10:00:00,0,tcp,10.0.0.1,1,<-,10.0.0.2,0x2,S_RA,1,1,1\n"))
	f.Add([]byte("start,end,source,source-port,destination,destination-port,protocol,flags,bytes,packets,sampling,in\n2026-03-02T10:00:00Z,2026-03-02T10:00:01Z,10.0.0.1,1,192.0.2.1,2,tcp,SA,100,10,10,3\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		name := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		log, err := capture.Open(context.Background(), name, capture.Options{Nfdump: "/does/not/exist"})
		if err != nil {
			return
		}
		defer log.Close()
		if log.Kind != capture.Zeek && log.Kind != capture.Argus && log.Kind != capture.Stored {
			return
		}
		last := int64(-1)
		for b, err := range log.Batches() {
			if err != nil {
				return
			}
			for _, r := range b.Records {
				if r.Start < 0 || r.End < r.Start || r.End < last || r.Packets == 0 || r.Src == (flow.Addr{}) {
					t.Fatalf("%+v after %d", r, last)
				}
				last = r.End
			}
		}
	})
}
