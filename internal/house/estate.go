package house

import (
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"candor"
	"candor/internal/access"
	"candor/internal/store"
)

// PartyView is a party with what belongs to it.
type PartyView struct {
	Party      candor.Party             `json:"party"`
	Assets     []candor.Asset           `json:"assets"`
	Agreements []candor.Agreement       `json:"agreements"`
	Cases      candor.Page[candor.Case] `json:"cases"`
	Users      []candor.User            `json:"users,omitempty"`
}

// Parties lists parties.
func (h *House) Parties(ctx context.Context, who candor.Principal, f candor.PartyFilter, cut candor.Cut) (candor.Page[candor.Party], error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return candor.Page[candor.Party]{}, err
	}
	page, err := h.Store.Parties(ctx, who.Scope(), f, cut)
	return public(who, page), err
}

// Party gives a party with what belongs to it.
func (h *House) Party(ctx context.Context, who candor.Principal, id candor.ID) (v PartyView, err error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return v, err
	}
	scope := who.Scope()
	if v.Party, err = h.Store.Party(ctx, scope, id); err != nil {
		return v, err
	}
	assets, err := h.Store.Assets(ctx, scope, candor.AssetFilter{Owner: id}, candor.Cut{Limit: 200, Sort: "name"})
	if err != nil {
		return v, err
	}
	v.Assets = assets.Items
	if v.Agreements, err = h.Store.Agreements(ctx, scope, id); err != nil {
		return v, err
	}
	if v.Cases, err = h.Store.Cases(ctx, scope, candor.CaseFilter{Party: id}, candor.Cut{Limit: 50}); err != nil {
		return v, err
	}
	v.Users, err = h.Store.UsersOf(ctx, id)
	return public(who, v), err
}

// Assets lists assets.
func (h *House) Assets(ctx context.Context, who candor.Principal, f candor.AssetFilter, cut candor.Cut) (candor.Page[candor.Asset], error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return candor.Page[candor.Asset]{}, err
	}
	page, err := h.Store.Assets(ctx, who.Scope(), f, cut)
	return public(who, page), err
}

// AssetView is an asset with what belongs to it.
type AssetView struct {
	Asset candor.Asset             `json:"asset"`
	Owner candor.Party             `json:"owner"`
	Cases candor.Page[candor.Case] `json:"cases"`
	Scans candor.Page[candor.Scan] `json:"scans"`
}

// Asset gives an asset with what belongs to it.
func (h *House) Asset(ctx context.Context, who candor.Principal, id candor.ID) (v AssetView, err error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return v, err
	}
	scope := who.Scope()
	if v.Asset, err = h.Store.Asset(ctx, scope, id); err != nil {
		return v, err
	}
	if v.Owner, err = h.Store.Party(ctx, scope, v.Asset.Owner); err != nil {
		return v, err
	}
	if v.Cases, err = h.Store.Cases(ctx, scope, candor.CaseFilter{Asset: id}, candor.Cut{Limit: 50}); err != nil {
		return v, err
	}
	v.Scans, err = h.Store.Scans(ctx, scope, candor.ScanFilter{Asset: id}, candor.Cut{Limit: 20})
	return public(who, v), err
}

// checkParty says what is wrong with a party.
func checkParty(p candor.Party) error {
	bad := func(what, hint string) error {
		return candor.WithHint(fmt.Errorf("party %.80q: %s: %w", p.Name, what, candor.ErrInvalid), hint)
	}
	if name := strings.TrimSpace(p.Name); name == "" || len(name) > 200 {
		return bad("the name is missing or too long", "Give a name of at most 200 bytes.")
	}
	known := false
	for _, k := range candor.PartyKinds() {
		known = known || k == p.Kind
	}
	if !known {
		return bad(fmt.Sprintf("there is no kind %.40q", p.Kind), "Choose customer, subscriber, partner, vendor or authority.")
	}
	if p.Language != "" {
		if _, err := language.Parse(p.Language); err != nil {
			return bad(fmt.Sprintf("%.40q is no language", p.Language), "Write it as in BCP 47: en, zh, pt-BR.")
		}
	}
	if p.TimeZone != "" {
		if _, err := time.LoadLocation(p.TimeZone); err != nil {
			return bad(fmt.Sprintf("%.60q is no time zone", p.TimeZone), "Write it as Asia/Shanghai.")
		}
	}
	if len(p.Contacts) > 50 {
		return bad("there are too many contacts", "Keep at most 50.")
	}
	for _, c := range p.Contacts {
		if c.Channel == candor.Mail {
			if a, err := mail.ParseAddress(c.Address); err != nil || a.Address != c.Address {
				return bad(fmt.Sprintf("%.80q is no mail address", c.Address), "Write it as name@example.com.")
			}
		} else if c.Channel != candor.Phone || c.Address == "" {
			return bad(fmt.Sprintf("a contact cannot be reached by %.40q", c.Channel), "Choose mail or phone, and give an address.")
		}
	}
	return nil
}

// SaveParty adds a party, or replaces the one with its ID.
func (h *House) SaveParty(ctx context.Context, who candor.Principal, p candor.Party) (candor.Party, error) {
	if err := may(who, access.ManageParties); err != nil {
		return p, err
	}
	err := h.tx(ctx, func(tx *store.Tx) (err error) { p, err = h.saveParty(ctx, tx, who, p); return err })
	return p, err
}

