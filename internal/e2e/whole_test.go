package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"candor"
	"candor/internal/intake/message"
	"candor/internal/respond/notify/smtptest"
	"candor/internal/store"
)

// accusation is what a report says, and what is so.
type accusation struct {
	class candor.Class
	asset *ownedAsset // nil if nobody had it
	party candor.ID
	plain bool // the desk has to tell it
	what  string
}

// accused is a report in the making: about one thing, or several.
type accused struct {
	mail string
	all  []accusation
}

// accuse picks a thing and a moment at which it was seen, often near to a change of
// hands, and the moment as the reporter's clock shows it.
func (p *provider) accuse(fits func(*thing) bool) (t *thing, at, shown time.Time) {
	for {
		t = &p.things[p.r.IntN(len(p.things))]
		if fits(t) {
			break
		}
	}
	at = p.now.Add(-p.between(ripe, lived))
	if h := t.had[p.r.IntN(len(t.had))]; p.r.IntN(5) == 0 {
		at = h.from.Add(p.between(-10*time.Minute, 10*time.Minute))
	}
	if at.Before(p.now.Add(-lived)) || at.After(p.now.Add(-ripe)) {
		at = p.now.Add(-ripe)
	}
	return t, at, at.Add(p.between(-90*time.Second, 90*time.Second)).Truncate(time.Second)
}

func (p *provider) accusation(t *thing, at time.Time, c candor.Class) accusation {
	a := accusation{class: c, plain: p.plain(t, at), what: fmt.Sprintf("%s%s from port %d at %s", t.host, t.address, t.port, at)}
	a.asset, a.party = p.holder(t, at)
	return a
}

// report writes the n-th report.
func (p *provider) report(n int) accused {
	address := func(t *thing) bool { return t.host == "" }
	port := func(t *thing) uint16 {
		if t.port == 0 {
			return uint16(1024 + p.r.IntN(60_000))
		}
		return t.port + uint16(p.r.IntN(ports))
	}
	reference := fmt.Sprintf("0b6a4c1e-9d3c-4b0f-9a67-%012x", n)
	switch n % 6 {
	case 0:
		t, at, shown := p.accuse(address)
		return accused{xarfMail(fmt.Sprint("scan ", n), reference, map[string]any{"source_identifier": t.address, "source_port": port(t), "category": "connection", "type": "port_scan", "protocol": "tcp", "destination_ip": "192.0.2.80", "destination_port": 22,
			"timestamp": shown.Format(time.RFC3339), "first_seen": shown.Format(time.RFC3339)}), []accusation{p.accusation(t, at, "information-gathering/scanner")}}
	case 1:
		t, at, shown := p.accuse(func(t *thing) bool { return t.host == "" && t.port == 0 })
		return accused{strings.Replace(arfMail(fmt.Sprint("FW: offer ", n), t.address), "Arrival-Date: "+time.Now().UTC().Format("Mon, 02 Jan 2006"), "X-Was: a\nArrival-Date: "+shown.Format(time.RFC1123Z)+"\nX-At: ", 1), []accusation{p.accusation(t, at, candor.Spam)}}
	case 2:
		t, at, shown := p.accuse(func(t *thing) bool { return t.host != "" })
		url := fmt.Sprintf("http://%s/login/%d", t.host, n)
		return accused{mailOf("Rita Reporter <rita@watch.example>", fmt.Sprintf("%d@watch.example", n), fmt.Sprint("Phishing page ", n), "Hello,\n\nthis phishing page imitates a bank and is hosted on your network:\n\n"+url+"\n\nWe saw it at "+shown.Format(time.DateTime)+" UTC. Please take it down.\n\nRita Reporter"),
			[]accusation{p.accusation(t, at, candor.Phishing)}}
	case 3:
		t, at, shown := p.accuse(func(t *thing) bool { return t.host != "" })
		url := fmt.Sprintf("https://www.%s/bank/%d", t.host, n)
		return accused{xarfMail(fmt.Sprint("page ", n), reference, map[string]any{"source_identifier": t.host, "category": "content", "type": "phishing", "url": url, "timestamp": shown.Format(time.RFC3339)}), []accusation{p.accusation(t, at, candor.Phishing)}}
	case 4: // nothing of the provider's
		return accused{mail: xarfMail(fmt.Sprint("foreign ", n), reference, map[string]any{"source_identifier": fmt.Sprintf("192.0.2.%d", n%250), "source_port": 4711, "category": "connection", "type": "port_scan", "protocol": "tcp", "destination_ip": "203.0.113.80", "destination_port": 22,
			"first_seen": p.now.Add(-time.Hour).Format(time.RFC3339)})}
	}
	var rows strings.Builder
	var all []accusation
	for range 1 + p.r.IntN(5) {
		t, at, shown := p.accuse(address)
		fmt.Fprintf(&rows, "%s,%s,%d,spam\n", shown.Format(time.RFC3339), t.address, port(t))
		all = append(all, p.accusation(t, at, candor.Spam))
	}
	return accused{fmt.Sprintf("From: lists@blocklist.example\nTo: abuse@provider.example\nSubject: list %d\nMessage-ID: <l%d@blocklist.example>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nThe list is attached.\n"+
		"--b\nContent-Type: text/csv; name=list.csv\n\ntimestamp,src_ip,src_port,category\n%s--b--\n", n, n, rows.String()), all}
}

