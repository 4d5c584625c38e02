// Command logs reads the lines of logs that fail2ban's tests hold, each with what
// its filters find in it, and prints how many are read with the same address, by
// service.
//
//	go run ./bench/cmd/logs FAIL2BAN/fail2ban/tests/files/logs
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/logs"
)

func main() {
	verbose := flag.Bool("v", false, "tell each line that is not read, or wrongly")
	flag.Parse()
	if err := run(flag.Arg(0), *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "logs:", err)
		os.Exit(2)
	}
}

// tally counts lines.
type tally struct {
	attacks, read, wrong int // of those that a filter matches with an address
	others, taken        int // of those that it does not match
}

func run(folder string, verbose bool) error {
	all, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var sum tally
	for _, e := range all {
		if e.IsDir() {
			continue
		}
		t, err := service(filepath.Join(folder, e.Name()), verbose)
		if err != nil {
			return err
		}
		if t.attacks > 0 {
			fmt.Printf("%-24s %3d of %3d read, %d wrongly; %d of %d others taken\n", e.Name(), t.read, t.attacks, t.wrong, t.taken, t.others)
		}
		sum.attacks, sum.read, sum.wrong, sum.others, sum.taken = sum.attacks+t.attacks, sum.read+t.read, sum.wrong+t.wrong, sum.others+t.others, sum.taken+t.taken
	}
	fmt.Printf("all: %d of %d lines with an address are read, %d of them wrongly; of %d lines that no filter matches %d are taken for attacks\n", sum.read, sum.attacks, sum.wrong, sum.others, sum.taken)
	return nil
}

func service(name string, verbose bool) (t tally, err error) {
	f, err := os.Open(name)
	if err != nil {
		return t, err
	}
	defer f.Close()
	var want struct {
		Match bool   `json:"match"`
		Host  string `json:"host"`
	}
	labelled := false
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		if _, label, ok := strings.Cut(line, "failJSON:"); ok {
			want.Match, want.Host = false, ""
			labelled = json.Unmarshal([]byte(label), &want) == nil
			continue
		}
		if !labelled || strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		labelled = false
		t.line(line, want.Match, want.Host, verbose)
	}
	return t, lines.Err()
}

func (t *tally) line(line string, match bool, host string, verbose bool) {
	got := source(line)
	address, err := intake.NewResource(intake.Address, host)
	switch {
	case match && err != nil: // a name, or nothing
	case !match:
		t.others++
		if got != "" {
			t.taken++
			if verbose {
				fmt.Printf("taken: %.200s\n", line)
			}
		}
	default:
		t.attacks++
		if got != "" {
			t.read++
			if got != address.Value {
				t.wrong++
			}
		}
		if verbose && got != address.Value {
			fmt.Printf("%q, not %q: %.200s\n", got, address.Value, line)
		}
	}
}

// source is whom a line complains about; empty if it is nobody.
func source(line string) (value string) {
	_, err := logs.File{}.Read(format.NewFile("", "", strings.NewReader(line)), func(e intake.Event) error {
		value = e.About[0].Value
		return nil
	})
	if err != nil {
		return ""
	}
	return value
}
