package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

// Cluster is a PostgreSQL server of the test's own: it listens on a socket in
// a temporary folder and nowhere else.
type Cluster struct {
	folder string
	server *exec.Cmd
	output bytes.Buffer
	ended  chan struct{}
	next   int
}

// StartCluster starts a server from Debian's package, with settings such as
// "shared_buffers=2GB". As root it runs as the user postgres, since the server
// refuses root.
func StartCluster(settings ...string) (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "candor-pg-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{folder: folder, ended: make(chan struct{})}
	attributes, err := c.owner()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	data := filepath.Join(folder, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", data, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--username", "postgres", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attributes, folder
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(folder))
	}
	args := []string{"-D", data, "-k", folder}
	for _, setting := range append([]string{"listen_addresses=", "max_connections=200", "shared_buffers=128MB"}, settings...) {
		args = append(args, "-c", setting)
	}
	c.server = exec.Command(filepath.Join(bin, "postgres"), args...)
	c.server.SysProcAttr, c.server.Dir = attributes, folder
	c.server.Stdout, c.server.Stderr = &c.output, &c.output
	if err := c.server.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	go func() {
		_ = c.server.Wait() // Stop tells why
		close(c.ended)
	}()
	return c, c.await()
}

// owner makes the folder that of the user who runs the server.
func (c *Cluster) owner() (*syscall.SysProcAttr, error) {
	// The server dies with the test, however that ends.
	attributes := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() != 0 {
		return attributes, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attributes, os.Chown(c.folder, int(uid), int(gid))
}

func (c *Cluster) await() error {
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-c.ended:
			return fmt.Errorf("postgres ended: %s", c.output.String())
		case <-ctx.Done():
			return errors.Join(err, c.Stop())
		}
	}
}

// Database makes an empty database, and gives its URL.
func (c *Cluster) Database() (string, error) {
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	c.next++
	name := fmt.Sprintf("candor%d", c.next)
	_, err = db.Exec("CREATE DATABASE " + name)
	return c.url(name), err
}

// Process is the identifier of the server's first process.
func (c *Cluster) Process() int { return c.server.Process.Pid }

func (c *Cluster) url(name string) string {
	return "postgres://postgres@/" + name + "?host=" + c.folder
}

// Stop ends the server and removes its folder.
func (c *Cluster) Stop() error {
	if c.server != nil && c.server.Process != nil {
		_ = c.server.Process.Signal(syscall.SIGQUIT) // at once: nothing is to be kept
		<-c.ended
	}
	return os.RemoveAll(c.folder)
}

// binaries is the folder of the latest version that is installed.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err == nil && len(found) == 0 {
		err = errors.New("PostgreSQL is not installed: apt-get install postgresql")
	}
	if err != nil {
		return "", err
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}
