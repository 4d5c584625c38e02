// Package intake measures how reports are taken in: how many a second durably, how
// long until whoever they are about is told, and how long one with many events
// takes.
package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"candor"
)

// Config says what is measured.
type Config struct {
	Folder string // for all that is written
	// Database gives a database that is empty: a URL, or a file in a folder.
	Database func(folder string) (string, error)
	Lasts    time.Duration // of each measurement
	Rate     int           // reports a second
	Events   int           // of the one mail
	Program  string        // a candor that was built before; one is built if it is empty
	Profile  string        // file for a processor profile of the desk; may be empty
	Log      io.Writer
}

// Told is how long it took from the 250 of a report to the mail to who it is about.
type Told struct {
	Reports, Missing   int // of which nobody was told within two minutes
	P50, P99, Longest  time.Duration
	Sending            time.Duration // all of them
	Events, Complaints int
	Filed              time.Duration // from the 250 of the one mail to its report's end
	CPU, BulkCPU       time.Duration // that the desk had, for the reports and for the one mail
}

// Notices measures a running desk: reports at a rate, one customer each, XARF about
// a line and free text about a site in turn; then one mail with many events.
func Notices(ctx context.Context, c Config) (r Told, err error) {
	folder, err := os.MkdirTemp(c.Folder, "notices-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(folder)
	r.Reports, r.Events = c.Rate*int(c.Lasts/time.Second), c.Events
	d, err := startDesk(ctx, c, folder, r.Reports+r.Events)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	begin, before := time.Now(), d.cpu()
	accepted, err := d.send(r.Reports, c.Rate)
	if err != nil {
		return r, err
	}
	r.Sending = time.Since(begin)
	waits := d.wait(ctx, accepted)
	r.Missing = r.Reports - len(waits)
	r.CPU = d.cpu() - before
	before = d.cpu()
	if slices.Sort(waits); len(waits) > 0 {
		r.P50, r.P99, r.Longest = waits[len(waits)/2], waits[len(waits)*99/100], waits[len(waits)-1]
	}
	r.Filed, r.Complaints, err = d.bulk(ctx, r.Reports, r.Events)
	r.BulkCPU = d.cpu() - before
	return r, err
}

// send sends reports at a rate, and gives when each was accepted.
func (d *running) send(reports, rate int) ([]time.Time, error) {
	accepted := make([]time.Time, reports)
	next := make(chan int)
	const clients = 8
	failed := make(chan error, clients)
	var work sync.WaitGroup
	for range clients {
		work.Go(func() {
			c, err := gosmtp.Dial(d.mail)
			if err == nil {
				defer c.Close()
			}
			for n := range next {
				if err == nil {
					err = c.SendMail("soc@bank.example", []string{accepts}, strings.NewReader(text(n)))
					accepted[n] = time.Now()
				}
			}
			failed <- err
		})
	}
	begin := time.Now()
	for n := range reports {
		time.Sleep(time.Until(begin.Add(time.Duration(n) * time.Second / time.Duration(rate))))
		next <- n
	}
	close(next)
	work.Wait()
	close(failed)
	var err error
	for e := range failed {
		err = errors.Join(err, e)
	}
	return accepted, err
}

// wait waits until everybody is told, at most two minutes, and gives how long each
// took.
func (d *running) wait(ctx context.Context, accepted []time.Time) []time.Duration {
	for until := time.Now().Add(2 * time.Minute); time.Now().Before(until) && ctx.Err() == nil; {
		if files, _ := filepath.Glob(filepath.Join(d.drop(), "*.txt")); len(files) >= len(accepted) {
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	files, _ := filepath.Glob(filepath.Join(d.drop(), "*.txt"))
	var all []time.Duration
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			continue
		}
		content, err := os.ReadFile(name)
		var n int
		if _, scanErr := fmt.Sscanf(string(content), "To: owner@c%d.example", &n); err == nil && scanErr == nil && n < len(accepted) {
			all = append(all, info.ModTime().Sub(accepted[n]))
		}
	}
	return all
}

// bulk sends one mail with many events, and waits until it is filed.
func (d *running) bulk(ctx context.Context, first, events int) (time.Duration, int, error) {
	var list []map[string]any
	for n := range events {
		list = append(list, xarf(first+n))
	}
	whole, err := json.Marshal(list)
	if err != nil {
		return 0, 0, err
	}
	c, err := gosmtp.Dial(d.mail)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	if err := c.SendMail("soc@bank.example", []string{accepts}, strings.NewReader(attached("bulk", whole))); err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	for time.Since(begin) < 2*time.Minute {
		page, err := d.store.Reports(ctx, candor.ReportFilter{}, candor.Cut{Limit: 1, Descending: true})
		if err != nil {
			return 0, 0, err
		}
		if r := page.Items[0]; r.Subject == "bulk" && r.State != candor.ReportNew {
			if r.State != candor.ReportFiled {
				err = fmt.Errorf("the mail with %d events is %s: %s", events, r.State, r.Why)
			}
			return time.Since(begin), int(r.Complaints), err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return 0, 0, errors.New("the mail with many events was not read within two minutes")
}

// text is the n-th report.
func text(n int) string {
	if n%2 == 0 {
		whole, _ := json.Marshal(xarf(n)) // of texts and maps of them
		return attached(fmt.Sprint("report ", n), whole)
	}
	return fmt.Sprintf("From: Rita Reporter <rita@watch.example>\r\nTo: %s\r\nSubject: Phishing page on your network\r\nMessage-ID: <%d@watch.example>\r\nDate: %s\r\n\r\nHello,\r\n\r\n"+
		"this phishing page imitates a bank and is hosted on your network:\r\n\r\nhttp://%s/login\r\n\r\nWe saw it at %s UTC. Please take it down.\r\n\r\nRita Reporter\r\n",
		accepts, n, time.Now().UTC().Format(time.RFC1123Z), host(n), time.Now().UTC().Format(time.DateTime))
}

func xarf(n int) map[string]any {
	now := time.Now().UTC().Format(time.RFC3339)
	soc := map[string]any{"org": "Sensors", "contact": "soc@bank.example", "domain": "bank.example"}
	return map[string]any{"xarf_version": "4.2.0", "report_id": fmt.Sprintf("0b6a4c1e-9d3c-4b0f-9a67-%012x", n), "timestamp": now, "reporter": soc, "sender": soc, "source_identifier": address(n).String(),
		"source_port": 40112, "category": "connection", "type": "port_scan", "protocol": "tcp", "destination_ip": "192.0.2.80", "destination_port": 22, "first_seen": now}
}

func attached(subject string, whole []byte) string {
	return fmt.Sprintf("From: soc@bank.example\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%d@bank.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"+
		"--b\r\nContent-Type: text/plain\r\n\r\nA report is attached.\r\n--b\r\nContent-Type: application/json; name=xarf.json\r\n\r\n%s\r\n--b--\r\n",
		accepts, subject, time.Now().UnixNano(), strings.ReplaceAll(string(whole), "},{", "},\r\n{"))
}

// Print writes what was measured.
func Print(w io.Writer, k Kept, r Told) {
	if k.Mails > 0 {
		fmt.Fprintf(w, "mails taken in durably: %.0f/s (%d of %d KB on average in %.1f s; %d are in the database; %.1f ms of processor each, the clients' too)\n",
			float64(k.Mails)/k.Took.Seconds(), k.Mails, k.Bytes/k.Mails/1000, k.Took.Seconds(), k.Rows, k.CPU.Seconds()*1000/float64(k.Mails))
	}
	fmt.Fprintf(w, "from 250 to the notice: p50 %.2f s, p99 %.2f s, longest %.2f s (%d reports sent in %.1f s, nobody told of %d; %.1f ms of processor each)\n",
		r.P50.Seconds(), r.P99.Seconds(), r.Longest.Seconds(), r.Reports, r.Sending.Seconds(), r.Missing, r.CPU.Seconds()*1000/float64(max(r.Reports, 1)))
	fmt.Fprintf(w, "one mail with %d events: filed after %.2f s (%d complaints; %.1f s of processor)\n", r.Events, r.Filed.Seconds(), r.Complaints, r.BulkCPU.Seconds())
}
