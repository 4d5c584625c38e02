package house

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/respond"
	"candor/internal/respond/isolate"
	"candor/internal/store"
)

// ErasePerson removes what is personal of a party: names, contacts, what its
// people wrote, the mails to them, its webhooks, and who may sign in; its names
// and addresses also where others wrote them in its cases. Cases and the
// evidence log stay, and the log still verifies: it holds salted digests only.
func (h *House) ErasePerson(ctx context.Context, who candor.Principal, id candor.ID) error {
	if err := may(who, access.ManagePeople); err != nil {
		return err
	}
	var papers ForgetJob
	err := h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.Turn(ctx, "party.erase", id); err != nil {
			return err
		}
		p, err := tx.Party(ctx, who.Scope(), id)
		if err != nil {
			return err
		}
		if papers, err = h.erasePapers(ctx, tx, id); err != nil {
			return err
		}
		reports, err := h.eraseReports(ctx, tx, p)
		if err != nil {
			return err
		}
		papers.Digests = append(papers.Digests, reports.Digests...)
		files, err := h.eraseTickets(ctx, tx, id)
		if err != nil {
			return err
		}
		papers.Digests = append(papers.Digests, files.Digests...)
		words, err := named(ctx, tx, p)
		if err != nil {
			return err
		}
		p.Name, p.Reference, p.Contacts, p.Note, p.Erased, p.Updated = store.Erased, "", nil, "", true, h.Clock().UTC()
		if err := tx.ChangeParty(ctx, p); err != nil {
			return err
		}
		n, err := tx.ErasePersonal(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.EraseWords(ctx, id); err != nil {
			return err
		}
		if err := erasePlans(ctx, tx, id, words); err != nil {
			return err
		}
		if err := tx.EraseTraces(ctx, id, words); err != nil {
			return err
		}
		if err := h.leaveGroups(ctx, tx, who, id); err != nil {
			return err
		}
		if err := tx.EraseBulletinCopies(ctx, id); err != nil {
			return err
		}
		accounts, err := tx.EraseUsers(ctx, id)
		if err != nil {
			return err
		}
		return h.recordJSON(ctx, tx, "", candor.RecordErasure, id, who, map[string]any{"values": n, "accounts": accounts})
	})
	if err == nil {
		err = h.Forget(ctx, papers)
	}
	if err != nil {
		return fmt.Errorf("erase a person's data: %w", err)
	}
	return nil
}

// named are the names and addresses of a party and of its people, the longest
// first, so that none is left as a part of another.
func named(ctx context.Context, tx *store.Tx, p candor.Party) ([]string, error) {
	all := []string{p.Name}
	for _, c := range p.Contacts {
		all = append(all, c.Name, c.Address)
	}
	people, err := tx.UsersOf(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, u := range people {
		all = append(all, u.Name, u.Mail)
	}
	if p.Erased { // it was erased before
		all = slices.DeleteFunc(all, func(w string) bool { return w == store.Erased })
	}
	all = slices.DeleteFunc(all, func(w string) bool { return strings.TrimSpace(w) == "" })
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all), nil
}

// erasePlans takes names out of what people read of plans. What undoing goes by
// stays: where files were.
func erasePlans(ctx context.Context, tx *store.Tx, party candor.ID, words []string) error {
	all, err := tx.ResponsesOf(ctx, party)
	if err != nil {
		return err
	}
	for _, r := range all {
		p, err := respond.ReadPlan(r, nil)
		if err != nil || len(p.Effects) == 0 {
			continue // there is none that anybody could read
		}
		eraseLines(p.Effects, words)
		eraseLines(p.Warnings, words)
		if r.Method == isolate.Name {
			eraseAddresses(p.Effects)
		}
		text, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if err := tx.SetPlan(ctx, r.ID, text); err != nil {
			return err
		}
	}
	return nil
}

func eraseLines(lines []respond.Line, words []string) {
	for i, l := range lines {
		for _, w := range words {
			for name, value := range l.Values {
				if name == "party" {
					value = store.Erased
				}
				l.Values[name] = strings.ReplaceAll(value, w, store.Erased)
			}
			lines[i].Text = strings.ReplaceAll(lines[i].Text, w, store.Erased)
		}
	}
}

// eraseAddresses takes out what a line held of the network.
func eraseAddresses(lines []respond.Line) {
	for i := range lines {
		if _, told := lines[i].Values["addresses"]; !told {
			continue
		}
		lines[i].Text = store.Erased
		for _, name := range []string{"addresses", "session"} {
			lines[i].Values[name] = store.Erased
		}
	}
}
