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

// clamscanScope leaves out what Candor does not do to a file: unpacking it and
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

// clamd is a running daemon.
type clamd struct {
	cmd    *exec.Cmd
	config string
	exited chan error
}

// startClamd starts a daemon of our own, on a socket in dir, with two scan
// threads, and waits until it answers.
func startClamd(ctx context.Context, database, dir string) (*clamd, error) {
	socket := filepath.Join(dir, "clamd.sock")
	config := filepath.Join(dir, "clamd.conf")
	lines := []string{
		"LocalSocket " + socket, "Foreground yes", "DatabaseDirectory " + database, "User root", "MaxThreads 2",
		"DisableCache yes", "SelfCheck 0", "ConcurrentDatabaseReload no",
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
	d := &clamd{cmd: cmd, config: config, exited: make(chan error, 1)}
	go func() { d.exited <- cmd.Wait() }()
	if err := d.ready(ctx, socket); err != nil {
		text, _ := os.ReadFile(log.Name())
		return nil, errors.Join(err, d.stop(), errors.New(tail(string(text), 2000)))
	}
	return d, nil
}

func (d *clamd) ready(ctx context.Context, socket string) error {
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
func (d *clamd) memory() int64 {
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

// stop ends the daemon and waits for it.
func (d *clamd) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-d.exited
	return nil
}
