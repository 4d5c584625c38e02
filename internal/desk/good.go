package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"candor"
)

// What is found in a content that is known to be good is probably a false alarm
// of the rule. It is filed, and it is in a case; but in one of its own, which
// ranks low, has no clock and proposes nothing, so that it neither hides behind
// what is real nor has anything done to it. A person may propose what they
// like.
const (
	goodSeverity   = candor.Low // at most
	goodConfidence = candor.Confidence(10)
)

// known tells as what a finding's content is known to be good, and whether that
// is sure. What a sensor says of that itself does not count.
func (d *Desk) known(x candor.Finding) (as string, sure bool) {
	if d.Good == nil || x.IsUnread() { // which no rule says
		return "", true
	}
	return d.Good(x.SHA256)
}

// rank gives a finding the rank of a content that is known as that, or of its
// own again if as is empty.
func rank(f *candor.FiledFinding, as string) {
	if f.Good != "" {
		f.Severity, f.RuleSeverity = f.RuleSeverity, candor.Info
	}
	if f.Good = as; as != "" {
		f.RuleSeverity, f.Severity = f.Severity, min(f.Severity, goodSeverity)
	}
	f.Confidence = confidence(f.Finding)
}

// play is what is to be done in a case.
func (d *Desk) play(c candor.Case) Play {
	switch {
	case c.Good:
		return d.Doubt
	case !c.Class.Incident():
		return Play{}
	}
	return d.Plays(c.Class, c.Nature, c.Severity)
}

// Remark goes through all open findings, after lists of what is known to be
// good changed. What is known now moves to the case of such findings, and what
// no longer is moves back, as if it were found only now. It tells how many
// findings changed.
func (d *Desk) Remark(ctx context.Context) (n int, err error) {
	const most = 500
	for behind := candor.ID(""); ; {
		var page []candor.FiledFinding
		err := d.Store.Tx(ctx, func(tx Tx) (err error) {
			page, err = tx.OpenFindings(ctx, behind, most)
			return err
		})
		if err != nil || len(page) == 0 {
			return n, err
		}
		changed := map[candor.ID][]candor.ID{}
		for _, x := range page {
			if as, sure := d.known(x.Finding); sure && as != x.Good {
				changed[x.Asset] = append(changed[x.Asset], x.ID)
			}
		}
		for _, asset := range slices.Sorted(maps.Keys(changed)) {
			if err := d.remarkAt(ctx, asset, changed[asset]); err != nil {
				return n, fmt.Errorf("mark findings of asset %s: %w", asset, err)
			}
			n += len(changed[asset])
		}
		behind = page[len(page)-1].ID
	}
}

// remarkAt marks findings of one asset.
func (d *Desk) remarkAt(ctx context.Context, asset candor.ID, ids []candor.ID) error {
	return d.again(ctx, func(tx Tx) error {
		f, err := d.begin(ctx, tx, Filing{Asset: asset}, "system")
		if err != nil {
			return err
		}
		for _, id := range ids {
			x, err := tx.Finding(ctx, candor.Everything, id)
			if errors.Is(err, candor.ErrNotFound) || err == nil && x.State != candor.FindingOpen {
				continue
			}
			if err != nil {
				return err
			}
			if as, sure := d.known(x.Finding); sure {
				f.mark(x, as)
			}
		}
		return d.keep(ctx, tx, f)
	})
}

// mark has a known finding filed anew if its content has become known to be
// good or is so no longer.
func (f *filing) mark(x candor.FiledFinding, as string) {
	switch {
	case (x.Good == "") != (as == ""):
		f.back = append(f.back, x)
	case x.Good != as:
		f.renamed = append(f.renamed, x)
	default:
		return
	}
	f.as[x.ID] = as
}

// rename keeps as what contents are known now.
func (d *Desk) rename(ctx context.Context, tx Tx, f *filing) error {
	for _, x := range f.renamed {
		x, err := tx.Finding(ctx, candor.Everything, x.ID)
		if err != nil {
			return err
		}
		x.Good = f.as[x.ID]
		if err := tx.ChangeFinding(ctx, x); err != nil {
			return err
		}
	}
	return nil
}

// leave tells cases that findings have moved from them to another. One of
// which nothing is left closes itself.
func (d *Desk) leave(ctx context.Context, tx Tx, f *filing) error {
	for _, from := range slices.Sorted(maps.Keys(f.left)) {
		moved := f.left[from]
		if err := tx.CountCase(ctx, from); err != nil {
			return err
		}
		c, err := tx.Case(ctx, candor.Everything, from)
		if err != nil {
			return err
		}
		if !c.State.Open() {
			continue
		}
		if err := tx.Link(ctx, from, moved.to, d.Clock()); err != nil {
			return err
		}
		to, err := tx.Case(ctx, candor.Everything, moved.to)
		if err != nil {
			return err
		}
		if err := d.event(ctx, tx, candor.Event{Case: from, Kind: candor.EventGood, Actor: f.actor, Public: true},
			map[string]any{"count": moved.count, "good": to.Good, "case": to.ID, "label": to.Label(), "left": c.Open}); err != nil {
			return err
		}
		if c.Open > 0 || !slices.Contains(next[c.State], candor.CaseClosed) {
			continue
		}
		if err := d.move(ctx, tx, &c, candor.CaseClosed, f.actor, "what was found is in "+to.Label()+" now"); err != nil {
			return err
		}
	}
	return nil
}

// moved is how many findings went from one case to another.
type moved struct {
	to    candor.ID
	count int
}

// comeBack opens findings again that were gone, and those whose contents are
// known otherwise now, in the case that is open for them.
func (d *Desk) comeBack(ctx context.Context, tx Tx, f *filing) error {
	for _, x := range f.back {
		x, err := tx.Finding(ctx, candor.Everything, x.ID)
		if err != nil {
			return err
		}
		if as, ok := f.as[x.ID]; ok {
			rank(&x, as)
		}
		c, err := d.join(ctx, tx, f, x.Finding)
		if err != nil {
			return err
		}
		if x.State == candor.FindingOpen && x.Case != c.ID {
			m := f.left[x.Case]
			f.left[x.Case] = moved{c.ID, m.count + 1}
		}
		x.State, x.Ended, x.Case, x.Party = candor.FindingOpen, time.Time{}, c.ID, c.Party
		if err := tx.ChangeFinding(ctx, x); err != nil {
			return err
		}
		f.fresh = append(f.fresh, x)
	}
	return nil
}
