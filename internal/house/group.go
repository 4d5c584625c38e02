package house

import (
	"context"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/intel/group"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// GroupView is a sharing group with what went to it, the latest first.
type GroupView struct {
	Group    group.Group  `json:"group"`
	Audience tlp.Audience `json:"audience"` // who reads its collection
	// Objects is how many its collection holds, and Address where that is read;
	// empty where nobody said where the program is reached.
	Objects int              `json:"objects"`
	Address string           `json:"address,omitempty"`
	Sent    []group.Shipment `json:"sent"`
}

// mostSent is how much of what went to a group is shown.
const mostSent = 100

// Groups lists the sharing groups by name, without what went to them.
func (h *House) Groups(ctx context.Context, who candor.Principal) ([]GroupView, error) {
	if err := may(who, access.ReadParties); err != nil {
		return nil, err
	}
	all, err := h.Store.Groups(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := h.Store.SharedCounts(ctx, ExchangeRoot)
	views := make([]GroupView, len(all))
	for i, g := range all {
		views[i] = h.groupView(g, counts)
	}
	return views, err
}

func (h *House) groupView(g group.Group, counts map[string]int) GroupView {
	v := GroupView{Group: g, Audience: g.Audience(), Objects: counts[string(g.ID)], Sent: []group.Shipment{}}
	if h.PublicURL != "" {
		v.Address = h.exchangeBase() + "/" + ExchangeRoot + "/collections/" + string(g.ID) + "/"
	}
	return v
}

// Group gives one.
func (h *House) Group(ctx context.Context, who candor.Principal, id candor.ID) (v GroupView, err error) {
	if err := may(who, access.ReadParties); err != nil {
		return v, err
	}
	g, err := h.Store.Group(ctx, id)
	if err != nil {
		return v, err
	}
	counts, err := h.Store.SharedCounts(ctx, ExchangeRoot)
	if err != nil {
		return v, err
	}
	v = h.groupView(g, counts)
	if v.Sent, err = h.Store.Shipments(ctx, id, "", mostSent); err != nil {
		return v, err
	}
	var mails []candor.ID
	for _, s := range v.Sent {
		for _, m := range s.Mails {
			mails = append(mails, m.Message)
		}
	}
	states, err := h.Store.MessageStates(ctx, mails)
	for _, s := range v.Sent {
		for i, m := range s.Mails {
			s.Mails[i].State = states[m.Message]
		}
	}
	return v, err
}

// SaveGroup adds a group, or changes the one that it names if its edition is still
// the one that is given; 0 asks for no edition. Who is no member any more reads and
// adds nothing from then on, and what they added is believed no longer.
func (h *House) SaveGroup(ctx context.Context, who candor.Principal, g group.Group) (group.Group, error) {
	if err := may(who, access.ManageParties); err != nil {
		return g, err
	}
	if err := g.Check(); err != nil {
		return g, err
	}
	err := h.tx(ctx, func(tx *store.Tx) error {
		if err := h.nameMembers(ctx, tx, &g); err != nil {
			return err
		}
		now := h.now()
		if g.ID == "" {
			return h.addGroup(ctx, tx, who, &g, now)
		}
		old, err := tx.Group(ctx, g.ID)
		if err != nil {
			return err
		}
		if g.Edition != 0 && g.Edition != old.Edition {
			return candor.WithHint(fmt.Errorf("group %s: %w", g.ID, candor.ErrChanged), "Somebody else changed it meanwhile. Look at it again.")
		}
		g.Created, g.Retired = old.Created, old.Retired
		return h.changeGroup(ctx, tx, who, &g, old, "changed")
	})
	return g, err
}

func (h *House) addGroup(ctx context.Context, tx *store.Tx, who candor.Principal, g *group.Group, now time.Time) error {
	if err := tx.Turn(ctx, "groups", ""); err != nil {
		return err
	}
	all, err := tx.Groups(ctx)
	if err != nil {
		return err
	}
	if len(all) >= group.MostGroups {
		return candor.WithHint(fmt.Errorf("there are %d groups already: %w", len(all), candor.ErrInvalid), "Change one that is not in use any more.")
	}
	g.ID, g.Edition, g.Created, g.Updated, g.Retired = candor.NewID(now), 1, now, now, time.Time{}
	if err := tx.AddGroup(ctx, *g); err != nil {
		return err
	}
	return h.recordGroup(ctx, tx, who, *g, "added")
}

func (h *House) changeGroup(ctx context.Context, tx *store.Tx, who candor.Principal, g *group.Group, old group.Group, event string) error {
	g.Edition, g.Updated = old.Edition+1, h.now()
	for _, m := range old.Members {
		if still, ok := g.Member(m.ID()); m.Party != "" && (!ok || !still.Write || !g.Retired.IsZero()) {
			if _, err := tx.DropEntries(ctx, g.Feed(m), h.now().Add(time.Hour)); err != nil {
				return err
			}
		} else if m.Party != "" && still.Trust < m.Trust {
			if err := tx.Doubt(ctx, g.Feed(m), still.Trust); err != nil {
				return err
			}
		}
	}
	if err := tx.ChangeGroup(ctx, *g, old.Edition); err != nil {
		return err
	}
	return h.recordGroup(ctx, tx, who, *g, event)
}

// nameMembers looks whether members are what a group may have, and takes over their
// names.
func (h *House) nameMembers(ctx context.Context, tx *store.Tx, g *group.Group) error {
	for i, m := range g.Members {
		if m.Entry != "" {
			e, err := tx.Entry(ctx, m.Entry)
			if err != nil {
				return candor.WithHint(err, "Choose an entry of the directory.")
			}
			g.Members[i].Name = e.Name
			continue
		}
		p, err := tx.Party(ctx, candor.Everything, m.Party)
		if err != nil {
			return candor.WithHint(err, "Choose a partner, an authority or a vendor.")
		}
		if !slices.Contains([]candor.PartyKind{candor.Partner, candor.Authority, candor.Vendor}, p.Kind) || p.Erased {
			return candor.WithHint(fmt.Errorf("%s is a %s: %w", p.Name, p.Kind, candor.ErrInvalid), "Members are partners, authorities and vendors.")
		}
		g.Members[i].Name = p.Name
	}
	return nil
}

// recordGroup keeps what was decided about a group: organisations are nothing
// personal.
func (h *House) recordGroup(ctx context.Context, tx *store.Tx, who candor.Principal, g group.Group, event string) error {
	body := map[string]any{"group": event, "name": g.Name, "most": g.Most, "classes": g.Classes, "members": g.Members, "sightings": g.Sightings, "edition": g.Edition}
	return h.recordJSON(ctx, tx, "", candor.RecordPolicy, g.ID, who, body)
}

// leaveGroups takes a party that is erased out of all groups.
func (h *House) leaveGroups(ctx context.Context, tx *store.Tx, who candor.Principal, party candor.ID) error {
	all, err := tx.Groups(ctx)
	if err != nil {
		return err
	}
	for _, old := range all {
		if _, is := old.Member(party); !is {
			continue
		}
		g := old
		g.Members = slices.DeleteFunc(slices.Clone(old.Members), func(m group.Member) bool { return m.ID() == party })
		if err := h.changeGroup(ctx, tx, who, &g, old, "member erased"); err != nil {
			return err
		}
	}
	return nil
}

// RetireGroup takes a group out of use, or back into it. Nothing goes to one that is
// out of use, and nobody reads its collection.
func (h *House) RetireGroup(ctx context.Context, who candor.Principal, id candor.ID, retired bool) (g group.Group, err error) {
	if err := may(who, access.ManageParties); err != nil {
		return g, err
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		old, err := tx.Group(ctx, id)
		if err != nil {
			return err
		}
		event := "taken up again"
		if g, g.Retired = old, (time.Time{}); retired {
			g.Retired, event = h.now(), "retired"
		}
		return h.changeGroup(ctx, tx, who, &g, old, event)
	})
	return g, err
}
