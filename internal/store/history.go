package store

import (
	"cmp"
	"context"
	"database/sql"
	"net/netip"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// past is a table of what assets had when.
type past struct{ table, column string }

var (
	hostHistory    = past{"hosts_history", "host"}
	addressHistory = past{"addresses_history", "prefix"}
	ownerHistory   = past{"owners_history", "owner"}
)

// keepHistory notes what an asset has from now on, and what no more. Nothing
// is known yet of an asset that is new.
func (t *Tx) keepHistory(ctx context.Context, a candor.Asset, isNew bool) error {
	at := a.Updated
	if isNew {
		at = a.Created
	}
	var hosts, prefixes []string
	if !a.Retired {
		for _, h := range a.Hosts {
			hosts = append(hosts, hostName(h))
		}
		prefixes = addresses(a)
	}
	for _, one := range []struct {
		past
		has []string
	}{{hostHistory, hosts}, {addressHistory, prefixes}, {ownerHistory, []string{string(a.Owner)}}} {
		if err := t.keep(ctx, one.past, a.ID, one.has, at, isNew); err != nil {
			return err
		}
	}
	return nil
}

// addresses are the prefixes of an asset: of a line those that are always its;
// of a server the addresses among its hosts. What is none is left out.
func addresses(a candor.Asset) (all []string) {
	for _, text := range a.Access.Addresses {
		if ps, err := (candor.Access{Addresses: []string{text}}).Prefixes(); err == nil {
			all = append(all, prefixText(ps[0]))
		}
	}
	if a.Kind != candor.Server {
		return all
	}
	for _, h := range a.Hosts {
		if ip, err := netip.ParseAddr(hostName(h)); err == nil && ip.Zone() == "" {
			all = append(all, prefixText(netip.PrefixFrom(ip, ip.BitLen())))
		}
	}
	return all
}

// prefixText is a prefix as it is looked for.
func prefixText(p netip.Prefix) string {
	if ip := p.Addr(); ip.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(ip.Unmap(), p.Bits()-96)
	}
	return p.Masked().String()
}

