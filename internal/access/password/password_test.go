package password_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"candor"
	"candor/internal/access/password"
)

// cheap keeps the tests short; what is tested does not depend on the work.
var cheap = password.Params{Memory: 64, Time: 1, Threads: 1}

func TestHashAndVerify(t *testing.T) {
	h := password.NewHasher(cheap, 2)
	phc, err := h.Hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.Hash(t.Context(), "correct horse battery")
	if err != nil || again == phc {
		t.Errorf("two hashes of a password are one: %v", err)
	}
	stronger := password.NewHasher(password.Params{Memory: 128, Time: 1, Threads: 1}, 2)
	for _, tt := range []struct {
		name         string
		h            *password.Hasher
		pass, phc    string
		ok, outdated bool
	}{
		{"right", h, "correct horse battery", phc, true, false},
		{"wrong", h, "correct horse batterz", phc, false, false},
		{"empty", h, "", phc, false, false},
		{"nobody", h, "correct horse battery", "", false, false},
		{"too long", h, strings.Repeat("x", password.MaxBytes+1), phc, false, false},
		{"other parameters", stronger, "correct horse battery", phc, true, true},
	} {
		ok, outdated, err := tt.h.Verify(t.Context(), tt.pass, tt.phc)
		if err != nil || ok != tt.ok || outdated != tt.outdated {
			t.Errorf("%s: %v, %v, %v", tt.name, ok, outdated, err)
		}
	}
}

// The vector is of the Argon2 reference implementation (test.c, version 0x13).
func TestReferenceVector(t *testing.T) {
	sum := []byte{0x09, 0x31, 0x61, 0x15, 0xd5, 0xcf, 0x24, 0xed, 0x5a, 0x15, 0xa3, 0x1a, 0x3b, 0xa3, 0x26, 0xe5,
		0xcf, 0x32, 0xed, 0xc2, 0x47, 0x02, 0x98, 0x7c, 0x02, 0xb6, 0x56, 0x6f, 0x61, 0x91, 0x3c, 0xf7}
	phc := "$argon2id$v=19$m=65536,t=2,p=1$" + base64.RawStdEncoding.EncodeToString([]byte("somesalt")) + "$" + base64.RawStdEncoding.EncodeToString(sum)
	ok, outdated, err := password.NewHasher(password.Recommended(), 1).Verify(t.Context(), "password", phc)
	if !ok || !outdated || err != nil {
		t.Errorf("%v, %v, %v", ok, outdated, err)
	}
}

func TestNormalForm(t *testing.T) {
	h := password.NewHasher(cheap, 1)
	phc, err := h.Hash(t.Context(), "Zu\u0308rich ﬁnden 12 Berge") // u and two dots; a ligature
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := h.Verify(t.Context(), "Z\u00fcrich finden 12 Berge", phc); !ok || err != nil {
		t.Errorf("the same keys give another password: %v", err)
	}
}

func TestWaitingIsBounded(t *testing.T) {
	h := password.NewHasher(password.Params{Memory: 8 * 1024, Time: 2, Threads: 1}, 1)
	var all sync.WaitGroup
	var mu sync.Mutex
	done, refused := 0, 0
	for range 200 {
		all.Go(func() {
			_, _, err := h.Verify(t.Context(), "x", "")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				done++
			case errors.Is(err, candor.ErrUnavailable) && candor.Hint(err) != "":
				refused++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if done == 0 || refused == 0 {
		t.Errorf("%d were checked, %d were refused", done, refused)
	}
	if _, _, err := h.Verify(t.Context(), "x", ""); err != nil {
		t.Errorf("after the rush: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 { // a slot may be free, so that either is right; what must not be is to hang or to leak a slot
		if _, _, err := h.Verify(gone, "x", ""); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestJudge(t *testing.T) {
	context := []string{"Ada Lovelace", "ada.lovelace@analytical.example", "Northern Hosting", "王小明"}
	for _, tt := range []struct {
		pass string
		ok   bool
	}{
		{"correct horse battery staple", true},
		{"vT7#kq0Lw2zP", true},
		{"umbrella-kettle-42-fog", true},
		{"夏の夜の夢を見ていた日のこと", true},
		{"short1A!xyz", false},
		{strings.Repeat("long ", 60), false},
		{"passwordpassword", false},
		{"Password1234!", false},
		{"P@ssw0rd!P@ssw0rd!", false},
		{"qwertyuiop123456", false},
		{"aaaaaaaaaaaaaaaa", false},
		{"abababababababab", false},
		{"abcdefghijklmnop", false},
		{"987654321987654", false},
		{"LovelaceAda1990", false},
		{"NorthernHosting2026!", false},
		{"analytical123456", false},
		{"woaini1314520woaini", false},
		{"王小明王小明王小明王小明", false},
		{"1qaz2wsx3edc!!", false},
		{"\ufdfa", false}, // one sign, eighteen letters
		{"bad \xff bytes in here", false},
	} {
		err := password.Judge(tt.pass, context...)
		if (err == nil) != tt.ok {
			t.Errorf("%q: %v", tt.pass, err)
		}
		if err != nil && (!errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "") {
			t.Errorf("%q: %v tells nobody what to do", tt.pass, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const salt, sum = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHApgp"
	for _, phc := range []string{
		"", "$", "$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=4294967295,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=4000000,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + sum,
		"$argon2id$v=19$m=064,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$t=1,m=64,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=1,p=1$$" + sum,
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$",
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + sum + "$",
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + strings.Repeat("A", 300),
	} {
		if _, err := password.Parse(phc); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v", phc, err)
		}
	}
	if _, err := password.Parse("$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + sum); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHApgp")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHR$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHApgp")
	f.Fuzz(func(t *testing.T, phc string) {
		h, err := password.Parse(phc)
		if err == nil && h.String() != phc {
			t.Errorf("%q is read as %q", phc, h)
		}
		if err == nil && h.Params.Memory > 1<<18 {
			t.Errorf("%q would take %d KiB", phc, h.Params.Memory)
		}
	})
}

func FuzzJudge(f *testing.F) {
	f.Add("correct horse battery staple", "Ada")
	f.Add("P@ssw0rd12345", "")
	f.Fuzz(func(t *testing.T, pass, name string) {
		if utf8.RuneCountInString(pass) < password.MinLength && password.Judge(pass, name) == nil {
			t.Errorf("%q is long enough", pass)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	h := password.NewHasher(password.Recommended(), 1)
	for b.Loop() {
		if _, _, err := h.Verify(b.Context(), "correct horse battery staple", ""); err != nil {
			b.Fatal(err)
		}
	}
}
