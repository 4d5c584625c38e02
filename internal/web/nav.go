package web

import (
	"cmp"
	"context"
	"slices"

	"candor"
	"candor/internal/web/ui"
)

// NavEntry is an entry of the side navigation.
type NavEntry struct {
	Key   string // what pages name in ui.Page.Active
	Text  string // a key of the catalogue
	Icon  string // of package ui
	Href  string
	Group string // a key of the catalogue for the title above; may be empty
	Order int    // entries and, by their first entry, groups are sorted by it
	Needs Needs  // who sees it; the same as those of the page
	// Count tells how much waits there, and whether some of it is late; nil
	// shows no count. It is asked for each page: it must be quick.
	Count func(ctx context.Context, who candor.Principal) (n int, late bool)
}

// Nav adds entries to the side navigation.
func (s *Site) Nav(entries ...NavEntry) {
	s.nav = append(s.nav, entries...)
	slices.SortStableFunc(s.nav, func(a, b NavEntry) int { return cmp.Compare(a.Order, b.Order) })
}

// navigation is what whoever asks sees of the side navigation.
func (s *Site) navigation(r *Request) []ui.NavGroup {
	var groups []ui.NavGroup
	at := map[string]int{}
	for _, e := range s.nav {
		if e.Needs.Met(r.Who) != nil {
			continue
		}
		i, ok := at[e.Group]
		if !ok {
			i = len(groups)
			at[e.Group] = i
			g := ui.NavGroup{}
			if e.Group != "" {
				g.Title = r.T(e.Group)
			}
			groups = append(groups, g)
		}
		item := ui.NavItem{Key: e.Key, Icon: e.Icon, Text: r.T(e.Text), Href: e.Href}
		if e.Count != nil {
			item.More, item.Loud = e.Count(r.Context(), r.Who)
		}
		groups[i].Items = append(groups[i].Items, item)
	}
	return groups
}
