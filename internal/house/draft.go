package house

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"candor"
	"candor/internal/consent/draft"
	"candor/internal/consent/notice"
	"candor/internal/store"
)

// NoticeDraft is what a person says a notice should be.
type NoticeDraft struct {
	Name     string               // for those who work on it
	Sites    []candor.ID          // that serve it
	Document json.RawMessage      // the draft, as far as it is
	Guesses  []candor.NoticeGuess // what of it nobody has said
}

const (
	mostNotices     = 200 // of a party
	mostNoticeSites = 500 // of a notice
	mostGuesses     = 2000
)

// looseNotice reads a document that need not be whole, but has nothing in it
// that a notice has not.
func looseNotice(data []byte) (*notice.Notice, error) {
	bad := func(err error) error {
		return candor.WithHint(fmt.Errorf("the draft of a notice cannot be read: %w: %w", candor.ErrInvalid, err), "Send a JSON object with members of docs/notice.md.")
	}
	if len(data) > notice.MostBytes {
		return nil, bad(fmt.Errorf("it has more than %d bytes", notice.MostBytes))
	}
	n := &notice.Notice{}
	if len(bytes.TrimSpace(data)) == 0 {
		data = []byte("{}")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(n); err != nil {
		return nil, bad(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, bad(errors.New("something stands behind the object"))
	}
	n.Fill()
	return n, nil
}

// DraftFor proposes a notice for sites of a party, from what is known of them
// and what their stored pages bring in.
func (h *House) DraftFor(ctx context.Context, who candor.Principal, party candor.ID, sites []candor.ID) (NoticeDraft, error) {
	if err := writesNotices(who); err != nil {
		return NoticeDraft{}, err
	}
	p, err := h.Store.Party(ctx, who.Scope(), party)
	if err != nil {
		return NoticeDraft{}, err
	}
	assets, err := h.sitesOf(ctx, h.Store, who, p.ID, sites)
	if err != nil {
		return NoticeDraft{}, err
	}
	known := draft.Known{Party: p, Sites: assets, Texts: h.Texts, Today: h.Clock().UTC(), Seen: h.lookInto(ctx, assets)}
	proposal := draft.Propose(known)
	text, err := json.Marshal(proposal.Notice)
	name := p.Name
	if len(assets) > 0 {
		name = assets[0].Name
	}
	return NoticeDraft{Name: name, Sites: sites, Document: text, Guesses: proposal.Guesses}, err
}

// looks is how long the folders of sites are looked at for a draft.
const looks = 5 * time.Second

// lookInto reads what lies in the folders of sites on this machine.
func (h *House) lookInto(ctx context.Context, sites []candor.Asset) (all []*draft.Observed) {
	ctx, cancel := context.WithTimeout(ctx, looks)
	defer cancel()
	for _, s := range sites {
		if s.Server != "" || h.Sites == nil || h.Sites.CheckRootsOn("", s.Roots) != nil {
			continue
		}
		for _, root := range s.Roots {
			if r, err := os.OpenRoot(candor.RawPath(root)); err == nil {
				all = append(all, draft.Look(ctx, folder{r}))
				r.Close()
			}
		}
	}
	return all
}

// folder is what a root holds, without ways out of it.
type folder struct{ root *os.Root }

// Open opens a file without waiting for anybody to write to it.
func (f folder) Open(name string) (fs.File, error) {
	return f.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// assetReader reads assets, in a transaction or without one.
type assetReader interface {
	Asset(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Asset, error)
}

// sitesOf gives sites of a party, each once.
func (h *House) sitesOf(ctx context.Context, from assetReader, who candor.Principal, party candor.ID, ids []candor.ID) (all []candor.Asset, err error) {
	if len(ids) > mostNoticeSites {
		return nil, candor.WithHint(fmt.Errorf("a notice for %d sites: %w", len(ids), candor.ErrInvalid), fmt.Sprintf("Name at most %d sites.", mostNoticeSites))
	}
	for i, id := range ids {
		a, err := from.Asset(ctx, who.Scope(), id)
		if err != nil {
			return nil, err
		}
		if a.Owner != party || a.Kind != candor.Site {
			return nil, candor.WithHint(fmt.Errorf("%s is no site of the party: %w", a.Name, candor.ErrInvalid), "Name sites of the party that the notice belongs to.")
		}
		if !slices.Contains(ids[:i], id) {
			all = append(all, a)
		}
	}
	return all, nil
}

// AddNotice begins a notice of a party: with a document, or with what DraftFor
// proposes if there is none.
func (h *House) AddNotice(ctx context.Context, who candor.Principal, party candor.ID, d NoticeDraft) (candor.Notice, error) {
	if err := writesNotices(who); err != nil {
		return candor.Notice{}, err
	}
	if len(d.Document) == 0 {
		proposed, err := h.DraftFor(ctx, who, party, d.Sites)
		if err != nil {
			return candor.Notice{}, err
		}
		d.Document, d.Guesses = proposed.Document, proposed.Guesses
		if d.Name == "" {
			d.Name = proposed.Name
		}
	}
	now := h.Clock().UTC()
	n := candor.Notice{ID: candor.NewID(now), Party: party, Created: now}
	err := h.tx(ctx, func(tx *store.Tx) error {
		p, err := tx.Party(ctx, who.Scope(), party)
		if err != nil {
			return err
		}
		have, err := tx.Notices(ctx, who.Scope(), candor.NoticeFilter{Party: p.ID}, candor.Cut{Limit: 1})
		if err != nil {
			return err
		}
		if have.Count >= mostNotices {
			return candor.WithHint(fmt.Errorf("a party with %d notices: %w", have.Count, candor.ErrInvalid), "One notice can serve many sites. Remove drafts that are not needed.")
		}
		if err := h.takeDraft(&n, who, d); err != nil {
			return err
		}
		n.Edition = 1
		if err := tx.AddNotice(ctx, n); err != nil {
			return err
		}
		_, err = h.chooseSites(ctx, tx, who, n, d.Sites)
		return err
	})
	return public(who, n), err
}

// takeDraft puts what a person says into a notice.
func (h *House) takeDraft(n *candor.Notice, who candor.Principal, d NoticeDraft) error {
	read, err := looseNotice(d.Document)
	if err != nil {
		return err
	}
	if n.Name = strings.TrimSpace(d.Name); n.Name == "" || len(n.Name) > 200 {
		return candor.WithHint(fmt.Errorf("a notice without a name, or with a long one: %w", candor.ErrInvalid), "Give a name of at most 200 bytes.")
	}
	if len(d.Guesses) > mostGuesses {
		return candor.WithHint(fmt.Errorf("%d guesses: %w", len(d.Guesses), candor.ErrInvalid), "Leave out the guesses that were looked at.")
	}
	n.Guesses = d.Guesses
	if n.Guesses == nil {
		n.Guesses = []candor.NoticeGuess{}
	}
	n.Updated, n.By = h.Clock().UTC(), who.Actor()
	n.Draft, err = json.Marshal(read)
	return err
}

// SaveNotice replaces the draft of a notice. It is candor.ErrChanged if the
// draft has another edition than the one that was worked on.
func (h *House) SaveNotice(ctx context.Context, who candor.Principal, id candor.ID, edition int64, d NoticeDraft) (n candor.Notice, err error) {
	if err := writesNotices(who); err != nil {
		return n, err
	}
	var left []candor.ID
	err = h.tx(ctx, func(tx *store.Tx) error {
		if n, err = tx.Notice(ctx, who.Scope(), id); err != nil {
			return err
		}
		if n.Edition != edition {
			return fmt.Errorf("the draft of notice %s: %w", n.Name, candor.ErrChanged)
		}
		if err := h.takeDraft(&n, who, d); err != nil {
			return err
		}
		if left, err = h.chooseSites(ctx, tx, who, n, d.Sites); err != nil {
			return err
		}
		return tx.ChangeNotice(ctx, &n)
	})
	if err == nil {
		err = h.letGo(ctx, left)
	}
	return public(who, n), err
}

// RemoveNotice removes a draft of which no version was published; one that was
// is candor.ErrInvalid.
func (h *House) RemoveNotice(ctx context.Context, who candor.Principal, id candor.ID) error {
	if err := writesNotices(who); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		n, err := tx.Notice(ctx, who.Scope(), id)
		if err != nil {
			return err
		}
		if n.Latest > 0 {
			return candor.WithHint(fmt.Errorf("notice %s was published: %w", n.Name, candor.ErrInvalid), "Take its sites away instead; what was published stays known.")
		}
		return tx.DeleteNotice(ctx, id)
	})
}

// chooseSites has the sites of a notice be these. It gives those that serve it
// no longer.
func (h *House) chooseSites(ctx context.Context, tx *store.Tx, who candor.Principal, n candor.Notice, ids []candor.ID) (left []candor.ID, err error) {
	assets, err := h.sitesOf(ctx, tx, who, n.Party, ids)
	if err != nil {
		return nil, err
	}
	have, err := tx.NoticeSites(ctx, n.ID)
	if err != nil {
		return nil, err
	}
	for _, s := range have {
		if slices.Contains(ids, s.Asset) {
			continue
		}
		if err := tx.DeleteNoticeSite(ctx, s.Asset); err != nil {
			return nil, err
		}
		if s.Number > 0 {
			if err := h.recordPin(ctx, tx, who, n, candor.NoticeSite{Asset: s.Asset, Notice: n.ID}); err != nil {
				return nil, err
			}
			left = append(left, s.Asset)
		}
	}
	for _, a := range assets {
		s, err := tx.NoticeSite(ctx, a.ID)
		switch {
		case err == nil && s.Notice == n.ID:
		case err == nil:
			return nil, candor.WithHint(fmt.Errorf("%s serves another notice: %w", a.Name, candor.ErrExists), "Take the site from that notice first.")
		case !errors.Is(err, candor.ErrNotFound):
			return nil, err
		default:
			if err := tx.SetNoticeSite(ctx, candor.NoticeSite{Asset: a.ID, Notice: n.ID}); err != nil {
				return nil, err
			}
		}
	}
	return left, nil
}
