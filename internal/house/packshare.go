package house

import (
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

// Bounds of a pack.
const (
	// mostBeside is how many complaints a report has at most that what it says
	// besides is taken of: a list of an ISP's whole network is about no one case.
	mostBeside = 200
	// mostIndicators is how many indicators a pack has at most.
	mostIndicators = 1000
)

func upper(m tlp.Mark) string { return strings.ToUpper(string(m.Effective())) }

// share gathers what a case has that may be shared, and what may not.
type share struct {
	house   *House
	c       candor.Case
	reports map[candor.ID]candor.Report
	marks   map[candor.ID]tlp.Mark
	out     intel.Case
	bulk    int
}

// shareable gives a case as intel.Redact wants it, and how many things were left
// out before that.
func (h *House) shareable(ctx context.Context, c candor.Case) (intel.Case, int, error) {
	s := &share{house: h, c: c, reports: map[candor.ID]candor.Report{}, marks: map[candor.ID]tlp.Mark{},
		out: intel.Case{ID: c.ID, Class: c.Class, Severity: c.Severity, Opened: c.Opened, Changed: c.Updated}}
	for _, step := range []func(context.Context) error{s.complaints, s.beside, s.findings, s.private, s.holders} {
		if err := step(ctx); err != nil {
			return intel.Case{}, 0, err
		}
	}
	return s.out, s.bulk, nil
}

// all gives all complaints that a filter chooses.
func (s *share) all(ctx context.Context, f candor.ComplaintFilter, each func(candor.Complaint) error) error {
	cut := candor.Cut{Sort: "id", Limit: 500}
	for {
		page, err := s.house.Store.Complaints(ctx, f, cut)
		if err != nil {
			return err
		}
		for _, c := range page.Items {
			if err := each(c); err != nil {
				return err
			}
		}
		if cut.Cursor = page.Next; page.Next == "" {
			return nil
		}
	}
}

// complaints takes what was filed in the case. It is about the party's: addresses
// and names of it stay here, and digests of contents do not tell whose they are.
func (s *share) complaints(ctx context.Context) error {
	err := s.all(ctx, candor.ComplaintFilter{Case: s.c.ID}, func(c candor.Complaint) error {
		if err := s.report(ctx, c.Report); err != nil {
			return err
		}
		s.add(c)
		if c.Kind != string(intake.Hash) {
			s.hide(c.Value, host(c))
		}
		return nil
	})
	var sum tlp.Sum
	for _, m := range s.marks {
		sum.Add(m)
	}
	s.out.TLP = sum.Mark()
	return err
}

func host(c candor.Complaint) string {
	return intake.Resource{Kind: intake.Kind(c.Kind), Value: c.Value}.Host()
}

// report notes a report of the case, and its mark: one that nobody knows, or that
// was lost, is red.
func (s *share) report(ctx context.Context, id candor.ID) error {
	if _, have := s.marks[id]; have {
		return nil
	}
	r, err := s.house.Store.Report(ctx, id)
	if errors.Is(err, candor.ErrNotFound) {
		s.marks[id] = tlp.Red
		return nil
	}
	if err != nil {
		return err
	}
	s.reports[id], s.marks[id] = r, ""
	if r.TLP != "" {
		s.marks[id], _ = tlp.Parse(r.TLP) // red where it is none
	}
	s.person("", r.Reporter)
	s.hide(longer([]string{r.Reference})...)
	return nil
}

// add takes what a complaint is about as an indicator. What a report with a mark
// gave is of who gave it; one without was sent for us to act on.
func (s *share) add(c candor.Complaint) {
	if c.Value == "" {
		return
	}
	if len(s.out.Indicators) >= mostIndicators {
		s.bulk++
		return
	}
	i := intel.Indicator{Kind: intake.Kind(c.Kind), Value: c.Value, Class: c.Class, First: c.First, Last: c.Last, TLP: s.marks[c.Report], Confidence: int(c.Confidence)}
	if i.TLP != "" {
		i.Source = "report"
	}
	s.out.Indicators = append(s.out.Indicators, i)
}

// beside takes what reports of the case complain about that belongs to nobody
// here: the attacker's. Of reports that tell of other cases too, none is taken.
func (s *share) beside(ctx context.Context) error {
	ids := make([]candor.ID, 0, len(s.reports))
	for id := range s.reports {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if n := s.reports[id].Complaints; n > mostBeside {
			s.bulk += int(n)
			continue
		}
		var foreign []candor.Complaint
		alone := true
		err := s.all(ctx, candor.ComplaintFilter{Report: id}, func(c candor.Complaint) error {
			switch {
			case c.Case == s.c.ID || c.State == candor.ComplaintDismissed:
			case c.State == candor.ComplaintForeign:
				foreign = append(foreign, c)
			default:
				alone = false // or may be another party's
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, c := range foreign {
			switch {
			case !alone:
				s.bulk++
			case intake.Role(c.Role).Blamed():
				s.add(c)
			}
		}
	}
	return nil
}

// findings takes the digests of contents that are found to be harmful.
func (s *share) findings(ctx context.Context) error {
	all, err := s.house.Store.FindingsOfCase(ctx, s.c.ID)
	if err != nil {
		return err
	}
	for _, f := range all {
		sum, err := hex.DecodeString(f.SHA256)
		if err != nil || len(sum) != 32 || !harmful(f) {
			continue
		}
		if len(s.out.Indicators) >= mostIndicators {
			s.bulk++
			continue
		}
		i := intel.Indicator{Kind: intake.Hash, Value: f.SHA256, Class: f.Class, First: f.First, Last: f.Last, Confidence: int(f.Confidence)}
		if f.Sensor == SensorIntel {
			i.Source = "feed"
			if i.TLP, err = s.published(ctx, f); err != nil {
				return err
			}
		}
		s.out.Indicators = append(s.out.Indicators, i)
	}
	return nil
}

// published gives the strictest mark under which feeds gave what was found; red if
// none tells any more.
func (s *share) published(ctx context.Context, f candor.FiledFinding) (tlp.Mark, error) {
	hits, err := s.house.Store.HitsOf(ctx, f.SHA256, f.Asset)
	if err != nil || len(hits) == 0 {
		return tlp.Red, err
	}
	var sum tlp.Sum
	for _, h := range hits {
		sum.Add(h.TLP)
	}
	return sum.Mark(), nil
}

// harmful tells whether a finding is of a content that others want to know: not of
// one that is good, that is only weak, or that is the party's own text.
func harmful(f candor.FiledFinding) bool {
	switch {
	case f.State == candor.FindingDismissed, f.Good != "", f.IsUnread():
		return false
	case f.Sensor == SensorNotice, f.Sensor == desk.Traffic, f.Sensor == desk.Reported:
		return false
	}
	return !strings.HasPrefix(string(f.Class), "vulnerable/")
}

// holders hides what anybody here holds, or held since a year before the case:
// static addresses, and names of sites.
func (s *share) holders(ctx context.Context) error {
	from, until := s.c.Opened.AddDate(-1, 0, 0), later(s.house.Clock().UTC(), s.c.Updated)
	for _, i := range s.out.Indicators {
		held, err := s.held(ctx, i, from, until)
		if err != nil {
			return err
		}
		if held == "" {
			continue
		}
		s.hide(held)
	}
	return nil
}

// held gives the host or network of an indicator if somebody here holds it.
func (s *share) held(ctx context.Context, i intel.Indicator, from, until time.Time) (string, error) {
	if n, err := netip.ParsePrefix(i.Value); err == nil && i.Kind == intake.Network {
		all, err := s.house.Store.AssetsWithin(ctx, n, from, until)
		return some(i.Value, all), err
	}
	name := intake.Resource{Kind: i.Kind, Value: i.Value}.Host()
	if name == "" {
		return "", nil
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		all, err := s.house.Store.AssetsByAddress(ctx, ip, from, until)
		return some(name, all), err
	}
	all, err := s.house.Store.SitesByHost(ctx, name, from, until)
	return some(name, all), err
}

func some(name string, all []candor.Holding) string {
	if len(all) == 0 {
		return ""
	}
	return name
}
