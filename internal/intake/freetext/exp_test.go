package freetext

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"candor/internal/intake"
	"candor/internal/intake/message"
)

func expLoad(t *testing.T, folder string) (all []Labelled, names []string) {
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".eml" {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		m, err := message.Read(f, message.DefaultLimits())
		if err != nil {
			return err
		}
		text, err := os.ReadFile(strings.TrimSuffix(path, ".eml") + ".json")
		if err != nil {
			return err
		}
		var l struct {
			About []intake.Resource `json:"about"`
		}
		if err := json.Unmarshal(text, &l); err != nil {
			return err
		}
		for i, a := range l.About {
			if a.Kind == intake.Address && strings.Contains(a.Value, "/") {
				l.About[i].Kind = intake.Network
			}
		}
		c := Labelled{Message: m, About: l.About, Style: filepath.Base(filepath.Dir(path)), Share: 1}
		if filepath.Base(filepath.Dir(filepath.Dir(path))) != "plain" {
			c.Share = 0.5
		}
		all, names = append(all, c), append(names, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, names
}

func TestExp(t *testing.T) {
	if os.Getenv("EXP") == "" {
		t.Skip()
	}
	prior, err := os.ReadFile("../../../bench/freetext/prior.tsv")
	if err != nil {
		t.Fatal(err)
	}
	forget, _ := strconv.ParseFloat(os.Getenv("FORGET"), 64)
	l := &Learner{Prior: string(prior), Pull: 3, Steps: 300, Readings: 2, Forget: forget}
	var names []string
	for _, f := range []string{"testdata/set/tune", "testdata/set/plain"} {
		c, n := expLoad(t, f)
		l.Add(c...)
		for _, x := range n {
			names = append(names, x)
			for k := 0; k < 2; k++ {
				names = append(names, x)
			}
		}
	}
	var out *os.File
	if o := os.Getenv("OUT"); o != "" {
		out, _ = os.Create(o)
		defer out.Close()
	}
	right := map[string][2]int{}
	var outs []outcome
	for _, f := range folds(l.cases, 10) {
		var others []learned
		for _, c := range l.cases {
			if !f[c.style] {
				others = append(others, c)
			}
		}
		w := l.fit(others)
		for i, c := range l.cases {
			if !f[c.style] {
				continue
			}
			o := c.judged(w)
			outs = append(outs, o)
			if os.Getenv("NOAGAIN") != "" && c.part < 1 {
				outs = outs[:len(outs)-1]
			}
			set := strings.Split(names[i], "/")[2]
			if c.part < 1 {
				set += "-again"
			}
			r := right[set]
			r[0]++
			r[1] += int(o.is)
			right[set] = r
			if out != nil {
				b, _ := json.Marshal(map[string]any{"name": names[i], "style": c.style, "share": c.share, "is": o.is, "none": o.none, "signs": o.signs})
				fmt.Fprintf(out, "%s\n", b)
			}
		}
	}
	for s, r := range right {
		fmt.Printf("EXP cv %s %d/%d %.1f\n", s, r[1], r[0], 100*float64(r[1])/float64(r[0]))
	}
	curve := func(name string, s []float64, is []float64) {
		order := make([]int, len(s))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(s[b], s[a]) })
		loss := 0.0
		for i := range s {
			p := min(max(s[i], 0.005), 0.995)
			loss -= is[i]*math.Log(p) + (1-is[i])*math.Log(1-p)
		}
		fmt.Printf("EXP sure %s n=%d loss %.3f", name, len(s), loss/float64(len(s)))
		wrong, share := 0, map[int]int{}
		for k, i := range order {
			if is[i] == 0 {
				wrong++
			}
			share[wrong] = k + 1
		}
		for w := 0; w < 12; w++ {
			if share[w] > 0 {
				fmt.Printf(" %d:%d(%.2f)", w, share[w], s[order[share[w]-1]])
			}
		}
		fmt.Println()
	}
	{
		var s, is []float64
		for _, f := range foldsOf(outs, 10) {
			w := l.sure(slices.DeleteFunc(slices.Clone(outs), func(o outcome) bool { return f[o.style] }))
			for _, o := range outs {
				if f[o.style] && !o.none {
					sum := 0.0
					for n, x := range o.signs {
						sum += w["sure:"+n] * x
					}
					s, is = append(s, 1/(1+math.Exp(-sum))), append(is, o.is)
				}
			}
		}
		curve("cv", s, is)
	}
	all := l.sure(outs)
	full := l.fit(l.cases)
	var rs, ris, ras, rais []float64
	defer func() { curve("real", rs, ris); curve("real again", ras, rais) }()
	for _, f := range strings.Fields(os.Getenv("EXP")) {
		if f == "1" {
			continue
		}
		r := &Learner{Prior: string(prior), Readings: 2, Forget: 0.3}
		c, m := expLoad(t, f)
		var n []string
		for _, x := range m {
			n = append(n, x)
			for range 2 {
				n = append(n, x)
			}
		}
		r.Add(c...)
		k, ka := 0, 0
		bad := ""
		for i, c := range r.cases {
			o := c.judged(full)
			if c.part < 1 {
				ka += int(o.is)
				if !o.none {
					sum := 0.0
					for n, x := range o.signs {
						sum += all["sure:"+n] * x
					}
					ras, rais = append(ras, 1/(1+math.Exp(-sum))), append(rais, o.is)
				}
				continue
			}
			k += int(o.is)
			if !o.none {
				sum := 0.0
				for n, x := range o.signs {
					sum += all["sure:"+n] * x
				}
				rs, ris = append(rs, 1/(1+math.Exp(-sum))), append(ris, o.is)
			}
			if o.is == 0 {
				bad += " " + strings.TrimPrefix(n[i], f)
			}
			if out != nil {
				b, _ := json.Marshal(map[string]any{"name": n[i], "style": c.style, "share": 1, "is": o.is, "none": o.none, "signs": o.signs, "real": f})
				fmt.Fprintf(out, "%s\n", b)
			}
		}
		fmt.Printf("EXP real %s %d/%d again %d%s\n", f, k, len(r.cases)/(1+2), ka/2, bad)
	}
}
