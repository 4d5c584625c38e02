package link_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/access/link"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(t time.Time) candor.Clock { return func() time.Time { return t } }

// another is a purpose that no link has yet.
const another = link.Purpose(3)

func secret(n byte) []byte { return bytes.Repeat([]byte{n}, 32) }

func links(t testing.TB, clock time.Time, revoked func(context.Context, link.Link) (bool, error), secrets ...[]byte) *link.Links {
	t.Helper()
	l, err := link.New(secrets, at(clock), revoked)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func some() link.Link {
	return link.Link{Purpose: link.Case, Subject: candor.NewID(now), Party: candor.NewID(now), Contact: link.ContactOf("Ada@Example.net"), Expires: now.Add(time.Hour)}
}

func sign(t testing.TB, l *link.Links, what link.Link) string {
	t.Helper()
	text, err := l.Sign(what)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestOpensWhatWasSigned(t *testing.T) {
	l := links(t, now, nil, secret(1))
	for _, want := range []link.Link{some(), {Purpose: another, Subject: candor.NewID(now), Expires: now.Add(time.Second)}} {
		text := sign(t, l, want)
		if len(text) != link.Length || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Errorf("%q, %d characters, is not what a URL takes", text, len(text))
		}
		got, err := l.Open(t.Context(), text, want.Purpose)
		if err != nil || !cmp.Equal(want, got) {
			t.Errorf("%v\n%s", err, cmp.Diff(want, got))
		}
		if again := sign(t, l, want); again == text {
			t.Error("two texts of one link are equal: they tell that they belong together")
		}
	}
}

func TestOneThingForALimitedTime(t *testing.T) {
	want := some()
	text := sign(t, links(t, now, nil, secret(1)), want)
	if _, err := links(t, now, nil, secret(1)).Open(t.Context(), text, another); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("another purpose: %v", err)
	}
	if _, err := links(t, want.Expires.Add(-time.Second), nil, secret(1)).Open(t.Context(), text, link.Case); err != nil {
		t.Errorf("a second before: %v", err)
	}
	got, err := links(t, want.Expires, nil, secret(1)).Open(t.Context(), text, link.Case)
	if !errors.Is(err, link.ErrExpired) || !errors.Is(err, candor.ErrDenied) || got.Subject != want.Subject {
		t.Errorf("when it expires: %v, %v", got, err)
	}
	if _, err := links(t, want.Expires, nil, secret(2)).Open(t.Context(), text, link.Case); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("a stranger learns that a link has expired: %v", err)
	}
}

func TestRotation(t *testing.T) {
	text := sign(t, links(t, now, nil, secret(1)), some())
	if _, err := links(t, now, nil, secret(2), secret(1)).Open(t.Context(), text, link.Case); err != nil {
		t.Errorf("after a rotation: %v", err)
	}
	if _, err := links(t, now, nil, secret(2)).Open(t.Context(), text, link.Case); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("after the secret was taken away: %v", err)
	}
	newer := sign(t, links(t, now, nil, secret(2), secret(1)), some())
	if _, err := links(t, now, nil, secret(1)).Open(t.Context(), newer, link.Case); err == nil {
		t.Error("the second secret signs")
	}
}

func TestRevoked(t *testing.T) {
	want, down := some(), errors.New("down")
	text := sign(t, links(t, now, nil, secret(1)), want)
	gone := func(_ context.Context, l link.Link) (bool, error) { return l.Subject == want.Subject, nil }
	if _, err := links(t, now, gone, secret(1)).Open(t.Context(), text, link.Case); !errors.Is(err, link.ErrRevoked) {
		t.Errorf("revoked: %v", err)
	}
	other := sign(t, links(t, now, nil, secret(1)), some())
	if _, err := links(t, now, gone, secret(1)).Open(t.Context(), other, link.Case); err != nil {
		t.Errorf("another one: %v", err)
	}
	unsure := func(context.Context, link.Link) (bool, error) { return false, down }
	if _, err := links(t, now, unsure, secret(1)).Open(t.Context(), text, link.Case); !errors.Is(err, down) {
		t.Errorf("when nobody can tell: %v", err)
	}
}

func TestTellsNothing(t *testing.T) {
	l := links(t, now, nil, secret(1))
	a := some()
	raw := func() []byte {
		b, err := base64.RawURLEncoding.DecodeString(sign(t, l, a))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one, two := raw(), raw()
	equal := 0
	for i := range one {
		if one[i] == two[i] {
			equal++
		}
	}
	// Version and key are 5 bytes; of 79 others about one in 256 is equal by chance.
	if equal > 5+8 {
		t.Errorf("%d of %d bytes of two texts of one link are equal", equal, len(one))
	}
}

func TestEveryBitCounts(t *testing.T) {
	l := links(t, now, nil, secret(1))
	text := sign(t, l, some())
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(raw) * 8 {
		raw[bit/8] ^= 1 << (bit % 8)
		if _, err := l.Open(t.Context(), base64.RawURLEncoding.EncodeToString(raw), link.Case); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("with bit %d turned over: %v", bit, err)
		}
		raw[bit/8] ^= 1 << (bit % 8)
	}
	for _, tt := range []string{"", text[:len(text)-1], text + "A", text[1:], strings.Repeat("=", len(text)), " " + text[1:]} {
		if _, err := l.Open(t.Context(), tt, link.Case); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("%q: %v", tt, err)
		}
	}
}

func TestRefusesToSign(t *testing.T) {
	l := links(t, now, nil, secret(1))
	for _, bad := range []link.Link{{}, {Purpose: link.Case}, {Subject: candor.NewID(now)}, {Purpose: link.Case, Subject: "12"}, {Purpose: link.Case, Subject: candor.NewID(now), Party: "x"}} {
		if text, err := l.Sign(bad); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%+v: %q, %v", bad, text, err)
		}
	}
	for _, secrets := range [][][]byte{nil, {secret(1)[:31]}, {secret(1), nil}} {
		if _, err := link.New(secrets, at(now), nil); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%d secrets: %v", len(secrets), err)
		}
	}
}

func TestContactAndMask(t *testing.T) {
	if link.ContactOf(" ADA@example.net") != link.ContactOf("ada@example.net") || link.ContactOf("ada@example.net") == link.ContactOf("eve@example.net") {
		t.Error("contacts are told apart wrongly")
	}
	for address, want := range map[string]string{
		"ada@example.net": "a•••@e•••.net", "a@b.c": "a•••@b•••.c", "王@例子.中国": "王•••@例•••.中国", "x@localhost": "x•••@l•••",
		"+43 1 234567": "•••67", "123": "•••", "": "•••", "@": "•••@•••",
	} {
		if got := link.Mask(address); got != want {
			t.Errorf("%q is shown as %q, want %q", address, got, want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	l := links(f, now, nil, secret(1), secret(2))
	f.Add(sign(f, l, some()))
	f.Add(strings.Repeat("A", link.Length))
	f.Fuzz(func(t *testing.T, text string) {
		got, err := l.Open(t.Context(), text, link.Case)
		if err != nil && !errors.Is(err, candor.ErrNotFound) && !errors.Is(err, link.ErrExpired) {
			t.Errorf("%q: %v", text, err)
		}
		if err == nil && got.Subject == "" {
			t.Errorf("%q opens nothing", text)
		}
	})
}
