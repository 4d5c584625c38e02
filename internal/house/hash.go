package house

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/fleet"
	"candor/internal/scan/site"
	"candor/internal/store"
)

const (
	// hashFresh is for how long an answer counts: what was scanned since does not
	// overturn it.
	hashFresh = 24 * time.Hour
	// hashRetry is after how long those are asked again who could not be.
	hashRetry = time.Hour
	// hashKept is for how long answers are kept that nobody asks for again.
	hashKept = 30 * 24 * time.Hour
	// mostHashesAtOnce bounds the contents that are looked for at a time, and
	// mostHashPlaces those places that are shown.
	mostHashesAtOnce = 100
	mostHashPlaces   = 500
)

// HashSearch looks where contents lie in what this program scans itself. tell is
// given the place of a question among those that are wanted, and a path as the
// system has it. unread is of how many files and contents it could not be told.
type HashSearch func(ctx context.Context, wanted []candor.HashQuestion, tell func(wanted int, p candor.HashPlace) error) (unread int64, err error)

// HashView is where a content lies that somebody knows by a hash alone.
type HashView struct {
	candor.HashQuestion
	State   candor.HashState    `json:"state"`   // waiting until all answered or could not be asked, then answered; failed if nobody could be asked
	Answers []candor.HashAnswer `json:"answers"` // of each who was asked
	Places  []candor.HashPlace  `json:"places"`  // up to 500
	Count   int64               `json:"count"`   // of all places that were named
	Missing int64               `json:"missing"` // how many could not be asked, or could not tell of all of their files
}

// hashOf gives an MD5, SHA-1 or SHA-256 that people write as it is kept.
func hashOf(text string) (hash string, ok bool) {
	hash = strings.ToLower(strings.TrimSpace(text))
	_, ok = candor.HashSum(hash)
	return hash, ok
}

// parseHash is hashOf of what somebody asks for.
func parseHash(text string) (string, error) {
	hash, ok := hashOf(text)
	if !ok {
		return "", candor.WithHint(fmt.Errorf("%.80q is no hash of a content: %w", text, candor.ErrInvalid), "Write an MD5, SHA-1 or SHA-256 as 32, 40 or 64 hexadecimal digits.")
	}
	return hash, nil
}

// AskHash asks all of the estate where a content lies: this program and the agents
// of all servers with sites. What was asked within a day is not asked again, but of
// those who could not be asked. size is that of the content, 0 if it is not known:
// with it only files of that size are read.
func (h *House) AskHash(ctx context.Context, who candor.Principal, text string, size int64) (HashView, error) {
	if err := may(who, access.ActCases); err != nil {
		return HashView{}, err
	}
	hash, err := parseHash(text)
	if err == nil && size < 0 {
		err = candor.WithHint(fmt.Errorf("a size of %d bytes: %w", size, candor.ErrInvalid), "Leave it out if it is not known.")
	}
	if err == nil {
		err = h.askHash(ctx, hash, size, who.Actor())
	}
	if err != nil {
		return HashView{}, err
	}
	v, err := h.hash(ctx, hash)
	if errors.Is(err, candor.ErrNotFound) {
		err = candor.WithHint(fmt.Errorf("there is nobody to ask: %w", candor.ErrUnavailable), "Say of a site in which folders its content lies.")
	}
	return v, err
}

// Hash gives where a content lies, as far as those have answered who were asked. What
// was not asked is candor.ErrNotFound.
func (h *House) Hash(ctx context.Context, who candor.Principal, text string) (HashView, error) {
	if err := may(who, access.ReadCases); err != nil {
		return HashView{}, err
	}
	hash, err := parseHash(text)
	if err != nil {
		return HashView{}, err
	}
	return h.hash(ctx, hash)
}

func (h *House) hash(ctx context.Context, hash string) (v HashView, err error) {
	if v.HashQuestion, err = h.Store.HashQuestion(ctx, hash); err != nil {
		return v, err
	}
	if v.Answers, err = h.Store.HashAnswers(ctx, hash); err != nil {
		return v, err
	}
	v.State = candor.HashFailed
	for _, a := range v.Answers {
		v.Count += a.Places
		switch {
		case a.State == candor.HashWaiting:
			v.State = candor.HashWaiting
		case a.State == candor.HashAnswered && v.State == candor.HashFailed:
			v.State = candor.HashAnswered
		}
		if a.State == candor.HashFailed || a.State == candor.HashAnswered && a.Unread > 0 {
			v.Missing++
		}
	}
	v.Places, err = h.Store.HashPlaces(ctx, hash, mostHashPlaces)
	return v, err
}

// askHash has those asked who have not answered within a day.
func (h *House) askHash(ctx context.Context, hash string, size int64, by string) error {
	now := h.Clock().UTC()
	q, err := h.Store.HashQuestion(ctx, hash)
	if err != nil && !errors.Is(err, candor.ErrNotFound) {
		return err
	}
	before := map[candor.ID]candor.HashAnswer{}
	if err == nil && now.Sub(q.Asked) < hashFresh && (q.Size == 0 || q.Size == size) {
		all, err := h.Store.HashAnswers(ctx, hash)
		if err != nil {
			return err
		}
		for _, a := range all {
			before[a.Server] = a
		}
	} else {
		q = candor.HashQuestion{Hash: hash, Size: size, Asked: now, By: by}
	}
	whom, err := h.whomToAsk(ctx)
	if err != nil {
		return err
	}
	var asked []candor.HashAnswer
	for _, a := range whom {
		if was, is := before[a.Server]; is && (was.State != candor.HashFailed || now.Sub(was.Updated) < hashRetry) {
			continue
		}
		a.Hash, a.Asked, a.Updated = hash, now, now
		asked = append(asked, a)
	}
	if len(asked) == 0 {
		return nil
	}
	return h.tx(ctx, func(tx *store.Tx) error { return tx.AskHash(ctx, q, asked...) })
}

