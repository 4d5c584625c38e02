// temporary
package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"candor/engine"
)

func main() {
	var srcs []engine.Source
	for _, d := range strings.Split(os.Args[1], ",") {
		filepath.WalkDir(d, func(p string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() {
				x := filepath.Ext(p)
				if strings.Contains(p, "whitelist") {
					return nil
				}
				switch x {
				case ".yar", ".yara", ".ndb", ".hdb", ".ldb":
					b, _ := os.ReadFile(p)
					srcs = append(srcs, engine.Source{Name: p, Namespace: p, Data: b})
				}
			}
			return nil
		})
	}
	if os.Getenv("CPUC") != "" {
		f, _ := os.Create(os.Getenv("CPUC"))
		pprof.StartCPUProfile(f)
	}
	t := time.Now()
	rules, rep := engine.Compile(srcs, engine.Options{Externals: map[string]any{"filename": "", "filepath": "", "extension": "", "filetype": "", "owner": ""},
		Include: func(from, path string) (string, []byte, error) {
			n := filepath.Join(filepath.Dir(from), path)
			b, err := os.ReadFile(n)
			return n, b, err
		}})
	fmt.Println("compile", time.Since(t), "rules", rep.Rules, "problems", len(rep.Problems))
	pprof.StopCPUProfile()
	reasons := map[string]int{}
	for i, p := range rep.Problems {
		reasons[p.Reason]++
		if i < 10 {
			fmt.Println(p.Error())
		}
	}
	t = time.Now()
	b, _ := rules.AppendBinary(nil)
	fmt.Println("encode", time.Since(t), len(b))
	rules, srcs = nil, nil
	t = time.Now()
	rules, err := engine.Load(b)
	fmt.Println("load", time.Since(t), err)
	runtime.GC()
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	fmt.Println("heap MB", ms.HeapAlloc>>20)
	engine.DumpStats(rules)
	if os.Getenv("WEAK") != "" {
		engine.DumpWeak(rules, 0, 0)
	}
	if len(os.Args) < 3 {
		return
	}
	var files []string
	for _, d := range os.Args[2:] {
		filepath.WalkDir(d, func(p string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() {
				files = append(files, p)
			}
			return nil
		})
	}
	sc := rules.NewScanner(engine.ScanOptions{})
	if os.Getenv("REP") != "" {
		var bufs [][]byte
		n := 0
		for _, f := range files {
			b, _ := os.ReadFile(f)
			bufs = append(bufs, b)
			n += len(b)
		}
		best := time.Hour
		if os.Getenv("CPU") != "" {
			f, _ := os.Create(os.Getenv("CPU"))
			pprof.StartCPUProfile(f)
		}
		for i := 0; i < 12; i++ {
			t := time.Now()
			for _, b := range bufs {
				sc.Scan(b, engine.File{})
			}
			best = min(best, time.Since(t))
		}
		pprof.StopCPUProfile()
		fmt.Printf("REP best %.0f MB/s\n", float64(n)/1e6/best.Seconds())
		return
	}
	var bytesN int64
	var scan time.Duration
	if os.Getenv("CPU") != "" {
		f, _ := os.Create(os.Getenv("CPU"))
		pprof.StartCPUProfile(f)
	}
	found := 0
	var out *os.File
	if o := os.Getenv("OUT"); o != "" {
		out, _ = os.Create(o)
	}
	all := time.Now()
	var buf bytes.Buffer
	for _, f := range files {
		fh, err := os.Open(f)
		if err != nil {
			continue
		}
		buf.Reset()
		buf.ReadFrom(fh)
		fh.Close()
		b := buf.Bytes()
		t := time.Now()
		ms, _ := sc.Scan(b, engine.File{Externals: map[string]any{"filename": filepath.Base(f), "filepath": filepath.Dir(f), "extension": filepath.Ext(f)}})
		scan += time.Since(t)
		bytesN += int64(len(b))
		found += len(ms)
		if out != nil {
			for _, m := range ms {
				fmt.Fprintln(out, m.Rule.Name, f)
			}
		}
	}
	pprof.StopCPUProfile()
	fmt.Printf("files %d MB %d found %d scan %.0f MB/s (%.1f us/file) all %.0f MB/s\n", len(files), bytesN>>20, found, float64(bytesN)/1e6/scan.Seconds(), scan.Seconds()*1e6/float64(len(files)), float64(bytesN)/1e6/time.Since(all).Seconds())
	engine.ScanStats(sc)
}
