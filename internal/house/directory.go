package house

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/directory"
	"candor/internal/store"
)

// Prober looks whether the channels of an entry are alive.
type Prober interface {
	Probe(context.Context, directory.Entry) []directory.Probe
}

// EntryView is an entry of the directory with how far it can be relied on, and
// what was seen of it, the latest first.
type EntryView struct {
	Entry directory.Entry   `json:"entry"`
	State directory.State   `json:"state"`
	Seen  []directory.Probe `json:"seen"`
	Keyed time.Time         `json:"keyed,omitzero"` // since when there is a key that opens its API; not in lists
}

// mostSeen is how much of what was seen of an entry is shown.
const mostSeen = 100

// Directory lists those to whom incidents and samples are passed on, by name.
func (h *House) Directory(ctx context.Context, who candor.Principal, f directory.Filter) ([]EntryView, error) {
	if err := may(who, access.ReadParties); err != nil {
		return nil, err
	}
	all, err := h.Store.Entries(ctx)
	if err != nil {
		return nil, err
	}
	now := h.Clock()
	some := []EntryView{}
	for _, e := range all {
		if f.Match(e, now) {
			some = append(some, EntryView{Entry: e, State: e.State(now)})
		}
	}
	return some, nil
}

// DirectoryEntry gives one entry.
func (h *House) DirectoryEntry(ctx context.Context, who candor.Principal, id candor.ID) (v EntryView, err error) {
	if err := may(who, access.ReadParties); err != nil {
		return v, err
	}
	if v.Entry, err = h.Store.Entry(ctx, id); err != nil {
		return v, err
	}
	v.State = v.Entry.State(h.Clock())
	if v.Seen, err = h.Store.ProbesOf(ctx, id, mostSeen); err != nil {
		return v, err
	}
	v.Keyed, err = h.keyed(ctx, v.Entry)
	return v, err
}

// SaveEntry adds an entry, or changes the one that it names if its edition is
// still the one that is given; 0 asks for no edition. A change of a channel or of
// the key takes the verification away: it was of something else.
func (h *House) SaveEntry(ctx context.Context, who candor.Principal, e directory.Entry) (directory.Entry, error) {
	if err := may(who, access.ManageParties); err != nil {
		return e, err
	}
	if err := e.Check(); err != nil {
		return e, err
	}
	err := h.tx(ctx, func(tx *store.Tx) (err error) {
		if e.ID == "" {
			if err := tx.Turn(ctx, "directory", ""); err != nil {
				return err
			}
			all, err := tx.Entries(ctx)
			if err != nil {
				return err
			}
			e, err = h.addEntry(ctx, tx, who, e, len(all))
			return err
		}
		old, err := tx.Entry(ctx, e.ID)
		if err != nil {
			return err
		}
		if e.Edition != 0 && e.Edition != old.Edition {
			return candor.WithHint(fmt.Errorf("entry %s: %w", e.ID, candor.ErrChanged), "Somebody else changed it meanwhile. Look at it again.")
		}
		e.Created, e.Retired, e.Verified = old.Created, old.Retired, directory.Verification{}
		if e.Reached(old) {
			e.Verified = old.Verified
		}
		return h.changeEntry(ctx, tx, who, &e, old.Edition, "changed")
	})
	return e, err
}

// addEntry adds one to those that there are. Whoever calls it has the turn.
func (h *House) addEntry(ctx context.Context, tx *store.Tx, who candor.Principal, e directory.Entry, there int) (directory.Entry, error) {
	if there >= directory.MostEntries {
		return e, candor.WithHint(fmt.Errorf("there are %d entries already: %w", there, candor.ErrInvalid), "Change those that are retired instead.")
	}
	now := h.now()
	e.ID, e.Edition, e.Created, e.Updated = candor.NewID(now), 1, now, now
	e.Verified, e.Retired, e.Probes = directory.Verification{}, time.Time{}, nil
	if err := tx.AddEntry(ctx, e); err != nil {
		return e, err
	}
	return e, h.recordEntry(ctx, tx, who, e, "added")
}

func (h *House) changeEntry(ctx context.Context, tx *store.Tx, who candor.Principal, e *directory.Entry, edition int64, event string) error {
	e.Edition, e.Updated = edition+1, h.now()
	if err := tx.ChangeEntry(ctx, *e, edition); err != nil {
		return err
	}
	return h.recordEntry(ctx, tx, who, *e, event)
}

// recordEntry keeps what was decided about an entry: organisations and their
// public addresses are nothing personal.
func (h *House) recordEntry(ctx context.Context, tx *store.Tx, who candor.Principal, e directory.Entry, event string) error {
	body := map[string]any{"directory": event, "name": e.Name, "channels": e.Channels, "key": e.Fingerprint(), "edition": e.Edition}
	if e.Interface != nil {
		body["api"] = e.Interface.URL
	}
	if event == "verified" {
		body["how"] = e.Verified.How
	}
	return h.recordJSON(ctx, tx, "", candor.RecordPolicy, e.ID, who, body)
}

