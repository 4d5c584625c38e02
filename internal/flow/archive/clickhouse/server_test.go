package clickhouse

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// server is a ClickHouse of the test's own.
type server struct {
	dir  string
	port int
	cmd  *exec.Cmd
}

const settings = `<yandex>
<logger><level>warning</level><log>%[1]s/log</log><errorlog>%[1]s/errors</errorlog></logger>
<tcp_port>%[2]d</tcp_port><listen_host>127.0.0.1</listen_host>
<path>%[1]s/data/</path><tmp_path>%[1]s/tmp/</tmp_path><users_config>%[1]s/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database><mark_cache_size>67108864</mark_cache_size>
</yandex>`

const users = `<yandex><profiles><default/></profiles><quotas><default/></quotas>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>`

// start starts a server, and ends it with the test.
func start(t *testing.T) *server {
	t.Helper()
	if _, err := exec.LookPath("clickhouse-server"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("clickhouse-server is not installed")
		}
		t.Skip("clickhouse-server is not installed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{dir: t.TempDir(), port: l.Addr().(*net.TCPAddr).Port}
	l.Close()
	for name, text := range map[string]string{"config.xml": fmt.Sprintf(settings, s.dir, s.port), "users.xml": users} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.run(t)
	t.Cleanup(func() { s.kill(t) })
	return s
}

// run starts the server, and waits until it answers.
func (s *server) run(t *testing.T) {
	t.Helper()
	s.cmd = exec.Command("clickhouse-server", "--config-file="+filepath.Join(s.dir, "config.xml"))
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := clickhouse.Open(&clickhouse.Options{Addr: []string{fmt.Sprintf("127.0.0.1:%d", s.port)}, DialTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for c.Ping(ctx) != nil {
		select {
		case <-ctx.Done():
			errors, _ := os.ReadFile(filepath.Join(s.dir, "errors"))
			t.Fatalf("clickhouse-server does not answer: %s", errors)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *server) kill(t *testing.T) {
	t.Helper()
	if s.cmd.ProcessState != nil {
		return
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = s.cmd.Wait() // it was killed
}

// url makes a database, and names it.
func (s *server) url(database string) string {
	c, err := clickhouse.Open(&clickhouse.Options{Addr: []string{fmt.Sprintf("127.0.0.1:%d", s.port)}})
	if err == nil {
		err = c.Exec(context.Background(), "CREATE DATABASE IF NOT EXISTS "+database)
		c.Close()
	}
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("clickhouse://127.0.0.1:%d/%s", s.port, database)
}
