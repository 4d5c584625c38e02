package holder

import (
	"strings"
	"testing"

	"candor/internal/intake"
)

func FuzzRDAP(f *testing.F) {
	f.Add([]byte(`{"objectClassName":"ip network","entities":[{"roles":["abuse"],"vcardArray":["vcard",[["email",{"pref":"1"},"text","a@b.test"]]]}]}`))
	f.Add([]byte(`{"objectClassName":"domain","links":[{"rel":"related","href":"https://x.test","type":"application/rdap+json"}],"entities":[{"roles":["registrar"],"entities":[{"roles":["abuse"]}]}]}`))
	f.Add([]byte(`{"objectClassName":"domain","entities":` + strings.Repeat(`[{"entities":`, 50) + `[]` + strings.Repeat(`}]`, 50) + `}`))
	f.Add([]byte(`{"services":[[["10.0.0.0/8"],["https://x.test/"]]]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if s, err := parseServices(body); err == nil {
			for _, base := range s.of {
				if !strings.HasSuffix(base, "/") || !strings.Contains(base, "://") {
					t.Errorf("a server %q", base)
				}
			}
		}
		o, err := parseObject(body)
		if err != nil {
			return
		}
		o.related()
		for _, of := range []Of{Network, Registrar} {
			c, ok := o.contact(of)
			if ok != (len(c.Mails) > 0) || len(c.Mails) > mostMails || c.Abuse && !ok {
				t.Errorf("%v, %+v", ok, c)
			}
			for _, m := range c.Mails {
				if r, err := intake.NewResource(intake.Mail, m); err != nil || r.Value != m {
					t.Errorf("a mail address %q", m)
				}
			}
		}
	})
}

func FuzzSecurityText(f *testing.F) {
	f.Add([]byte("Contact: mailto:a@b.test\nExpires: 2026-12-31T00:00:00z\n"))
	f.Add([]byte("-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n- Contact: https://x.test/\r\nExpires: 2026-12-31T00:00:00Z\r\n-----BEGIN PGP SIGNATURE-----\r\nContact: mailto:no@b.test\r\n"))
	f.Add([]byte("Contact: https://x.test/\nExpires: tomorrow\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := ParseSecurityText(body)
		if err != nil {
			return
		}
		for _, m := range s.Mails {
			if r, err := intake.NewResource(intake.Mail, m); err != nil || r.Value != m {
				t.Errorf("a mail address %q", m)
			}
		}
		for _, p := range s.Pages {
			if !strings.HasPrefix(strings.ToLower(p), "https://") {
				t.Errorf("a page %q", p)
			}
		}
	})
}

func TestSecurityText(t *testing.T) {
	const until = "\nExpires: 2026-12-31T00:00:00Z\n"
	for text, want := range map[string]int{
		"Contact: mailto:a@b.test" + until: 1, "contact : mailto:a%2Bx@b.test" + until: 1, "Contact: a@b.test" + until: 0, "Contact: tel:+1" + until: 0, "# Contact: mailto:a@b.test" + until: -1,
		"Contact: mailto:a@b.test": -1, "Contact: mailto:a@b.test" + until + until: -1, "Expires: 2026-12-31T00:00:00Z": -1, "Contact: mailto:a@b.test\nExpires: soon": -1, "\xff": -1,
		"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n- Contact: mailto:a@b.test" + until + "-----BEGIN PGP SIGNATURE-----\nContact: mailto:no@b.test\n": 1,
		strings.Repeat("#", mostText) + "\nContact: mailto:a@b.test" + until:                                                                                          -1,
	} {
		s, err := ParseSecurityText([]byte(text))
		if (err == nil) != (want >= 0) || err == nil && len(s.Mails) != want {
			t.Errorf("%.80q: %+v, %v", text, s, err)
		}
	}
}
