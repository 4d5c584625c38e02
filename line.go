package candor

import (
	"fmt"
	"net/netip"
	"strings"
)

// Access is what a line is sold as, as far as it matters for what traffic is
// usual on it.
type Access struct {
	Plan string `json:"plan,omitempty"` // the provider's name for it: lines of one plan are alike
	Down int64  `json:"down,omitempty"` // bit/s towards the subscriber; 0 if unknown
	Up   int64  `json:"up,omitempty"`   // bit/s from the subscriber; 0 if unknown
	// Addresses are always the line's: addresses and prefixes (CIDR). Others it
	// holds by leases.
	Addresses []string `json:"addresses,omitempty"`
	Mail      bool     `json:"mail_servers,omitempty"` // it may run servers of mail
	Names     bool     `json:"name_servers,omitempty"` // it may run servers of names
}

// IsZero tells whether nothing is known.
func (a Access) IsZero() bool {
	return a.Plan == "" && a.Down == 0 && a.Up == 0 && len(a.Addresses) == 0 && !a.Mail && !a.Names
}

// Equal tells whether both say the same.
func (a Access) Equal(b Access) bool {
	return a.Plan == b.Plan && a.Down == b.Down && a.Up == b.Up && a.Mail == b.Mail && a.Names == b.Names &&
		strings.Join(a.Addresses, " ") == strings.Join(b.Addresses, " ")
}

// Prefixes are the addresses, each as a prefix. What is none is ErrInvalid,
// with a hint.
func (a Access) Prefixes() ([]netip.Prefix, error) {
	all := make([]netip.Prefix, 0, len(a.Addresses))
	for _, text := range a.Addresses {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			ip, bad := netip.ParseAddr(text)
			if bad != nil || ip.Zone() != "" {
				return nil, WithHint(fmt.Errorf("%.60q is no address: %w", text, ErrInvalid), "Write addresses as 192.0.2.1 or 2001:db8:1::/56.")
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		if p != p.Masked() {
			return nil, WithHint(fmt.Errorf("%.60q has bits behind its prefix: %w", text, ErrInvalid), "Write "+p.Masked().String()+".")
		}
		all = append(all, p)
	}
	return all, nil
}
