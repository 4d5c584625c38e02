package intake

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/respond/notify"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// accepts is the address that takes reports.
const accepts = "abuse@provider.example"

// running is a desk that runs, as a program of its own, and its database.
type running struct {
	folder, mail string
	cmd          *exec.Cmd
	store        *store.Store
}

// startDesk fills a database with parties, each with a line and a site and each of
// whom may be written to, and starts the desk.
func startDesk(ctx context.Context, c Config, folder string, parties int) (_ *running, err error) {
	binary := c.Program
	if binary == "" {
		binary = filepath.Join(folder, "candor")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "candor/cmd/candor").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build: %w\n%s", err, out)
		}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &running{folder: folder, mail: free.Addr().String()}
	data := filepath.Join(folder, "data")
	text := fmt.Sprintf(`data: {dir: %q}
mail: {folder: %q, from: desk@provider.example}
provider: {name: Provider, mail: desk@provider.example}
intake:
  networks: [198.18.0.0/15]
  smtp: [{name: abuse, listen: %q, domain: desk.provider.example, accept: [%s]}]
`, data, d.drop(), d.mail, accepts)
	conf := filepath.Join(folder, "candor.yml")
	if err := errors.Join(free.Close(), os.MkdirAll(data, 0o700), os.WriteFile(conf, []byte(text), 0o600)); err != nil {
		return nil, err
	}
	url, err := c.Database(data)
	if err != nil {
		return nil, err
	}
	if d.store, err = store.Open(ctx, store.Options{URL: url, Log: slog.New(slog.DiscardHandler), Conceal: storetest.Conceal}); err != nil {
		return nil, err
	}
	if err := fill(ctx, d.store, parties); err != nil {
		return nil, errors.Join(err, d.store.Close())
	}
	d.cmd = exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--config", conf, "--database", url, "--cpuprofile", c.Profile)
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.ready(c); err != nil {
		return nil, errors.Join(err, d.store.Close())
	}
	return d, nil
}

func (d *running) drop() string { return filepath.Join(d.folder, "mail") }

// ready starts the program and waits until it takes mails.
func (d *running) ready(c Config) error {
	out, err := d.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := d.cmd.Start(); err != nil {
		return err
	}
	said := make(chan bool, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.Contains(lines.Text(), "takes reports by mail") {
				said <- true
			}
			if !strings.Contains(lines.Text(), "level=INFO") {
				fmt.Fprintln(c.Log, lines.Text())
			}
		}
		close(said)
	}()
	select {
	case ok := <-said:
		if ok {
			return nil
		}
	case <-time.After(time.Minute):
	}
	return errors.Join(errors.New("the desk takes no mails"), d.close())
}

// close ends the program.
func (d *running) close() error {
	err := d.cmd.Process.Signal(syscall.SIGTERM)
	return errors.Join(err, d.cmd.Wait(), d.store.Close())
}

func (d *running) cpu() time.Duration { return cpu(fmt.Sprint(d.cmd.Process.Pid)) }

// cpu is how much processor time a program has had; 0 if that cannot be told.
func cpu(process string) time.Duration {
	text, err := os.ReadFile(filepath.Join("/proc", process, "stat"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])) // from the state on: proc(5)
	if len(fields) < 13 {
		return 0
	}
	user, errUser := strconv.ParseInt(fields[11], 10, 64)
	system, errSystem := strconv.ParseInt(fields[12], 10, 64)
	if errUser != nil || errSystem != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond // of USER_HZ, 100 on Linux
}

// address is that of the n-th line.
func address(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{198, 18 + byte(n>>16), byte(n >> 8), byte(n)})
}

// fill makes parties that are there since an hour ago, and a policy that has them
// told.
func fill(ctx context.Context, s *store.Store, parties int) error {
	now := time.Now().UTC().Add(-time.Hour)
	for from := 0; from < parties; from += 500 {
		err := s.Tx(ctx, func(tx *store.Tx) error {
			for n := from; n < min(from+500, parties); n++ {
				p := candor.Party{ID: candor.NewID(now), Kind: candor.Customer, Name: fmt.Sprint("customer ", n), Language: "en", Created: now, Updated: now,
					Contacts: []candor.Contact{{Channel: candor.Mail, Address: owner(n)}}}
				line := candor.Asset{ID: candor.NewID(now), Kind: candor.Line, Owner: p.ID, Name: fmt.Sprint("line ", n), Created: now, Updated: now, Access: candor.Access{Addresses: []string{address(n).String()}}}
				site := candor.Asset{ID: candor.NewID(now), Kind: candor.Site, Owner: p.ID, Name: host(n), Hosts: []string{host(n)}, Created: now, Updated: now}
				if err := errors.Join(tx.AddParty(ctx, p), tx.AddAsset(ctx, line, time.Time{}), tx.AddAsset(ctx, site, time.Time{}), storetest.Agree(ctx, tx, p.ID, now, notify.Name)); err != nil {
					return err
				}
			}
			return tx.SetSetting(ctx, desk.PolicySetting, desk.Policy{Rules: []desk.PolicyRule{{Method: notify.Name}}}, now, "bench")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func owner(n int) string { return fmt.Sprintf("owner@c%d.example", n) }

func host(n int) string { return fmt.Sprintf("shop%d.example", n) }
