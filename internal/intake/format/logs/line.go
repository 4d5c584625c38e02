package logs

import (
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/regex"
)

const (
	bruteForce candor.Class = "intrusion-attempts/brute-force"
	scanner    candor.Class = "information-gathering/scanner"
	dos        candor.Class = "availability/dos"
)

// hit is what a line tells.
type hit struct {
	source, target intake.Resource
	relay          intake.Resource // that asked for source
	unsure         bool            // whether it was source
	class          candor.Class
	service        string
	message        string // of the service
	when           intake.When
	line           string
}

func (h hit) note() string { return h.service + ": " + intake.Cut(h.message, 200) }

// pattern tells lines of a service by a word that they hold, and what each holds
// by its groups: ip, port, to (the address that was attacked), jail (which tells the
// class).
type pattern struct {
	service string
	word    string
	re      *regex.Regexp
	class   func(line string) candor.Class
	// also finds addresses, in its groups, where attackers may write some: a line
	// with several is not read.
	also *regex.Regexp
}

func always(c candor.Class) func(string) candor.Class {
	return func(string) candor.Class { return c }
}

const (
	ip4  = `\d{1,3}(?:\.\d{1,3}){3}`
	bare = `(?:` + ip4 + `|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)`
	ip   = `(?P<ip>` + bare + `)`
	port = `(?: port (?P<port>\d+))?`
)

var (
	ofSSH   = regex.Of(`(?: (?:[Ff]rom|FROM|by|for|user \S+) |\()(` + bare + `)|(` + bare + `) port \d`)
	ofPAM   = regex.Of(`rhost=(` + bare + `)`)
	ofIMAP  = regex.Of(`\brip=(` + bare + `)`)
	ofNginx = regex.Of(`\bclient: (` + bare + `)`)
)

