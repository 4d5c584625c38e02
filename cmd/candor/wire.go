package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"candor"
	"candor/engine"
	"candor/internal/access"
	"candor/internal/access/link"
	"candor/internal/config"
	"candor/internal/consent"
	"candor/internal/consent/proof"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/desk/playbook"
	"candor/internal/drill"
	"candor/internal/evidence"
	"candor/internal/fleet"
	"candor/internal/flow/archive"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/outward"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/respond/isolate"
	"candor/internal/respond/notify"
	"candor/internal/respond/notify/smtp"
	"candor/internal/respond/submit"
	"candor/internal/scan"
	"candor/internal/scan/generation"
	"candor/internal/scan/good"
	"candor/internal/scan/known"
	"candor/internal/scan/site"
	"candor/internal/scan/unpack"
	"candor/internal/store"
	"candor/internal/web"
	"candor/internal/web/api"
	"candor/internal/web/hook"
)

// setup is what the house is made from.
type setup struct {
	data      folder
	database  string // a URL; a SQLite file in data if empty
	node      string
	roles     []string
	publicURL string
	origin    string // of the evidence log
	provider  notify.Provider
	language  string // of the console's own texts in records
	zone      *time.Location
	calendar  *calendar.Calendar
	rules     []calendar.Rule
	playbooks []fs.FS
	mail      smtp.Options
	noMail    bool
	gather    time.Duration // how long after a notice others wait
	drop      string        // a folder for mails, in place of a server; empty for none
	access    access.Options
	sources   []generation.Source
	keep      int
	limits    generation.Limits
	stale     time.Duration
	check     time.Duration // how often sources of definitions are looked at
	every     time.Duration // how often a site is scanned
	scans     int           // at a time
	threads   int           // of one scan
	watch     bool          // files are looked at as they change
	maxSize   int64
	into      *unpack.Options
	exclude   scan.Exclude
	excluded  []string // as it is written
	allowed   []string // roots
	good      []string // lists of known-good files
	traffic   config.Traffic
	leases    config.Leases
	agents    string // where they are answered; empty if they are not
	vault     evidence.VaultOptions
	witnesses []evidence.Cosigner
	intake    config.Intake
	intel     config.Intel
	isolation config.Isolation
	garden    config.Garden
	drill     config.Drill
	inside    bool // webhooks and proofs of notices may reach the provider's own network
	alarms    []string
	clock     candor.Clock
	log       *slog.Logger
}

// running is a house whose parts are open.
type running struct {
	*house.House
	setup     setup
	phrases   *phrase.Catalogue
	books     *playbook.Library
	advice    playbook.Adviser
	links     *link.Links
	secrets   [][]byte // sign links and cookies
	pages     *web.Site
	sender    *smtp.Sender
	notify    *notify.Method
	isolation *isolate.Method // nil where no enforcement points are set up
	ledger    *house.Ledger   // nil where this program is no worker
	hooks     *hook.Sender
	known     *known.Store // of files; nil if it cannot be used
	good      *good.Lists  // of known-good files
	marked    string       // what of these open findings were held against
	passed    passed
	traffic   *traffic       // nil where no exporters are heard
	archive   archive.Reader // nil where flows are not kept
	upkeep    upkeep         // of isolations
	drillNext time.Time      // not before that one is held by the program itself
	closings  []func() error
}

// open opens all parts. What was opened is closed again if one fails.
func open(ctx context.Context, s setup) (_ *running, err error) {
	r := &running{House: &house.House{Clock: s.clock, Logger: s.log, Mute: s.mute(), Methods: []string{notify.Name, "quarantine"}}, setup: s}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	for _, step := range []func(context.Context) error{r.openTexts, r.openRecords, r.openEvidence, r.openAccess, r.openDefinitions, r.openReceipts, r.openGood, r.openFleet, r.openDesk, r.openResponses, r.openTraffic, r.openReports, r.openForwards, r.openReader} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	r.hooks = hook.New(hook.Options{Store: r.Store, Clock: s.clock, Inside: s.inside, Public: house.PublicCase})
	r.Checks = r.checks()
	r.House.Known, r.House.WhereContents, r.House.Archive = r.counted, r.where, r.archive
	r.House.Samples = samples{r}
	r.House.Producer = intel.Producer{Name: s.provider.Name, Mail: s.provider.Mail}
	r.House.Drills = house.Drills{Folder: drill.Folder(s.data.at(drillFolder)), Every: time.Duration(s.drill.Every), Since: s.clock(), Itself: s.drill.Itself}
	r.House.Texts, r.House.PublicURL = r.phrases, s.publicURL
	var dial outward.Dial // to the open Internet
	if s.inside {
		dial = new(net.Dialer).DialContext
	}
	r.House.Proofs = proof.New(proof.Options{Dial: dial})
	r.House.Reports.Visitor = newVisitor(nil) // also where checks reach the network inside: strangers name these
	r.House.Prober = prober(s, dial)
	r.House.Feeds, err = intelFeeds(s.intel, s.data.at("feeds"), dial)
	return r, err
}

