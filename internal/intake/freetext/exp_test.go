package freetext

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	l := &Learner{Prior: string(prior), Pull: 3, Steps: 300}
	var names []string
	for _, f := range []string{"testdata/set/tune", "testdata/set/plain"} {
		c, n := expLoad(t, f)
		l.Add(c...)
		names = append(names, n...)
	}
	var out *os.File
	if o := os.Getenv("OUT"); o != "" {
		out, _ = os.Create(o)
		defer out.Close()
	}
	right := map[string][2]int{}
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
			set := strings.Split(names[i], "/")[2]
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
	full := l.fit(l.cases)
	for _, f := range strings.Fields(os.Getenv("EXP")) {
		if f == "1" {
			continue
		}
		r := &Learner{Prior: string(prior)}
		c, n := expLoad(t, f)
		r.Add(c...)
		k := 0
		bad := ""
		for i, c := range r.cases {
			o := c.judged(full)
			k += int(o.is)
			if o.is == 0 {
				bad += " " + strings.TrimPrefix(n[i], f)
			}
			if out != nil {
				b, _ := json.Marshal(map[string]any{"name": n[i], "style": c.style, "share": 1, "is": o.is, "none": o.none, "signs": o.signs, "real": f})
				fmt.Fprintf(out, "%s\n", b)
			}
		}
		fmt.Printf("EXP real %s %d/%d%s\n", f, k, len(r.cases), bad)
	}
}
