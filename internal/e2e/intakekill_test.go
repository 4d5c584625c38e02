package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"candor"
	"candor/internal/desk"
	"candor/internal/respond/notify"
	"candor/internal/respond/notify/smtptest"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

const reportedLines = 100

// fillLines makes lines at static addresses, whose holders may be written to, and
// a policy that has that done. They are there since an hour ago.
func fillLines(t *testing.T, data string) {
	t.Helper()
	s := openStore(t, data)
	defer s.Close()
	now := time.Now().UTC().Add(-time.Hour)
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		for n := range reportedLines {
			p := candor.Party{ID: candor.NewID(now), Kind: candor.Customer, Name: fmt.Sprint("customer ", n), Language: "en", Created: now, Updated: now,
				Contacts: []candor.Contact{{Channel: candor.Mail, Address: fmt.Sprintf("owner@c%d.example", n)}}}
			a := candor.Asset{ID: candor.NewID(now), Kind: candor.Line, Owner: p.ID, Name: fmt.Sprint("line ", n), Created: now, Updated: now,
				Access: candor.Access{Addresses: []string{fmt.Sprintf("198.51.100.%d", n)}}}
			if err := errors.Join(tx.AddParty(t.Context(), p), tx.AddAsset(t.Context(), a, time.Time{}), storetest.Agree(t.Context(), tx, p.ID, now, notify.Name)); err != nil {
				return err
			}
		}
		return tx.SetSetting(t.Context(), desk.PolicySetting, desk.Policy{Rules: []desk.PolicyRule{{Method: notify.Name}}}, now, "test")
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sender sends reports about lines, and remembers which were accepted.
type sender struct {
	mail     string
	mu       sync.Mutex
	sent     int
	accepted map[string]bool // by subject
	lines    map[int]bool    // that accepted reports are about
}

// run sends until the program is gone.
func (x *sender) run() {
	c, err := gosmtp.Dial(x.mail)
	if err != nil {
		return
	}
	defer c.Close()
	for {
		x.mu.Lock()
		x.sent++
		n := x.sent
		x.mu.Unlock()
		line, subject := n%reportedLines, fmt.Sprintf("FW: mail %d", n)
		text := arfMail(subject, fmt.Sprintf("198.51.100.%d", line))
		if err := c.SendMail("fbl@mailbox.example", []string{"abuse@provider.example"}, strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
			return
		}
		x.mu.Lock()
		x.accepted[subject], x.lines[line] = true, true
		x.mu.Unlock()
	}
}

// TestIntakeKilled kills the desk at random moments while reports come by mail.
// Each that was accepted is read to an end, each line that they are about has one
// case with one finding, and its holder is told of it no more often than the desk
// was killed. CANDOR_KILLS says how often.
func TestIntakeKilled(t *testing.T) {
	kills, long := 8, false
	if n, err := strconv.Atoi(os.Getenv("CANDOR_KILLS")); err == nil {
		kills, long = n, true
	}
	server := smtptest.Start(t, smtptest.Options{})
	d := newAbuseDesk(t, fmt.Sprintf("host: %s, port: %d, tls: none", server.Host, server.Port))
	fillLines(t, d.data)
	x := &sender{mail: d.mail, accepted: map[string]bool{}, lines: map[int]bool{}}
	for n := range kills {
		p, err := launch("--config", d.conf)
		if err != nil {
			t.Fatalf("start %d: %v", n+1, err)
		}
		d.listens(t)
		var clients sync.WaitGroup
		for range 2 {
			clients.Go(x.run)
		}
		time.Sleep(rand.N(1200 * time.Millisecond)) // the moment is what is tried
		p.kill()
		clients.Wait()
	}
	p := start(t, "--config", d.conf)
	s := openStore(t, d.data)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(standing(s), p.errors())
		}
		s.Close()
	})
	eventually(t, "all reports are read", time.Minute+time.Duration(len(x.accepted))*20*time.Millisecond, func() bool {
		counts, err := s.ReportCounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return counts[candor.ReportNew] == 0
	})
	x.check(t, s, kills)
	tellsOnce(t, s, server, kills, long)
	if status := p.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, p.errors())
	}
}

