package house

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/software"
	"candor/internal/desk"
	"candor/internal/store"
)

// AcceptStatement takes what a user said on a device. Nobody is signed in: the
// device signed it. See software.Register.
func (h *House) AcceptStatement(ctx context.Context, text string) (software.Answer, error) {
	d := &devices{House: h}
	a, err := d.register().Accept(ctx, text)
	if d.spoke != "" {
		h.Consents.Forget(d.spoke)
	}
	return a, err
}

// SoftwareStands answers a device whether what was agreed to on it stands.
func (h *House) SoftwareStands(ctx context.Context, text string) (software.Standing, error) {
	return (&devices{House: h}).register().Stands(ctx, text)
}

// devices is the house as a software.Register sees it, for one statement.
type devices struct {
	*House
	spoke candor.ID // the party that said something of terms
}

func (d *devices) register() *software.Register {
	return &software.Register{Store: d, Recorder: d, Findings: d, Clock: func() time.Time { return d.Clock().UTC().Truncate(time.Microsecond) }}
}

// Tx runs a transaction.
func (d *devices) Tx(ctx context.Context, f func(software.Tx) error) error {
	d.spoke = ""
	return d.tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

// File files what a device shows that was not declared.
func (d *devices) File(ctx context.Context, p software.Product, f candor.Finding) error {
	_, err := d.Desk.File(ctx, desk.Filing{Asset: p.Asset, Scan: candor.NewID(d.Clock()), Sensor: software.Sensor, Findings: []candor.Finding{f}})
	return err
}

// Record keeps what was said for the evidence log and, if the device is a
// party's and the agreement is one of the terms that are kept here, as what the
// party said of them.
func (d *devices) Record(ctx context.Context, in software.Tx, e software.Event) error {
	tx := in.(*store.Tx)
	sum := sha256.Sum256([]byte(e.Statement))
	body, err := json.Marshal(struct {
		Product   string         `json:"product"`
		Build     string         `json:"build"`
		Act       consent.Act    `json:"act"`
		Agreement software.Paper `json:"agreement"`
		Policy    software.Paper `json:"policy"`
		Clauses   []string       `json:"clauses"`
		Language  string         `json:"language"`
		How       consent.How    `json:"how"`
		Told      time.Time      `json:"told"`
		Statement string         `json:"statement"` // SHA-256 of it
	}{e.Product.ID, e.Build, e.Act, e.Agreement, e.Policy, e.Clauses, e.Language, e.How, e.Told, hex.EncodeToString(sum[:])})
	if err != nil {
		return err
	}
	err = tx.AddRecords(ctx, e.Party, candor.Record{ID: candor.NewID(e.At), Kind: candor.RecordConsent, At: e.At, Subject: e.ID, Actor: "device",
		Body: body, Personal: map[string]string{"device": e.Device}})
	if err != nil || e.Party == "" {
		return err
	}
	return d.say(ctx, tx, e)
}

// say keeps what a party said of terms that are kept here. What cannot be said
// of them is in the evidence log alone.
func (d *devices) say(ctx context.Context, tx *store.Tx, e software.Event) error {
	all, err := tx.FindTerms(ctx, e.Agreement.Document, e.Agreement.Version, consent.Published)
	if err != nil {
		return err
	}
	said := Decision{Party: e.Party, Digest: e.Agreement.SHA256, Act: e.Act, Clauses: e.Clauses, Language: e.Language, How: e.How, Behalf: consent.Self, OfAge: e.OfAge}
	for _, v := range all {
		said.Terms = v.ID
		if said.check(v, d.Clock()) != nil {
			continue
		}
		if e.Act == consent.Withdrawn {
			a, err := tx.Account(ctx, e.Party)
			if err != nil {
				return err
			}
			if !bound(a, v.Document, e.At) {
				continue
			}
		}
		d.spoke = e.Party
		_, err := d.decide(ctx, tx, candor.Principal{User: "device:" + candor.ID(e.Device), Role: candor.RoleCustomer, Party: e.Party}, said, v)
		return err
	}
	return nil
}
