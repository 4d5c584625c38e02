// Command freetext reads labelled reports and prints how many were read exactly
// right; with -learn it first learns from them.
//
//	go run ./bench/cmd/freetext internal/intake/freetext/testdata/set/held
//	go run ./bench/cmd/freetext -learn internal/intake/freetext/testdata/set/tune
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	bench "candor/bench/freetext"
	"candor/internal/intake/freetext"
)

func main() {
	learn := flag.Bool("learn", false, "learn, write the weights and stop")
	cross := flag.Bool("cross", false, "judge each style by what the others teach")
	into := flag.String("into", "internal/intake/freetext", "the folder into which weights.tsv and trees.tsv are written")
	explain := flag.Bool("explain", false, "tell of each that was read wrongly")
	flag.Parse()
	if err := run(flag.Args(), *learn, *cross, *into, *explain); err != nil {
		fmt.Fprintln(os.Stderr, "freetext:", err)
		os.Exit(2)
	}
}

func run(folders []string, learn, cross bool, into string, explain bool) error {
	if len(folders) == 0 {
		return fmt.Errorf("name folders of labelled reports")
	}
	var all []bench.Case
	for _, f := range folders {
		cases, err := bench.Load(f)
		if err != nil {
			return err
		}
		all = append(all, cases...)
	}
	if learn {
		l := bench.Learner()
		for _, c := range all {
			l.Add(c.Labelled)
		}
		list, trees, exact := l.Weights()
		fmt.Printf("%d reports; %.1f %% are read exactly right by what other styles teach\n", len(all), 100*exact)
		if err := os.WriteFile(filepath.Join(into, "trees.tsv"), []byte(trees), 0o644); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(into, "weights.tsv"), []byte(list), 0o644)
	}
	var out io.Writer
	if explain {
		out = os.Stdout
	}
	if cross {
		bench.Cross(all, 10, out).Print(os.Stdout)
		return nil
	}
	bench.Judge(freetext.New(), all, out).Print(os.Stdout)
	return nil
}
