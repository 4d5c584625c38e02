package flow

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// fastnetmon is Debian's, which counts traffic by host: of 65,536 here.
type fastnetmon struct {
	watched
	dir string
}

func (f *fastnetmon) name() string { return "fastnetmon" }

func (f *fastnetmon) start(ctx context.Context, address string) (err error) {
	path, err := exec.LookPath("fastnetmon")
	if err != nil {
		return err
	}
	if f.metrics, err = free(); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	_, metrics, err := net.SplitHostPort(f.metrics)
	if err != nil {
		return err
	}
	if f.dir, err = os.MkdirTemp("", "candor-fastnetmon-"); err != nil {
		return err
	}
	at := func(name string) string { return filepath.Join(f.dir, name) }
	conf := fmt.Sprintf(`disable_usage_report = on
logging_level = info
enable_ban = off
enable_ban_ipv6 = off
enable_api = off
process_incoming_traffic = on
process_outgoing_traffic = on
networks_list_path = %s
white_list_path = %s
check_period = 1
average_calculation_time = 5
speed_calculation_delay = 1
monitor_local_ip_addresses = off
netflow = on
netflow_host = %s
netflow_port = %s
netflow_sampling_ratio = 1
prometheus = on
prometheus_host = 127.0.0.1
prometheus_port = %s
cli_stats_file_path = %s
cli_stats_ipv6_file_path = %s
`, at("networks"), at("white"), host, port, metrics, at("stats"), at("stats6"))
	if err := errors.Join(os.WriteFile(at("networks"), []byte("10.0.0.0/16\n"), 0o600), os.WriteFile(at("white"), nil, 0o600), os.WriteFile(at("conf"), []byte(conf), 0o600)); err != nil {
		return errors.Join(err, os.RemoveAll(f.dir))
	}
	f.counts = func(name string) bool { return name == "fastnetmon_netflow_v9_total_flows" }
	cmd := exec.CommandContext(ctx, path, "--disable_pid_logic", "--configuration_file", at("conf"), "--log_file", at("log"))
	cmd.Dir = f.dir
	return f.run(cmd, address)
}

func (f *fastnetmon) stop() (taken, error) {
	defer os.RemoveAll(f.dir)
	return f.watched.stop()
}
