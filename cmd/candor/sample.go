package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"candor"
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
// sites below the folder, of which some are infected with harmless samples, and
// what they agreed to. A database that holds anything is left alone.
func (r *running) fillSample(ctx context.Context, folder string) error {
	have, err := r.Store.Parties(ctx, candor.Everything, candor.PartyFilter{}, candor.Cut{Limit: 1})
	if err != nil || len(have.Items) > 0 {
		return err
	}
	now := r.Clock().UTC()
	var sites []candor.Asset
	var line candor.Asset
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
			sites = append(sites, a)
		}
		authority := candor.Party{ID: candor.NewID(now), Kind: candor.Authority, Name: "National CSIRT", Reference: "CSIRT", Language: "en",
			Contacts: []candor.Contact{{Channel: candor.Mail, Address: "report@csirt.example"}}, Created: now, Updated: now}
		subscriber := candor.Party{ID: candor.NewID(now), Kind: candor.Subscriber, Name: "Ngozi Adeyemi", Reference: "A-2001", Language: "en", TimeZone: "Africa/Lagos",
			Contacts: []candor.Contact{{Channel: candor.Mail, Address: "ngozi@adeyemi.example"}}, Created: now, Updated: now}
		line = candor.Asset{ID: candor.NewID(now), Kind: candor.Line, Owner: subscriber.ID, Name: "Line L-2001", Reference: "L-2001", Created: now, Updated: now}
		return errors.Join(tx.AddParty(ctx, authority), tx.AddParty(ctx, subscriber), tx.AddAsset(ctx, line, time.Time{}))
	})
	if err != nil {
		return fmt.Errorf("make the sample provider: %w", err)
	}
	if err := r.fillConsent(ctx, sites, line); err != nil {
		return fmt.Errorf("have the sample provider's parties agree: %w", err)
	}
	for _, a := range sites {
		if _, err := r.Sites.Request(ctx, candor.Principal{Role: candor.RoleAdmin}, a.ID, site.Demanded); err != nil {
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