func (h *House) saveParty(ctx context.Context, tx *store.Tx, who candor.Principal, p candor.Party) (candor.Party, error) {
	if err := checkParty(p); err != nil {
		return p, err
	}
	now := h.Clock().UTC()
	p.Name, p.Updated = strings.TrimSpace(p.Name), now
	if p.ID == "" {
		p.ID, p.Created = candor.NewID(now), now
		return p, tx.AddParty(ctx, p)
	}
	was, err := tx.Party(ctx, who.Scope(), p.ID)
	if err != nil {
		return p, err
	}
	p.Created, p.Erased, p.Kind = was.Created, was.Erased, was.Kind
	return p, tx.ChangeParty(ctx, p)
}

// SaveAsset adds an asset, or replaces the one with its ID. Its roots are
// checked against the folders that may be scanned.
func (h *House) SaveAsset(ctx context.Context, who candor.Principal, a candor.Asset) (candor.Asset, error) {
	if err := may(who, access.ManageParties); err != nil {
		return a, err
	}
	err := h.tx(ctx, func(tx *store.Tx) (err error) { a, err = h.saveAsset(ctx, tx, who, a); return err })
	return a, err
}

func (h *House) saveAsset(ctx context.Context, tx *store.Tx, who candor.Principal, a candor.Asset) (candor.Asset, error) {
	bad := func(what, hint string) error {
		return candor.WithHint(fmt.Errorf("asset %.80q: %s: %w", a.Name, what, candor.ErrInvalid), hint)
	}
	if a.Name = strings.TrimSpace(a.Name); a.Name == "" || len(a.Name) > 200 {
		return a, bad("the name is missing or too long", "Give a name of at most 200 bytes.")
	}
	known := false
	for _, k := range candor.AssetKinds() {
		known = known || k == a.Kind
	}
	if !known {
		return a, bad(fmt.Sprintf("there is no kind %.40q", a.Kind), "Choose site, server, line or product.")
	}
	if a.Vital != "" && (a.Kind != candor.Line || !slices.Contains(candor.Vitals(), a.Vital)) {
		return a, bad(fmt.Sprintf("it cannot be vital as %.40q", a.Vital), "Only lines are: as medical, voice or emergency.")
	}
	if e := time.Duration(a.Every); e != 0 && e < time.Minute {
		return a, bad("it would be scanned more than once a minute", "Choose a longer period, or none.")
	}
	if !a.Access.IsZero() && a.Kind != candor.Line {
		return a, bad("it is no line, and is sold with none", "Give rates and addresses of lines only.")
	}
	if _, err := a.Access.Prefixes(); err != nil {
		return a, fmt.Errorf("the addresses of %s: %w", a.Name, err)
	}
	if err := h.Sites.CheckRootsOn(a.Server, a.Roots); err != nil {
		return a, err
	}
	if a.Server != "" {
		on, err := tx.Asset(ctx, who.Scope(), a.Server)
		if err != nil {
			return a, fmt.Errorf("the server of %s: %w", a.Name, err)
		}
		if a.Kind != candor.Site || on.Kind != candor.Server {
			return a, bad("it does not lie on a server", "Name an asset of the kind server, and of sites only.")
		}
	}
	if _, err := tx.Party(ctx, who.Scope(), a.Owner); err != nil {
		return a, fmt.Errorf("the owner of %s: %w", a.Name, err)
	}
	now := h.Clock().UTC()
	a.Updated = now
	if a.ID == "" {
		a.ID, a.Created = candor.NewID(now), now
		return a, tx.AddAsset(ctx, a, h.Sites.Due(a, now.Add(-time.Duration(a.Every))))
	}
	was, err := tx.Asset(ctx, who.Scope(), a.ID)
	if err != nil {
		return a, err
	}
	a.Created, a.Scanned, a.Kind = was.Created, was.Scanned, was.Kind
	if a.Server != was.Server {
		if err := h.stopScans(ctx, tx, a.ID); err != nil {
			return a, err
		}
	}
	return a, tx.ChangeAsset(ctx, a, h.Sites.Due(a, now))
}

// stopScans ends scans of a site that lies elsewhere now: what is still said of
// them is about another place.
func (h *House) stopScans(ctx context.Context, tx *store.Tx, asset candor.ID) error {
	under, err := tx.Scans(ctx, candor.Everything, candor.ScanFilter{Asset: asset, States: []candor.ScanState{candor.ScanRunning}}, candor.Cut{})
	if err != nil {
		return err
	}
	for _, sc := range under.Items {
		sc.State, sc.Ended, sc.Error = candor.ScanPartial, h.Clock().UTC(), "the site was moved to another server"
		if err := tx.ChangeScan(ctx, sc, candor.ScanRunning); err != nil {
			return err
		}
	}
	return nil
}

func (h *House) recordJSON(ctx context.Context, tx *store.Tx, about candor.ID, kind candor.RecordKind, subject candor.ID, who candor.Principal, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return h.record(ctx, tx, about, kind, subject, who, text, nil)
}
