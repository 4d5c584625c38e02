package intake_test

import (
	"errors"
	"testing"

	"candor/internal/intake"
)

func TestNewResource(t *testing.T) {
	for _, x := range []struct {
		kind     intake.Kind
		in, want string
		host     string
	}{
		{intake.Address, "2001:DB8::1", "2001:db8::1", "2001:db8::1"},
		{intake.Address, "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"},
		{intake.Address, "192.0.2.256", "", ""},
		{intake.Network, "192.0.2.77/24", "192.0.2.0/24", ""},
		{intake.URL, "HTTP://User@Shop.Example:80/Path?Q=A", "http://User@shop.example:80/Path?Q=A", "shop.example"},
		{intake.URL, "http://[2001:DB8::1]/x", "http://[2001:db8::1]/x", "2001:db8::1"},
		{intake.URL, "/path", "", ""},
		{intake.URL, "http://a b/", "", ""},
		{intake.Domain, "BÜCHER.example.", "xn--bcher-kva.example", "xn--bcher-kva.example"},
		{intake.Domain, "_dmarc.example.org", "_dmarc.example.org", "_dmarc.example.org"},
		{intake.Domain, "192.0.2.1", "", ""},
		{intake.Domain, "localhost", "", ""},
		{intake.Domain, "a..b", "", ""},
		{intake.Hash, "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e", ""},
		{intake.Hash, "d41d8c", "", ""},
		{intake.Mail, "<Bob@Example.ORG>", "bob@example.org", "example.org"},
		{intake.Mail, "bob", "", ""},
		{intake.Kind("colour"), "red", "", ""},
		{intake.URL, "http://a.example/\x00", "", ""},
	} {
		got, err := intake.NewResource(x.kind, x.in)
		if got.Value != x.want || (err == nil) != (x.want != "") || err != nil && !errors.Is(err, intake.ErrValue) {
			t.Errorf("%s %q: %q, %v; want %q", x.kind, x.in, got.Value, err, x.want)
		}
		if err == nil && got.Host() != x.host {
			t.Errorf("the host of %q is %q, want %q", got.Value, got.Host(), x.host)
		}
		if again, err := intake.NewResource(x.kind, x.want); x.want != "" && (err != nil || again != got) {
			t.Errorf("%q is not canonical: %q, %v", x.want, again.Value, err)
		}
	}
}

func TestCut(t *testing.T) {
	for _, x := range []struct {
		text string
		most int
		want string
	}{{"abc", 3, "abc"}, {"abc", 2, "ab"}, {"aé", 2, "a"}, {"a\xff", 9, "a\uFFFD"}, {"é", 0, ""}, {"a\x00b", 2, "ab"}} {
		if got := intake.Cut(x.text, x.most); got != x.want {
			t.Errorf("%q to %d: %q", x.text, x.most, got)
		}
	}
}
