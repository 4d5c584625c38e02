package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"candor/bench/ruleset"
)

// clamscanScope leaves out what yara does not do to a file: unpacking it and
// taking documents apart. Normalising of HTML, scripts and text stays on, as
// signatures for it depend on it.
var clamscanScope = []string{
	"--disable-cache", "--scan-archive=no", "--scan-pdf=no", "--scan-ole2=no", "--scan-mail=no", "--scan-swf=no",
	"--scan-hwp3=no", "--scan-xmldocs=no", "--scan-onenote=no", "--scan-image=no", "--phishing-sigs=no", "--phishing-scan-urls=no",
	"--max-filesize=2000M", "--max-scansize=2000M",
}

// clamDatabase copies the set's files into a folder of their own.
func clamDatabase(s ruleset.Set, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range s.Files {
		data, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Clamd is a running daemon.
type Clamd struct {
	Socket string
	cmd    *exec.Cmd
	config string
	exited chan error
}

// StartClamd starts a daemon of our own with a set of signatures, on a socket
// in dir, with two scan threads, and waits until it answers. With a cache it
// does not look again at what was clean.
func StartClamd(ctx context.Context, s ruleset.Set, dir string, cache bool) (*Clamd, error) {
	database := filepath.Join(dir, "database")
	if err := clamDatabase(s, database); err != nil {
		return nil, err
	}
	disable := "yes"
	if cache {
		disable = "no"
	}
	socket := filepath.Join(dir, "clamd.sock")
	config := filepath.Join(dir, "clamd.conf")
	lines := []string{
		"LocalSocket " + socket, "Foreground yes", "DatabaseDirectory " + database, "User root", "MaxThreads 2",
		"DisableCache " + disable, "SelfCheck 0", "ConcurrentDatabaseReload no",
		"ScanArchive no", "ScanPDF no", "ScanOLE2 no", "ScanMail no", "ScanSWF no", "ScanHWP3 no", "ScanXMLDOCS no", "ScanOneNote no",
		"ScanImage no", "PhishingSignatures no", "PhishingScanURLs no",
		"MaxFileSize 2000M", "MaxScanSize 2000M", "StreamMaxLength 2000M",
	}
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "clamd.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, "clamd", "--config-file="+config)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d := &Clamd{Socket: socket, cmd: cmd, config: config, exited: make(chan error, 1)}
	go func() { d.exited <- cmd.Wait() }()
	if err := d.ready(ctx, socket); err != nil {
		text, _ := os.ReadFile(log.Name())
		return nil, errors.Join(err, d.Stop(), errors.New(tail(string(text), 2000)))
	}
	return d, nil
}

func (d *Clamd) ready(ctx context.Context, socket string) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if c, err := net.Dial("unix", socket); err == nil {
			return c.Close()
		}
		select {
		case err := <-d.exited:
			d.exited <- err
			return fmt.Errorf("clamd ended early: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("clamd does not answer: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// memory is the daemon's peak so far, bytes.
func (d *Clamd) memory() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kilobytes int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	return 0
}

// Look has the daemon look at a tree, as clamdscan asks for it.
func (d *Clamd) Look(ctx context.Context, tree string) (time.Duration, error) {
	f, err := measure(ctx, d.look(tree))
	return time.Duration(f.Seconds * float64(time.Second)), err
}

func (d *Clamd) look(tree string) command {
	return command{name: "clamdscan", args: []string{"-c", d.config, "--multiscan", "--fdpass", "-i", tree}, ok: []int{1}}
}

// Stop ends the daemon and waits for it.
func (d *Clamd) Stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-d.exited
	return nil
}
