// Package wire is what agents and nodes say to each other: JSON over HTTPS,
// under /agent/v1/. Either side may be older than the other, so members that
// are not known are passed over, and what is read from an agent is checked
// here: a server that was broken into sends what it likes.
package wire

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/inventory"
)

// The paths. What a task needs lies below its own.
const (
	Enrol       = "/agent/v1/enrol"
	Renew       = "/agent/v1/renew"
	Sync        = "/agent/v1/sync"
	Reports     = "/agent/v1/reports"
	Definitions = "/agent/v1/definitions/" // and a generation
	Verdicts    = "/agent/v1/verdicts"
	Inventory   = "/agent/v1/inventory"
	Tasks       = "/agent/v1/tasks/" // ID, and "/save", "/done", "/vault" or "/vault/" and a digest
)

// ServerName is what nodes are called in their certificates, wherever they are.
const ServerName = "node.candor.internal"

// Bounds.
const (
	MostBody     = 8 << 20 // bytes of a message
	MostFindings = 500     // of a report
	MostDigests  = 4096    // of a claim
	mostText     = 64 << 10
	mostWord     = 4 << 10
)

// EnrolRequest asks for a certificate, with a token that works once.
type EnrolRequest struct {
	Token   string `json:"token"`   // the secret of it
	Request []byte `json:"request"` // a certificate request (PKCS #10, DER)
	Name    string `json:"name"`    // what the machine calls itself
	Version string `json:"version"`
}

// EnrolAnswer is a certificate.
type EnrolAnswer struct {
	Agent       candor.ID `json:"agent"`
	Certificate []byte    `json:"certificate"` // DER
}

// RenewRequest asks for a certificate for the same key.
type RenewRequest struct {
	Request []byte `json:"request"`
}

// SyncRequest says how an agent is and asks for what there is to do. The answer
// comes at once if there is something, or when Wait is over.
type SyncRequest struct {
	Version    string        `json:"version"`
	Generation string        `json:"generation"`
	Status     Status        `json:"status"`
	Working    []candor.ID   `json:"working,omitempty"` // tasks that it has
	Wait       time.Duration `json:"wait"`
}

// Status is how an agent is.
type Status struct {
	Backlog int       `json:"backlog"`           // reports that wait to be taken
	Scans   []Running `json:"scans,omitempty"`   // that go on
	CPU     float64   `json:"cpu"`               // of one processor, since the last status
	Memory  int64     `json:"memory"`            // resident, in bytes
	Started time.Time `json:"started"`           // the program
	Sites   int       `json:"sites"`             // that it looks after
	Last    time.Time `json:"last,omitzero"`     // the end of the last scan
	Error   string    `json:"error,omitempty"`   // what went wrong last, and still is
	Shared  int       `json:"shared,omitempty"`  // contents that it knows from others
	Spared  int64     `json:"spared,omitempty"`  // contents that it did not look at since others had
	Looked  int64     `json:"looked,omitempty"`  // files that it looked at
	Offline int64     `json:"offline,omitempty"` // scans that it began by itself while no node answered
}

// Running is a scan that goes on.
type Running struct {
	Scan     candor.ID `json:"scan"`
	Asset    candor.ID `json:"asset"`
	Files    int64     `json:"files"`
	Bytes    int64     `json:"bytes"`
	Findings int64     `json:"findings"`
	Errors   int64     `json:"errors"`
}

// SyncAnswer is what an agent is to know and to do.
type SyncAnswer struct {
	Sites      []Site   `json:"sites"`
	Settings   Settings `json:"settings"`
	Generation string   `json:"generation,omitempty"` // of the definitions in use
	Received   int64    `json:"received"`             // the number of the last report that was taken
	Tasks      []Task   `json:"tasks,omitempty"`
}

// Site is a site that an agent looks after.
type Site struct {
	Asset candor.ID     `json:"asset"`
	Roots []string      `json:"roots"`
	Every time.Duration `json:"every,omitempty"` // never by itself if 0
	Last  time.Time     `json:"last,omitzero"`   // the end of the last complete scan
}

// Settings are how sites are scanned.
type Settings struct {
	Exclude []string `json:"exclude,omitempty"`
	MaxSize int64    `json:"max_size,omitempty"` // bytes of a file; 0 for no limit
	Watch   bool     `json:"watch,omitempty"`    // what changes is to be looked at, as it changes
}

