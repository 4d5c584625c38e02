package holder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"candor"
)

// bootstrapAge is how old a bootstrap file may be before it is asked for anew
// (RFC 9224, 8, has servers tell; they tell a day).
const bootstrapAge = 24 * time.Hour

// services are which servers know what (RFC 9224, 3).
type services struct {
	of map[string]string // a prefix or a domain: the URL of its server, with a slash at its end
}

var errBootstrap = errors.New("no bootstrap file of RDAP")

func parseServices(body []byte) (s services, err error) {
	var file struct {
		Services []json.RawMessage `json:"services"`
	}
	if json.Unmarshal(body, &file) != nil || len(file.Services) == 0 {
		return s, errBootstrap
	}
	s.of = map[string]string{}
	for _, raw := range file.Services {
		var one [][]string
		if json.Unmarshal(raw, &one) != nil || len(one) < 2 {
			continue
		}
		base := server(one[1])
		for _, entry := range one[0] {
			entry = strings.ToLower(entry)
			if p, err := netip.ParsePrefix(entry); err == nil {
				entry = p.Masked().String()
			}
			if base != "" {
				s.of[entry] = base
			}
		}
	}
	return s, nil
}

// server gives the best of the URLs of a service: one of https, if there is any.
func server(urls []string) (best string) {
	for _, text := range urls {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			continue
		}
		if best == "" || u.Scheme == "https" && strings.HasPrefix(best, "http:") {
			best = strings.TrimSuffix(text, "/") + "/"
		}
	}
	return best
}

// network gives the server of the longest prefix that holds another.
func (s services) network(of netip.Prefix) (string, bool) {
	for n := of.Bits(); n >= 0; n-- {
		p, err := of.Addr().Prefix(n)
		if err != nil {
			return "", false
		}
		if base, ok := s.of[p.String()]; ok {
			return base, true
		}
	}
	return "", false
}

// domain gives the server of the longest name that a domain is within.
func (s services) domain(name string) (string, bool) {
	for {
		if base, ok := s.of[name]; ok {
			return base, true
		}
		_, rest, more := strings.Cut(name, ".")
		if !more {
			return "", false
		}
		name = rest
	}
}

// services gives what a bootstrap file says: one that is not too old, or, while
// it cannot be asked for, the last that was.
func (d *Directory) services(ctx context.Context, file string) (services, error) {
	body, _, err := d.fetcher.get(ctx, d.options.Bootstrap+file, "application/json", anywhere)
	kept := filepath.Join(d.options.Dir, file)
	if err == nil {
		s, bad := parseServices(body)
		if bad == nil {
			return s, d.keep(kept, body)
		}
		err = fmt.Errorf("%s: %w", file, errors.Join(bad, candor.ErrUnavailable))
	}
	if d.options.Dir != "" {
		if body, bad := os.ReadFile(kept); bad == nil {
			if s, bad := parseServices(body); bad == nil {
				return s, nil
			}
		}
	}
	if errors.Is(err, candor.ErrNotFound) {
		err = fmt.Errorf("%s is not there: %w", file, candor.ErrUnavailable)
	}
	return services{}, err
}

// keep writes a bootstrap file, if it is not there or old.
func (d *Directory) keep(name string, body []byte) error {
	if d.options.Dir == "" {
		return nil
	}
	if info, err := os.Stat(name); err == nil && d.options.Now().Sub(info.ModTime()) < bootstrapAge {
		return nil
	}
	f, err := os.CreateTemp(d.options.Dir, ".bootstrap-*")
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