// keep ends rows of what an asset has no more, and begins those of what is new.
func (t *Tx) keep(ctx context.Context, h past, asset candor.ID, has []string, at time.Time, isNew bool) error {
	var had []string
	if !isNew {
		err := t.scan(ctx, "read "+h.table, "SELECT "+h.column+" FROM "+h.table+" WHERE asset = ? AND until = 0", []any{asset}, func(row *sql.Rows) error {
			var what string
			err := row.Scan(&what)
			had = append(had, what)
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, what := range had {
		if slices.Contains(has, what) {
			continue
		}
		if _, err := t.db.ExecContext(ctx, "UPDATE "+h.table+" SET until = ? WHERE asset = ? AND until = 0 AND "+h.column+" = ?", column.Time(at), asset, what); err != nil {
			return kind(err, "end a row of %s", h.table)
		}
	}
	slices.Sort(has)
	for _, what := range slices.Compact(has) {
		if what == "" || slices.Contains(had, what) {
			continue
		}
		if _, err := t.db.ExecContext(ctx, "INSERT INTO "+h.table+" (asset, "+h.column+", since, until) VALUES (?, ?, ?, 0)", asset, what, column.Time(at)); err != nil {
			return kind(err, "begin a row of %s", h.table)
		}
	}
	return nil
}

// fillHistory keeps the addresses of assets, and of parties' people, that an
// earlier version added.
func (s *Store) fillHistory(ctx context.Context) error {
	return s.Tx(ctx, func(tx *Tx) error {
		if n, err := tx.rows(ctx, "mails", 1, nil); err != nil || n > 0 {
			return err
		}
		parties, err := choose[query.Party](ctx, tx.db, "parties", "contacts <> '' AND contacts <> '[]' AND contacts <> 'null'")
		if err != nil {
			return err
		}
		for _, row := range parties {
			if err := tx.addMails(ctx, party(row)); err != nil {
				return err
			}
		}
		return tx.fillAddresses(ctx)
	})
}

func (t *Tx) fillAddresses(ctx context.Context) error {
	if n, err := t.rows(ctx, "addresses_history", 1, nil); err != nil || n > 0 {
		return err
	}
	assets, err := choose[query.Asset](ctx, t.db, "assets", "kind IN ('line', 'server') AND retired = FALSE")
	if err != nil {
		return err
	}
	for _, row := range assets {
		a := asset(row)
		if err := t.keep(ctx, addressHistory, a.ID, addresses(a), a.Created, false); err != nil {
			return err
		}
	}
	return nil
}

// addMails keeps the mail addresses of a party's people, by which it is looked
// for.
func (t *Tx) addMails(ctx context.Context, p candor.Party) error {
	var rows []query.Mail
	for _, c := range p.Contacts {
		if mail := strings.ToLower(strings.TrimSpace(c.Address)); c.Channel == candor.Mail && strings.Contains(mail, "@") {
			rows = append(rows, query.Mail{Party: p.ID, Mail: mail})
		}
	}
	return add(ctx, t.reader, "mails", "ON CONFLICT (mail, party) DO NOTHING", rows...)
}

// PartiesByMail gives the parties that have a mail address among their
// contacts now, whatever its case; by ID.
func (r reader) PartiesByMail(ctx context.Context, address string) ([]candor.Party, error) {
	rows, err := choose[query.Party](ctx, r.db, "parties", "id IN (SELECT party FROM mails WHERE mail = ?) ORDER BY id", strings.ToLower(strings.TrimSpace(address)))
	return each(rows, party), err
}

// SitesByHost gives the assets that had a host name at any moment from one to
// another, both within: by the name itself, with or without "www." before it,
// or by a name with "*." that stands for it. Those of the name itself come
// first, then the others, the nearest first.
func (r reader) SitesByHost(ctx context.Context, host string, from, until time.Time) ([]candor.Holding, error) {
	host = hostName(host)
	names := spellings(host)
	all, err := r.held(ctx, hostHistory, names, from, until)
	slices.SortStableFunc(all, func(a, b candor.Holding) int {
		return cmp.Compare(slices.Index(names, a.What), slices.Index(names, b.What))
	})
	return all, err
}

// spellings are the names by which a host may be known, the nearest first.
func spellings(host string) []string {
	other, isWWW := strings.CutPrefix(host, "www.")
	if !isWWW {
		other = "www." + host
	}
	names := []string{host, other}
	for _, parent, ok := strings.Cut(host, "."); ok && strings.Contains(parent, "."); _, parent, ok = strings.Cut(parent, ".") {
		names = append(names, "*."+parent)
	}
	return names
}

// AssetsByAddress gives the assets whose static addresses held one at any moment
// from one to another, both within.
func (r reader) AssetsByAddress(ctx context.Context, ip netip.Addr, from, until time.Time) ([]candor.Holding, error) {
	ip = ip.Unmap()
	names := make([]string, 0, ip.BitLen()+1)
	for n := ip.BitLen(); n >= 0; n-- {
		p, err := ip.Prefix(n)
		if err != nil {
			return nil, err
		}
		names = append(names, p.String())
	}
	return r.held(ctx, addressHistory, names, from, until)
}

// AssetsWithin gives the assets that had static addresses of a network at any
// moment from one to another, both within. It looks at all static addresses.
func (r reader) AssetsWithin(ctx context.Context, network netip.Prefix, from, until time.Time) ([]candor.Holding, error) {
	all, err := r.held(ctx, addressHistory, nil, from, until)
	return slices.DeleteFunc(all, func(h candor.Holding) bool {
		p, err := netip.ParsePrefix(h.What)
		return err != nil || !p.Overlaps(network)
	}), err
}

// Owners gives whose an asset was at any moment from one to another, both
// within.
func (r reader) Owners(ctx context.Context, asset candor.ID, from, until time.Time) (all []candor.Holding, err error) {
	const statement = "SELECT a.kind, o.owner, o.since, o.until FROM owners_history o JOIN assets a ON a.id = o.asset WHERE o.asset = ? AND o.since <= ? AND (o.until = 0 OR o.until > ?) ORDER BY o.since"
	err = r.scan(ctx, "read owners", statement, []any{asset, column.Time(until), column.Time(from)}, func(row *sql.Rows) error {
		h := candor.Holding{Asset: asset}
		var since, end column.Time
		err := row.Scan(&h.Kind, &h.Party, &since, &end)
		h.Since, h.Until = time.Time(since), time.Time(end)
		if err == nil {
			all = append(all, h)
		}
		return err
	})
	return all, err
}

// held gives what assets had, of the given or of all, with the parties that
// owned them meanwhile.
func (r reader) held(ctx context.Context, h past, what []string, from, until time.Time) (all []candor.Holding, err error) {
	statement := "SELECT h.asset, a.kind, o.owner, h." + h.column + ", h.since, h.until, o.since, o.until FROM " + h.table + ` h
		JOIN assets a ON a.id = h.asset JOIN owners_history o ON o.asset = h.asset
		WHERE h.since <= ? AND (h.until = 0 OR h.until > ?) AND o.since <= ? AND (o.until = 0 OR o.until > ?)`
	args := []any{column.Time(until), column.Time(from), column.Time(until), column.Time(from)}
	if what != nil {
		marks, names := in(what)
		statement += " AND h." + h.column + " IN " + marks
		args = append(args, names...)
	}
	err = r.scan(ctx, "read "+h.table, statement+" ORDER BY h.asset, h.since, o.since", args, func(row *sql.Rows) error {
		var one candor.Holding
		var since, until, owned, lost column.Time
		if err := row.Scan(&one.Asset, &one.Kind, &one.Party, &one.What, &since, &until, &owned, &lost); err != nil {
			return err
		}
		one.Since, one.Until = both(time.Time(since), time.Time(owned), time.Time.After), both(time.Time(until), time.Time(lost), time.Time.Before)
		if one.Until.IsZero() || one.Since.Before(one.Until) && one.Until.After(from) {
			all = append(all, one)
		}
		return nil
	})
	return all, err
}

// both is the time that holds for two, where zero is no bound.
func both(a, b time.Time, stricter func(time.Time, time.Time) bool) time.Time {
	if a.IsZero() || !b.IsZero() && stricter(b, a) {
		return b
	}
	return a
}

// FindingsByDigest gives findings of a content by its SHA-256, in hexadecimal,
// of all states but dismissed, by ID, at most so many.
func (r reader) FindingsByDigest(ctx context.Context, sha256 string, most int) ([]candor.FiledFinding, error) {
	rows, err := choose[query.Finding](ctx, r.db, "findings", "sha256 = ? AND state <> 'dismissed' ORDER BY id LIMIT ?", strings.ToLower(sha256), most)
	return each(rows, finding), err
}
