package peers

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"candor/bench/ruleset"
)

//go:embed yarax.js
var yaraxScript []byte

// yaraxPackage is the npm package that carries YARA-X as a Node module.
const yaraxPackage = "@litko/yara-x-linux-x64-gnu@0.7.2"

// yarax runs YARA-X through Node. It has no command of its own in Debian.
type yarax struct {
	script, module, dir string
}

// newYARAX installs YARA-X below dir.
func newYARAX(ctx context.Context, dir string) (*yarax, error) {
	if _, err := measure(ctx, command{name: "npm", args: []string{"install", "--silent", "--prefix", dir, yaraxPackage}}); err != nil {
		return nil, err
	}
	y := &yarax{
		script: filepath.Join(dir, "yarax.js"),
		module: filepath.Join(dir, "node_modules", "@litko", "yara-x-linux-x64-gnu"),
		dir:    dir,
	}
	return y, os.WriteFile(y.script, yaraxScript, 0o644)
}

// scan scans the files in list with s, n times. The seconds are those of the
// scan alone, as the script counts them.
func (y *yarax) scan(ctx context.Context, n int, s ruleset.Set, list string) (runs, error) {
	type file struct {
		Path      string `json:"path"`
		Namespace string `json:"namespace"`
	}
	config := struct {
		Files     []file   `json:"files"`
		Externals []string `json:"externals"`
		List      string   `json:"list"`
	}{Externals: s.Externals, List: list}
	for _, f := range s.Files {
		config.Files = append(config.Files, file{f, s.Namespace(f)})
	}
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(y.dir, "config.json")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return nil, err
	}
	var out runs
	for range n {
		f, err := measure(ctx, command{name: "node", args: []string{y.script, y.module, path}})
		if err != nil {
			return nil, err
		}
		var said struct{ Seconds float64 }
		if err := json.Unmarshal(f.Output, &said); err != nil {
			return nil, fmt.Errorf("YARA-X: %w", err)
		}
		out = append(out, Figure{Seconds: said.Seconds, Memory: f.Memory})
	}
	return out, nil
}