// VerifyEntry notes that somebody made sure of an entry, and how.
func (h *House) VerifyEntry(ctx context.Context, who candor.Principal, id candor.ID, how string) (directory.Entry, error) {
	if how = strings.TrimSpace(how); how == "" || len(how) > 1000 {
		return directory.Entry{}, candor.WithHint(fmt.Errorf("it does not say how the entry was verified: %w", candor.ErrInvalid), "Say how in at most 1,000 bytes: whom you asked, or which page you looked at.")
	}
	return h.editEntry(ctx, who, id, "verified", func(e *directory.Entry) error {
		if !e.Retired.IsZero() {
			return candor.WithHint(fmt.Errorf("the entry is retired: %w", candor.ErrInvalid), "Take it up again first.")
		}
		e.Verified = directory.Verification{At: h.now(), How: how, By: cmp.Or(who.Name, string(who.User))}
		return nil
	})
}

// RetireEntry takes an entry out of use, or back into it.
func (h *House) RetireEntry(ctx context.Context, who candor.Principal, id candor.ID, retired bool) (directory.Entry, error) {
	event := "retired"
	if !retired {
		event = "taken up again"
	}
	return h.editEntry(ctx, who, id, event, func(e *directory.Entry) error {
		e.Retired = time.Time{}
		if retired {
			e.Retired = h.now()
		}
		return nil
	})
}

func (h *House) editEntry(ctx context.Context, who candor.Principal, id candor.ID, event string, edit func(*directory.Entry) error) (e directory.Entry, err error) {
	if err := may(who, access.ManageParties); err != nil {
		return e, err
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if e, err = tx.Entry(ctx, id); err != nil {
			return err
		}
		if err := edit(&e); err != nil {
			return err
		}
		return h.changeEntry(ctx, tx, who, &e, e.Edition, event)
	})
	return e, err
}

// DirectoryImported says what an import did.
type DirectoryImported struct {
	Added   int      `json:"added"`
	Changed int      `json:"changed"`
	Same    int      `json:"same"`
	Kept    []string `json:"kept"` // names that are there already, and were left as they are
}

// ImportDirectory adds entries, all or none. Of names that are there already it
// replaces the entries if replace is set, and leaves them alone otherwise.
func (h *House) ImportDirectory(ctx context.Context, who candor.Principal, entries []directory.Entry, replace bool) (did DirectoryImported, err error) {
	if err := may(who, access.ManageParties); err != nil {
		return did, err
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		did = DirectoryImported{Kept: []string{}}
		if err := tx.Turn(ctx, "directory", ""); err != nil {
			return err
		}
		all, err := tx.Entries(ctx)
		if err != nil {
			return err
		}
		by := make(map[string]directory.Entry, len(all))
		for _, e := range all {
			by[strings.ToLower(e.Name)] = e
		}
		for _, e := range entries {
			if err := e.Check(); err != nil {
				return fmt.Errorf("%.80q: %w", e.Name, err)
			}
			old, there := by[strings.ToLower(e.Name)]
			if !there {
				if _, err := h.addEntry(ctx, tx, who, e, len(all)+did.Added); err != nil {
					return err
				}
				did.Added++
			} else if err := h.importOver(ctx, tx, who, e, old, replace, &did); err != nil {
				return err
			}
		}
		return nil
	})
	return did, err
}

// importOver imports an entry whose name is there already.
func (h *House) importOver(ctx context.Context, tx *store.Tx, who candor.Principal, e, old directory.Entry, replace bool, did *DirectoryImported) error {
	switch {
	case e.Same(old):
		did.Same++
		return nil
	case !replace:
		did.Kept = append(did.Kept, e.Name)
		return nil
	}
	did.Changed++
	e.ID, e.Created, e.Retired = old.ID, old.Created, old.Retired
	if e.Reached(old) {
		e.Verified = old.Verified
	}
	return h.changeEntry(ctx, tx, who, &e, old.Edition, "changed")
}

// ProbeEntry looks now whether the channels of an entry are alive.
func (h *House) ProbeEntry(ctx context.Context, who candor.Principal, id candor.ID) (EntryView, error) {
	if err := may(who, access.ManageParties); err != nil {
		return EntryView{}, err
	}
	e, err := h.Store.Entry(ctx, id)
	if err != nil {
		return EntryView{}, err
	}
	if err := h.probe(ctx, e); err != nil {
		return EntryView{}, err
	}
	return h.DirectoryEntry(ctx, who, id)
}

// ProbeDirectory looks whether the channels of all entries in use are alive. It
// goes on where one cannot be kept, and gives all errors.
func (h *House) ProbeDirectory(ctx context.Context) error {
	all, err := h.Store.Entries(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, e := range all {
		if ctx.Err() != nil {
			return errors.Join(failed, ctx.Err())
		}
		if e.Retired.IsZero() {
			failed = errors.Join(failed, h.probe(ctx, e))
		}
	}
	return failed
}

// probe keeps what is seen of an entry. What came back of mails that we sent is
// asked of the store, and needs no prober.
func (h *House) probe(ctx context.Context, e directory.Entry) error {
	if h.Prober == nil {
		return candor.WithHint(fmt.Errorf("nobody looks after the directory: %w", candor.ErrUnavailable), "This process probes nothing; ask another.")
	}
	seen := h.Prober.Probe(ctx, e)
	now := h.Clock().UTC()
	for _, c := range e.Channels {
		if c.Way != directory.Mail {
			continue
		}
		at, why, err := h.Store.BouncedTo(ctx, c.Address)
		if err != nil {
			return err
		}
		p := directory.Probe{Address: c.Address, What: directory.Bounce, OK: at.IsZero(), Detail: why, First: now, Last: now}
		seen = append(seen, p)
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		for _, p := range seen {
			if err := tx.AddProbe(ctx, e.ID, p); err != nil {
				return err
			}
		}
		return nil
	})
}