// close closes all parts, the last one first.
func (r *running) close() error {
	var err error
	for i := len(r.closings) - 1; i >= 0; i-- {
		err = errors.Join(err, r.closings[i]())
	}
	r.closings = nil
	return err
}

func (r *running) openTexts(context.Context) (err error) {
	if r.phrases, err = phrase.Load(); err != nil {
		return err
	}
	r.books, err = playbook.Load(r.setup.playbooks...)
	r.advice = playbook.Adviser{Library: r.books, Phrases: r.phrases}
	return err
}

func (r *running) openRecords(ctx context.Context) error {
	if err := os.MkdirAll(string(r.setup.data), 0o700); err != nil {
		return candor.WithHint(fmt.Errorf("the data folder: %w", err), "Choose another with --data.")
	}
	if err := r.standAlone(); err != nil {
		return err
	}
	if r.setup.does(config.RoleWorker) {
		end, err := r.takeName()
		if err != nil {
			return err
		}
		r.closings = append(r.closings, end)
	}
	s, err := store.Open(ctx, store.Options{URL: r.setup.data.database(r.setup.database), Node: r.setup.node, Log: r.setup.log, Conceal: conceal})
	if err != nil {
		return err
	}
	r.Store, r.Consents = s, consent.NewRegister(s, r.setup.clock)
	r.closings = append(r.closings, s.Close)
	return nil
}

func conceal(value string) (digest, salt string) {
	c, err := evidence.Conceal(rand.Reader, value)
	if err != nil {
		panic(err) // the system's randomness never fails
	}
	return c.Digest.String(), c.Salt.String()
}

func (r *running) openAccess(ctx context.Context) (err error) {
	secrets, err := r.keepSecrets(ctx)
	if err != nil {
		return err
	}
	o := r.setup.access
	o.URL, o.Provider = r.setup.publicURL, r.setup.provider.Name
	o.Secrets, o.MaxBody = append(o.Secrets, secrets...), api.MaxBody
	if r.Access, err = access.New(o, access.Deps{Store: r.Store.Access(), Clock: r.setup.clock, Refuse: r.refuse()}); err != nil {
		return err
	}
	r.secrets = o.Secrets
	r.links, err = link.New(o.Secrets, r.setup.clock, r.revoked)
	return err
}

func (r *running) openReceipts(ctx context.Context) error { return r.OpenReceipts(ctx) }

// refuse answers a request that may not go on: with a page, or to programs as
// the API does.
func (r *running) refuse() func(http.ResponseWriter, *http.Request, error) {
	programs := api.Refuser(r.setup.log, r.setup.clock)
	return func(w http.ResponseWriter, req *http.Request, err error) {
		if r.pages != nil && !strings.HasPrefix(req.URL.Path, "/api/") {
			r.pages.Refuse(w, req, err)
			return
		}
		programs(w, req, err)
	}
}

// revoked tells whether a link is good no longer: its contact is none of the
// party's any more.
func (r *running) revoked(ctx context.Context, l link.Link) (bool, error) {
	if l.Party == "" || l.Contact == (link.Contact{}) {
		return false, nil
	}
	p, err := r.Store.Party(ctx, candor.Everything, l.Party)
	if errors.Is(err, candor.ErrNotFound) {
		return true, nil
	}
	for _, c := range p.Contacts {
		if link.ContactOf(c.Address) == l.Contact {
			return false, err
		}
	}
	return err == nil, err
}

func (r *running) openDefinitions(ctx context.Context) (err error) {
	r.Definitions, err = generation.Open(ctx, generation.Options{
		Dir: r.setup.data.at("definitions"), Sources: r.setup.sources, Limits: r.setup.limits, Keep: r.setup.keep, StaleAfter: r.setup.stale,
		Cache:   scan.Cache{Dir: r.setup.data.at("cache")},
		Records: generations{r.Store}, OnChange: r.changed, Clock: r.setup.clock, Log: r.setup.log})
	if err != nil {
		return err
	}
	if r.setup.does(config.RoleWorker) { // it has one user, and only scans need it
		r.openKnown()
	}
	r.Sites = site.New(site.Config{
		Store: siteStore{r.Store}, Definitions: r.current, Clock: r.setup.clock, Log: r.setup.log,
		Every: r.setup.every, Threads: r.setup.threads, Exclude: r.setup.exclude, MaxSize: r.setup.maxSize, Inside: r.setup.into, Allowed: r.setup.allowed})
	return nil
}

// current gives the definitions that a scan uses from its start to its end.
func (r *running) current() (site.Definitions, error) {
	h, err := r.Definitions.Current()
	if err != nil {
		return site.Definitions{}, err
	}
	compiled := h.Compiled()
	session, forget := r.remember(h.Generation().ID, compiled.Rules)
	return site.Definitions{Generation: h.Generation().ID, Known: session, Release: func() { forget(); h.Release() }, NewMatcher: func() scan.Matcher { return compiled.Rules.NewScanner(engine.ScanOptions{Strings: true}) }}, nil
}

