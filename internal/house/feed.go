package house

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/intel"
	"candor/internal/intel/feed"
	"candor/internal/store"
)

// Feeds is what is read of what others publish of threats.
type Feeds struct {
	All []feed.Feed
	// HTTP does requests: to the open Internet only.
	HTTP feed.Doer
	// Authorize adds credentials to a feed's requests; it may be nil.
	Authorize func(feed.Feed, *http.Request)
	Spool     string // folder for what is read before it is kept
	// Threshold is the trust from which on a hit is filed as a finding.
	Threshold int
}

// Bounds of reading feeds.
const (
	feedClaim    = 40 * time.Minute // for which a node has a feed for itself
	feedPatience = 30 * time.Minute // for all of a turn
	feedsAtOnce  = 3
)

// errRest says that a feed is not due, or that another node reads it.
var errRest = errors.New("not now")

// TurnFeeds asks the feeds that are due, keeps what each gave in one transaction
// with how it stands, and forgets feeds that are set up no longer. What a node
// that died was reading is read again when its claim has ended.
func (h *House) TurnFeeds(ctx context.Context) error {
	states, err := h.Store.FeedStates(ctx)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	errs := make([]error, len(h.Feeds.All))
	var all sync.WaitGroup
	free := make(chan struct{}, feedsAtOnce)
	for i, f := range h.Feeds.All {
		names[f.Name] = true
		if !states[f.Name].Due(f, h.Clock()) {
			continue
		}
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			if errs[i] = h.turnFeed(ctx, f, false); errors.Is(errs[i], errRest) {
				errs[i] = nil
			}
		})
	}
	all.Wait()
	for name := range states {
		if !names[name] {
			errs = append(errs, h.forgetFeeds(ctx))
			break
		}
	}
	return errors.Join(errs...)
}

func (h *House) forgetFeeds(ctx context.Context) error {
	names := make([]string, len(h.Feeds.All))
	for i, f := range h.Feeds.All {
		names[i] = f.Name
	}
	return h.tx(ctx, func(tx *store.Tx) error { return tx.ForgetFeeds(ctx, names) })
}

// QueueFeeds is the queue of feeds that somebody wants asked.
const QueueFeeds = "feeds"

// FetchFeedJob asks for House.FetchNow.
type FetchFeedJob struct {
	Feed string `json:"feed"`
}

// Kind names the job.
func (FetchFeedJob) Kind() string { return "feed.fetch" }

// FetchFeed has a feed asked soon, though it is not due.
func (h *House) FetchFeed(ctx context.Context, who candor.Principal, name string) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	if _, err := h.feedNamed(name); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		return tx.Enqueue(ctx, FetchFeedJob{name}, candor.JobOptions{Queue: QueueFeeds, Once: true})
	})
}

func (h *House) feedNamed(name string) (feed.Feed, error) {
	i := slices.IndexFunc(h.Feeds.All, func(f feed.Feed) bool { return f.Name == name })
	if i < 0 {
		return feed.Feed{}, fmt.Errorf("there is no feed %.60q: %w", name, candor.ErrNotFound)
	}
	return h.Feeds.All[i], nil
}

// FetchNow asks a feed now, unless a node reads it. That it failed is kept with how
// it stands: it is asked again when it is due.
func (h *House) FetchNow(ctx context.Context, name string) error {
	f, err := h.feedNamed(name)
	if err != nil {
		return nil //nolint:nilerr // it was taken out of the configuration meanwhile
	}
	err = h.turnFeed(ctx, f, true)
	if errors.Is(err, errRest) || errors.Is(err, candor.ErrUnavailable) || errors.Is(err, candor.ErrInvalid) {
		return nil
	}
	return err
}

// turnFeed asks one feed: if it is due, or at once.
func (h *House) turnFeed(ctx context.Context, f feed.Feed, atOnce bool) error {
	var was feed.State
	until := h.now().Add(feedClaim)
	err := h.tx(ctx, func(tx *store.Tx) (err error) {
		var ok bool
		if was, ok, err = tx.ClaimFeed(ctx, f.Name, h.now(), until); err == nil && (!ok || !atOnce && !was.Due(f, h.Clock())) {
			err = errRest
		}
		return err
	})
	if err != nil {
		return err
	}
	to, err := newFeedSpool(h.Feeds.Spool)
	if err != nil {
		return errors.Join(err, h.keepFeed(ctx, f, was, until))
	}
	defer to.close()
	was = was.Begin(f, h.now())
	inner, cancel := context.WithTimeout(ctx, feedPatience)
	defer cancel()
	reader := feed.Reader{HTTP: h.Feeds.HTTP, States: heldState{was}, Now: h.Clock, Spool: h.Feeds.Spool, Authorize: h.Feeds.Authorize}
	t, err := reader.Turn(inner, f, to)
	if ctx.Err() != nil {
		return h.keepFeed(ctx, f, was, until) // the program ends: that is no failure of the feed
	}
	if err != nil {
		return errors.Join(err, h.keepFeed(ctx, f, t.State, until))
	}
	return h.keepTurn(ctx, f, was, t, to, until)
}

// keepFeed gives a feed back with how it stands.
func (h *House) keepFeed(ctx context.Context, f feed.Feed, s feed.State, claimed time.Time) error {
	ctx = context.WithoutCancel(ctx)
	return h.tx(ctx, func(tx *store.Tx) error { return tx.KeepFeed(ctx, f.Name, s, claimed) })
}

// heldState is how a feed stands, for its turn only: the outcome is kept with the
// entries.
type heldState struct{ s feed.State }

func (k heldState) State(context.Context, string) (feed.State, error) { return k.s, nil }
func (k heldState) Keep(context.Context, string, feed.State) error    { return nil }

