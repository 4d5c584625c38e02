package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"candor"
	"candor/internal/consent/software"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Product gives client software by its id.
func (r reader) Product(ctx context.Context, id string) (software.Product, error) {
	row, err := one[query.SoftwareProduct](ctx, r.db, "software_products", "id = ?", id)
	return product(row), err
}

var productList = list{table: "software_products", own: "created", sorts: []string{"name", "id"}}

// Products lists client software whose name, publisher or id holds the words.
func (r reader) Products(ctx context.Context, words string, cut candor.Cut) (candor.Page[software.Product], error) {
	var w where
	w.holds(words)
	page, err := part[query.SoftwareProduct](ctx, r, productList, w, cut)
	return turn(page, product), err
}

// AddProduct adds client software.
func (t *Tx) AddProduct(ctx context.Context, p software.Product) error {
	return add(ctx, t.reader, "software_products", "", query.SoftwareProduct{ID: p.ID, Name: p.Name, Publisher: p.Publisher, Asset: p.Asset, Created: column.Time(p.Created),
		Folded: fold(p.Name, p.Publisher, p.ID)})
}

// AddBuild adds a build.
func (t *Tx) AddBuild(ctx context.Context, b software.Build, at time.Time) error {
	files, err := json.Marshal(b.Files)
	if err != nil {
		return err
	}
	return add(ctx, t.reader, "software_builds", "", query.SoftwareBuild{Product: b.Product, Digest: b.Digest(), Version: b.Version, Platform: b.Platform,
		Files: column.Raw(files), Created: column.Time(at)})
}

