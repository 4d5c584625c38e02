package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/scan"
)

// definitionFlags are the options that say which definitions are used.
type definitionFlags struct {
	paths     []string
	externals []string
	cacheDir  string
	noCache   bool
	verbose   bool
}

func (f *definitionFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVarP(&f.paths, "definitions", "d", nil, "definitions `DIR|FILE`; may be repeated (default: the starter set in the program)")
	c.Flags().StringArrayVarP(&f.externals, "external", "e", nil, "give an external variable its value, as `NAME=VALUE`; may be repeated")
	c.Flags().StringVar(&f.cacheDir, "cache", "", "keep compiled definitions in `DIR` (default: the user's cache directory)")
	c.Flags().BoolVar(&f.noCache, "no-cache", false, "compile definitions anew and do not keep them")
	c.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "name every definition that cannot be used")
}

// read reads the definitions that were asked for.
func (f *definitionFlags) read() (*scan.Definitions, error) {
	if len(f.paths) == 0 {
		return &scan.Definitions{Sources: starterSources()}, nil
	}
	return scan.ReadDefinitions(f.paths...)
}

// compile compiles definitions. What cannot be used is told on stderr.
func (f *definitionFlags) compile(p *program, d *scan.Definitions, externals map[string]any) (*scan.Compiled, error) {
	c := f.cache().Compile(d, externals)
	f.tell(p, c)
	if c.Report.Rules == 0 {
		return nil, candor.WithHint(fmt.Errorf("none of the definitions can be used, so nothing was scanned: %w", candor.ErrInvalid),
			"Run \"candor definitions lint\" with the same --definitions for the reasons.")
	}
	return c, nil
}

func (f *definitionFlags) cache() scan.Cache {
	if f.noCache {
		return scan.Cache{}
	}
	dir := f.cacheDir
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil { // neither XDG_CACHE_HOME nor HOME: nowhere to keep anything
			return scan.Cache{}
		}
		dir = filepath.Join(base, "candor")
	}
	return scan.Cache{Dir: dir, Program: programIdentity()}
}

// problemsShown is how many unusable definitions are named unless all are
// asked for.
const problemsShown = 20

func (f *definitionFlags) tell(p *program, c *scan.Compiled) {
	for i, problem := range c.Report.Problems {
		if i == problemsShown && !f.verbose {
			fmt.Fprintf(p.err, "… and %d more: \"candor definitions lint\" lists them\n", len(c.Report.Problems)-i)
			break
		}
		fmt.Fprintln(p.err, problem.Error())
	}
	if c.Warn != nil && (f.verbose || f.cacheDir != "") {
		fmt.Fprintf(p.err, "candor: %v; the next start compiles them again\n", c.Warn)
	}
}

// variables gives the external variables: the built-in ones, and those given,
// whose names are in fixed.
func (f *definitionFlags) variables() (values map[string]any, fixed map[string]bool, err error) {
	values, fixed = scan.BuiltinExternals(), make(map[string]bool)
	given := make(map[string]any)
	for _, arg := range f.externals {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, nil, candor.WithHint(fmt.Errorf("external %q: %w", arg, candor.ErrInvalid),
				"Write it as NAME=VALUE, such as --external extension=.php.")
		}
		given[name], fixed[name] = externalValue(value), true
	}
	maps.Copy(values, given)
	return values, fixed, nil
}

// externalValue reads a value as yara's -d does: true and false are booleans,
// digits an integer, digits around a point a float, anything else a string.
func externalValue(s string) any {
	switch s {
	case "true":
		return true
	case "false":
		return false
	}
	if strings.Trim(s, "0123456789.-") != "" {
		return s
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if x, err := strconv.ParseFloat(s, 64); err == nil {
		return x
	}
	return s
}

// parseSize reads a number of bytes: 500, 64k, 10M, 2G, in powers of 1024 as
// clamscan and yara count them.
func parseSize(s string) (int64, error) {
	digits, shift := s, 0
	if n := len(s); n > 0 {
		if i := strings.IndexByte("kmgt", s[n-1]|0x20); i >= 0 {
			digits, shift = s[:n-1], 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > int64(1)<<(62-shift) {
		return 0, candor.WithHint(fmt.Errorf("size %q: %w", s, candor.ErrInvalid), "Write sizes as 500000, 64k, 10M or 2G.")
	}
	return n << shift, nil
}
