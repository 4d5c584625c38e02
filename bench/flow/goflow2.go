package flow

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// goflow2 is netsampler's collector. It writes records as protobuf, to nowhere.
type goflow2 struct{ watched }

func (g *goflow2) name() string { return "goflow2" }

// goflow2Version is the one that is measured.
const goflow2Version = "v2.2.6"

// program gives the path of goflow2, built if it is not there.
func program(ctx context.Context) (string, error) {
	if path, err := exec.LookPath("goflow2"); err == nil {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "candor-bench", "bin")
	path := filepath.Join(dir, "goflow2")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	cmd := exec.CommandContext(ctx, "go", "install", "github.com/netsampler/goflow2/v2/cmd/goflow2@"+goflow2Version)
	cmd.Env, cmd.Dir = append(os.Environ(), "GOBIN="+dir), os.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go install: %w: %s", err, out)
	}
	return path, nil
}

func (g *goflow2) start(ctx context.Context, address string) error {
	path, err := program(ctx)
	if err != nil {
		return err
	}
	if g.metrics, err = free(); err != nil {
		return err
	}
	g.counts = func(name string) bool {
		return strings.HasPrefix(name, "goflow2_flow_process_nf_flowset_records_") && strings.Contains(name, `type="DataFlowSet"`)
	}
	return g.run(exec.CommandContext(ctx, path, "-listen", "netflow://"+address, "-format", "bin", "-transport", "file", "-transport.file", os.DevNull, "-addr", g.metrics, "-loglevel", "error"), address)
}
