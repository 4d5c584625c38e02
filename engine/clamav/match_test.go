package clamav

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"candor/engine/pattern"
)

// ends gives the ends of the matches of n that begin at data[at]: the meaning
// of a Node, said as simply as possible.
func ends(n *pattern.Node, data []byte, at int) map[int]bool {
	out := map[int]bool{}
	switch n.Op {
	case pattern.Bytes:
		if strings.HasPrefix(string(data[at:]), string(n.Lit)) {
			out[at+len(n.Lit)] = true
		}
	case pattern.Class:
		if at < len(data) && n.Set.Has(data[at]) {
			out[at+1] = true
		}
	case pattern.Concat:
		out[at] = true
		for _, sub := range n.Sub {
			next := map[int]bool{}
			for e := range out {
				for x := range ends(sub, data, e) {
					next[x] = true
				}
			}
			out = next
		}
	case pattern.Alternate:
		for _, sub := range n.Sub {
			for e := range ends(sub, data, at) {
				out[e] = true
			}
		}
	case pattern.Repeat: // only ever of any byte
		top := len(data)
		if n.Max != pattern.Unbounded {
			top = min(top, at+n.Max)
		}
		for e := at + n.Min; e <= top; e++ {
			out[e] = true
		}
	default:
		panic(n.Op)
	}
	return out
}

// matches tells whether a pattern with an offset matches data.
func matches(p Pattern, o Offset, data []byte) bool {
	from, to := 0, len(data)
	switch o.Kind {
	case FromStart:
		from, to = int(o.N), int(o.N+o.MaxShift)
	case FromEnd:
		from = len(data) - int(o.N)
		to = from + int(o.MaxShift)
	}
	for at := max(from, 0); at <= min(to, len(data)); at++ {
		led := p.Lead == nil
		for i := 0; i < at && !led; i++ {
			led = ends(p.Lead, data, i)[at]
		}
		if !led || !p.Before.Before(data, at) {
			continue
		}
		for e := range ends(p.Node, data, at) {
			if p.After.After(data, e) {
				return true
			}
		}
	}
	return false
}

// bodies are bodies over a and b, with delimiters, that random data often
// matches. The last field is the modifiers of a subsignature.
var bodies = []string{
	"*:616262", "*:6162??6162", "*:616?6162", "*:?16261", "*:6162*6262", "*:6162{2}6262", "*:6162{0}6262", "*:6162{-2}6262", "*:6162{1-3}6262", "*:6162{3-}6262",
	"*:61[1-3]626261", "*:616262[1-3]61", "*:61[2]626261[0-2]62", "10:61[1-3]626261", "10,4:61[1-3]626261", "EOF-9,3:61[0-3]6262",
	"*:6161(61|62)61", "*:6161!(61|62)61", "*:6161(6162|6262)61", "*:6161!(6162|6262)61", "*:6161(61|6262)61", "*:6161(6?|2062)62", "*:6161(61(61|62)62|62)62",
	"*:(B)616262", "*:616262(B)", "*:(B)6162(B)", "*:(L)616262", "*:616262(L)", "*:(W)6162(W)", "*:6162!(B)", "*:6162!(L)", "*:6162!(W)", "*:!(W)6162", "*:6162(W)6162", "*:6162(B)61", "*:6162(L)61", "*:6162!(L)61", "*:6162!(W)61",
	"8:6162", "8,10:616262", "EOF-6:6162", "EOF-10,8:616262",
	"*:616262::i", "*:616262::f", "*:616262::if", "*:616262::w", "*:616262::wf", "*:616262::wa", "*:6162(62|61)::iwa", "*:6162{1-2}6162::w", "*:61[1-2]6262::i",
	"*:6162*6262*6161", "*:6162{1-2}6162{1-2}6262",
}

// ragged are bodies of which libclamav finds the begin alone at the very end of
// the data: it takes the least length of a marker for zero, and that of
// alternatives for the shortest, and looks no further when the data end. That is
// not done here.
func ragged(body string) bool {
	for _, s := range []string{"6162(", "6162!(", "6161(6"} {
		if strings.Contains(body, s) {
			return true
		}
	}
	return false
}

func randomData(r *rand.Rand, closed bool) []byte {
	b := []byte("\x00\x01\x00\x01\x00\x01\x00\x01")[:8]
	alphabet := "aaabbbabababab" + "AB" + " .<\"-\n_x"
	for range 5 + r.IntN(120) {
		switch r.IntN(40) {
		case 0:
			b = append(b, "\r\n"...)
		case 1:
			b = append(b, "a\x00b\x00b\x00a\x00b\x00"...)
		case 2:
			b = append(b, " abb "...)
		case 3:
			b = append(b, " a\x00b\x00b\x00. "...)
		default:
			b = append(b, alphabet[r.IntN(len(alphabet))])
		}
	}
	if closed {
		b = append(b, 0, 0, 0)
	}
	return b
}

// TestBodiesAreClamscans holds what bodies are lowered to against clamscan.
func TestBodiesAreClamscans(t *testing.T) {
	program := clamscan(t)
	dir := t.TempDir()
	var db strings.Builder
	for i, b := range bodies {
		fmt.Fprintf(&db, "B%d;Target:0;0;%s\n", i, b)
	}
	file := filepath.Join(dir, "x.ldb")
	if err := os.WriteFile(file, []byte(db.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	sigs, problems := Read(file, []byte(db.String()), Options{})
	if len(problems) != 0 || len(sigs.Logical) != len(bodies) {
		t.Fatalf("%d signatures of %d: %v", len(sigs.Logical), len(bodies), problems)
	}
	in := filepath.Join(dir, "in")
	if err := os.Mkdir(in, 0o700); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	var samples [][]byte
	for i := range 120 {
		samples = append(samples, randomData(r, i%2 == 0))
		if err := os.WriteFile(filepath.Join(in, fmt.Sprintf("s%04d", i)), samples[i], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, _ := exec.Command(program, "-d", file, "-z", "--disable-cache", "-r", in).CombinedOutput()
	said := string(out)
	hits, wrong := make([]int, len(bodies)), map[string]int{}
	for i, s := range samples {
		for j := range sigs.Logical {
			if i%2 != 0 && ragged(bodies[j]) {
				continue
			}
			sub := &sigs.Logical[j].Subsigs[0]
			got := false
			for _, v := range sub.Variants {
				got = got || matches(v, sub.Offset, s)
			}
			want := strings.Contains(said, fmt.Sprintf("s%04d: B%d.UNOFFICIAL FOUND", i, j))
			if want {
				hits[j]++
			}
			if got != want {
				if wrong[bodies[j]]++; wrong[bodies[j]] == 1 {
					t.Errorf("%s on %q: %v, want %v", bodies[j], s, got, want)
				}
			}
		}
	}
	for j, n := range hits {
		if n == 0 {
			t.Errorf("%s never matched: the data are no good", bodies[j])
		}
	}
}
