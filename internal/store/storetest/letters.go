package storetest

import (
	"errors"
	"testing"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/software"
	"candor/internal/store"
)

// testLetters looks for people, programs and mails by letters of several
// scripts: every database finds the same, whatever the case.
func testLetters(t *testing.T, s *store.Store) {
	ctx := t.Context()
	_, a := Sample(t, s, "letters")
	names := map[string]string{"ae": "Änne Groß", "cyrillic": "Жанна Ёлкина", "dotted": "İbrahim Işık", "apart": "Zoe\u0308", "percent": "Ann!_%"}
	for id, name := range names {
		user := candor.User{ID: candor.NewID(noon), Name: name, Mail: id + "@letters.example", Role: candor.RoleAnalyst, Created: noon}
		if err := s.Access().Change(ctx, func(tx access.Tx) error { return tx.AddUser(ctx, user) }); err != nil {
			t.Fatal(err)
		}
		product := software.Product{ID: "letters-" + id, Name: "Tool", Publisher: name, Asset: a.ID, Created: noon}
		ticket := newTicket(noon, "")
		ticket.Mail = name + "@tickets.example"
		do(t, s, func(tx *store.Tx) error { return errors.Join(tx.AddProduct(ctx, product), tx.AddTicket(ctx, &ticket)) })
	}
	for text, id := range map[string]string{
		"änne": "ae", "ÄNNE": "ae", "A\u0308NNE": "ae", "GROSS": "ae", "ЖАННА": "cyrillic", "жанна ёл": "cyrillic",
		"İBRAHİM": "dotted", "ibrahim": "dotted", "IBRAHIM": "dotted", "işık": "dotted", "IŞIK": "dotted", "ZOË": "apart", "n!_%": "percent", "!_": "percent",
	} {
		people := must(s.Users(ctx, text, candor.Cut{}))(t)
		if len(people.Items) != 1 || people.Items[0].Name != names[id] {
			t.Errorf("%q finds the people %+v", text, people.Items)
		}
		programs := must(s.Products(ctx, text, candor.Cut{}))(t)
		if len(programs.Items) != 1 || programs.Items[0].ID != "letters-"+id {
			t.Errorf("%q finds the programs %+v", text, programs.Items)
		}
	}
	for _, mail := range []string{"änne groß@tickets.example", "ÄNNE GROSS@Tickets.Example"} {
		tickets := must(s.Tickets(ctx, candor.Everything, candor.TicketFilter{Mail: mail}, candor.Cut{}))(t)
		if len(tickets.Items) != 1 {
			t.Errorf("tickets of %q: %+v", mail, tickets.Items)
		}
	}
}
