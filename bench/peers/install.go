package peers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// tools are the programs that the benchmark runs, and the Debian packages
// that have them.
var tools = []struct{ program, pkg string }{
	{"yara", "yara"}, {"clamscan", "clamav"}, {"clamd", "clamav-daemon"}, {"clamdscan", "clamdscan"}, {"node", "nodejs"}, {"npm", "npm"},
}

// Install puts the missing peers onto the machine when run as root, and
// otherwise says which are missing.
func Install(ctx context.Context) error {
	var missing []string
	for _, t := range tools {
		if _, err := exec.LookPath(t.program); err != nil {
			missing = append(missing, t.pkg)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("%s missing; install with: apt-get install %s", strings.Join(missing, ", "), strings.Join(missing, " "))
	}
	env := []string{"DEBIAN_FRONTEND=noninteractive"}
	_, update := measure(ctx, command{name: "apt-get", args: []string{"-q", "update"}, env: env})
	args := append([]string{"-q", "-y", "--no-install-recommends", "install"}, missing...)
	_, install := measure(ctx, command{name: "apt-get", args: args, env: env})
	if install != nil {
		return errors.Join(update, install)
	}
	return nil
}