// The kinds of tasks.
const (
	TaskScan   = "scan"
	TaskPlan   = "quarantine.plan"
	TaskApply  = "quarantine.apply"
	TaskVerify = "quarantine.verify"
	TaskRevert = "quarantine.revert"
	TaskHashes = "hashes"
)

// Task is something to do. It is handed out again until its end was told.
type Task struct {
	ID   candor.ID       `json:"id"`
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"` // a ScanTask, PlanTask, ResponseTask or HashTask
}

// ScanTask asks for a scan. Its end is told by a Report.
type ScanTask struct {
	Scan  candor.ID `json:"scan"`
	Asset candor.ID `json:"asset"`
}

// PlanTask asks what a quarantine would do.
type PlanTask struct {
	Options json.RawMessage `json:"options"`
	Asset   candor.Asset    `json:"asset"`
}

// ResponseTask asks for a quarantine to be applied, verified or undone.
type ResponseTask struct {
	Response candor.ID       `json:"response"`
	Plan     json.RawMessage `json:"plan"`
	Result   json.RawMessage `json:"result,omitempty"`
}

// Outcome says how a task ended.
type Outcome struct {
	Result json.RawMessage `json:"result,omitempty"`
	Error  *Failure        `json:"error,omitempty"`
}

// Failure is an error that is told.
type Failure struct {
	Text      string        `json:"text"`
	Hint      string        `json:"hint,omitempty"`
	Kind      string        `json:"kind,omitempty"` // invalid, not-found, exists, denied, changed, unavailable
	Temporary bool          `json:"temporary,omitempty"`
	After     time.Duration `json:"after,omitempty"`
}

// Report is a part of what a scan saw, or without a scan what was found in files
// that changed. Reports are counted up from 1 by the agent and taken in that
// order; one that was taken before is passed over.
type Report struct {
	Number     int64            `json:"number"`
	Scan       candor.ID        `json:"scan,omitempty"` // empty only if it has no End
	Asset      candor.ID        `json:"asset"`
	Cause      string           `json:"cause"`
	Began      time.Time        `json:"began"`
	Generation string           `json:"generation"`
	Files      int64            `json:"files"`
	Bytes      int64            `json:"bytes"`
	Findings   int64            `json:"findings"`
	Errors     int64            `json:"errors"`
	Found      []candor.Finding `json:"found,omitempty"` // paths as candor.TextPath writes them
	End        *End             `json:"end,omitempty"`
}

// End is how a scan ended.
type End struct {
	At       time.Time `json:"at"`
	Complete bool      `json:"complete"`        // everything was looked at
	Error    string    `json:"error,omitempty"` // why not
}

// Received says up to which number reports were taken.
type Received struct {
	Received int64 `json:"received"`
}

// Under names what verdicts rest on: definitions, the program that gives them, and
// how it looks into contents.
func Under(generation, version, opening string) string {
	return generation + " " + version + " " + opening
}

// Claim says which contents were found to be clean: BLAKE3 digests in
// hexadecimal.
type Claim struct {
	Under   string   `json:"under"` // which definitions and program
	Digests []string `json:"digests"`
}

// InventoryReport says which software is on the server, or at one of its sites. The
// list is sent when it is asked for.
type InventoryReport struct {
	Asset  candor.ID       `json:"asset,omitempty"` // empty for the server itself
	Digest string          `json:"digest"`          // of the list
	List   *inventory.List `json:"list,omitempty"`
}

// InventoryAnswer says whether the list is to be sent: the node knows none with its
// digest.
type InventoryAnswer struct {
	Whole bool `json:"whole"`
}

// Believed are contents that are known to be clean, after a number and a digest.
type Believed struct {
	Digests []string `json:"digests"`
	Number  int64    `json:"number"` // where to go on
	Digest  string   `json:"digest"`
	More    bool     `json:"more"`
}

// Read reads a message of at most MostBody bytes.
func Read[T any](from io.Reader) (T, error) {
	var v T
	data, err := io.ReadAll(io.LimitReader(from, MostBody+1))
	if err != nil {
		return v, fmt.Errorf("read a message: %w", err)
	}
	if len(data) > MostBody {
		return v, invalid("it is larger than %d bytes", MostBody)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return v, invalid("%v", err)
	}
	if c, ok := any(&v).(interface{ Check() error }); ok {
		err = c.Check()
	}
	return v, err
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("a message: %s: %w", fmt.Sprintf(format, args...), candor.ErrInvalid)
}

