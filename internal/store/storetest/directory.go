package storetest

import (
	"testing"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"candor"
	"candor/internal/directory"
	"candor/internal/store"
)

// testDirectory keeps entries, what was seen of them, and answers.
func testDirectory(t *testing.T, s *store.Store) {
	ctx := t.Context()
	e := directory.Entry{ID: candor.NewID(noon), Name: "Zeta Lab", Kinds: []directory.Kind{directory.AntiVirus}, Channels: []directory.Channel{{Way: directory.Mail, Address: "lab@zeta.example"}},
		Archive: directory.Zip, Password: "infected", Takes: []directory.Goods{directory.Samples}, Verified: directory.Verification{At: noon, How: "called", By: "Ada"}, Edition: 1, Created: noon, Updated: noon}
	other := e
	other.ID, other.Name = candor.NewID(noon), "Alpha CERT"
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddEntry(ctx, e); err != nil {
			return err
		}
		return tx.AddEntry(ctx, other)
	})
	twice := e
	twice.ID, twice.Name = candor.NewID(noon), "ZETA lab"
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddEntry(ctx, twice) }), candor.ErrExists)
	same(t, must(s.Entry(ctx, e.ID))(t), e)
	same(t, must(s.Entries(ctx))(t), []directory.Entry{other, e})
	e.Note, e.Edition = "changed", 2
	do(t, s, func(tx *store.Tx) error { return tx.ChangeEntry(ctx, e, 1) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeEntry(ctx, e, 1) }), candor.ErrChanged)
	_, err := s.Entry(ctx, candor.NewID(noon))
	isKind(t, err, candor.ErrNotFound)

	seen := func(address string, ok bool, detail string, after time.Duration) {
		at := noon.Add(after)
		do(t, s, func(tx *store.Tx) error {
			return tx.AddProbe(ctx, e.ID, directory.Probe{Address: address, What: directory.MX, OK: ok, Detail: detail, First: at, Last: at})
		})
	}
	seen("lab@zeta.example", true, "", 0)
	seen("lab@zeta.example", true, "", time.Hour)
	seen("lab@zeta.example", false, "no mail server", 2*time.Hour)
	seen("old@zeta.example", false, "no mail server", 2*time.Hour)
	e.Probes = []directory.Probe{{Address: "lab@zeta.example", What: directory.MX, Detail: "no mail server", First: noon.Add(2 * time.Hour), Last: noon.Add(2 * time.Hour)}}
	same(t, must(s.Entry(ctx, e.ID))(t), e)
	same(t, must(s.Entries(ctx))(t), []directory.Entry{other, e})
	history := must(s.ProbesOf(ctx, e.ID, 10))(t)
	same(t, len(history), 3)
	same(t, history[2], directory.Probe{Address: "lab@zeta.example", What: directory.MX, OK: true, First: noon, Last: noon.Add(time.Hour)})
	for i := range directory.MostProbes + 5 {
		seen("lab@zeta.example", i%2 == 0, "", time.Duration(3+i)*time.Hour)
	}
	history = must(s.ProbesOf(ctx, e.ID, 1000))(t)
	same(t, len(history), directory.MostProbes+1) // and that of the old address
	same(t, history[0].First, noon.Add((directory.MostProbes+7)*time.Hour))
	testKeys(t, s)
	testAnswered(t, s)
}

// testKeys lists entries with keys without reading these: that takes thousands of
// allocations each.
func testKeys(t *testing.T, s *store.Store) {
	ctx := t.Context()
	made := must(crypto.PGP().KeyGeneration().AddUserId("Lab", "lab@keyed.example").New().GenerateKey())(t)
	public := must(made.GetArmoredPublicKey())(t)
	e := directory.Entry{ID: candor.NewID(noon), Name: "Keyed", Kinds: []directory.Kind{directory.CERT}, Channels: []directory.Channel{{Way: directory.Mail, Address: "lab@keyed.example"}}, Key: public, Edition: 1, Created: noon, Updated: noon}
	reads := testing.AllocsPerRun(5, func() { e.Fingerprint() })
	list := func() float64 { return testing.AllocsPerRun(5, func() { must(s.Entries(ctx))(t) }) }
	before := list()
	p := directory.Probe{Address: e.Fingerprint(), What: directory.Key, OK: true, First: noon, Last: noon}
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddEntry(ctx, e); err != nil {
			return err
		}
		return tx.AddProbe(ctx, e.ID, p)
	})
	e.Probes = []directory.Probe{p}
	same(t, must(s.Entry(ctx, e.ID))(t), e)
	if more := list() - before; more > reads {
		t.Errorf("one more entry with a key takes %v allocations to list, reading the key %v", more, reads)
	}
}

// testAnswered keeps what came of samples that were sent.
func testAnswered(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "answered")
	c := candor.Case{ID: candor.NewID(noon), Asset: a.ID, Party: p.ID, Class: candor.InfectedSystem, State: candor.CaseNew, Title: "x", Opened: noon, Updated: noon}
	r := candor.Response{ID: candor.NewID(noon), Case: c.ID, Asset: a.ID, Party: p.ID, Method: "submit", State: candor.ResponseApplied, Created: noon, Updated: noon}
	m := candor.Message{ID: candor.NewID(noon), Response: r.ID, Case: c.ID, To: "answered@zeta.example", MessageID: "one@example.net", State: candor.MessageSent, Created: noon, Sent: noon}
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddCase(ctx, &c); err != nil {
			return err
		}
		if err := tx.AddResponse(ctx, r); err != nil {
			return err
		}
		return tx.AddMessage(ctx, m)
	})
	at, _, err := s.BouncedTo(ctx, m.To)
	same(t, at.IsZero() && err == nil, true)
	m.State, m.Bounced, m.Error = candor.MessageBounced, noon.Add(time.Minute), "550 no such user"
	do(t, s, func(tx *store.Tx) error { return tx.ChangeMessage(ctx, m, candor.MessageSent) })
	at, why, err := s.BouncedTo(ctx, m.To)
	same(t, at, m.Bounced)
	same(t, why, m.Error)
	same(t, err, nil)

	one := directory.Answer{ID: candor.NewID(noon), Response: r.ID, Verdict: directory.Acknowledged, At: noon, By: "Ada"}
	two := directory.Answer{ID: candor.NewID(noon.Add(time.Hour)), Response: r.ID, Verdict: directory.Malicious, Detection: "PHP/Shell.X", Note: "thanks", At: noon.Add(time.Hour), By: "Ada"}
	look := directory.Look{ID: candor.NewID(noon), Response: r.ID, SHA256: "ab", Generation: "g", Rules: []string{"shell"}, At: noon, By: "Ada"}
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddVendorAnswer(ctx, one); err != nil {
			return err
		}
		if err := tx.AddVendorAnswer(ctx, two); err != nil {
			return err
		}
		return tx.AddLook(ctx, look)
	})
	same(t, must(s.VendorAnswers(ctx, r.ID))(t), []directory.Answer{two, one})
	same(t, must(s.Looks(ctx, r.ID))(t), []directory.Look{look})
}
