// Package judge asks yara and clamscan what they find in files, in a form
// that can be compared.
package judge

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Pair is a definition that a file satisfies.
type Pair struct {
	Rule string // with its namespace, "namespace:rule", for YARA
	File string
}

// Occurrence is one match of a string of a rule.
type Occurrence struct {
	String string // with its "$"
	Offset int64
	Length int
}

// Verdicts holds the occurrences of every pair found. They are nil where they
// were not asked for.
type Verdicts map[Pair][]Occurrence

// YARA runs yara with the arguments that load definitions over files. It
// finds what yara finds without fast mode; with occurrences also where.
// What yara complains about is in complaints, a line each.
func YARA(ctx context.Context, definitions, files []string, occurrences bool) (v Verdicts, complaints []string, err error) {
	list, err := writeList(files)
	if err != nil {
		return nil, nil, err
	}
	defer os.Remove(list)
	args := []string{"-w", "-e", "-p", "1"}
	if occurrences {
		args = append(args, "-s", "-L")
	}
	args = append(append(args, definitions...), "--scan-list", list)
	out, problem, err := output(ctx, nil, "yara", args...)
	if err != nil {
		return nil, nil, err
	}
	v, err = readYARA(out)
	return v, lines(problem), err
}

// writeList makes a temporary file with a line for each file.
func writeList(files []string) (string, error) {
	f, err := os.CreateTemp("", "candor-list-")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(strings.Join(files, "\n") + "\n")
	return f.Name(), errors.Join(err, f.Close())
}

// output runs a program. Exit statuses in ok are no errors.
func output(ctx context.Context, ok []int, name string, args ...string) (out, problem []byte, err error) {
	var o, p bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &o, &p
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		for _, status := range ok {
			if exit.ExitCode() == status {
				err = nil
			}
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w\n%s", name, err, p.Bytes())
	}
	return o.Bytes(), p.Bytes(), nil
}

func lines(b []byte) []string {
	var out []string
	for line := range strings.Lines(string(b)) {
		out = append(out, strings.TrimRight(line, "\r\n"))
	}
	return out
}

// readYARA reads "namespace:rule path" lines, each followed by its
// "0xOFFSET:LENGTH:$string: data" lines.
func readYARA(out []byte) (Verdicts, error) {
	v := Verdicts{}
	var last Pair
	s := bufio.NewScanner(bytes.NewReader(out))
	s.Buffer(nil, 1<<28)
	for s.Scan() {
		line := s.Text()
		if strings.HasPrefix(line, "0x") {
			o, ok := readOccurrence(line)
			if !ok {
				return nil, fmt.Errorf("yara printed %.80q", line)
			}
			v[last] = append(v[last], o)
			continue
		}
		rule, file, ok := strings.Cut(line, " ")
		if !ok {
			return nil, fmt.Errorf("yara printed %.80q", line)
		}
		last = Pair{rule, file}
		v[last] = append(v[last], []Occurrence{}...)
	}
	return v, s.Err()
}

func readOccurrence(line string) (o Occurrence, ok bool) {
	parts := strings.SplitN(line, ":", 4)
	if len(parts) < 4 {
		return o, false
	}
	offset, err1 := strconv.ParseInt(parts[0], 0, 64)
	length, err2 := strconv.Atoi(parts[1])
	return Occurrence{parts[2], offset, length}, err1 == nil && err2 == nil
}