func word(name, s string) error {
	if len(s) > mostWord || strings.ContainsRune(s, 0) {
		return invalid("%s is too long or no text", name)
	}
	return nil
}

func words(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if err := word(pairs[i], pairs[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// Check says what is wrong with a request to enrol.
func (r *EnrolRequest) Check() error {
	return words("token", r.Token, "name", r.Name, "version", r.Version)
}

// Check says what is wrong with a status.
func (r *SyncRequest) Check() error {
	if len(r.Working) > 10_000 || len(r.Status.Scans) > 1000 || r.Wait < 0 || r.Wait > 5*time.Minute {
		return invalid("there is too much of it")
	}
	for _, s := range r.Status.Scans {
		if err := ids(s.Scan, s.Asset); err != nil {
			return err
		}
	}
	return words("version", r.Version, "generation", r.Generation, "error", r.Status.Error)
}

func ids(all ...candor.ID) error {
	for _, id := range all {
		if _, err := candor.ParseID(string(id)); err != nil {
			return err
		}
	}
	return nil
}

// Check says what is wrong with a report. Paths are looked at where the site
// is known.
func (r *Report) Check() error {
	if r.Number < 1 || len(r.Found) > MostFindings || r.Files < 0 || r.Bytes < 0 || r.Findings < 0 || r.Errors < 0 {
		return invalid("the numbers of a report make no sense")
	}
	if err := ids(r.Asset); err != nil {
		return err
	}
	if r.Scan != "" || r.End != nil {
		if err := ids(r.Scan); err != nil {
			return err
		}
	}
	if r.End != nil {
		if err := word("error", r.End.Error); err != nil {
			return err
		}
	}
	for i := range r.Found {
		if err := checkFinding(&r.Found[i]); err != nil {
			return err
		}
	}
	return words("cause", r.Cause, "generation", r.Generation)
}

func checkFinding(f *candor.Finding) error {
	if !path.IsAbs(f.Path) || path.Clean(f.Path) != f.Path || len(f.Path) > 16<<10 {
		return invalid("%.200q is no path of a file", f.Path)
	}
	if !isDigest(f.SHA256) || f.Bytes < 0 || f.Line < 0 || f.Rule == "" {
		return invalid("a finding of %.200q has no rule or no proper digest", f.Rule)
	}
	if len(f.Tags) > 200 || len(f.Strings) > 1000 || len(f.Description) > mostText || f.Severity > candor.Critical {
		return invalid("a finding of %.200q says too much", f.Rule)
	}
	for _, t := range f.Tags {
		if err := word("tag", t); err != nil {
			return err
		}
	}
	for _, s := range f.Strings {
		if len(s.Data) > mostWord || s.Offset < 0 || s.Length < 0 {
			return invalid("a finding of %.200q says too much", f.Rule)
		}
		if err := word("string", s.Name); err != nil {
			return err
		}
	}
	if !slices.Contains(candor.Classes(), f.Class) || strings.ContainsRune(f.Path, 0) || strings.ContainsRune(f.Description, 0) {
		return invalid("a finding of %.200q has no proper class, or what is no text", f.Rule)
	}
	return words("rule", f.Rule, "nature", string(f.Nature), "language", f.Language, "definitions", f.Definitions)
}

// isDigest tells whether a word is 32 bytes in lower-case hexadecimal.
func isDigest(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Check says what is wrong with a claim.
func (c *Claim) Check() error {
	if len(c.Digests) > MostDigests {
		return invalid("too many digests")
	}
	for _, d := range c.Digests {
		if !isDigest(d) {
			return invalid("%.80q is no digest", d)
		}
	}
	return word("under", c.Under)
}

// Check says what is wrong with a report of software.
func (r *InventoryReport) Check() error {
	if r.Asset != "" {
		if err := ids(r.Asset); err != nil {
			return err
		}
	}
	if !isDigest(r.Digest) {
		return invalid("%.80q is no digest", r.Digest)
	}
	if r.List == nil {
		return nil
	}
	return r.List.Check()
}

// Check says what is wrong with an outcome.
func (o *Outcome) Check() error {
	if o.Error == nil {
		return nil
	}
	if o.Error.After < 0 || o.Error.After > 24*time.Hour || len(o.Error.Text) > mostText {
		return invalid("an error says too much")
	}
	return words("hint", o.Error.Hint, "kind", o.Error.Kind)
}
