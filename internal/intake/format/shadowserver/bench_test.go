package shadowserver

import (
	"bytes"
	"fmt"
	"testing"

	"candor/internal/intake"
	"candor/internal/intake/format"
)

// BenchmarkRead reads a report of a thousand rows, with as many columns as
// usual.
func BenchmarkRead(b *testing.B) {
	var content bytes.Buffer
	content.WriteString("\"timestamp\",\"severity\",\"ip\",\"protocol\",\"port\",\"hostname\",\"tag\",\"asn\",\"geo\",\"region\",\"city\",\"naics\",\"sector\",\"banner\"\n")
	for i := range 1000 {
		fmt.Fprintf(&content, "\"2026-01-01 00:03:11\",\"medium\",\"100.64.%d.%d\",\"tcp\",23,\"line-%d.example.net\",\"telnet\",64500,\"ZZ\",\"REGION\",\"CITY\",517311,,\"login: \"\"%d\"\"\"\n", i>>8, i&255, i, i)
	}
	r := New(nil)
	b.SetBytes(int64(content.Len()))
	b.ReportAllocs()
	for b.Loop() {
		_, err := r.Read(format.NewFile("2026-01-01-scan_telnet-x.csv", "", bytes.NewReader(content.Bytes())), func(intake.Event) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
}
