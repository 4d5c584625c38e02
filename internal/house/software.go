package house

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/software"
	"candor/internal/store"
)

// SoftwareView is client software with its latest builds, and how many devices
// stand on which version of the agreement.
type SoftwareView struct {
	Product   software.Product  `json:"product"`
	Builds    []BuildView       `json:"builds"`
	Installed []store.Installed `json:"installed"`
}

// BuildView is a build with what it is bound to.
type BuildView struct {
	Digest   string             `json:"digest"`
	Build    software.Build     `json:"build"`
	Bindings []software.Binding `json:"bindings"`
	Bound    bool               `json:"bound"` // it comes with an agreement now
}

// mostBuilds is how many builds of a product are shown.
const mostBuilds = 100

// Software lists client software.
func (h *House) Software(ctx context.Context, who candor.Principal, words string, cut candor.Cut) (candor.Page[software.Product], error) {
	if err := may(who, access.ReadParties); err != nil {
		return candor.Page[software.Product]{}, err
	}
	return h.Store.Products(ctx, words, cut)
}

// Product gives client software with its latest builds.
func (h *House) Product(ctx context.Context, who candor.Principal, id string) (v SoftwareView, err error) {
	if err := may(who, access.ReadParties); err != nil {
		return v, err
	}
	if v.Product, err = h.Store.Product(ctx, id); err != nil {
		return v, err
	}
	all, err := h.Store.Builds(ctx, id, mostBuilds)
	if err != nil {
		return v, err
	}
	for _, d := range all {
		v.Builds = append(v.Builds, h.build(d))
	}
	v.Installed, err = h.Store.Installed(ctx, id)
	return v, err
}

func (h *House) build(d software.Declared) BuildView {
	_, bound := d.InForce(h.Clock())
	return BuildView{Digest: d.Build.Digest(), Build: d.Build, Bindings: d.Bindings, Bound: bound}
}

// AddProduct registers client software. Findings about it are filed at its
// asset, which is of the kind product.
func (h *House) AddProduct(ctx context.Context, who candor.Principal, p software.Product) (software.Product, error) {
	if err := may(who, access.ManageSettings); err != nil {
		return p, err
	}
	if err := p.Check(); err != nil {
		return p, err
	}
	p.Created = h.Clock().UTC()
	err := h.tx(ctx, func(tx *store.Tx) error {
		a, err := tx.Asset(ctx, who.Scope(), p.Asset)
		if err != nil {
			return fmt.Errorf("the asset of product %s: %w", p.ID, err)
		}
		if a.Kind != candor.Product || a.Retired {
			return candor.WithHint(fmt.Errorf("asset %s is no product that is in use: %w", a.Name, candor.ErrInvalid), "Name an asset of the kind product.")
		}
		if err := tx.AddProduct(ctx, p); err != nil {
			return fmt.Errorf("product %s: %w", p.ID, err)
		}
		return h.recordJSON(ctx, tx, a.Owner, candor.RecordPolicy, p.Asset, who, map[string]any{"software": p})
	})
	return p, err
}

// Declare registers a build, if it is not known, and binds it: from a time on,
// which is now if it is zero, and must not be over. What was agreed to of an
// earlier version stands no longer from then on.
func (h *House) Declare(ctx context.Context, who candor.Principal, d software.Declaration, since time.Time) (v BuildView, err error) {
	if err := may(who, access.ManageSettings); err != nil {
		return v, err
	}
	if err := d.Check(); err != nil {
		return v, err
	}
	now := h.Clock().UTC().Truncate(time.Microsecond)
	if since.IsZero() {
		since = now
	}
	if since.Before(now) {
		return v, candor.WithHint(fmt.Errorf("the binding begins in the past: %w", candor.ErrInvalid), "Bind from now on, or later.")
	}
	b := d.Binding(candor.NewID(now), since.UTC())
	err = h.tx(ctx, func(tx *store.Tx) error {
		p, err := tx.Product(ctx, b.Product)
		if err != nil {
			return fmt.Errorf("product %s: %w", b.Product, err)
		}
		known, err := tx.Declared(ctx, b.Product, b.Build)
		if err != nil {
			return err
		}
		if !known.Known {
			if err := tx.AddBuild(ctx, d.Build, now); err != nil {
				return err
			}
		}
		if err := tx.AddBinding(ctx, b); err != nil {
			return err
		}
		if known, err = tx.Declared(ctx, b.Product, b.Build); err != nil {
			return err
		}
		v = h.build(known)
		return h.recordJSON(ctx, tx, "", candor.RecordPolicy, p.Asset, who, map[string]any{"binding": b, "version": d.Build.Version, "platform": d.Build.Platform})
	})
	return v, err
}

// DeviceCode makes a device that it is typed at the party's own.
type DeviceCode struct {
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
}

// Bounds of codes.
const (
	codeLife  = 15 * time.Minute
	mostCodes = 5 // that a party has at a time
)

// MakeDeviceCode makes a code for a device of whoever asks: it works once, and
// not for long.
func (h *House) MakeDeviceCode(ctx context.Context, who candor.Principal) (c DeviceCode, err error) {
	if err := may(who, access.ActOwn); err != nil {
		return c, err
	}
	var random [10]byte
	rand.Read(random[:])
	text := strings.ToLower(base32.StdEncoding.EncodeToString(random[:]))
	c.Code = strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-")
	now := h.Clock().UTC()
	c.Expires = now.Add(codeLife)
	err = h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.Turn(ctx, "device-code", who.Party); err != nil {
			return err
		}
		n, err := tx.Codes(ctx, who.Party, now)
		if err != nil {
			return err
		}
		if n >= mostCodes {
			return candor.WithHint(fmt.Errorf("%d codes wait to be used: %w", n, candor.ErrInvalid), "Use one of them, or wait a quarter of an hour.")
		}
		return tx.AddCode(ctx, software.CodeDigest(c.Code), who.Party, now, c.Expires)
	})
	return c, err
}
