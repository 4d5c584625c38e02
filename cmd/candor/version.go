package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(p.out, "candor %s %s %s/%s\n", programVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// programVersion is the version that was linked in, or what the Go toolchain
// knows of the build.
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return "0.0.0-" + s.Value[:12]
			}
		}
	}
	return "0.0.0-devel"
}

// programIdentity tells one build of this program from another, for a cache
// that must not outlive the code that filled it.
func programIdentity() string {
	id := programVersion() + " " + runtime.Version() + " " + runtime.GOARCH
	path, err := os.Executable()
	if err != nil {
		return id
	}
	if info, err := os.Stat(path); err == nil {
		id = fmt.Sprintf("%s %d %d", id, info.Size(), info.ModTime().UnixNano())
	}
	return id
}
