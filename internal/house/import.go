package house

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/store"
)

// Bounds of an import.
const (
	mostImport = 64 << 20 // bytes
	mostRows   = 200_000
	mostErrors = 100
)

// Row is one line of an import: a party, or an asset of one. In CSV its fields
// are the columns, lists are separated by semicolons, and a contact is written
// "purpose:address".
type Row struct {
	Type      string   `json:"type"` // party or asset
	Kind      string   `json:"kind"`
	Reference string   `json:"reference"` // by which it is known again
	Name      string   `json:"name"`
	Language  string   `json:"language,omitempty"`
	TimeZone  string   `json:"time_zone,omitempty"`
	Contacts  []string `json:"contacts,omitempty"`
	OwnerKind string   `json:"owner_kind,omitempty"` // customer if empty
	Owner     string   `json:"owner,omitempty"`      // the reference of the party
	Roots     []string `json:"roots,omitempty"`
	Server    string   `json:"server,omitempty"` // of a site: the reference of the server on which it lies
	Hosts     []string `json:"hosts,omitempty"`
	Software  string   `json:"software,omitempty"`
	Observe   bool     `json:"observe_only,omitempty"`
	Every     string   `json:"every,omitempty"`
	Vital     string   `json:"vital,omitempty"` // of a line: medical, voice, emergency; none if it is so no longer; as it was if empty
	// Of a line: what it is sold as, rates in bit/s.
	Plan        string   `json:"plan,omitempty"`
	Down        string   `json:"down,omitempty"`
	Up          string   `json:"up,omitempty"`
	Addresses   []string `json:"addresses,omitempty"`
	MailServers bool     `json:"mail_servers,omitempty"`
	NameServers bool     `json:"name_servers,omitempty"`
}

// Imported says what became of an import.
type Imported struct {
	Added   int      `json:"added"`
	Changed int      `json:"changed"`
	Same    int      `json:"same"`
	Errors  []string `json:"errors,omitempty"` // with the line, at most 100
}

// Import adds and changes parties and assets from CSV or JSON lines. With
// anything wrong in it nothing is changed, and Errors say what and where.
func (h *House) Import(ctx context.Context, who candor.Principal, format string, from io.Reader, dry bool) (Imported, error) {
	if err := may(who, access.ManageParties); err != nil {
		return Imported{}, err
	}
	rows, lines, err := readRows(format, &bounded{from, mostImport, candor.WithHint(fmt.Errorf("the import is larger than %d bytes: %w", int64(mostImport), candor.ErrInvalid), "Import it in parts.")})
	if err != nil {
		return Imported{}, err
	}
	var done Imported
	undo := errors.New("only a rehearsal")
	err = h.tx(ctx, func(tx *store.Tx) error {
		done = Imported{}
		for i, r := range rows {
			if err := h.importRow(ctx, tx, who, r, &done); err != nil {
				if candorKind(err) == nil {
					return err // the database's, and not the row's
				}
				done.Errors = append(done.Errors, fmt.Sprintf("line %d: %v %s", lines[i], err, candor.Hint(err)))
				if len(done.Errors) == mostErrors {
					break
				}
			}
		}
		if dry || len(done.Errors) > 0 {
			return undo
		}
		return nil
	})
	if errors.Is(err, undo) {
		err = nil
	}
	return done, err
}

// candorKind gives the kind of an error that a row is to blame for.
func candorKind(err error) error {
	for _, kind := range []error{candor.ErrInvalid, candor.ErrNotFound} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return nil
}

func (h *House) importRow(ctx context.Context, tx *store.Tx, who candor.Principal, r Row, done *Imported) error {
	if r.Reference == "" {
		return candor.WithHint(fmt.Errorf("there is no reference: %w", candor.ErrInvalid), "Give each row the number by which you know it.")
	}
	switch r.Type {
	case "party":
		return h.importParty(ctx, tx, who, r, done)
	case "asset":
		return h.importAsset(ctx, tx, who, r, done)
	}
	return candor.WithHint(fmt.Errorf("the type is %.40q: %w", r.Type, candor.ErrInvalid), "Write party or asset.")
}