// Builds gives the latest builds of a product, with their bindings.
func (r reader) Builds(ctx context.Context, product string, most int) ([]software.Declared, error) {
	rows, err := choose[query.SoftwareBuild](ctx, r.db, "software_builds", "product = ? ORDER BY created DESC, digest LIMIT ?", product, most)
	if err != nil {
		return nil, err
	}
	all := make([]software.Declared, len(rows))
	for i, row := range rows {
		if all[i], err = r.declared(ctx, row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Declared gives what is known of a build, nothing if nothing is.
func (r reader) Declared(ctx context.Context, product, build string) (software.Declared, error) {
	rows, err := choose[query.SoftwareBuild](ctx, r.db, "software_builds", "product = ? AND digest = ?", product, build)
	if err != nil || len(rows) == 0 {
		return software.Declared{}, err
	}
	return r.declared(ctx, rows[0])
}

func (r reader) declared(ctx context.Context, row query.SoftwareBuild) (d software.Declared, err error) {
	d.Known = true
	d.Build = software.Build{Product: row.Product, Version: row.Version, Platform: row.Platform}
	if err := json.Unmarshal(row.Files, &d.Build.Files); err != nil {
		return d, fmt.Errorf("files of build %s: %w", row.Digest, err)
	}
	rows, err := choose[query.SoftwareBinding](ctx, r.db, "software_bindings", "product = ? AND build = ? ORDER BY at, id", row.Product, row.Digest)
	d.Bindings = each(rows, binding)
	return d, err
}

// AddBinding adds a binding of a build that is known.
func (t *Tx) AddBinding(ctx context.Context, b software.Binding) error {
	return add(ctx, t.reader, "software_bindings", "", query.SoftwareBinding{ID: b.ID, Product: b.Product, Build: b.Build,
		Agreement: b.Agreement.Document, AgreementVersion: b.Agreement.Version, AgreementDigest: b.Agreement.SHA256,
		Policy: b.Policy.Document, PolicyVersion: b.Policy.Version, PolicyDigest: b.Policy.SHA256, Optional: column.Of(b.Optional), At: column.Time(b.Since)})
}

// Device gives a device by the thumbprint of its key.
func (r reader) Device(ctx context.Context, id string) (software.Device, error) {
	row, err := one[query.SoftwareDevice](ctx, r.db, "software_devices", "id = ?", id)
	return software.Device{ID: row.ID, Party: row.Party, Last: row.Last, First: time.Time(row.FirstSeen), Seen: time.Time(row.LastSeen)}, err
}

func deviceRow(d software.Device) query.SoftwareDevice {
	return query.SoftwareDevice{ID: d.ID, Party: d.Party, Last: d.Last, FirstSeen: column.Time(d.First), LastSeen: column.Time(d.Seen)}
}

// AddDevice adds a device.
func (t *Tx) AddDevice(ctx context.Context, d software.Device) error {
	return add(ctx, t.reader, "software_devices", "", deviceRow(d))
}

// ChangeDevice replaces a device whose greatest serial is last still.
func (t *Tx) ChangeDevice(ctx context.Context, d software.Device, last int64) error {
	ok, err := change(ctx, t.db, "software_devices", deviceRow(d), "last = ?", last)
	if err == nil && !ok {
		err = changed("device", candor.ID(d.ID))
	}
	return err
}

// AddCode adds a code by which a device becomes a party's, by its digest.
func (t *Tx) AddCode(ctx context.Context, digest string, party candor.ID, now, expires time.Time) error {
	if _, err := t.db.ExecContext(ctx, "DELETE FROM software_codes WHERE expires < ?", column.Time(now)); err != nil {
		return kind(err, "forget codes")
	}
	return add(ctx, t.reader, "software_codes", "", query.SoftwareCode{Hash: digest, Party: party, Created: column.Time(now), Expires: column.Time(expires)})
}

// Codes counts the codes of a party that could be used.
func (r reader) Codes(ctx context.Context, party candor.ID, now time.Time) (n int, err error) {
	row := r.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM software_codes WHERE party = ? AND used = 0 AND expires > ?", party, column.Time(now))
	return n, kind(row.Scan(&n), "count codes")
}

// UseCode takes a code that was not used and has not expired, and gives whose it
// is. Any other is candor.ErrDenied.
func (t *Tx) UseCode(ctx context.Context, digest, device string, now time.Time) (candor.ID, error) {
	result, err := t.db.ExecContext(ctx, "UPDATE software_codes SET used = ?, device = ? WHERE hash = ? AND used = 0 AND expires > ?", column.Time(now), device, digest, column.Time(now))
	if err != nil {
		return "", kind(err, "use a code")
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return "", fmt.Errorf("the code is not known, was used or has expired: %w", candor.ErrDenied)
	}
	row, err := one[query.SoftwareCode](ctx, t.db, "software_codes", "hash = ?", digest)
	return row.Party, err
}

// Statement gives what a device said under a serial.
func (r reader) Statement(ctx context.Context, device string, serial int64) (software.Kept, error) {
	row, err := one[query.SoftwareStatement](ctx, r.db, "software_statements", "device = ? AND serial = ?", device, serial)
	if err != nil {
		return software.Kept{}, err
	}
	k := software.Kept{Device: row.Device, Serial: row.Serial, Digest: row.Digest, Product: row.Product, Text: row.Text, Received: time.Time(row.At)}
	if err := json.Unmarshal(row.Answer, &k.Answer); err != nil {
		return k, fmt.Errorf("answer to statement %d of device %s: %w", serial, device, err)
	}
	return k, nil
}

// AddStatement adds what a device said.
func (t *Tx) AddStatement(ctx context.Context, k software.Kept) error {
	answer, err := json.Marshal(k.Answer)
	if err != nil {
		return err
	}
	return add(ctx, t.reader, "software_statements", "", query.SoftwareStatement{Device: k.Device, Serial: k.Serial, Digest: k.Digest, Product: k.Product,
		Text: k.Text, Answer: column.Raw(answer), At: column.Time(k.Received)})
}

// Acceptance gives what stands of a device, nothing if nothing was said.
func (r reader) Acceptance(ctx context.Context, device, product string) (software.Acceptance, error) {
	rows, err := choose[query.SoftwareAcceptance](ctx, r.db, "software_acceptances", "device = ? AND product = ?", device, product)
	if err != nil || len(rows) == 0 {
		return software.Acceptance{}, err
	}
	a := rows[0]
	return software.Acceptance{Device: a.Device, Product: a.Product, Serial: a.Serial, Build: a.Build, Agreement: a.Agreement, Policy: a.Policy,
		Clauses: a.Clauses.V, Since: time.Time(a.Accepted), Ended: time.Time(a.Ended), Refused: a.Refused}, nil
}

// SetAcceptance replaces what stands of a device.
func (t *Tx) SetAcceptance(ctx context.Context, a software.Acceptance) error {
	return add(ctx, t.reader, "software_acceptances", `ON CONFLICT (device, product) DO UPDATE SET serial = excluded.serial, build = excluded.build,
agreement = excluded.agreement, policy = excluded.policy, clauses = excluded.clauses, accepted = excluded.accepted, ended = excluded.ended, refused = excluded.refused`,
		query.SoftwareAcceptance{Device: a.Device, Product: a.Product, Serial: a.Serial, Build: a.Build, Agreement: a.Agreement, Policy: a.Policy,
			Clauses: column.Of(a.Clauses), Accepted: column.Time(a.Since), Ended: column.Time(a.Ended), Refused: a.Refused})
}

// Installed counts the devices on which a version of an agreement stands.
type Installed struct {
	Agreement string `json:"agreement"` // SHA-256 of it
	Devices   int64  `json:"devices"`
}

// Installed counts devices by the version of the agreement that stands there.
func (r reader) Installed(ctx context.Context, product string) ([]Installed, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT agreement, COUNT(*) FROM software_acceptances WHERE product = ? AND ended = 0 AND agreement <> '' GROUP BY agreement ORDER BY agreement LIMIT 1000", product)
	if err != nil {
		return nil, kind(err, "count devices")
	}
	defer rows.Close()
	var all []Installed
	for rows.Next() {
		var i Installed
		if err := rows.Scan(&i.Agreement, &i.Devices); err != nil {
			return nil, kind(err, "count devices")
		}
		all = append(all, i)
	}
	return all, kind(rows.Err(), "count devices")
}

func product(r query.SoftwareProduct) software.Product {
	return software.Product{ID: r.ID, Name: r.Name, Publisher: r.Publisher, Asset: r.Asset, Created: time.Time(r.Created)}
}

func binding(r query.SoftwareBinding) software.Binding {
	return software.Binding{ID: r.ID, Product: r.Product, Build: r.Build, Optional: r.Optional.V, Since: time.Time(r.At),
		Agreement: software.Paper{Document: r.Agreement, Version: r.AgreementVersion, SHA256: r.AgreementDigest},
		Policy:    software.Paper{Document: r.Policy, Version: r.PolicyVersion, SHA256: r.PolicyDigest}}
}