// check holds what the desk has against what was accepted.
func (x *sender) check(t *testing.T, s *store.Store, kills int) {
	t.Helper()
	if len(x.accepted) < kills/2 {
		t.Fatalf("only %d reports were accepted in %d kills", len(x.accepted), kills)
	}
	kept := map[string]candor.ReportState{}
	n := 0
	for r := range pages(t, func(cut candor.Cut) (candor.Page[candor.Report], error) {
		return s.Reports(t.Context(), candor.ReportFilter{}, cut)
	}) {
		n++
		if kept[r.Subject] != candor.ReportFiled {
			kept[r.Subject] = r.State
		}
	}
	for subject := range x.accepted {
		if kept[subject] != candor.ReportFiled {
			t.Errorf("“%s” was accepted, and is %q", subject, kept[subject])
		}
	}
	again := n - len(kept)
	if again > kills*2 { // each client may not have heard of one
		t.Errorf("%d reports are there twice", again)
	}
	found, cases := map[candor.ID]int{}, map[candor.ID]candor.ID{}
	for f := range pages(t, func(cut candor.Cut) (candor.Page[candor.FiledFinding], error) {
		return s.Findings(t.Context(), candor.Everything, candor.FindingFilter{}, cut)
	}) {
		found[f.Asset]++
		if was := cases[f.Asset]; was != "" && was != f.Case || found[f.Asset] > 1 {
			t.Errorf("of line %s there are %d findings, of the cases %s and %s", f.Asset, found[f.Asset], was, f.Case)
		}
		cases[f.Asset] = f.Case
	}
	for line := range x.lines {
		held, err := s.AssetsByAddress(t.Context(), netip.AddrFrom4([4]byte{198, 51, 100, byte(line)}), time.Now(), time.Now())
		if err != nil || len(held) != 1 || found[held[0].Asset] == 0 {
			t.Errorf("line %d: %+v, %v", line, held, err)
		}
	}
	t.Logf("%d kills: %d mails tried, %d accepted, %d reports kept, %d of them again, %d findings", kills, x.sent, len(x.accepted), n, again, len(found))
}

// tellsOnce makes sure that each case has one notice, and no mail comes more often
// than the desk was killed. A mail that was being sent when the desk was killed is
// sent again after minutes, which are waited for only if asked to.
func tellsOnce(t *testing.T, s *store.Store, server *smtptest.Server, kills int, wait bool) {
	t.Helper()
	found, err := s.Findings(t.Context(), candor.Everything, candor.FindingFilter{}, candor.Cut{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "each case has one notice", 20*time.Second, func() bool {
		notices := map[candor.ID]int{}
		for r := range pages(t, func(cut candor.Cut) (candor.Page[candor.Response], error) {
			return s.Responses(t.Context(), candor.Everything, candor.ResponseFilter{Method: notify.Name}, cut)
		}) {
			if notices[r.Case]++; notices[r.Case] > 1 || r.State == candor.ResponseFailed {
				t.Fatalf("the case %s has %d notices; one is %s: %s", r.Case, notices[r.Case], r.State, r.Error)
			}
		}
		return len(notices) == found.Count
	})
	told := func() map[string]int {
		all := map[string]int{}
		for _, m := range server.Mails() {
			if strings.HasPrefix(m.To, "owner@") {
				all[m.To]++
			}
		}
		return all
	}
	if wait {
		eventually(t, "everybody is told", 10*time.Minute, func() bool { return len(told()) == found.Count })
	}
	eventually(t, "most are told", 20*time.Second, func() bool { return len(told()) >= found.Count-kills })
	twice := 0
	for _, n := range told() {
		twice += n - 1
	}
	if twice > kills {
		t.Errorf("%d notices came again, in %d kills", twice, kills)
	}
	t.Logf("%d of %d were told, %d of them again", len(told()), found.Count, twice)
}

// pages gives all of a list.
func pages[T any](t *testing.T, part func(candor.Cut) (candor.Page[T], error)) func(func(T) bool) {
	return func(yield func(T) bool) {
		for cut := (candor.Cut{Limit: 500}); ; {
			page, err := part(cut)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range page.Items {
				if !yield(x) {
					return
				}
			}
			if cut.Cursor = page.Next; page.Next == "" {
				return
			}
		}
	}
}
