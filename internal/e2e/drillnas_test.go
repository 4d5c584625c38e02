package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/drill"
	"candor/internal/drill/lab"
)

// operatorsLab is what a file says of an access server in a lab of the tests, and
// of a line behind it.
const operatorsLab = `lab: true
nas: {server: "192.0.2.1:3799", name: bras-lab, address: 192.0.2.1, secret: lab, garden: [Filter-Id=garden], restore: [Filter-Id=open]}
lines: [{lab: true, address: 198.51.100.10, session: 0a1b2c, user: L-0}]
namespace: %s
device: eth0
portal: 192.0.2.80
outside: 192.0.2.9
lifeline: 192.0.2.112
`

// anOperatorsLab is a network with lines, and an access server to come.
func anOperatorsLab(t *testing.T) network {
	t.Helper()
	made, err := lab.New(t.Context(), 1)
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	t.Cleanup(func() {
		if err := made.Close(); err != nil {
			t.Error(err)
		}
	})
	return network{made, t}
}

// drilledThere runs a drill on the machine that stands at the desk's place of a
// lab.
func (n network) drilledThere(args ...string) (r drill.Report, status int, said string) {
	n.t.Helper()
	var out, errs bytes.Buffer
	file := n.write("lab.yml", fmt.Sprintf(operatorsLab, n.Name(lab.Subscribers)))
	c := exec.Command("ip", append([]string{"netns", "exec", n.Name(lab.Desk), binary, "drill", "--format", "json", "--nas", file}, args...)...)
	c.Env, c.Stdout, c.Stderr = environment(), &out, &errs
	_ = c.Run()
	if err := json.Unmarshal(out.Bytes(), &r); err != nil && c.ProcessState.ExitCode() < 2 {
		n.t.Fatalf("%v: %s%s", err, out.String(), errs.String())
	}
	return r, c.ProcessState.ExitCode(), errs.String()
}

// TestDrillNAS: a session of an access server that is not the drill's is isolated
// and freed, for one made-up subscriber after the other; an access server that only
// acknowledges is told of.
func TestDrillNAS(t *testing.T) {
	needNft(t)
	freeradius := need(t, "freeradius")
	n := anOperatorsLab(t)
	if err := n.ServeNAS(t.Context(), "lab", map[string]netip.Addr{"0a1b2c": lab.Subscriber(0)}); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	r, status, said := n.drilledThere("--rounds", "2", "--abuse", "syn-flood,scan", "--data", data)
	if judged(t, r, status); len(r.Rounds) != 2 || len(r.Faults) != len(drill.LabNAS.Faults()) || r.Method != drill.LabNAS {
		t.Fatalf("%+v\n%s", r, said)
	}
	if reports, _ := filepath.Glob(filepath.Join(data, "drills", "*-nas.jws")); len(reports) != 1 {
		t.Errorf("reports: %v", reports)
	}
	held, err := exec.Command("ip", "netns", "exec", n.Name(lab.Router), "nft", "list", "set", "inet", "nas", "held").CombinedOutput()
	if err != nil || strings.Contains(string(held), lab.Subscriber(0).String()) {
		t.Errorf("the session is not free: %v, %s", err, held)
	}

	other := anOperatorsLab(t)
	log := other.runs(lab.Router, freeradius, "-f", "-X", "-d", filepath.Dir(other.write("radiusd.conf", fmt.Sprintf(accessServer, other.Dir))), "-D", "/usr/share/freeradius")
	eventually(t, "FreeRADIUS is there", time.Minute, func() bool { return strings.Contains(log.text(), "Ready to process requests") })
	r, status, said = other.drilledThere("--rounds", "1", "--abuse", "syn-flood", "--faults", "none", "--patience", "5s")
	missed := strings.Join(r.Missed, "\n")
	if status != 1 || !strings.Contains(missed, "0 of 1 lines isolated") || !strings.Contains(missed, "can still be reached") {
		t.Errorf("exit status %d: %s\n%s", status, missed, said)
	}
	if !strings.Contains(log.text(), "Sent CoA-ACK") || !strings.Contains(said, "only the file says") {
		t.Errorf("FreeRADIUS was not asked, or it is not told that nobody looked: %s", said)
	}
}

// TestDrillNASReal: nothing is done where an address is a subscriber's, or where
// that cannot be looked at.
func TestDrillNASReal(t *testing.T) {
	needNft(t)
	n := anOperatorsLab(t)
	data := filepath.Join(t.TempDir(), "data")
	fill := &edge{data: data, line: map[candor.ID]netip.Addr{}}
	fill.fill(t, 1, lab.Subscriber(0), lab.Subscriber(1))
	refused := func(why string, args ...string) {
		t.Helper()
		if _, status, said := n.drilledThere(args...); status != 2 || !strings.Contains(said, why) || strings.Contains(said, "make a network") {
			t.Errorf("exit status %d: %s", status, said)
		}
	}
	refused("198.51.100.10 is a subscriber’s", "--data", data)
	conf := filepath.Join(t.TempDir(), "candor.yml")
	for why, text := range map[string]string{
		"the desk isolates subscribers at this access server (bras)": "isolation: {lines: /lines.csv, points: [{name: bras, kind: radius, server: \"192.0.2.1:3799\", secret: x, levels: [{level: disconnect, attributes: [Disconnect]}]}]}",
		"the desk hears this access server’s accounting (bras)":      "leases: {sources: [{name: bras, kind: radius, listen: \"127.0.0.1:1813\", keys: [user], clients: [{network: 192.0.2.1, secret: x}]}]}",
	} {
		if err := os.WriteFile(conf, []byte("data: {dir: "+t.TempDir()+"}\n"+text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(why, "--config", conf)
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "candor.db"), []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("look whether the lab is really one", "--data", broken)
}