// patterns are tried in order.
var patterns = []pattern{
	{"fail2ban", "[", regex.Of(`fail2ban\.(?:actions|filter)\b.*\[(?P<jail>[\w.-]+)\] (?:Restore Ban|Ban|Found) ` + ip), nil, nil},
	{"sshd", " from ", regex.Of(`(?:Failed (?:password|none|keyboard-interactive\S*|\S+ for invalid user) .*|[Ii](?:nvalid|llegal) user .*|maximum authentication attempts exceeded for .*|PAM: [Aa]uthentication (?:failure|error) for .*|\bUser .*) from ` + ip + port), always(bruteForce), ofSSH},
	{"sshd", " REFUSED ", regex.Of(`ROOT LOGIN REFUSED FROM ` + ip + port), always(bruteForce), ofSSH},
	{"sshd", "user ", regex.Of(`(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting)(?: (?:authenticating|invalid) user \S*) ` + ip + ` port (?P<port>\d+)`), always(bruteForce), ofSSH},
	{"sshd", "sshd", regex.Of(`Received disconnect from ` + ip + `(?: port (?P<port>\d+))?: ?\d+:.*(?:preauth|Auth fail)|(?:Connection (?:closed|reset) by|Disconnected from) (?P<ip>` + bare + `).*\[preauth\]`), always(bruteForce), ofSSH},
	{"sshd", "sshd", regex.Of(`(?:Did not receive identification string from|Bad protocol version identification .* from|banner exchange: Connection from|ssh_dispatch_run_fatal: Connection from|Timeout before authentication for(?: connection from)?|Unable to negotiate with|refused connect from .*\(|kex_exchange_identification.* from) ?` + ip + port), always(scanner), ofSSH},
	{"pam", "authentication failure", regex.Of(`authentication failures?;.*\brhost=` + ip), always(bruteForce), ofPAM},
	{"postfix", "authentication failed", regex.Of(`\b[\w.-]+\[` + ip + `\](?::(?P<port>\d+))?: SASL [\w-]+ authentication failed`), always(bruteForce), nil},
	{"postfix", " after AUTH from", regex.Of(`(?:lost connection|improper command pipelining|too many errors) after AUTH from [\w.-]+\[` + ip + `\]`), always(bruteForce), nil},
	{"postfix", "auth=0/", regex.Of(`disconnect from [\w.-]+\[` + ip + `\].* auth=0/\d+`), always(bruteForce), nil},
	{"postfix", "reject: ", regex.Of(`reject: [A-Z]+ from [\w.-]*\[` + ip + `\](?::(?P<port>\d+))?: `), always(candor.Spam), nil},
	{"postfix", "postfix", regex.Of(`(?:improper command pipelining|too many errors) after [A-Z]+ from [\w.-]+\[` + ip + `\]`), always(candor.Spam), nil},
	{"postfix", "postscreen", regex.Of(`postscreen\[\d+\]: (?:PREGREET|HANGUP|COMMAND (?:TIME|COUNT|LENGTH) LIMIT|BARE NEWLINE|NON-SMTP COMMAND)\b[^\[]* from \[` + ip + `\](?::(?P<port>\d+))?`), always(candor.Spam), nil},
	{"postfix", "lost connection after", regex.Of(`lost connection after [A-Z]+ from [\w.-]+\[` + ip + `\]`), always(scanner), nil},
	{"dovecot", "rip=", regex.Of(`(?:auth failed|[Aa]borted login \(auth|unknown user|Password mismatch|disallowed plaintext auth).*\brip=` + ip + `(?:.*\blip=(?P<to>[0-9A-Fa-f.:]+))?`), always(bruteForce), ofIMAP},
	{"dovecot", "dovecot", regex.Of(`auth(?:-worker)?(?:\(\d+\))?: .*\b(?:pam|sql|ldap|passwd-file|passwd|shadow)\([^,()]+,` + ip + `(?:,<[^>]*>)?\): (?:pam_authenticate\(\) failed|unknown user|[Pp]assword mismatch|invalid credentials)`), always(bruteForce), nil},
	{"exim", "authenticator failed", regex.Of(`authenticator failed for (?:[\w.-]+ )?(?:\([^)\s]*\) )?\[` + ip + `\](?::(?P<port>\d+))?[: ]`), always(bruteForce), nil},
	{"exim", "rejected", regex.Of(`H=(?:[\w.-]+ )?(?:\([^)\s]*\) )?\[` + ip + `\](?::(?P<port>\d+))? .*rejected (?:RCPT|MAIL|EHLO|HELO|after DATA|connection)`), always(candor.Spam), nil},
	{"vsftpd", "FAIL LOGIN", regex.Of(`FAIL LOGIN: Client "` + ip + `"`), always(bruteForce), nil},
	{"proftpd", "[", regex.Of(`^[^(]*\([\w.:-]*\[` + ip + `\]\).*(?:Login failed|no such user found|Incorrect password)`), always(bruteForce), nil},
	{"pure-ftpd", "Authentication failed", regex.Of(`\(\?@` + ip + `\) \[WARNING\] Authentication failed`), always(bruteForce), nil},
	{"asterisk", " failed for '", regex.Of(`(?:Registration|Request '\w+') from .* failed for '` + ip + `(?::(?P<port>\d+))?'`), always(bruteForce), nil},
	{"firewall", "SRC=", regex.Of(`\bSRC=` + ip + ` DST=(?P<to>[0-9A-Fa-f.:]+)(?:.*\bSPT=(?P<port>\d+))?`), always(scanner), nil},
	{"nginx", "client: ", regex.Of(`\[\w+\] \d+#\d+: .*\bclient: ` + ip), webClass, ofNginx},
	{"apache", "[client ", regex.Of(`\[client (?P<ip>` + ip4 + `|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d+))?\] `), webClass, nil},
	{"web server", "\"", regex.Of(`^(?:[\w.-]+(?::\d+)? )?` + ip + ` \S+ \S+ \[[^\]]+\] "(?:[A-Z]+ )?[^"]*" \d{3}\b`), webClass, nil},
}

// read tells what a line of a log says.
func read(line string) (hit, bool) {
	if len(line) < 15 || len(line) > mostLine {
		return hit{}, false
	}
	h := hit{line: line}
	h.when, h.message = timeOf(line)
	for i := range patterns {
		p := &patterns[i]
		if !strings.Contains(line, p.word) {
			continue
		}
		found := p.re.FindStringSubmatch(line)
		if found == nil {
			// The time stands before what some patterns begin with.
			if found = p.re.FindStringSubmatch(strings.TrimSpace(h.message)); found == nil {
				continue
			}
		}
		if h.fill(p, found) {
			return h, true
		}
	}
	return hit{}, false
}

// only is the address that a line holds where attackers may write some; it tells
// whether there is no other.
func (p *pattern) only(line string) (one string, ok bool) {
	for _, f := range p.also.FindAllStringSubmatch(line, 10) {
		text := f[1]
		if text == "" {
			text = f[len(f)-1]
		}
		r, err := intake.NewResource(intake.Address, strings.TrimRight(text, ":."))
		if err != nil {
			continue
		}
		if one != "" && one != r.Value {
			return "", false
		}
		one = r.Value
	}
	return one, true
}

