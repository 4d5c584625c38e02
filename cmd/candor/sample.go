package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/scan/site"
	"candor/internal/scan/starter"
	"candor/internal/store"
)

// sampleCustomer is a customer of the sample provider, with one site.
type sampleCustomer struct {
	name, reference, language, zone, mail string
	site, software                        string
	infected, observed, agreed            bool
}

var sampleCustomers = []sampleCustomer{
	{"Riverside Bakery", "K-1001", "en", "Europe/London", "owner@riverside-bakery.example", "riverside-bakery.example", "wordpress", true, false, true},
	{"晨光书店", "K-1002", "zh", "Asia/Shanghai", "dianzhu@chenguang-books.example", "chenguang-books.example", "wordpress", true, false, true},
	{"Atelier Lumière", "K-1003", "fr", "Europe/Paris", "contact@atelier-lumiere.example", "atelier-lumiere.example", "joomla", false, false, true},
	{"مخبز النيل", "K-1004", "ar", "Africa/Cairo", "info@nile-bakery.example", "nile-bakery.example", "", false, true, true},
	{"Northwind Cycling Club", "K-1005", "en", "America/Toronto", "board@northwind-cycling.example", "northwind-cycling.example", "drupal", false, false, false},
}

// fillSample fills an empty database with a sample provider: customers with
// sites below the folder, of which some are infected with harmless samples.
// A database that holds anything is left alone.
func (r *running) fillSample(ctx context.Context, folder string) error {
	have, err := r.Store.Parties(ctx, candor.Everything, candor.PartyFilter{}, candor.Cut{Limit: 1})
	if err != nil || len(have.Items) > 0 {
		return err
	}
	now := r.Clock().UTC()
	var sites []candor.ID
	err = r.Store.Tx(ctx, func(tx *store.Tx) error {
		sites = nil
		for _, c := range sampleCustomers {
			root := filepath.Join(folder, c.site)
			if err := writeSite(root, c); err != nil {
				return err
			}
			p := candor.Party{ID: candor.NewID(now), Kind: candor.Customer, Name: c.name, Reference: c.reference, Language: c.language, TimeZone: c.zone,
				Contacts: []candor.Contact{{Purpose: "abuse", Channel: candor.Mail, Address: c.mail}}, Created: now, Updated: now}
			a := candor.Asset{ID: candor.NewID(now), Kind: candor.Site, Owner: p.ID, Name: c.site, Reference: "S-" + c.reference[2:], Roots: []string{root},
				Hosts: []string{c.site, "www." + c.site}, Software: c.software, ObserveOnly: c.observed, Created: now, Updated: now}
			if err := errors.Join(tx.AddParty(ctx, p), tx.AddAsset(ctx, a, time.Time{})); err != nil {
				return err
			}
			if c.agreed {
				at := now.AddDate(0, -2, 0)
				terms := consent.Terms{Version: consent.Version{ID: candor.NewID(now), Document: "Hosting terms", Label: "2026-01", Effective: at,
					Clauses: []consent.Clause{{ID: "all", Allows: r.Methods}}}, State: consent.Recorded, Created: now, Updated: now, Published: at}
				said := consent.Event{ID: candor.NewID(now), Party: p.ID, Version: terms.ID, Act: consent.Agreed, At: at, Recorded: now,
					How: consent.ByOther, Behalf: consent.Self, Note: "sample"}
				if err := errors.Join(tx.AddTerms(ctx, terms, nil), tx.AddConsent(ctx, said, terms.Version)); err != nil {
					return err
				}
			}
			sites = append(sites, a.ID)
		}
		authority := candor.Party{ID: candor.NewID(now), Kind: candor.Authority, Name: "National CSIRT", Reference: "CSIRT", Language: "en",
			Contacts: []candor.Contact{{Channel: candor.Mail, Address: "report@csirt.example"}}, Created: now, Updated: now}
		return tx.AddParty(ctx, authority)
	})
	if err != nil {
		return fmt.Errorf("make the sample provider: %w", err)
	}
	for _, id := range sites {
		if _, err := r.Sites.Request(ctx, candor.Principal{Role: candor.RoleAdmin}, id, site.Demanded); err != nil {
			return fmt.Errorf("scan the sample provider: %w", err)
		}
	}
	return nil
}

// writeSite writes the content of a sample site.
func writeSite(root string, c sampleCustomer) error {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	if c.infected {
		if err := starter.WriteSamples(root); err != nil {
			return err
		}
	}
	page := fmt.Sprintf("<!doctype html>\n<html lang=%q><meta charset=utf-8><title>%s</title>\n<h1>%s</h1>\n", c.language, c.name, c.name)
	return os.WriteFile(filepath.Join(root, "welcome.html"), []byte(page), 0o644)
}