// took is when the customers' mail server took a mail.
type took struct {
	smtptest.Mail
	at time.Time
}

// sink keeps what leaves the desk.
type sink struct {
	mu   sync.Mutex
	took []took
}

func (k *sink) take(m smtptest.Mail) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.took = append(k.took, took{m, time.Now()})
	return nil
}

// told gives the mails to customers, by address, in the order in which they came.
func (k *sink) told() map[string][]took {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[string][]took{}
	for _, m := range k.took {
		if strings.HasPrefix(m.To, "owner@") {
			all[m.To] = append(all[m.To], m)
		}
	}
	return all
}

// gathers is how long after a notice others of a customer wait.
const gathers = 8 * time.Second

// TestWholeDesk has a provider tell of leases and translations by RADIUS and syslog,
// and reporters send hundreds of reports by SMTP about what lines and sites did in
// the last day, with clocks that are off. Every mail that leaves is held against who
// truly had what: customers are told of what was theirs and nothing else, of each
// case once, of all that is plain, and of what comes at once by one mail.
// CANDOR_REPORTS says how many reports.
func TestWholeDesk(t *testing.T) {
	reports := 300
	if n, err := strconv.Atoi(os.Getenv("CANDOR_REPORTS")); err == nil {
		reports = n
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	p := newProvider(seed, 60)
	k := &sink{}
	server := smtptest.Start(t, smtptest.Options{Data: k.take})
	d := newAbuseDesk(t, fmt.Sprintf("host: %s, port: %d, tls: none, gather: %s", server.Host, server.Port, gathers))
	accountingAt, syslogAt := free(t, "udp"), free(t, "tcp")
	d.configure(t, fmt.Sprintf("leases:\n  keep: 7d\n  sources:\n    - {name: accounting, kind: radius, listen: %q, silent: %s, clients: [{network: 127.0.0.1/32, secret: s}]}\n    - {name: nat, kind: syslog, listen_tcp: %q, senders: [127.0.0.1/32]}\n", accountingAt, silent, syslogAt))
	p.fill(t, d.data)
	running := start(t, "--config", d.conf)
	p.tell(t, d.data, accountingAt, syslogAt)
	s := openStore(t, d.data)
	defer s.Close()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(running.errors())
		}
	})
	begun := time.Now()
	all := p.send(t, d.mail, reports)
	t.Logf("%d reports with %d accusations were sent in %s", reports, len(all), time.Since(begun).Round(time.Millisecond))
	eventually(t, "all reports are read", time.Minute+time.Duration(reports)*100*time.Millisecond, func() bool {
		counts, err := s.ReportCounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return counts[candor.ReportNew] == 0
	})
	cases := casesOf(t, s)
	eventually(t, "each case is told of", time.Minute, func() bool { return toldOf(k.told()) >= len(cases) })
	p.check(t, all, cases, k)
	if t.Failed() {
		for c := range pages(t, func(cut candor.Cut) (candor.Page[candor.Complaint], error) {
			return s.Complaints(t.Context(), candor.ComplaintFilter{States: []candor.ComplaintState{candor.ComplaintPerson}}, cut)
		}) {
			t.Logf("left to a person: %s %s port %d at %s: %s", c.Class, c.Value, c.Port, c.First, c.Why)
		}
	}
	if status := running.stop(t); status != 0 {
		t.Errorf("the program ended with %d", status)
	}
}

