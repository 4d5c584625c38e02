package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/notice"
)

// NoticeView is a notice with what belongs to it.
type NoticeView struct {
	Notice   candor.Notice          `json:"notice"`
	Party    candor.Party           `json:"party"`
	Sites    []NoticeStanding       `json:"sites"`
	Versions []candor.NoticeVersion `json:"versions"` // the latest first, at most 100
	Problems []notice.Problem       `json:"problems"` // of the draft
}

// NoticeStanding says how a site stands with its notice: what the gate asks.
type NoticeStanding struct {
	Asset     candor.Asset         `json:"site"`
	Pin       candor.NoticeSite    `json:"pin"`
	Published candor.NoticeVersion `json:"published,omitzero"` // the last version; zero if none
	Pinned    candor.NoticeVersion `json:"pinned,omitzero"`    // that the site must serve; zero if none
	Proofs    []candor.NoticeProof `json:"proofs"`             // of its hosts, about what is pinned
	Status    candor.ProofStatus   `json:"status,omitempty"`   // the worst of them; empty if nothing was measured yet
	Missing   []string             `json:"missing"`            // hosts of which nothing was measured yet
}

// Proven tells whether every host of the site was last seen to serve what is
// pinned, at or after a time. What was not measured is not proven.
func (s NoticeStanding) Proven(since time.Time) bool {
	return s.Pin.Number > 0 && s.Status == candor.ProofSame && len(s.Missing) == 0 &&
		!slices.ContainsFunc(s.Proofs, func(p candor.NoticeProof) bool { return p.Last.Before(since) })
}

const mostVersions = 100

// readsNotices and writesNotices are who may read and change notices: the
// staff, and customers theirs.
func readsNotices(who candor.Principal) error { return may(who, access.ReadParties, access.ReadOwn) }

func writesNotices(who candor.Principal) error { return may(who, access.ManageParties, access.ActOwn) }

// Notices lists notices.
func (h *House) Notices(ctx context.Context, who candor.Principal, f candor.NoticeFilter, cut candor.Cut) (candor.Page[candor.Notice], error) {
	if err := readsNotices(who); err != nil {
		return candor.Page[candor.Notice]{}, err
	}
	page, err := h.Store.Notices(ctx, who.Scope(), f, cut)
	return public(who, page), err
}

// Notice gives a notice with what belongs to it.
func (h *House) Notice(ctx context.Context, who candor.Principal, id candor.ID) (v NoticeView, err error) {
	if err := readsNotices(who); err != nil {
		return v, err
	}
	if v.Notice, err = h.Store.Notice(ctx, who.Scope(), id); err != nil {
		return v, err
	}
	if v.Party, err = h.Store.Party(ctx, who.Scope(), v.Notice.Party); err != nil {
		return v, err
	}
	if v.Versions, err = h.Store.NoticeVersions(ctx, id, mostVersions); err != nil {
		return v, err
	}
	if v.Sites, err = h.standings(ctx, who, id); err != nil {
		return v, err
	}
	_, v.Problems, err = h.checked(ctx, v.Notice, v.assets())
	return public(who, v), err
}

// NoticeStandings says how the sites of a notice stand.
func (h *House) NoticeStandings(ctx context.Context, who candor.Principal, id candor.ID) ([]NoticeStanding, error) {
	if err := readsNotices(who); err != nil {
		return nil, err
	}
	if _, err := h.Store.Notice(ctx, who.Scope(), id); err != nil {
		return nil, err
	}
	all, err := h.standings(ctx, who, id)
	eachOf(all, func(s *NoticeStanding) { *s = public(who, *s) })
	return all, err
}

