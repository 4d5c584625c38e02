package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/version"
	"candor/internal/regex"
)

// Bounds of updates of Fedora.
const (
	mostPages   = 1000
	updatesPage = 100
)

// cveWithin finds identifiers of CVE in what people wrote.
var cveWithin = regex.Of(`\bCVE-\d{4}-\d{4,19}\b`)

// bodhiPage is a page of Fedora's updates, with what is of use.
type bodhiPage struct {
	Pages   int `json:"pages"`
	Updates []struct {
		Alias   string `json:"alias"`
		Title   string `json:"title"`
		Stable  string `json:"date_stable"`
		Release struct {
			Prefix  string `json:"id_prefix"`
			Version string `json:"version"`
		} `json:"release"`
		Builds []struct {
			NVR   string `json:"nvr"`
			Epoch int    `json:"epoch"`
		} `json:"builds"`
		Bugs []struct {
			Title string `json:"title"`
		} `json:"bugs"`
	} `json:"updates"`
}

// bodhi reads all security updates of Fedora that the address of a feed chooses, page by
// page: "https://bodhi.fedoraproject.org/updates/?releases=F40". What they mend is named
// in their titles and in those of bugs; notes name what is not mended too.
func (r *Reader) bodhi(ctx context.Context, f Feed, s State, c *counter) (Turn, error) {
	all := advised{at: map[[3]string]*intel.Vulnerability{}}
	for n, pages := 1, 1; n <= pages; n++ {
		address, err := asking(f.URL, url.Values{"type": {"security"}, "status": {"stable"}, "rows_per_page": {strconv.Itoa(updatesPage)}, "page": {strconv.Itoa(n)}})
		if err != nil {
			return Turn{}, err
		}
		raw, err := r.all(ctx, f, address)
		if err != nil {
			return Turn{}, err
		}
		var p bodhiPage
		if err := json.Unmarshal(raw, &p); err != nil || p.Pages > mostPages || p.Updates == nil {
			return Turn{}, invalid(errors.Join(errors.New("no page of updates of Fedora"), err))
		}
		pages = p.Pages
		if err := p.each(f, c, all.add); err != nil {
			return Turn{}, err
		}
	}
	if len(all.order) == 0 {
		return Turn{}, fmt.Errorf("it is empty: %w", candor.ErrInvalid)
	}
	return Turn{State: s, Whole: true, Changed: true}, all.each(c.vulnerability)
}

// asking adds to what an address asks for.
func asking(address string, more url.Values) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.Join(err, candor.ErrInvalid)
	}
	q := u.Query()
	for name, values := range more {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func (p *bodhiPage) each(f Feed, c *counter, each func(intel.Vulnerability) error) error {
	for _, u := range p.Updates {
		ecosystem := "Fedora:" + u.Release.Version
		if u.Release.Prefix != "FEDORA" || !f.wanted(ecosystem) {
			continue // of containers, of flatpaks, and for other distributions
		}
		ids := cveWithin.FindAllString(u.Title, -1)
		for _, b := range u.Bugs {
			ids = append(ids, cveWithin.FindAllString(b.Title, -1)...)
		}
		slices.Sort(ids)
		if ids = slices.Compact(ids); len(ids) > mostAbout {
			c.skip()
			continue
		}
		title := strings.Clone(intake.Cut(u.Title, intake.MostNote))
		for _, b := range u.Builds {
			name, v, ok := cutNVR(b.NVR)
			if !ok {
				c.skip()
				continue
			}
			if b.Epoch > 0 {
				v = strconv.Itoa(b.Epoch) + ":" + v
			}
			for _, id := range ids {
				one := intel.Vulnerability{ID: id, Reference: u.Alias, Aliases: []string{u.Alias}, Title: title, Ecosystem: ecosystem, Product: name, Scheme: version.RPM,
					Ranges: []version.Range{{Until: v}}, Fixed: []string{v}, Published: instant(strings.Replace(u.Stable, " ", "T", 1) + "Z")}
				if err := each(one); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// cutNVR cuts the name of a package from its version and release.
func cutNVR(text string) (name, v string, ok bool) {
	at := strings.LastIndexByte(text, '-')
	if at = strings.LastIndexByte(text[:max(at, 0)], '-'); at <= 0 {
		return "", "", false
	}
	return text[:at], text[at+1:], true
}
