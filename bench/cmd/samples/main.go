// Command samples reads public collections of reports in machine formats, and
// prints what of each was read, rejected, or needs a person. It fails if a sample
// that is valid was not accepted, or one that is not was.
//
//	go run ./bench/cmd/samples -folder /path
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"candor/bench/samples"
	"candor/internal/intake/format/readers"
)

func main() {
	folder := flag.String("folder", "", "that holds the repositories")
	reasons := flag.Bool("reasons", false, "print why samples were rejected")
	flag.Parse()
	if err := run(*folder, *reasons); err != nil {
		fmt.Fprintln(os.Stderr, "samples:", err)
		os.Exit(2)
	}
}

func run(folder string, reasons bool) error {
	if folder == "" {
		return errors.New("no folder is named: make intake-samples fetches the collections and names it")
	}
	counts, err := samples.Run(folder, samples.Sets(), readers.All(nil))
	if err != nil {
		return err
	}
	if err := samples.Write(os.Stdout, counts, reasons); err != nil {
		return err
	}
	for _, c := range counts {
		if len(c.Wrong) > 0 {
			return errors.New("some samples were read wrongly")
		}
	}
	return nil
}