func (h *House) standings(ctx context.Context, who candor.Principal, id candor.ID) ([]NoticeStanding, error) {
	pins, err := h.Store.NoticeSites(ctx, id)
	if err != nil {
		return nil, err
	}
	all := []NoticeStanding{}
	for _, pin := range pins {
		s, err := h.standing(ctx, who, pin)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (v NoticeView) assets() (all []candor.Asset) {
	for _, s := range v.Sites {
		all = append(all, s.Asset)
	}
	return all
}

// NoticeStanding says how a site stands with its notice. A site without one is
// candor.ErrNotFound.
func (h *House) NoticeStanding(ctx context.Context, who candor.Principal, asset candor.ID) (s NoticeStanding, err error) {
	if err := readsNotices(who); err != nil {
		return s, err
	}
	if _, err := h.Store.Asset(ctx, who.Scope(), asset); err != nil {
		return s, err
	}
	pin, err := h.Store.NoticeSite(ctx, asset)
	if err != nil {
		return s, err
	}
	s, err = h.standing(ctx, who, pin)
	return public(who, s), err
}

func (h *House) standing(ctx context.Context, who candor.Principal, pin candor.NoticeSite) (s NoticeStanding, err error) {
	s.Pin, s.Proofs, s.Missing = pin, []candor.NoticeProof{}, []string{}
	if s.Asset, err = h.Store.Asset(ctx, who.Scope(), pin.Asset); err != nil {
		return s, err
	}
	last, err := h.Store.NoticeVersions(ctx, pin.Notice, 1)
	if err != nil {
		return s, err
	}
	if len(last) > 0 {
		s.Published = last[0]
	}
	if pin.Number == 0 {
		return s, nil
	}
	if s.Pinned, err = h.Store.NoticeVersion(ctx, pin.Notice, pin.Number); err != nil {
		return s, err
	}
	s.Pinned.Body = ""
	for _, host := range hostsOf(s.Asset) {
		p, err := h.Store.LastNoticeProof(ctx, pin.Asset, host)
		switch {
		case errors.Is(err, candor.ErrNotFound), err == nil && (p.Notice != pin.Notice || p.Number != pin.Number):
			s.Missing = append(s.Missing, host)
		case err != nil:
			return s, err
		default:
			s.Proofs = append(s.Proofs, p)
			s.Status = worse(s.Status, p.Status)
		}
	}
	return s, nil
}

func worse(a, b candor.ProofStatus) candor.ProofStatus {
	all := candor.ProofStatuses()
	if slices.Index(all, b) > slices.Index(all, a) {
		return b
	}
	return a
}

// mostNoticeHosts is how many hosts of a site are asked for its notice.
const mostNoticeHosts = 20

// hostsOf are the hosts of a site that can be asked.
func hostsOf(a candor.Asset) (hosts []string) {
	for _, host := range a.Hosts {
		host = strings.ToLower(strings.TrimSuffix(host, "."))
		if host != "" && !strings.ContainsAny(host, "*/@:?# ") && !slices.Contains(hosts, host) && len(hosts) < mostNoticeHosts {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// NoticeProofs gives what the hosts of a site served, the latest first.
func (h *House) NoticeProofs(ctx context.Context, who candor.Principal, asset candor.ID) ([]candor.NoticeProof, error) {
	if err := readsNotices(who); err != nil {
		return nil, err
	}
	if _, err := h.Store.Asset(ctx, who.Scope(), asset); err != nil {
		return nil, err
	}
	all, err := h.Store.NoticeProofs(ctx, asset, 100)
	return all, err
}

// PublishedNotice gives a version to anybody: the last one for 0. What was
// never published is candor.ErrNotFound.
func (h *House) PublishedNotice(ctx context.Context, id candor.ID, number int64) (*notice.Notice, candor.NoticeVersion, error) {
	if number == 0 {
		n, err := h.Store.Notice(ctx, candor.Everything, id)
		if err != nil {
			return nil, candor.NoticeVersion{}, err
		}
		number = n.Latest
	}
	v, err := h.Store.NoticeVersion(ctx, id, number)
	if err != nil {
		return nil, v, err
	}
	n, problems := notice.Decode([]byte(v.Body))
	if n == nil {
		return nil, v, fmt.Errorf("version %d of notice %s cannot be read any more: problems: %d", number, id, len(problems))
	}
	return n, v, nil
}

// ExportNotice gives the document of a version, or of the draft for 0, as it
// would be published.
func (h *House) ExportNotice(ctx context.Context, who candor.Principal, id candor.ID, number int64) ([]byte, error) {
	if err := readsNotices(who); err != nil {
		return nil, err
	}
	n, err := h.Store.Notice(ctx, who.Scope(), id)
	if err != nil {
		return nil, err
	}
	if number > 0 {
		v, err := h.Store.NoticeVersion(ctx, id, number)
		return []byte(v.Body), err
	}
	d, err := h.completed(ctx, n)
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(d, "", "  ")
}

// PreviewNotice gives the draft of a notice as far as it is.
func (h *House) PreviewNotice(ctx context.Context, who candor.Principal, id candor.ID) (*notice.Notice, error) {
	if err := readsNotices(who); err != nil {
		return nil, err
	}
	n, err := h.Store.Notice(ctx, who.Scope(), id)
	if err != nil {
		return nil, err
	}
	return h.completed(ctx, n)
}

// NoticeAddress is where this program serves a notice, with what follows it:
// "", "/full", "/v/3". It is empty if nobody said where the program is reached.
func (h *House) NoticeAddress(id candor.ID, rest string) string {
	if h.PublicURL == "" {
		return ""
	}
	return strings.TrimSuffix(h.PublicURL, "/") + "/notice/" + string(id) + rest
}

// completed is a draft with what this program says itself: which notice and
// version it is, and what it replaces.
func (h *House) completed(ctx context.Context, n candor.Notice) (*notice.Notice, error) {
	d, err := looseNotice(n.Draft)
	if err != nil {
		return nil, err
	}
	d.SchemaVersion, d.ID, d.Version, d.Replaces = notice.SchemaVersion, string(n.ID), strconv.FormatInt(n.Latest+1, 10), ""
	if d.Effective == "" {
		d.Effective = h.Clock().UTC().Format(time.DateOnly)
	}
	if full := h.NoticeAddress(n.ID, "/full"); d.URL == "" && strings.HasPrefix(full, "https://") {
		d.URL = full
	}
	if n.Latest == 0 {
		return d, nil
	}
	last, err := h.Store.NoticeVersions(ctx, n.ID, 1)
	if err == nil && len(last) > 0 {
		d.Replaces = last[0].Digest
	}
	return d, err
}

// checked says what is wrong with the draft of a notice that these sites serve.
func (h *House) checked(ctx context.Context, n candor.Notice, sites []candor.Asset) (*notice.Notice, []notice.Problem, error) {
	d, err := h.completed(ctx, n)
	if err != nil {
		return nil, nil, err
	}
	data, err := json.Marshal(d)
	if err != nil {
		return nil, nil, err
	}
	read, problems := notice.Check(data, h.Texts)
	if read != nil {
		m := notice.NewMatcher(read)
		for _, s := range sites {
			for _, host := range hostsOf(s) {
				if !m.Speaks(host) {
					problems = append(problems, notice.Unnamed(host))
				}
			}
		}
	}
	if problems == nil {
		problems = []notice.Problem{}
	}
	return read, problems, nil
}