// changed records that other definitions are used, or that some were refused.
func (r *running) changed(ctx context.Context, g candor.Generation) error {
	body := fmt.Appendf(nil, `{"generation":%q,"state":%q,"rules":%d,"problems":%d}`, g.ID, g.State, g.Rules, g.Problems)
	now := r.setup.clock().UTC()
	return r.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.AddRecord(ctx, candor.Record{ID: candor.NewID(now), Kind: candor.RecordGeneration, At: now, Actor: "system", Body: body})
	})
}

// generations keeps what is known of the definitions.
type generations struct{ *store.Store }

func (g generations) SetGeneration(ctx context.Context, x candor.Generation) error {
	return g.Tx(ctx, func(tx *store.Tx) error { return tx.SetGeneration(ctx, x) })
}

func (r *running) openDesk(context.Context) error {
	r.Desk = desk.New(desk.Config{Store: deskStore{r.Store}, Clock: r.setup.clock, Calendar: r.setup.calendar, Rules: r.setup.rules,
		Plays: plays(r.books, r.phrases.ForConsole(r.setup.language)), Good: r.good.Look, Doubt: doubt(r.phrases.ForConsole(r.setup.language)), Tell: r.tell})
	r.Sites.Desk = filer{r.Desk, r.House}
	return nil
}

func (r *running) openResponses(ctx context.Context) (err error) {
	var sender notify.Sender = noSender{}
	if r.setup.drop != "" {
		sender = dropSender{r.setup.drop}
	}
	if !r.setup.noMail {
		if r.sender, err = smtp.New(r.setup.mail); err != nil {
			return err
		}
		sender = r.sender
		r.closings = append(r.closings, r.sender.Close)
	}
	_, domain, _ := strings.Cut(r.setup.mail.From.Address, "@")
	if domain == "" {
		domain = "localhost"
	}
	if r.notify, err = notify.New(notify.Config{Messages: mailbox{r.Store}, Facts: facts{r.Store, r.customerDue}, Advice: r.advice, Sender: sender, Link: r.link,
		Phrases: r.phrases, Provider: r.setup.provider, Domain: domain, Now: r.setup.clock, Gather: r.setup.gather, Coming: r.Store.IsRead}); err != nil {
		return err
	}
	methods := []respond.Method{r.notify, fleet.Quarantine{Service: r.Fleet}}
	if r.House.Submit, err = submit.New(submit.Config{Entries: r.Store, Vault: vault{r.Vault}, Messages: mailbox{r.Store}, Sender: sender, Mute: r.setup.mute(), Consent: r.House, Client: vendors(r.setup.inside),
		Keys: r.House, Handings: r.House, Phrases: r.phrases, Provider: r.setup.provider.Name, Domain: domain, Now: r.setup.clock}); err != nil {
		return err
	}
	methods = append(methods, r.House.Submit)
	if r.isolation, err = r.openIsolation(ctx); err != nil {
		return err
	}
	if r.isolation != nil {
		g := &r.Garden
		g.Sessions, g.Releases, g.Within, g.Watch = r.isolation.Sessions, r.setup.garden.Releases, time.Duration(r.setup.garden.Within), time.Duration(r.setup.garden.Watch)
		methods, r.Methods = append(methods, r.isolation), append(r.Methods, isolate.Name)
	}
	r.Runner = respond.New(respond.Config{Store: respondStore{r.Store}, Now: r.setup.clock, Then: house.Follow(r.Desk), Hold: r.Hold(r.judge), Held: house.AskWhatIsHeld(r.Desk),
		Allowed: r.Allowed, Lapsed: house.AskWhatLapsed(r.Desk),
		Methods: methods})
	return nil
}

// customerDue is by when a customer who is told now should have acted; zero if
// no rule says so.
func (r *running) customerDue(s candor.Severity) time.Time {
	for _, rule := range r.setup.rules {
		if rule.Name == calendar.Customer(s) {
			return calendar.Due(rule, r.setup.clock(), r.setup.calendar)
		}
	}
	return time.Time{}
}

// linkLife is how long a link to a case's page works.
const linkLife = 60 * 24 * time.Hour

// link makes a link to the page of a case for one contact.
func (r *running) link(_ context.Context, c candor.Case, to candor.Contact) (string, time.Time, error) {
	expires := r.setup.clock().Add(linkLife).Truncate(time.Second).UTC()
	text, err := r.links.Sign(link.Link{Purpose: link.Case, Subject: c.ID, Party: c.Party, Contact: link.ContactOf(to.Address), Expires: expires})
	if err != nil {
		return "", time.Time{}, err
	}
	address, err := url.JoinPath(r.setup.publicURL, "c", text)
	return address, expires, err
}

// noSender stands for a mail server that nobody named.
type noSender struct{}

func (noSender) Send(context.Context, candor.Message) error {
	return candor.WithHint(fmt.Errorf("no mail server is set up: %w", candor.ErrUnavailable), "Name one in the configuration, under mail.")
}
