package console_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/store"
)

// Believable names, long ones and Chinese ones among them.
var (
	customers = []string{"Bäckerei Hofstätter GmbH", "上海晨光文化传播有限公司", "Northwind Outdoor Equipment & Rentals Limited Liability Partnership", "Ola Nordmann", "深圳市前海云帆跨境电子商务股份有限公司",
		"Clínica Dental Sonrisa", "Freiwillige Feuerwehr Unterpremstätten", "Iron Mountain Bike Club", "北京小院民宿", "Atelier Lumière"}
	domains = []string{"baeckerei-hofstaetter.example", "chenguang-culture.example", "northwind-outdoor-equipment-and-rentals.example", "nordmann.example", "yunfan-crossborder.example",
		"sonrisa.example", "ff-unterpremstaetten.example", "imbc.example", "xiaoyuan-minsu.example", "lumiere.example"}
	kinds = []struct {
		class    candor.Class
		nature   candor.Nature
		severity candor.Severity
		title    string
		rule     string
		says     string
		path     string
	}{
		{candor.ApplicationCompromise, candor.Malware, candor.High, "Intrusion into a site or server", "PHP_Webshell_Generic_Eval", "PHP that evaluates what a request sends", "wp-content/uploads/2026/02/.cache-thumbs.php"},
		{candor.Phishing, "", candor.Critical, "Phishing page", "Phish_Bank_Login_Kit_16Shop", "Login form of a bank that sends passwords elsewhere", "secure/login/index.html"},
		{candor.MalwareDistribution, candor.Spyware, candor.Critical, "Spyware", "Win.Spyware.AgentTesla-9811234-0", "Installer that reads keys and screens", "downloads/Rechnung_2026-03.pdf.exe"},
		{candor.InfectedSystem, candor.PUS, candor.Low, "Deceptive or potentially unwanted software", "JS_Miner_CoinHive_Variant", "Script that mines in the visitor’s browser", "assets/js/vendor/analytics.min.js"},
		{candor.Spam, "", candor.Medium, "Unwanted mail", "PHP_Mailer_Leafmailer", "Mass mailer with a password in the address", "tmp/lf.php"},
		{candor.VulnerableSystem, "", candor.Info, "Weakness that can be misused", "WP_Plugin_Outdated_RevSlider_4_1_4", "Plugin with a known hole", "wp-content/plugins/revslider/revslider.php"},
	}
)

// seed fills the house as a month of work would: so many cases at ten
// customers' sites, in all states.
func (w *world) seed(t testing.TB, cases int) []candor.Case {
	t.Helper()
	ctx, now, by := t.Context(), w.Clock(), w.Who(candor.RoleAnalyst)
	var all []candor.Case
	for i := 0; len(all) < cases; i++ {
		k := i % len(customers)
		at := now.Add(-time.Duration((cases-len(all))*3600*24*30/cases) * time.Second)
		w.At(at)
		party := candor.Party{ID: candor.NewID(at), Kind: candor.Customer, Name: customers[k], Reference: fmt.Sprintf("K-%05d", 20300+i), Language: []string{"de", "zh", "en"}[i%3], Created: at, Updated: at,
			Contacts: []candor.Contact{{Name: "Abuse", Purpose: "abuse", Channel: candor.Mail, Address: "abuse@" + domains[k]}, {Channel: candor.Phone, Address: "+43 1 2345-" + fmt.Sprint(i)}}}
		site := candor.Asset{ID: candor.NewID(at), Kind: candor.Site, Owner: party.ID, Name: domains[k], Roots: []string{fmt.Sprintf("/srv/customers/k%05d/htdocs", 20300+i)}, Hosts: []string{domains[k]}, Created: at, Updated: at}
		if i%4 != 3 {
			site.Scanned = at
		}
		w.add(t, party, site)
		if i%3 != 2 {
			w.agree(t, party.ID)
		}
		for j := range kinds {
			if len(all) < cases && (i+j)%2 == 0 {
				all = append(all, w.found(t, site, i, j))
			}
		}
	}
	w.At(now)
	states := []candor.CaseState{"", candor.CaseTriaged, candor.CaseNotified, candor.CaseContained, candor.CaseResolved, candor.CaseClosed, candor.CaseFalseAlarm, candor.CaseClosed}
	for i, c := range all {
		w.At(min1(now, c.Opened.Add(90*time.Minute)))
		if i%5 == 1 {
			check(t, w.House.Assign(ctx, by, c.ID, by.User))
		}
		if s := states[(i*5+i/8)%len(states)]; s != "" && i < len(all)-6 {
			check(t, w.House.SetState(ctx, by, c.ID, 0, s, ""))
		}
	}
	w.At(now)
	return all
}

