// Command shadowserver measures the reader of Shadowserver's reports: it writes
// so many bytes of CSV, reads them, and prints rows and bytes a second and the
// most memory that the process held. With -samples it reads the sample reports
// of IntelMQ's tests instead, and prints how many rows are told as IntelMQ tells
// them.
//
//	go run ./bench/cmd/shadowserver [-intelmq INTELMQ]
//	go run ./bench/cmd/shadowserver -samples INTELMQ/intelmq/tests/bots/parsers/shadowserver
package main

import (
	"bufio"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/shadowserver"
)

func main() {
	samples := flag.String("samples", "", "folder of IntelMQ's tests of its Shadowserver parser")
	bytes := flag.Int64("bytes", 120_000_000, "how much to read")
	packed := flag.Bool("gzip", false, "read it packed")
	verbose := flag.Bool("v", false, "tell each row that differs")
	schema := flag.String("schema", "", "schema to read by")
	intelmq := flag.String("intelmq", "", "checkout of IntelMQ, to be measured beside")
	python := flag.String("python", "/usr/bin/python3", "what runs it")
	flag.Parse()
	if err := run(*samples, *bytes, *packed, *verbose, *schema, *intelmq, *python); err != nil {
		fmt.Fprintln(os.Stderr, "shadowserver:", err)
		os.Exit(2)
	}
}

func run(samples string, bytes int64, packed, verbose bool, schema, intelmq, python string) error {
	reader, err := newReader(schema)
	if err != nil {
		return err
	}
	if samples != "" {
		return compare(reader, samples, verbose)
	}
	return measure(reader, bytes, packed, intelmq, python)
}

func newReader(schema string) (*shadowserver.Reader, error) {
	if schema == "" {
		return shadowserver.New(nil), nil
	}
	f, err := os.Open(schema)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := shadowserver.ReadSchema(f)
	return shadowserver.New(s), err
}

func measure(reader *shadowserver.Reader, bytes int64, packed bool, intelmq, python string) error {
	folder, err := os.MkdirTemp("", "shadowserver")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	name := filepath.Join(folder, "2026-01-01-scan_http_vulnerable-bench.csv")
	if packed {
		name += ".gz"
	}
	written, err := write(name, bytes, packed)
	if err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	before, err := peak()
	if err != nil {
		return err
	}
	rows, blamed := 0, 0
	began := time.Now()
	_, err = reader.Read(format.NewFile(filepath.Base(name), "", f), func(e intake.Event) error {
		rows++
		blamed += len(e.About)
		return nil
	})
	if err != nil {
		return err
	}
	took := time.Since(began)
	after, err := peak()
	if err != nil {
		return err
	}
	fmt.Printf("%d bytes of CSV, %d rows, %d resources that are complained about\n", written, rows, blamed)
	fmt.Printf("%.2f s, %.0f rows/s, %.0f MB/s\n", took.Seconds(), float64(rows)/took.Seconds(), float64(written)/1e6/took.Seconds())
	fmt.Printf("most memory held: %.0f MB, of which %.0f MB before reading\n", float64(after)/1e6, float64(before)/1e6)
	if intelmq == "" {
		return nil
	}
	theirs, seconds, memory, err := peer(python, intelmq, name)
	if err != nil {
		return err
	}
	fmt.Printf("IntelMQ: %d rows, %.2f s, %.0f rows/s, %.0f MB held\n", theirs, seconds, float64(theirs)/seconds, float64(memory)/1e6)
	fmt.Printf("%.0f times as many rows/s, %.1f %% of the memory\n", float64(rows)/took.Seconds()/(float64(theirs)/seconds), 100*float64(after)/float64(memory))
	return nil
}

// header and row are of a report with many columns.
const header = `"timestamp","severity","ip","protocol","port","hostname","tag","asn","geo","region","city","naics","sic","http","http_code","http_reason","content_type","connection","www_authenticate","set_cookie","server","content_length","transfer_encoding","http_date","version","build_date","detail"` + "\n"

func row(w io.Writer, i int) (int, error) {
	return fmt.Fprintf(w, `"2026-01-01 %02d:%02d:%02d","medium","100.%d.%d.%d","tcp",%d,"line-%d.example.net","basic-auth;http;cve-2026-%04d",64500,"ZZ","REGION","CITY",517311,0,"HTTP/1.1",401,"Unauthorized","text/html; charset=utf-8","close","Basic realm=""router %d""","session=%032x; path=/","Example/1.%d",%d,,"Thu, 01 Jan 2026 00:00:00 GMT",,,"a page that ""asks"" for a password"`+"\n",
		i/3600%24, i/60%60, i%60, 64+i>>16&63, i>>8&255, i&255, 1024+i%60000, i, i%10000, i, i, i%10, i%5000)
}

// write gives how many bytes of CSV it wrote.
func write(name string, bytes int64, packed bool) (int64, error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	b := bufio.NewWriter(f)
	var w io.Writer = b
	var z *gzip.Writer
	if packed {
		z = gzip.NewWriter(b)
		w = z
	}
	n, err := io.WriteString(w, header)
	total := int64(n)
	for i := 0; err == nil && total < bytes; i++ {
		n, err = row(w, i)
		total += int64(n)
	}
	if err == nil && z != nil {
		err = z.Close()
	}
	if err == nil {
		err = b.Flush()
	}
	return total, err
}

// peak is the most memory that the process has held, in bytes.
func peak() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		return 0, fmt.Errorf("no VmHWM: %w", err)
	}
	return kilobytes << 10, nil
}