// send sends reports, some of them twice, by several connections.
func (p *provider) send(t *testing.T, mail string, reports int) (all []accusation) {
	t.Helper()
	work := make(chan string)
	var clients sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		clients.Go(func() {
			c, err := gosmtp.Dial(mail)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for text := range work {
				if err := c.SendMail("reports@reporter.example", []string{"abuse@provider.example"}, strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for n := range reports {
		r := p.report(n)
		all = append(all, r.all...)
		work <- r.mail
		if p.r.IntN(20) == 0 {
			work <- r.mail
		}
	}
	close(work)
	clients.Wait()
	return all
}

// about is what one case is about.
type about struct {
	asset, party candor.ID
	class        candor.Class
}

func casesOf(t *testing.T, s *store.Store) map[about]candor.Case {
	t.Helper()
	all := map[about]candor.Case{}
	for c := range pages(t, func(cut candor.Cut) (candor.Page[candor.Case], error) {
		return s.Cases(t.Context(), candor.Everything, candor.CaseFilter{}, cut)
	}) {
		if _, twice := all[about{c.Asset, c.Party, c.Class}]; twice {
			t.Errorf("of %s at %s there are two cases", c.Class, c.Asset)
		}
		all[about{c.Asset, c.Party, c.Class}] = c
	}
	return all
}

var (
	caseLabel  = regexp.MustCompile(`\[(C-\d+)\]`)
	assetLabel = regexp.MustCompile(`\b(?:line|static)-\d+\.access\b|\bshop\d+\.example\b`)
)

// text is the plain text of a mail, with its subject.
func text(m took) string {
	read, err := message.Read(bytes.NewReader(m.Data), message.DefaultLimits())
	if err != nil {
		return err.Error()
	}
	all := read.Subject
	for _, part := range read.Parts {
		if part.Type == "text/plain" {
			all += "\n" + part.Text
		}
	}
	return all
}

// unique gives what is there, once each.
func unique(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

// toldOf counts the cases that mails tell of.
func toldOf(told map[string][]took) int {
	cases := map[string]bool{}
	for _, mails := range told {
		for _, m := range mails {
			for _, c := range caseLabel.FindAllStringSubmatch(text(m), -1) {
				cases[c[1]] = true
			}
		}
	}
	return len(cases)
}

// check holds all that left against what is so.
func (p *provider) check(t *testing.T, all []accusation, cases map[about]candor.Case, k *sink) {
	t.Helper()
	address, theirs := map[candor.ID]string{}, map[string]bool{}
	for _, x := range p.parties {
		address[x.ID] = x.Contacts[0].Address
	}
	for _, a := range all {
		if a.asset != nil {
			theirs[address[a.party]+" "+a.asset.Name] = true
		}
	}
	told, of, together := k.told(), map[string]string{}, 0
	for to, mails := range told {
		for _, m := range mails {
			body := text(m)
			names, labels := unique(assetLabel.FindAllString(body, -1)), unique(caseLabel.FindAllString(body, -1))
			if len(names) == 0 || len(labels) == 0 {
				t.Errorf("a mail to %s tells of nothing:\n%s", to, body)
			}
			for _, name := range names {
				if !theirs[to+" "+name] {
					t.Errorf("%s is told of %s, of which nothing was reported while it was theirs:\n%s", to, name, body)
				}
			}
			for _, label := range labels {
				if was := of[label]; was != "" {
					t.Errorf("%s is told of by two mails, to %s and %s", label, was, to)
				}
				of[label] = to
			}
			together = max(together, len(labels))
		}
		if lasted := mails[len(mails)-1].at.Sub(mails[0].at); time.Duration(len(mails)-1)*gathers > lasted+gathers/2 {
			t.Errorf("%s gets %d mails within %s", to, len(mails), lasted)
		}
	}
	plain, missing := map[about]bool{}, 0
	for _, a := range all {
		if !a.plain {
			continue
		}
		plain[about{a.asset.ID, a.party, a.class}] = true
		c, ok := cases[about{a.asset.ID, a.party, a.class}]
		if !ok || of["["+c.Label()+"]"] != address[a.party] {
			missing++
			t.Errorf("%s is not told of %s at %s (%s): the case is %q", address[a.party], a.class, a.asset.Name, a.what, c.ID)
		}
	}
	for _, c := range cases {
		if to := of["["+c.Label()+"]"]; to != address[c.Party] {
			t.Errorf("%s is told to %q, not to %s", c.Label(), to, address[c.Party])
		}
	}
	if together < 2 || len(plain) < 40 {
		t.Errorf("it shows little: %d cases at most in a mail, %d plain", together, len(plain))
	}
	mails := 0
	for _, m := range told {
		mails += len(m)
	}
	t.Logf("%d accusations, of which %d cases have to be told; %d cases, of which %d mails to %d customers tell, of at most %d each; %d missing", len(all), len(plain), len(cases), mails, len(told), together, missing)
}
