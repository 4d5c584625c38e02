package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/gate"
	"candor/internal/consent/notice"
	"candor/internal/consent/terms"
	"candor/internal/house"
)

// sampler is who did what the sample provider's staff did.
var sampler = candor.Principal{User: "sample", Name: "Sample staff", Role: candor.RoleAdmin}

// fillConsent gives the sample provider terms of the library, what its parties
// said of them, notices, and sites at the gate. It goes the way of everybody, so
// that all of it is in the evidence log.
func (r *running) fillConsent(ctx context.Context, sites []candor.Asset, line candor.Asset) error {
	published := map[string]consent.Terms{}
	for _, name := range []string{"hosting-terms", "acceptable-use", "subscriber-terms"} {
		v, err := r.publishSample(ctx, name)
		if err != nil {
			return err
		}
		published[name] = v
	}
	for i, c := range sampleCustomers {
		if !c.agreed {
			continue
		}
		hosting := house.Decision{Party: sites[i].Owner, Terms: published["hosting-terms"].ID, How: consent.ByContract}
		if i%2 == 0 {
			hosting.Clauses = []string{"samples"}
		}
		use := house.Decision{Party: sites[i].Owner, Terms: published["acceptable-use"].ID, How: consent.ByContract}
		if err := errors.Join(r.agreeSample(ctx, hosting, c.language), r.agreeSample(ctx, use, c.language)); err != nil {
			return err
		}
	}
	bakery, books, atelier := sites[0], sites[1], sites[2]
	paper := house.Decision{Party: line.Owner, Terms: published["subscriber-terms"].ID, How: consent.ByPaper, Clauses: []string{"isolation"}}
	if err := errors.Join(r.agreeSample(ctx, paper, "en"), r.askSample(ctx, bakery.Owner), r.noticeSample(ctx, books, false), r.noticeSample(ctx, atelier, true)); err != nil {
		return err
	}
	return r.gateSample(ctx, bakery, atelier)
}

var (
	versionLine   = regexp.MustCompile(`(?m)^version: .*$`)
	effectiveLine = regexp.MustCompile(`(?m)^effective: .*$`)
)

// sampleSince is since when the sample provider's terms hold.
func (r *running) sampleSince() time.Time {
	return r.Clock().UTC().Truncate(24*time.Hour).AddDate(0, -3, 0)
}

// publishSample publishes a document of the library.
func (r *running) publishSample(ctx context.Context, name string) (v consent.Terms, err error) {
	text, err := terms.Source(name)
	if err != nil {
		return v, err
	}
	since := r.sampleSince()
	text = versionLine.ReplaceAll(text, fmt.Appendf(nil, "version: %q", since.Format("2006.1")))
	text = effectiveLine.ReplaceAll(text, []byte("effective: "+since.Format(time.RFC3339)))
	if v, _, err = r.SaveTerms(ctx, sampler, "", text); err != nil {
		return v, fmt.Errorf("%s: %w", name, err)
	}
	return r.PublishTerms(ctx, sampler, v.ID)
}

// agreeSample enters that a party agreed two months ago.
func (r *running) agreeSample(ctx context.Context, d house.Decision, language string) error {
	d.Act, d.Behalf, d.Language, d.At = consent.Agreed, consent.Self, language, r.Clock().UTC().Truncate(time.Hour).AddDate(0, -2, 0)
	_, err := r.Decide(ctx, sampler, d)
	return err
}

// askSample has a customer ask about terms.
func (r *running) askSample(ctx context.Context, party candor.ID) error {
	customer := candor.Principal{User: "sample", Role: candor.RoleCustomer, Party: party}
	_, err := r.AskAboutTerms(ctx, customer, consent.Question{Kind: consent.Asks, Document: "hosting-terms", Clause: "quarantine",
		Text: "If you move a file of our shop away, how do we get it back, and how fast?"})
	return err
}

// noticeSample begins the notice of a site, and publishes it.
func (r *running) noticeSample(ctx context.Context, site candor.Asset, publish bool) error {
	d := house.NoticeDraft{Sites: []candor.ID{site.ID}}
	if !publish {
		_, err := r.AddNotice(ctx, sampler, site.Owner, d)
		return err
	}
	d, err := r.DraftFor(ctx, sampler, site.Owner, d.Sites)
	if err != nil {
		return err
	}
	var n notice.Notice
	if err := json.Unmarshal(d.Document, &n); err != nil {
		return err
	}
	for i := range n.Purposes { // only the customer knows
		n.Purposes[i].Locations = []string{"FR"}
	}
	d.Guesses = nil
	if d.Document, err = json.Marshal(n); err != nil {
		return err
	}
	kept, err := r.AddNotice(ctx, sampler, site.Owner, d)
	if err != nil {
		return err
	}
	_, err = r.PublishNotice(ctx, sampler, kept.ID, kept.Edition, true)
	return err
}

// waivedFor is for how long the sample provider waives what cannot be measured.
const waivedFor = 60 * 24 * time.Hour

// gateSample asks for two sites to go live: one that is refused, and one that is
// let in when its scan has found nothing. What has no sensor is left out, and
// that nobody can reach the site to see its notice is waived.
func (r *running) gateSample(ctx context.Context, refused, live candor.Asset) error {
	p := gate.DefaultPolicy()
	for _, c := range gate.Checks() {
		if !c.Sensor {
			p.NotRequired = append(p.NotRequired, gate.Exemption{Check: c.ID, Reason: "Looked at by hand once a year."})
		}
	}
	if _, err := r.SetGatePolicy(ctx, sampler, p); err != nil {
		return err
	}
	if _, err := r.Waive(ctx, sampler, live.ID, "notice", "The sample site is on no server that the Internet can reach.", r.Clock().Add(waivedFor)); err != nil {
		return err
	}
	for _, site := range []candor.Asset{refused, live} {
		if _, err := r.AskGate(ctx, sampler, site.ID); err != nil {
			return err
		}
	}
	return nil
}
