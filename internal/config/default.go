package config

import "time"

const (
	hour = Duration(time.Hour)
	day  = 24 * hour
)

// Defaults gives what holds where nothing is set.
func Defaults() *Config {
	const working = "09:00-17:00"
	return &Config{
		Roles:    []string{RoleWeb, RoleWorker, RoleCollector},
		Data:     Data{Dir: "/var/lib/candor"},
		Listen:   Listen{Addr: "127.0.0.1:8080"},
		Provider: Provider{Language: "en", TimeZone: "UTC"},
		Mail:     Mail{TLS: "starttls", Gather: 10 * Duration(time.Minute)},
		Definitions: Definitions{
			Sources: []Source{{Name: "starter", Kind: "starter"}},
			Every:   hour, Keep: 5, StaleAfter: 7 * day, MoreProblems: 0.05, FewerRules: 0.2,
		},
		Scanning: Scanning{Every: day, Watch: true, Inside: Inside{Depth: 16, Bytes: 400 << 20, Part: 100 << 20, Entries: 10_000, Time: 30 * Duration(time.Second)}},
		Desk: Desk{
			Hours:            Hours{Monday: working, Tuesday: working, Wednesday: working, Thursday: working, Friday: working},
			Acknowledgement:  4 * hour,
			CustomerDeadline: BySeverity{Info: 14 * day, Low: 7 * day, Medium: 3 * day, High: day, Critical: 4 * hour},
		},
		Isolation: Isolation{MostPerMinute: 20, MostShare: 0.01, Bound: hour, Every: 15 * Duration(time.Second), Rate: 32 << 10,
			Ports: []string{"22", "23", "25", "135", "137", "138", "139", "445", "1433", "1900", "2323", "3389", "5060", "5353", "5555", "7547", "11211"}},
		Leases:  Leases{Clock: 2 * Duration(time.Second), Bridge: Duration(time.Minute), Keep: 7 * day, Most: 4_000_000},
		Garden:  Garden{Releases: 2, Within: 30 * day, Watch: 7 * day},
		Drill:   Drill{Rounds: 9},
		Intake:  Intake{Keep: 180 * day, Forward: true, Senders: true, MaxSize: 50 << 20, Passwords: []string{"infected", "virus", "malware", "abuse"}},
		Intel:   Intel{Threshold: 80},
		Access:  Access{Session: Session{Idle: 8 * hour, Absolute: day}},
		Traffic: Traffic{FalseAlarms: 1e-5, Peaks: 12, Suspects: 1 << 16, Archive: Archive{Raw: 7 * day, Minute: 30 * day, Hour: 400 * day, MaxBytes: 50 << 30}},
		Log:     Log{Level: "info", Format: "text"},
	}
}

// The roles of a process: what it does of all there is to do.
const (
	RoleWeb       = "web"       // serves the console, the customers' pages and the API
	RoleWorker    = "worker"    // scans, sends, acts, keeps definitions and evidence
	RoleCollector = "collector" // hears exporters and leases, judges traffic
)