// FeedView is a feed with how it stands.
type FeedView struct {
	Name    string    `json:"name"`
	Kind    feed.Kind `json:"kind"`
	URL     string    `json:"url"` // without user and query, which may hold a key
	Licence string    `json:"licence"`
	Trust   int       `json:"trust"`
	TLP     string    `json:"tlp"` // of what does not bear its own
	Every   string    `json:"every"`
	// Asked is when it was asked last, Fetched when it last answered well, and
	// Changed when it last gave entries.
	Asked    time.Time `json:"asked,omitzero"`
	Fetched  time.Time `json:"fetched,omitzero"`
	Changed  time.Time `json:"changed,omitzero"`
	Stale    bool      `json:"stale"`
	Failures int       `json:"failures"` // since it last answered well
	Error    string    `json:"error,omitempty"`
	// Cause is why it failed last, in a word.
	Cause   feed.Cause `json:"cause,omitempty"`
	Next    time.Time  `json:"next"`    // when it is due
	Reading bool       `json:"reading"` // a node reads it now
	Entries int        `json:"entries"` // that are kept
	Skipped int        `json:"skipped"` // that could not be read last
	Hits    int        `json:"hits"`
	// Told is how often its source took a sighting, and ToldLast when; ToldError why it
	// took none since, at Refused.
	Told      int64     `json:"told,omitempty"`
	ToldLast  time.Time `json:"told_last,omitzero"`
	ToldError string    `json:"told_error,omitempty"`
	Refused   time.Time `json:"refused,omitzero"`
	Tells     bool      `json:"tells"` // whether it is told
	// Proof is how what a provider of advisories gives is proved to be its own.
	Proof FeedProof `json:"proof"`
}

// FeedProof is how advisories are proved to be their provider's.
type FeedProof struct {
	Signed   int       `json:"signed"`   // by a key of the provider
	Hashed   int       `json:"hashed"`   // by a digest beside it only
	Bare     int       `json:"bare"`     // by neither
	Rejected int       `json:"rejected"` // that are not taken: digest or signature is of something else
	Why      string    `json:"why,omitempty"`
	Keys     []FeedKey `json:"keys"` // that are held to be the provider's
}

// FeedKey is a key of a provider.
type FeedKey struct {
	Fingerprint string    `json:"fingerprint"`
	Since       time.Time `json:"since"`
}

func feedProof(p feed.Proof) FeedProof {
	out := FeedProof{Signed: p.Signed, Hashed: p.Hashed, Bare: p.Bare, Rejected: p.Rejected, Why: p.Why, Keys: []FeedKey{}}
	for _, k := range p.Keys {
		out.Keys = append(out.Keys, FeedKey{k.Fingerprint, k.Since})
	}
	return out
}

// ListFeeds gives the feeds that are set up, as they are written in the
// configuration.
func (h *House) ListFeeds(ctx context.Context, who candor.Principal) ([]FeedView, error) {
	if err := may(who, access.ReadParties); err != nil {
		return nil, err
	}
	states, err := h.Store.FeedStates(ctx)
	if err != nil {
		return nil, err
	}
	entries, hits, err := h.Store.FeedCounts(ctx)
	if err != nil {
		return nil, err
	}
	claimed, err := h.Store.FeedsClaimed(ctx)
	if err != nil {
		return nil, err
	}
	told, err := h.Store.FeedsTold(ctx)
	if err != nil {
		return nil, err
	}
	now, all := h.Clock(), []FeedView{}
	for _, f := range h.Feeds.All {
		s := states[f.Name]
		all = append(all, FeedView{Name: f.Name, Kind: f.Kind, URL: bare(f.URL), Licence: f.Licence, Trust: f.Trust, TLP: f.TLP.String(), Every: f.Every.String(), Asked: s.Checked, Fetched: s.Fetched, Changed: s.Changed,
			Stale: s.Stale(f, now), Failures: s.Failures, Error: s.Error, Cause: s.Cause, Next: s.Next(f), Reading: now.Before(claimed[f.Name]), Entries: entries[f.Name], Skipped: s.Skipped, Hits: hits[f.Name],
			Tells: f.Sightings, Told: told[f.Name].Times, ToldLast: told[f.Name].Last, ToldError: told[f.Name].Why, Refused: told[f.Name].Refused, Proof: feedProof(s.Proof)})
	}
	return all, nil
}

// bare gives an address without what may be a secret.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}

// FeedOf gives one feed with how it stands.
func (h *House) FeedOf(ctx context.Context, who candor.Principal, name string) (FeedView, error) {
	all, err := h.ListFeeds(ctx, who)
	if err != nil {
		return FeedView{}, err
	}
	if _, err := h.feedNamed(name); err != nil {
		return FeedView{}, err
	}
	return all[slices.IndexFunc(all, func(v FeedView) bool { return v.Name == name })], nil
}

// FeedHit is that something of ours is what a feed names.
type FeedHit intel.Hit

// ListHits lists what of ours feeds name, the latest first, of one feed if it is
// named.
func (h *House) ListHits(ctx context.Context, who candor.Principal, name string, cut candor.Cut) (all candor.Page[FeedHit], err error) {
	if err := may(who, access.ReadParties); err != nil {
		return all, err
	}
	if name != "" && !isGroupFeed(name) {
		if _, err := h.feedNamed(name); err != nil {
			return all, err
		}
	}
	page, err := h.Store.Hits(ctx, who.Scope(), name, cut)
	all = candor.Page[FeedHit]{Items: make([]FeedHit, len(page.Items)), Next: page.Next, Previous: page.Previous, Count: page.Count, More: page.More}
	for i, one := range page.Items {
		all.Items[i] = FeedHit(one)
	}
	return all, err
}
