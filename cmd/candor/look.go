package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/output"
	"candor/internal/scan/unpack"
)

// lookFlags are the options that say what of files is looked at, by which
// definitions, and how it is told.
type lookFlags struct {
	definitions  definitionFlags
	format       string
	exclude      []string
	maxSize      string
	threads      int
	printStrings bool
	strict       bool
	depth        int
	maxInside    string
	passwords    []string
}

func (f *lookFlags) add(c *cobra.Command) {
	f.definitions.add(c)
	c.Flags().StringVarP(&f.format, "format", "f", "text", "write `FORMAT`: "+output.Formats)
	c.Flags().StringArrayVar(&f.exclude, "exclude", nil, "pass over what matches `GLOB`: a name, or a path if it has a slash (** for any directories); may be repeated")
	c.Flags().StringVar(&f.maxSize, "max-size", "0", "pass over files of more than `BYTES` (64k, 10M, 2G); 0 for no limit")
	c.Flags().IntVarP(&f.threads, "threads", "p", 0, "scan `N` files at a time; 0 for one a processor")
	c.Flags().BoolVarP(&f.printStrings, "print-strings", "s", false, "show the strings that were seen, with their offsets")
	c.Flags().IntVar(&f.depth, "depth", 16, "look into archives, mail, documents and encoded text, to a depth of `N`; 0 looks at files as a whole")
	c.Flags().StringVar(&f.maxInside, "max-inside", "400M", "look at no more than `BYTES` of what lies inside of one file")
	c.Flags().StringArrayVar(&f.passwords, "password", nil, "try `WORD` on what is encrypted; may be repeated")
	c.Flags().BoolVar(&f.strict, "fail-on-problems", false, "do not scan if any definition cannot be used")
}

func (f *lookFlags) writer(p *program) (output.Writer, error) {
	return output.New(f.format, output.Options{Out: p.out, Log: p.err, Strings: f.printStrings, Version: programVersion()})
}

// options gives how files are looked at, but for the definitions; externals are
// what those are compiled with.
func (f *lookFlags) options() (o scan.Options, externals map[string]any, err error) {
	o = scan.Options{Threads: f.threads, Clock: time.Now, Progress: new(scan.Progress)}
	if o.Exclude, err = scan.ParseExclude(f.exclude); err != nil {
		return o, nil, err
	}
	if o.MaxSize, err = parseSize(f.maxSize); err != nil {
		return o, nil, err
	}
	if o.Inside, err = f.inside(); err != nil {
		return o, nil, err
	}
	externals, o.Fixed, err = f.definitions.variables()
	return o, externals, err
}

// inside says how far what lies inside of files is looked at.
func (f *lookFlags) inside() (*unpack.Options, error) {
	most, err := parseSize(f.maxInside)
	if err != nil || f.depth <= 0 {
		return nil, err
	}
	return &unpack.Options{Limits: unpack.Limits{Depth: f.depth, Bytes: most}, Passwords: f.passwords, Now: time.Now}, nil
}

// compile reads and compiles the definitions.
func (f *lookFlags) compile(p *program, externals map[string]any) (*scan.Compiled, error) {
	d, err := f.definitions.read()
	if err != nil {
		return nil, err
	}
	compiled, err := f.definitions.compile(p, d, externals)
	if err != nil {
		return nil, err
	}
	if n := len(compiled.Report.Problems); n > 0 && f.strict {
		return nil, candor.WithHint(fmt.Errorf("%d definitions cannot be used, so nothing was scanned", n), "Mend or remove them, or leave out --fail-on-problems.")
	}
	return compiled, nil
}

// matchers makes matchers with the definitions.
func (f *lookFlags) matchers(p *program, compiled *scan.Compiled) func() scan.Matcher {
	log := &consoleLog{to: p.err}
	return func() scan.Matcher {
		return compiled.Rules.NewScanner(engine.ScanOptions{Strings: f.printStrings, Log: log.line})
	}
}