// fill takes what a pattern found; it tells whether an address is among it.
func (h *hit) fill(p *pattern, found []string) bool {
	source, target, port, jail := "", "", "", ""
	for i, name := range p.re.SubexpNames() {
		switch name {
		case "ip":
			source += found[i] // one of them is empty
		case "to":
			target = found[i]
		case "port":
			port = found[i]
		case "jail":
			jail = found[i]
		}
	}
	if p.also != nil {
		one, ok := p.only(h.line)
		if !ok {
			return false
		}
		if source == "" {
			source = one
		}
	}
	var err error
	if h.source, err = intake.NewResource(intake.Address, strings.TrimRight(source, ":.")); err != nil {
		return false
	}
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		h.source.Port = uint16(n)
	}
	h.target, _ = intake.NewResource(intake.Address, target) // none is none
	h.service = p.service
	if p.class != nil {
		h.class = p.class(h.line)
	} else {
		h.class = jailClass(jail)
	}
	h.message = strings.TrimSpace(h.message)
	if f := forwarded.FindStringSubmatch(h.line); f != nil && p.service == "web server" {
		h.askedFor(f[1] + f[2])
	}
	return h.class != ""
}

// forwarded is for whom a proxy asked, as far as it is to be believed: the last
// field of nginx's usual logs.
var forwarded = regex.Of(`\b(?:xff|[Xx]-[Ff]orwarded-[Ff]or)[=:] ?"?([0-9A-Fa-f.:]{7,45})|"([0-9A-Fa-f.:]{7,45})(?:, [0-9A-Fa-f.:, ]+)?"$`)

// askedFor has the source be the client of a proxy. Anybody may claim to be one.
func (h *hit) askedFor(client string) {
	if r, err := intake.NewResource(intake.Address, client); err == nil && r.Value != h.source.Value {
		h.relay, h.source, h.unsure = h.source, r, true
	}
}

const month = `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)`

// clocks are times as logs have them, with the layouts that read them. Those
// without a zone are not read.
var clocks = []struct {
	re     *regex.Regexp
	layout string
	zone   bool
}{
	{regex.Of(`^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)? ?(?:Z|[+-]\d\d:?\d\d)\b`), "", true},
	{regex.Of(`^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?`), time.DateTime, false},
	{regex.Of(`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d`), "2006/01/02 15:04:05", false},
	{regex.Of(`^\[?` + month + ` [ \d]\d \d\d:\d\d:\d\d\]?`), "", false},
	{regex.Of(`^[A-Z][a-z]{2} ` + month + ` [ \d]\d \d\d:\d\d:\d\d(?: [A-Z]{3,4})? \d{4}`), "", true},
	{regex.Of(`^\[[A-Z][a-z]{2} ` + month + ` \d\d \d\d:\d\d:\d\d(?:\.\d+)? \d{4}\]`), "[Mon Jan 02 15:04:05 2006]", false},
	{regex.Of(`\[\d\d/` + month + `/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]`), "[02/Jan/2006:15:04:05 -0700]", true},
}

// zoned are layouts of times that begin a line and have a zone.
var zoned = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z0700", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 Z0700"}

var fraction = regex.Of(`(:\d\d)[.,]\d+`)

// timeOf finds the time of a line, and gives what stands behind it; the line
// itself if it has none.
func timeOf(line string) (intake.When, string) {
	for _, c := range clocks {
		at := c.re.FindStringIndex(line)
		if at == nil {
			continue
		}
		w := intake.When{Text: strings.Trim(line[at[0]:at[1]], "[]")}
		if c.zone {
			w.Time = instant(line[at[0]:at[1]], c.layout)
		}
		return w, line[at[1]:]
	}
	return intake.When{}, line
}

func instant(text, layout string) time.Time {
	text = fraction.ReplaceAllString(text, "$1")
	layouts := zoned
	if layout != "" {
		layouts = []string{layout}
	}
	for _, l := range layouts {
		if t, err := time.Parse(l, text); err == nil {
			return t.UTC()
		}
	}
	for _, l := range []string{"Mon Jan _2 15:04:05 UTC 2006", "Mon Jan _2 15:04:05 GMT 2006"} { // zones of other names are not told apart
		if t, err := time.Parse(l, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
