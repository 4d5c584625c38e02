package feed_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"candor/internal/intel/feed"
)

// signer is a provider's key.
type signer struct {
	t      *testing.T
	entity *openpgp.Entity
	at     time.Time
}

func newSigner(t *testing.T, at time.Time, lives uint32) signer {
	e, err := openpgp.NewEntity("Provider", "", "", &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA, KeyLifetimeSecs: lives, Time: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	return signer{t, e, at}
}

func (s signer) print() string {
	return strings.ToUpper(hex.EncodeToString(s.entity.PrimaryKey.Fingerprint))
}

func (s signer) public() string {
	var b bytes.Buffer
	w, err := armor.Encode(&b, openpgp.PublicKeyType, nil)
	if err == nil {
		err = s.entity.Serialize(w)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}

func (s signer) sign(text string) string {
	var b bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&b, s.entity, strings.NewReader(text), &packet.Config{Time: func() time.Time { return s.at.Add(time.Minute) }}); err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}

// TestProof takes of a provider what its key signed; what was changed or lacks a signature
// is refused, and so is another key.
func TestProof(t *testing.T) {
	ours, other := newSigner(t, noon.AddDate(-1, 0, 0), 0), newSigner(t, noon.AddDate(-1, 0, 0), 0)
	long, short := sha512.Sum512([]byte(csaf)), sha256.Sum256([]byte(csaf))
	meta := func(keys ...string) string {
		return `{"public_openpgp_keys":[` + strings.Join(keys, ",") + `],"distributions":[{"directory_url":"BASE/d/"}]}`
	}
	key := func(s signer, path string) string {
		return fmt.Sprintf(`{"fingerprint":"%s","url":"BASE/%s"}`, s.print(), path)
	}
	s := serve(t, map[string]string{
		"/meta.json": meta(key(ours, "key")), "/key": ours.public(),
		"/d/changes.csv": "\"signed.json\",\"2026-01-01T00:00:00Z\"\n\"hashed.json\",\"2026-01-02T00:00:00Z\"\n\"shut.json\",\"2026-01-03T00:00:00Z\"\n\"forged.json\",\"2026-01-04T00:00:00Z\"\n\"torn.json\",\"2026-01-05T00:00:00Z\"\n",
		"/d/signed.json": csaf, "/d/signed.json.asc": ours.sign(csaf), "/d/signed.json.sha512": hex.EncodeToString(long[:]) + "  signed.json\n",
		"/d/hashed.json": csaf, "/d/hashed.json.sha256": hex.EncodeToString(short[:]) + " *hashed.json\n",
		"/d/shut.json": csaf, "/d/shut.json.asc": "STATUS 403",
		"/d/forged.json": csaf, "/d/forged.json.asc": other.sign(csaf),
		"/d/torn.json": csaf, "/d/torn.json.asc": ours.sign(csaf), "/d/torn.json.sha512": hex.EncodeToString(short[:]),
	})
	r, f := reader(s), of(feed.CSAF, s.URL+"/meta.json")
	var got sink
	turn, err := r.Turn(t.Context(), f, &got)
	p := turn.State.Proof
	if err != nil || p.Signed != 1 || p.Hashed != 0 || p.Bare != 0 || p.Rejected != 4 || !strings.Contains(p.Why, "SHA-512") || len(got.vulnerabilities) != 4 || turn.State.Skipped != 4 || len(p.Keys) != 1 || p.Keys[0].Fingerprint != ours.print() || !p.Keys[0].Since.Equal(noon) {
		t.Fatalf("%+v, %d, %v", p, len(got.vulnerabilities), err)
	}
	s.set("/d/forged.json.asc", ours.sign(csaf))
	s.set("/d/torn.json.sha512", hex.EncodeToString(long[:]))
	if turn, err = r.Turn(t.Context(), f, &got); err != nil || turn.State.Proof.Signed != 3 || turn.State.Proof.Rejected != 2 || !strings.Contains(turn.State.Proof.Why, "shut.json cannot be had") || len(got.vulnerabilities) != 12 {
		t.Fatalf("when two are right: %+v, %v", turn.State.Proof, err)
	}
	if turn, err = r.Turn(t.Context(), f, &got); err != nil || turn.Changed || turn.State.Proof.Rejected != 2 || turn.State.Failures != 0 {
		t.Fatalf("while two stay wrong: %+v, %v", turn.State, err)
	}
	s.set("/d/shut.json.asc", ours.sign(csaf))
	if turn, err = r.Turn(t.Context(), f, &got); err != nil || turn.State.Proof.Rejected != 1 || !strings.Contains(turn.State.Proof.Why, "hashed.json has no signature") || len(got.vulnerabilities) != 16 {
		t.Fatalf("while one stays without a signature: %+v, %v", turn.State, err)
	}
	s.set("/d/hashed.json.asc", ours.sign(csaf))
	if turn, err = r.Turn(t.Context(), f, &got); err != nil || turn.State.Proof.Rejected != 0 || turn.State.Proof.Why != "" || len(got.vulnerabilities) != 20 {
		t.Fatalf("when they are right: %+v, %v", turn.State, err)
	}
	old, _ := r.States.State(t.Context(), f.Name)
	changes := s.files["/d/changes.csv"]
	s.set("/d/changes.csv", changes+"\"new.json\",\"2026-01-06T00:00:00Z\"\n")
	s.set("/d/new.json", csaf)
	s.set("/d/new.json.asc", other.sign(csaf))
	if turn, err = r.Turn(t.Context(), f, &got); err == nil || turn.State.Cause != feed.Forged || !strings.Contains(turn.State.Error, "new.json") || turn.State.Proof.Rejected != 1 || len(old.Seen) != 5 {
		t.Errorf("all that are new are of another: %+v, %v", turn.State, err)
	}
	if turn, err = r.Turn(t.Context(), f, &got); err != nil || turn.State.Proof.Rejected != 1 || turn.State.Failures != 0 {
		t.Errorf("it stays so: %+v, %v", turn.State, err)
	}
	s.set("/d/changes.csv", "\"new.json\",\"2026-01-06T00:00:00Z\"\n")
	if turn, err = r.Turn(t.Context(), f, &got); err == nil || turn.State.Cause != feed.Forged {
		t.Errorf("all are of another: %+v, %v", turn.State, err)
	}
	s.set("/meta.json", meta(key(ours, "key"), key(other, "other")))
	if turn, err = r.Turn(t.Context(), f, &got); err == nil || turn.State.Cause != feed.Forged || !strings.Contains(turn.State.Error, other.print()) || len(got.vulnerabilities) != 20 {
		t.Errorf("it has another key: %+v, %v", turn.State, err)
	}
	s.set("/other", other.public())
	f.Keys = []string{ours.print(), other.print()}
	if turn, err = r.Turn(t.Context(), f, &got); err != nil || len(turn.State.Proof.Keys) != 2 || turn.State.Proof.Signed != 6 || len(got.vulnerabilities) != 24 {
		t.Errorf("a person has accepted it: %+v, %v", turn.State.Proof, err)
	}
	f.Keys = []string{strings.Repeat("A", 40)}
	if turn, err = r.Turn(t.Context(), f, &got); err == nil || turn.State.Cause != feed.Forged {
		t.Errorf("it has none of ours: %+v, %v", turn.State, err)
	}
	s.set("/key", other.public())
	fresh := reader(s)
	f.Keys = nil
	if turn, err = fresh.Turn(t.Context(), f, &got); err == nil || turn.State.Cause != feed.Forged {
		t.Errorf("the key is not the one that is named: %+v, %v", turn.State, err)
	}
	var two bytes.Buffer
	if err := errors.Join(ours.entity.Serialize(&two), other.entity.Serialize(&two)); err != nil {
		t.Fatal(err)
	}
	s.set("/key", two.String())
	if turn, err = fresh.Turn(t.Context(), f, &got); err == nil || turn.State.Cause != feed.Forged || !strings.Contains(turn.State.Error, "there are 2 keys") {
		t.Errorf("there are two keys: %+v, %v", turn.State, err)
	}
	if kept := (feed.State{Of: "x", Proof: p}).Begin(f, noon).Proof; len(kept.Keys) != 1 || kept.Signed != 0 {
		t.Errorf("read anew: %+v", kept)
	}
	f.URL += "?other"
	if kept := (feed.State{Of: "x", Proof: p}).Begin(f, noon).Proof; len(kept.Keys) != 0 {
		t.Errorf("keys of another provider hold: %+v", kept)
	}
}

// TestProofWithoutKeys takes of a provider without keys what a digest proves to be whole,
// and what nothing does, and tells of both.
func TestProofWithoutKeys(t *testing.T) {
	short := sha256.Sum256([]byte(csaf))
	s := serve(t, map[string]string{
		"/meta.json":     `{"distributions":[{"directory_url":"BASE/d/"}]}`,
		"/d/changes.csv": "\"hashed.json\",\"2026-01-02T00:00:00Z\"\n\"bare.json\",\"2026-01-03T00:00:00Z\"\n\"shut.json\",\"2026-01-04T00:00:00Z\"\n\"busy.json\",\"2026-01-05T00:00:00Z\"\n",
		"/d/hashed.json": csaf, "/d/hashed.json.sha512": "STATUS 403", "/d/hashed.json.sha256": hex.EncodeToString(short[:]) + " *hashed.json\n",
		"/d/bare.json": csaf,
		"/d/shut.json": csaf, "/d/shut.json.sha512": "STATUS 401", "/d/shut.json.sha256": "STATUS 403",
		"/d/busy.json": csaf, "/d/busy.json.sha512": "STATUS 500",
	})
	var got sink
	turn, err := reader(s).Turn(t.Context(), of(feed.CSAF, s.URL+"/meta.json"), &got)
	if p := turn.State.Proof; err != nil || p.Signed != 0 || p.Hashed != 1 || p.Bare != 2 || p.Rejected != 0 || len(got.vulnerabilities) != 12 || turn.State.Seen[s.URL+"/d/busy.json"] != -1 {
		t.Errorf("%+v, %v", turn.State, err)
	}
}

// TestSignedWithoutDigest takes what the key of the provider signed when its digest
// cannot be fetched.
func TestSignedWithoutDigest(t *testing.T) {
	ours := newSigner(t, noon.AddDate(-1, 0, 0), 0)
	s := serve(t, map[string]string{
		"/meta.json": `{"public_openpgp_keys":[{"url":"BASE/key"}],"distributions":[{"directory_url":"BASE/d/"}]}`, "/key": ours.public(),
		"/d/changes.csv": "\"a.json\",\"2026-01-01T00:00:00Z\"\n", "/d/a.json": csaf, "/d/a.json.asc": ours.sign(csaf), "/d/a.json.sha512": "STATUS 500",
	})
	turn, err := reader(s).Turn(t.Context(), of(feed.CSAF, s.URL+"/meta.json"), &sink{})
	if err != nil || turn.State.Proof.Signed != 1 {
		t.Errorf("%+v, %v", turn.State, err)
	}
}

// TestKeyAnew reads a key that is held as it is published by now: with a longer lifetime,
// or revoked, which no older form of it undoes.
func TestKeyAnew(t *testing.T) {
	ours := newSigner(t, noon.AddDate(-1, 0, 0), 86400*400)
	short := ours.public()
	s := serve(t, map[string]string{
		"/meta.json": `{"public_openpgp_keys":[{"fingerprint":"` + ours.print() + `","url":"BASE/key"}],"distributions":[{"directory_url":"BASE/d/"}]}`, "/key": short,
		"/d/changes.csv": "\"a.json\",\"2026-01-01T00:00:00Z\"\n", "/d/a.json": csaf, "/d/a.json.asc": ours.sign(csaf),
	})
	now := noon
	r, f := reader(s), of(feed.CSAF, s.URL+"/meta.json")
	r.Now = func() time.Time { return now }
	if turn, err := r.Turn(t.Context(), f, &sink{}); err != nil || turn.State.Proof.Signed != 1 {
		t.Fatalf("%+v, %v", turn.State, err)
	}
	now = noon.AddDate(0, 6, 0) // the key would have expired by now
	later := &packet.Config{Time: func() time.Time { return noon.AddDate(0, 1, 0) }}
	for name, id := range ours.entity.Identities {
		lives := uint32(86400 * 4000)
		id.SelfSignature.KeyLifetimeSecs, id.SelfSignature.CreationTime = &lives, later.Now()
		if err := id.SelfSignature.SignUserId(name, ours.entity.PrimaryKey, ours.entity.PrivateKey, later); err != nil {
			t.Fatal(err)
		}
	}
	long := ours.public()
	ours.at = noon.AddDate(0, 5, 0)
	next := func(name string) {
		s.set("/d/changes.csv", s.files["/d/changes.csv"]+fmt.Sprintf("\"%s\",\"2026-01-02T00:00:00Z\"\n", name))
		s.set("/d/"+name, csaf)
		s.set("/d/"+name+".asc", ours.sign(csaf))
	}
	next("b.json")
	if turn, err := r.Turn(t.Context(), f, &sink{}); err == nil {
		t.Fatalf("it has expired: %+v", turn.State)
	}
	s.set("/key", long)
	turn, err := r.Turn(t.Context(), f, &sink{})
	if err != nil || turn.State.Proof.Signed != 2 || turn.State.Proof.Rejected != 0 || len(turn.State.Proof.Keys) != 1 || !turn.State.Proof.Keys[0].Since.Equal(noon) {
		t.Fatalf("it lives longer: %+v, %v", turn.State, err)
	}
	next("c.json")
	s.set("/key", "STATUS 500")
	if turn, err := r.Turn(t.Context(), f, &sink{}); err != nil || turn.State.Proof.Signed != 3 {
		t.Errorf("it cannot be fetched: %+v, %v", turn.State, err)
	}
	next("d.json")
	if err := ours.entity.RevokeKey(packet.KeyCompromised, "lost", later); err != nil {
		t.Fatal(err)
	}
	s.set("/key", ours.public())
	for range 2 { // of a turn that failed it is known too
		if turn, err := r.Turn(t.Context(), f, &sink{}); turn.State.Proof.Signed != 3 || turn.State.Proof.Rejected != 1 || !strings.Contains(turn.State.Proof.Why, "d.json") {
			t.Errorf("it is revoked: %+v, %v", turn.State, err)
		}
		s.set("/key", long)
	}
}

// TestExpiredKey takes what a key signed while it held.
func TestExpiredKey(t *testing.T) {
	old := newSigner(t, noon.AddDate(-2, 0, 0), 86400)
	s := serve(t, map[string]string{
		"/meta.json": `{"public_openpgp_keys":[{"url":"BASE/key"}],"distributions":[{"directory_url":"BASE/d/"}]}`, "/key": old.public(),
		"/d/changes.csv": "\"a.json\",\"2026-01-01T00:00:00Z\"\n", "/d/a.json": csaf, "/d/a.json.asc": old.sign(csaf),
	})
	turn, err := reader(s).Turn(t.Context(), of(feed.CSAF, s.URL+"/meta.json"), &sink{})
	if err != nil || turn.State.Proof.Signed != 1 {
		t.Errorf("%+v, %v", turn.State, err)
	}
}