func (h *House) importParty(ctx context.Context, tx *store.Tx, who candor.Principal, r Row, done *Imported) error {
	p := candor.Party{Kind: candor.PartyKind(r.Kind), Reference: r.Reference}
	was, err := tx.PartyByReference(ctx, p.Kind, r.Reference)
	if err != nil && !errors.Is(err, candor.ErrNotFound) {
		return err
	}
	if err == nil {
		p = was
	}
	p.Name, p.Language, p.TimeZone, p.Contacts = r.Name, r.Language, r.TimeZone, nil
	for _, c := range r.Contacts {
		purpose, address, ok := strings.Cut(c, ":")
		if !ok {
			purpose, address = "", c
		}
		contact := candor.Contact{Purpose: purpose, Channel: candor.Phone, Address: address}
		if strings.Contains(address, "@") {
			contact.Channel = candor.Mail
		}
		// What a row cannot say of a contact stays as somebody wrote it.
		if at := slices.IndexFunc(was.Contacts, func(w candor.Contact) bool { return w.Purpose == purpose && w.Address == address }); at >= 0 {
			contact = was.Contacts[at]
		}
		p.Contacts = append(p.Contacts, contact)
	}
	if p.ID != "" && p.Name == was.Name && p.Language == was.Language && p.TimeZone == was.TimeZone && slices.Equal(p.Contacts, was.Contacts) {
		done.Same++
		return nil
	}
	count(done, p.ID == "")
	_, err = h.saveParty(ctx, tx, who, p)
	return err
}

func (h *House) importAsset(ctx context.Context, tx *store.Tx, who candor.Principal, r Row, done *Imported) error {
	ownerKind := candor.Customer
	if r.OwnerKind != "" {
		ownerKind = candor.PartyKind(r.OwnerKind)
	}
	owner, err := tx.PartyByReference(ctx, ownerKind, r.Owner)
	if err != nil {
		return fmt.Errorf("the owner, %s %.80q: %w", ownerKind, r.Owner, err)
	}
	a := candor.Asset{Kind: candor.AssetKind(r.Kind), Reference: r.Reference}
	was, err := tx.AssetByReference(ctx, a.Kind, r.Reference)
	if err != nil && !errors.Is(err, candor.ErrNotFound) {
		return err
	}
	if err == nil {
		a = was
	}
	a.Owner, a.Name, a.Roots, a.Hosts, a.Software, a.ObserveOnly = owner.ID, r.Name, r.Roots, r.Hosts, r.Software, r.Observe
	if r.Vital != "" {
		a.Vital = candor.Vital(strings.TrimSuffix(r.Vital, "none"))
	}
	a.Server = ""
	if r.Server != "" {
		on, err := tx.AssetByReference(ctx, candor.Server, r.Server)
		if err != nil {
			return fmt.Errorf("the server %.80q: %w", r.Server, err)
		}
		a.Server = on.ID
	}
	if err := a.Every.UnmarshalText([]byte(r.Every)); err != nil {
		return err
	}
	if a.Access, err = r.access(); err != nil {
		return err
	}
	if a.ID != "" && a.Owner == was.Owner && a.Name == was.Name && slices.Equal(a.Roots, was.Roots) && slices.Equal(a.Hosts, was.Hosts) &&
		a.Software == was.Software && a.ObserveOnly == was.ObserveOnly && a.Every == was.Every && a.Server == was.Server && a.Vital == was.Vital && a.Access.Equal(was.Access) {
		done.Same++
		return nil
	}
	count(done, a.ID == "")
	_, err = h.saveAsset(ctx, tx, who, a)
	return err
}

// access is what the row says that a line is sold as.
func (r Row) access() (a candor.Access, err error) {
	a = candor.Access{Plan: r.Plan, Addresses: r.Addresses, Mail: r.MailServers, Names: r.NameServers}
	if a.Down, err = ParseRate(r.Down); err == nil {
		a.Up, err = ParseRate(r.Up)
	}
	return a, err
}

// ParseRate reads bits a second: a number, or one with k, M or G behind it.
func ParseRate(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	number, factor := text, int64(1)
	if at := strings.IndexByte("kMG", text[len(text)-1]); at >= 0 {
		number, factor = text[:len(text)-1], []int64{1e3, 1e6, 1e9}[at]
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > 1e15/factor {
		return 0, candor.WithHint(fmt.Errorf("%.40q is no rate: %w", text, candor.ErrInvalid), "Write bits a second, such as 40000000 or 40M.")
	}
	return n * factor, nil
}

func count(done *Imported, fresh bool) {
	if fresh {
		done.Added++
	} else {
		done.Changed++
	}
}

// readRows reads an import, and says on which line each row stands.
func readRows(format string, from io.Reader) ([]Row, []int, error) {
	switch format {
	case "csv":
		return readCSV(from)
	case "json":
		return readJSON(from)
	}
	return nil, nil, candor.WithHint(fmt.Errorf("the format %.20q cannot be imported: %w", format, candor.ErrInvalid), "Choose csv or json.")
}

// bounded gives an error where io.LimitReader would give an end: half of it is
// none.
type bounded struct {
	from io.Reader
	left int64
	over error // what is larger is this
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.from.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, b.over
	}
	return n, err
}

