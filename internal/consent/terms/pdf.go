package terms

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"candor"
)

// Press makes PDF of pages with an installed Chromium, since Arabic and
// Chinese need a layout engine and its fonts. It is safe for concurrent use;
// each page is printed by a browser of its own.
//
// The browser gets a page without scripts and without anything from elsewhere,
// a folder that is thrown away, no network and a bounded time.
type Press struct {
	Browser string        // path of the program; empty looks for it
	Within  time.Duration // zero is a minute
}

const (
	mostPDF  = 64 << 20
	patience = time.Minute
)

// Browsers are the names under which a Chromium is looked for.
func Browsers() []string {
	return []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"}
}

// find gives the path of the browser. It fails with candor.ErrUnavailable.
func (p Press) find() (string, error) {
	wanted := Browsers()
	if p.Browser != "" {
		wanted = []string{p.Browser}
	}
	for _, name := range wanted {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", candor.WithHint(fmt.Errorf("no browser to print with (looked for %s): %w", strings.Join(wanted, ", "), candor.ErrUnavailable),
		"Install Chromium (on Debian: apt-get install chromium fonts-noto-core fonts-noto-cjk), or take --format html and print it.")
}

// PDF prints what write writes, a whole page, on A4 sheets.
func (p Press) PDF(ctx context.Context, w io.Writer, write func(io.Writer) error) error {
	browser, err := p.find()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "candor-terms-")
	if err != nil {
		return fmt.Errorf("print terms: %w", err)
	}
	defer os.RemoveAll(folder)
	page, err := os.OpenFile(filepath.Join(folder, "page.html"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("print terms: %w", err)
	}
	if err := errors.Join(write(page), page.Close()); err != nil {
		return fmt.Errorf("print terms: %w", err)
	}
	if err := p.print(ctx, browser, folder); err != nil {
		return err
	}
	return deliver(w, filepath.Join(folder, "page.pdf"))
}

// print runs the browser. All of its processes end with it.
func (p Press) print(ctx context.Context, browser, folder string) error {
	within := p.Within
	if within == 0 {
		within = patience
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	arguments := []string{"--headless", "--disable-gpu", "--disable-extensions", "--disable-sync", "--disable-background-networking", "--disable-component-update",
		"--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check", "--no-pdf-header-footer",
		"--proxy-server=127.0.0.1:9", "--host-resolver-rules=MAP * ~NOTFOUND", // nothing leads out
		"--user-data-dir=" + filepath.Join(folder, "profile"), "--print-to-pdf=" + filepath.Join(folder, "page.pdf")}
	if os.Geteuid() == 0 {
		arguments = append(arguments, "--no-sandbox") // its sandbox refuses to run as root
	}
	c := exec.CommandContext(ctx, browser, append(arguments, "file://"+filepath.Join(folder, "page.html"))...)
	c.Dir = folder
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "TMPDIR=" + folder, "LANG=C.UTF-8"}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 5 * time.Second
	said := &tail{}
	c.Stdout, c.Stderr = said, said
	err := c.Run()
	_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // what it left behind; there may be nothing
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return candor.WithHint(fmt.Errorf("print terms with %s: %w: %s", browser, err, excerpt(said.String())), "Try the browser by hand, or take --format html and print it.")
	}
	return nil
}

// deliver copies a PDF, and refuses what is none.
func deliver(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return candor.WithHint(fmt.Errorf("the browser wrote no PDF: %w", err), "Try the browser by hand, or take --format html and print it.")
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostPDF+1))
	if err != nil {
		return fmt.Errorf("print terms: %w", err)
	}
	if len(data) > mostPDF || !strings.HasPrefix(string(data[:min(len(data), 5)]), "%PDF-") {
		return fmt.Errorf("the browser wrote no PDF of at most %d MiB: %w", mostPDF>>20, candor.ErrInvalid)
	}
	_, err = w.Write(data)
	return err
}

// tail keeps the end of what a program says.
type tail struct{ data []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	if over := len(t.data) - 4096; over > 0 {
		t.data = t.data[over:]
	}
	return len(p), nil
}

// String gives the last line.
func (t *tail) String() string {
	said := strings.TrimSpace(string(t.data))
	return said[strings.LastIndexByte(said, '\n')+1:]
}
