package house_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/evidence"
	"candor/internal/house"
)

// scan is the least PDF that is taken.
const scan = "%PDF-1.4\nsigned by Wanda\n%%EOF\n"

// TestScan keeps the scan of a paper, for those who may see what was said, until
// the party is erased.
func TestScan(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		v := w.publish(t, "hosting-terms", "1")
		d := house.Decision{Party: w.party.ID, Terms: v.ID, Act: consent.Agreed, Language: "en", How: consent.ByPaper, Note: "signed by Wanda", Scan: []byte(scan)}
		owner := candor.Principal{User: "c", Role: candor.RoleCustomer, Party: w.party.ID}
		if _, err := w.Decide(ctx, owner, d); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("a customer sent a scan: %v", err)
		}
		bad := d
		bad.Scan = []byte("<html>")
		if _, err := w.Decide(ctx, ada, bad); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("what is no scan was kept: %v", err)
		}
		stale := d
		stale.Digest = strings.Repeat("0", 64)
		if _, err := w.Decide(ctx, ada, stale); err == nil {
			t.Error("other terms than those that were shown were agreed to")
		}
		sum := sha256.Sum256([]byte(scan))
		then := w.now
		w.now = time.Now().Add(2 * time.Hour) // until then somebody else may be keeping the same
		if err := w.Forget(ctx, house.ForgetJob{Digests: []string{hex.EncodeToString(sum[:])}, Refused: true}); err != nil {
			t.Fatal(err)
		}
		w.now = then
		if found, err := filepath.Glob(filepath.Join(w.dir, "vault", "*", "*", "*")); err != nil || len(found) != 0 {
			t.Errorf("the scan of what was not kept is in the vault: %q, %v", found, err)
		}
		e, err := w.Decide(ctx, ada, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []candor.Principal{ada, eve, owner} {
			p, r, err := w.Paper(ctx, who, e.ID)
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil || string(content) != scan || p.Type != "application/pdf" || p.Size != int64(len(scan)) {
				t.Errorf("%s reads %q, %+v, %v", who.Role, content, p, err)
			}
			c, err := w.Control(ctx, who, w.party.ID)
			if err != nil || len(c.History) != 1 || c.History[0].Scan == nil || c.History[0].Scan.SHA256 != p.SHA256 {
				t.Errorf("%s sees %+v, %v", who.Role, c.History, err)
			}
		}
		stranger := candor.Principal{User: "d", Role: candor.RoleCustomer, Party: candor.NewID(w.now)}
		if _, _, err := w.Paper(ctx, stranger, e.ID); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("a stranger reads it: %v", err)
		}
		digest := w.scanRecord(t, e)
		if found, err := filepath.Glob(filepath.Join(w.dir, "vault", "*", "*", "*")); err != nil || len(found) == 0 {
			t.Errorf("nothing is in the vault: %v", err)
		}
		if err := w.ErasePerson(ctx, ada, w.party.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Paper(ctx, ada, e.ID); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("an erased scan is read: %v", err)
		}
		if _, err := w.Vault.Stat(digest); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("it is still in the vault: %v", err)
		}
	})
}

// scanRecord wants the evidence log to have the scan's digest as a salted one
// only, and gives it.
func (w *world) scanRecord(t *testing.T, e consent.Event) evidence.Digest {
	t.Helper()
	w.carry(t)
	page, err := w.Records(t.Context(), ada, candor.RecordFilter{Kind: candor.RecordConsent}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Store.Paper(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Items {
		if r.Subject != e.ID {
			continue
		}
		all, err := w.Store.PersonalOf(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(all, func(c candor.Concealed) bool { return c.Name == "scan" && c.Value == p.SHA256 }) || strings.Contains(string(r.Body), p.SHA256) {
			t.Errorf("the record is %s, with %+v", r.Body, all)
		}
	}
	d, err := evidence.ParseDigest(p.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestScanOfTwo: one scan for two parties stays until both are erased.
func TestScanOfTwo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.publish(t, "hosting-terms", "1")
		other, err := w.SaveParty(t.Context(), ada, candor.Party{Kind: candor.Customer, Name: "Other", Reference: "o-1"})
		if err != nil {
			t.Fatal(err)
		}
		both := []candor.ID{w.party.ID, other.ID}
		for _, p := range both {
			if _, err := w.Decide(t.Context(), ada, house.Decision{Party: p, Terms: v.ID, Act: consent.Agreed, Language: "en", How: consent.ByPaper, Scan: []byte(scan)}); err != nil {
				t.Fatal(err)
			}
		}
		digest := evidence.Digest(sha256.Sum256([]byte(scan)))
		for i, p := range both {
			if err := w.ErasePerson(t.Context(), ada, p); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Vault.Stat(digest); (err == nil) != (i == 0) {
				t.Errorf("after %d were erased: %v", i+1, err)
			}
		}
	})
}