func tooMany() error {
	return candor.WithHint(fmt.Errorf("the import has too many rows: %w", candor.ErrInvalid), fmt.Sprintf("Import at most %d at a time.", mostRows))
}

func readJSON(from io.Reader) (rows []Row, lines []int, err error) {
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	for {
		var r Row
		switch err := decoder.Decode(&r); {
		case errors.Is(err, io.EOF):
			return rows, lines, nil
		case err != nil:
			return nil, nil, candor.WithHint(fmt.Errorf("row %d, near byte %d: %w: %w", len(rows)+1, decoder.InputOffset(), err, candor.ErrInvalid), "Write one JSON object a row.")
		}
		rows, lines = append(rows, r), append(lines, len(rows)+1)
		if len(rows) > mostRows {
			return nil, nil, tooMany()
		}
	}
}

func readCSV(from io.Reader) (rows []Row, lines []int, err error) {
	r := csv.NewReader(from)
	head, err := r.Read()
	if err != nil {
		return nil, nil, candor.WithHint(fmt.Errorf("the first line: %w: %w", err, candor.ErrInvalid), "It names the columns: type,kind,reference,name,…")
	}
	for i, name := range head {
		head[i] = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		if setters[head[i]] == nil {
			return nil, nil, candor.WithHint(fmt.Errorf("line 1: there is no column %.40q: %w", head[i], candor.ErrInvalid), "Columns are type, kind, reference, name, language, time_zone, contacts, owner_kind, owner, roots, server, hosts, software, observe_only, every, plan, down, up, addresses, mail_servers, name_servers, vital.")
		}
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, lines, nil
		}
		if err != nil {
			return nil, nil, candor.WithHint(fmt.Errorf("%w: %w", err, candor.ErrInvalid), "Look at that line; quote fields that hold commas or quotes.")
		}
		line, _ := r.FieldPos(0)
		var row Row
		for i, value := range record {
			setters[head[i]](&row, value)
		}
		rows, lines = append(rows, row), append(lines, line)
		if len(rows) > mostRows {
			return nil, nil, tooMany()
		}
	}
}

// setters are the columns of CSV.
var setters = map[string]func(*Row, string){
	"type":         func(r *Row, v string) { r.Type = v },
	"kind":         func(r *Row, v string) { r.Kind = v },
	"reference":    func(r *Row, v string) { r.Reference = v },
	"name":         func(r *Row, v string) { r.Name = v },
	"language":     func(r *Row, v string) { r.Language = v },
	"time_zone":    func(r *Row, v string) { r.TimeZone = v },
	"contacts":     func(r *Row, v string) { r.Contacts = listOf(v) },
	"owner_kind":   func(r *Row, v string) { r.OwnerKind = v },
	"owner":        func(r *Row, v string) { r.Owner = v },
	"roots":        func(r *Row, v string) { r.Roots = listOf(v) },
	"server":       func(r *Row, v string) { r.Server = v },
	"hosts":        func(r *Row, v string) { r.Hosts = listOf(v) },
	"software":     func(r *Row, v string) { r.Software = v },
	"observe_only": func(r *Row, v string) { r.Observe = yes(v) },
	"every":        func(r *Row, v string) { r.Every = v },
	"plan":         func(r *Row, v string) { r.Plan = v },
	"down":         func(r *Row, v string) { r.Down = v },
	"up":           func(r *Row, v string) { r.Up = v },
	"addresses":    func(r *Row, v string) { r.Addresses = listOf(v) },
	"mail_servers": func(r *Row, v string) { r.MailServers = yes(v) },
	"name_servers": func(r *Row, v string) { r.NameServers = yes(v) },
	"vital":        func(r *Row, v string) { r.Vital = v },
}

func yes(v string) bool { return v == "true" || v == "1" || v == "yes" }

func listOf(text string) []string {
	var all []string
	for item := range strings.SplitSeq(text, ";") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}
