package house

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/directory"
	"candor/internal/intel"
	"candor/internal/intel/iodef"
	"candor/internal/intel/misp"
	"candor/internal/intel/sheet"
	"candor/internal/intel/stix"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// PackFormat is what a pack of a case is written in.
type PackFormat string

// The formats.
const (
	PackIODEF     PackFormat = "iodef"      // IODEF 2 as XML (RFC 7970)
	PackIODEFJSON PackFormat = "iodef-json" // IODEF 2 as JSON (RFC 8727)
	PackSTIX      PackFormat = "stix"       // a bundle of STIX 2.1
	PackMISP      PackFormat = "misp"       // an event of MISP
	PackPDF       PackFormat = "pdf"        // sheets for people
)

// PackFormats gives all formats.
func PackFormats() []PackFormat {
	return []PackFormat{PackIODEF, PackIODEFJSON, PackSTIX, PackMISP, PackPDF}
}

// written is how a format is written and named.
func (f PackFormat) written() (write func(io.Writer, intel.Release) error, ending, media string, err error) {
	switch f {
	case PackIODEF:
		return iodef.WriteXML, ".iodef.xml", "application/xml", nil
	case PackIODEFJSON:
		return iodef.WriteJSON, ".iodef.json", "application/json", nil
	case PackSTIX:
		return stix.Write, ".stix.json", "application/stix+json;version=2.1", nil
	case PackMISP:
		return misp.Write, ".misp.json", "application/json", nil
	case PackPDF:
		return sheet.Write, ".pdf", "application/pdf", nil
	}
	return nil, "", "", candor.WithHint(fmt.Errorf("there is no format %.40q of packs: %w", f, candor.ErrInvalid), "Choose iodef, iodef-json, stix, misp or pdf.")
}

// PackOrder asks for a pack.
type PackOrder struct {
	Case     candor.ID
	Format   PackFormat
	Audience tlp.Audience
	Entry    candor.ID // of the directory, whom it is for; may be empty
}

// PackLeft counts what had to be left out of a pack, and why.
type PackLeft struct {
	Private int `json:"private"` // names the party, somebody else's assets, or who reported
	Marked  int `json:"marked"`  // marked too strictly for the audience
	Invalid int `json:"invalid"` // of no value
	Bulk    int `json:"bulk"`    // what reports say besides that also tell of other cases, or are too large
}

// Pack is what others may get of a case.
type Pack struct {
	Name      string // of the file; it tells nothing of the case
	MediaType string
	Content   []byte
	SHA256    string // of the content, in hexadecimal
	Mark      tlp.Mark
	Bundle    intel.Bundle // what the content says
	Left      PackLeft
}

// PreviewPack makes a pack to look at, and keeps no record of it. Errors are those
// of CasePack.
func (h *House) PreviewPack(ctx context.Context, who candor.Principal, o PackOrder) (Pack, error) {
	p, _, _, err := h.pack(ctx, who, o)
	return p, err
}

// CasePack writes of a case what an audience may get: its class, its severity, its
// times cut to the hour, and the indicators of the attacker, without anything that
// tells whom it is about or who reported it (intel.Redact). The evidence log keeps
// who took it, for whom, and its SHA-256; without that nothing is given. It is
// candor.ErrDenied where the case's mark keeps all of it from the audience.
func (h *House) CasePack(ctx context.Context, who candor.Principal, o PackOrder) (Pack, error) {
	p, c, e, err := h.pack(ctx, who, o)
	if err != nil {
		return Pack{}, err
	}
	body := map[string]any{"pack": o.Format, "audience": o.Audience, "sha256": p.SHA256, "size": len(p.Content), "tlp": p.Mark, "indicators": len(p.Bundle.Indicators), "left": p.Left}
	if e.ID != "" {
		body["entry"], body["organisation"] = e.ID, e.Name
	}
	text, err := json.Marshal(body)
	if err != nil {
		return Pack{}, err
	}
	now := h.now()
	r := candor.Record{ID: candor.NewID(now), Kind: candor.RecordDecision, At: now, Subject: c.ID, Case: c.ID, Actor: who.Actor(), Body: text}
	if err := h.tx(ctx, func(tx *store.Tx) error { return tx.AddRecords(ctx, c.Party, r) }); err != nil {
		return Pack{}, err
	}
	return p, nil
}

func (h *House) pack(ctx context.Context, who candor.Principal, o PackOrder) (p Pack, c candor.Case, e directory.Entry, err error) {
	if err := may(who, access.ActCases); err != nil {
		return p, c, e, err
	}
	write, ending, media, err := o.Format.written()
	if err != nil {
		return p, c, e, err
	}
	if !slices.Contains(tlp.Audiences(), o.Audience) {
		return p, c, e, candor.WithHint(fmt.Errorf("there is no audience %.40q: %w", o.Audience, candor.ErrInvalid), "Choose public, community, clients, organisation or recipients.")
	}
	if h.Producer.Name == "" {
		return p, c, e, candor.WithHint(fmt.Errorf("nobody is named who shares it: %w", candor.ErrUnavailable), "Name the provider in the configuration.")
	}
	if c, err = h.Store.Case(ctx, who.Scope(), o.Case); err == nil {
		err = desk.Incident(c)
	}
	if err != nil {
		return p, c, e, err
	}
	if o.Entry != "" {
		if e, err = h.Store.Entry(ctx, o.Entry); err != nil {
			return p, c, e, err
		}
		if !e.Retired.IsZero() {
			return p, c, e, candor.WithHint(fmt.Errorf("%s is retired in the directory: %w", e.Name, candor.ErrInvalid), "Choose another, or take it up again first.")
		}
	}
	shared, bulk, err := h.shareable(ctx, c)
	if err != nil {
		return p, c, e, err
	}
	release, out, err := intel.Redact(shared, h.Producer, o.Audience)
	if errors.Is(err, candor.ErrDenied) {
		err = candor.WithHint(err, fmt.Sprintf("The case is marked TLP:%s, by the strictest of its reports. Choose a narrower audience.", upper(shared.TLP)))
	}
	if err != nil {
		return p, c, e, err
	}
	p = Pack{MediaType: media, Bundle: release.Bundle(), Mark: release.Bundle().Mark(), Left: PackLeft{Private: out.Private, Marked: out.Marked + release.Held(), Invalid: out.Invalid, Bulk: bulk}}
	p.Name = "incident-" + string(p.Bundle.ID) + ending
	var b bytes.Buffer
	if err := write(&b, release); err != nil {
		return Pack{}, c, e, fmt.Errorf("write a pack as %s: %w", o.Format, err)
	}
	sum := sha256.Sum256(b.Bytes())
	p.Content, p.SHA256 = b.Bytes(), hex.EncodeToString(sum[:])
	return p, c, e, nil
}