// whomToAsk gives those who know of contents: this program if it scans sites, and
// servers with sites. One without an agent cannot be asked.
func (h *House) whomToAsk(ctx context.Context) (all []candor.HashAnswer, err error) {
	own, err := h.Store.RootedAssets(ctx)
	if err != nil {
		return nil, err
	}
	if len(own) > 0 {
		all = append(all, candor.HashAnswer{State: candor.HashWaiting})
	}
	servers, err := h.Store.ServersWithSites(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range servers {
		a := candor.HashAnswer{Server: id, State: candor.HashWaiting}
		if _, err := h.Store.AgentOf(ctx, id); errors.Is(err, candor.ErrNotFound) {
			a.State, a.Error = candor.HashFailed, "the server has no agent"
		} else if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// AskServers has agents told what is asked of them.
func (h *House) AskServers(ctx context.Context) error {
	servers, err := h.Store.WaitingServers(ctx, fleet.HashTask)
	if h.Fleet == nil {
		return err
	}
	for _, id := range servers {
		err = errors.Join(err, h.Fleet.AskHashes(ctx, id))
	}
	return err
}

// LookForHashes answers what is asked of this program, until nothing is. The first
// time it may take as long as reading all that is known.
func (h *House) LookForHashes(ctx context.Context) error {
	for {
		all, err := h.Store.WaitingHashes(ctx, "", mostHashesAtOnce)
		if err != nil || len(all) == 0 {
			return err
		}
		if err := h.lookForHashes(ctx, all); err != nil {
			return err
		}
	}
}

func (h *House) lookForHashes(ctx context.Context, all []candor.HashQuestion) error {
	sites, err := h.Store.RootedAssets(ctx)
	if err != nil {
		return err
	}
	unseen := int64(0)
	for _, s := range sites {
		if s.Scanned.IsZero() {
			unseen++
		}
	}
	found, more := make([][]candor.HashPlace, len(all)), make([]int64, len(all))
	unread, failed := int64(0), fmt.Errorf("what is known of files cannot be used: %w", candor.ErrUnavailable)
	if h.WhereContents != nil {
		unread, failed = h.WhereContents(ctx, all, func(i int, p candor.HashPlace) error {
			on := site.Innermost(sites, p.Path)
			switch {
			case on == "":
			case len(found[i]) >= candor.MostHashPlaces:
				more[i]++
			default:
				p.ID, p.Hash, p.Asset, p.Path = candor.NewID(h.Clock()), all[i].Hash, on, candor.TextPath(p.Path)
				found[i] = append(found[i], p)
			}
			return nil
		})
	}
	if ctx.Err() != nil {
		return ctx.Err() // it is looked for again
	}
	for i, q := range all {
		a := candor.HashAnswer{Hash: q.Hash, State: candor.HashAnswered, Updated: h.Clock().UTC(), Places: int64(len(found[i])), Unread: unseen + unread + more[i]}
		if failed != nil {
			a.State, a.Places, a.Unread, a.Error = candor.HashFailed, 0, 0, failed.Error()
		}
		err := h.tx(ctx, func(tx *store.Tx) error { return tx.AnswerHash(ctx, a, found[i]) })
		if err != nil && !errors.Is(err, candor.ErrChanged) { // another node was faster
			return err
		}
	}
	if failed != nil && !errors.Is(failed, candor.ErrUnavailable) {
		return failed
	}
	return nil
}

// ForgetHashes forgets where contents lay that nobody asked for again.
func (h *House) ForgetHashes(ctx context.Context) error {
	return h.tx(ctx, func(tx *store.Tx) error { return tx.ForgetHashes(ctx, h.Clock().Add(-hashKept)) })
}

// inEstate gives who holds a content, by asking all of the estate if that was not
// done within a day. waiting and unasked are how many have not answered yet, and how
// many could not.
func (h *House) inEstate(ctx context.Context, text string, most int) (all []candor.Holding, waiting, unasked int, err error) {
	hash, ok := hashOf(text)
	if !ok { // of a kind that nobody is asked for
		return nil, 0, 0, nil
	}
	if err = h.askHash(ctx, hash, 0, "system"); err != nil {
		return nil, 0, 0, err
	}
	answers, err := h.Store.HashAnswers(ctx, hash)
	if err != nil {
		return nil, 0, 0, err
	}
	for _, a := range answers {
		silent := false
		if a.State == candor.HashWaiting {
			if silent, err = h.silent(ctx, a); err != nil {
				return nil, 0, 0, err
			}
		}
		switch {
		case a.State == candor.HashWaiting && !silent:
			waiting++
		case a.State != candor.HashAnswered || a.Unread > 0:
			unasked++
		}
	}
	all, err = h.Store.HashHolders(ctx, hash, most)
	return all, waiting, unasked, err
}

// silent tells whether who is asked was not heard of for long enough that nobody
// needs to wait for it.
func (h *House) silent(ctx context.Context, a candor.HashAnswer) (bool, error) {
	now := h.Clock()
	if a.Server == "" || now.Sub(a.Asked) < candor.SilentAfter {
		return false, nil
	}
	agent, err := h.Store.AgentOf(ctx, a.Server)
	if errors.Is(err, candor.ErrNotFound) {
		return true, nil
	}
	return err == nil && !agent.Heard(now), err
}
