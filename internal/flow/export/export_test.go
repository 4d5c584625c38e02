package export_test

import (
	"errors"
	"testing"

	"candor/internal/flow"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
)

const now = 1_800_000_000_000_000

// TestSizes keeps datagrams within their size, full or not.
func TestSizes(t *testing.T) {
	for _, v := range []decode.Version{decode.NetFlow5, decode.NetFlow9, decode.IPFIX, decode.SFlow5} {
		for _, size := range []int{512, 1400, 9000} {
			e, err := export.New(export.Options{Version: v, Agent: flow.V4(1), Size: size, Booted: now - 1e9, Sampling: 2, NAT: true})
			if err != nil {
				t.Fatal(err)
			}
			records := make([]flow.Record, 300)
			for i := range records {
				records[i] = flow.Record{Src: flow.V4(1), Dst: flow.V4(2), Bytes: 100, Packets: 1, Protocol: flow.TCP, Start: now, End: now}
				if i%7 == 0 {
					records[i].Src = flow.Addr{0x20, 15: 1}
				}
			}
			largest, n := 0, 0
			if err := e.Append(records, now, func(d []byte) error {
				n++
				largest = max(largest, len(d))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			least := size - 200
			if v == decode.NetFlow5 {
				least = min(least, 24+30*48) // it holds no more
			}
			if largest > size || largest < least || n != e.Datagrams() {
				t.Errorf("%v: %d datagrams of at most %d bytes, size %d", v, n, largest, size)
			}
			if want := map[bool]int{true: 43}[v == decode.NetFlow5]; e.Left() != want {
				t.Errorf("%v: %d left out, want %d", v, e.Left(), want)
			}
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, o := range []export.Options{{}, {Version: 7}, {Version: decode.IPFIX, Size: 100}, {Version: decode.IPFIX, Size: 70000}} {
		if _, err := export.New(o); err == nil {
			t.Errorf("%+v makes an encoder", o)
		}
	}
	for _, v := range []decode.Version{decode.NetFlow5, decode.NetFlow9, decode.SFlow5} {
		e, err := export.New(export.Options{Version: v})
		if err != nil {
			t.Fatal(err)
		}
		failed := errors.New("no route")
		r := []flow.Record{{Src: flow.V4(1), Dst: flow.V4(2), Packets: 1, Bytes: 40}}
		if err := e.Append(r, now, func([]byte) error { return failed }); !errors.Is(err, failed) {
			t.Errorf("%v: %v", v, err)
		}
	}
}