func min1(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) add(t testing.TB, p candor.Party, a candor.Asset) {
	t.Helper()
	check(t, w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddParty(t.Context(), p); err != nil {
			return err
		}
		return tx.AddAsset(t.Context(), a, a.Created)
	}))
}

// found files one to three findings of a kind at a site.
func (w *world) found(t testing.TB, site candor.Asset, i, j int) candor.Case {
	t.Helper()
	k := kinds[j]
	var all []candor.Finding
	for n := range 1 + (i+j)%3 {
		sum := sha256.Sum256(fmt.Append(nil, j, n, i%7))
		all = append(all, candor.Finding{Path: fmt.Sprintf("%s/%s", site.Roots[0], map[bool]string{true: k.path, false: fmt.Sprintf("backup/%d/%s", n, k.path)}[n == 0]), Rule: k.rule, Class: k.class, Nature: k.nature, Severity: k.severity,
			SHA256: hex.EncodeToString(sum[:]), Bytes: int64(4096 * (i + 1)), Language: "yara", Definitions: "starter/web.yar", Description: k.says,
			Strings: []candor.Occurrence{{Name: "$eval", Offset: 212, Length: 34, Data: []byte(`@eval(base64_decode($_POST['z0']))`)}, {Name: "$b", Offset: 1048, Length: 400, Data: []byte("GIF89a\x01\x00\x00<?php /* 你好 */")}}})
	}
	filed, err := w.House.Desk.File(t.Context(), desk.Filing{Asset: site.ID, Scan: candor.NewID(w.Clock()), Sensor: "scan", Generation: "5f3c9d0a7be1", Findings: all})
	check(t, err)
	if len(filed.Opened) != 1 {
		t.Fatal("no case was opened")
	}
	c := w.theCase(t, filed.Opened[0])
	c.Title = k.title + ": " + site.Name
	check(t, w.House.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.ChangeCase(t.Context(), &c) }))
	return c
}

// lateAndAgents adds what new rules overturned, and agents on servers.
func (w *world) lateAndAgents(t testing.TB, f candor.FiledFinding) {
	t.Helper()
	now := w.Clock()
	check(t, w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		for i := range 12 {
			l := candor.LateFinding{ID: candor.NewID(now), SHA256: f.SHA256, Size: 8_412, Rules: []string{"php_loader_amber_17", "generic_dropper"}[:1+i%2], Path: f.Path, Places: int64(3 * i), Since: now.AddDate(0, -2, -i), Found: now.Add(-time.Duration(i) * time.Hour),
				Clean: i%3 > 0, Before: "5f70bf18a086007016e948b04aed3b82", Generation: fmt.Sprint("g", i)}
			if err := tx.AddLate(t.Context(), l); err != nil {
				return err
			}
		}
		for i := range 3 {
			s := candor.Asset{ID: candor.NewID(now), Kind: candor.Server, Owner: w.Party.ID, Name: fmt.Sprintf("web%d.example.net", i+1), Created: now, Updated: now}
			a := candor.Agent{ID: candor.NewID(now), Asset: s.ID, Name: s.Name, State: candor.AgentActive, Enrolled: now.AddDate(0, -1, 0), Seen: now.Add(-time.Duration(i) * 7 * time.Minute), Version: "1.4.0", Generation: "5f70bf18a086007016e948b04aed3b82", Status: []byte(`{"backlog":4,"sites":210}`)}
			if err := tx.AddAsset(t.Context(), s, time.Time{}); err != nil {
				return err
			}
			if err := tx.AddAgent(t.Context(), a); err != nil {
				return err
			}
		}
		return nil
	}))
}
