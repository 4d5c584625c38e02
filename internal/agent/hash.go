package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/scan"
	"candor/internal/scan/known"
)

// errReplaced says that other definitions are here: scans wait until nobody uses
// those before.
var errReplaced = errors.New("other definitions are here")

// mostNamed bounds the bytes of the paths in an answer, as they are sent.
const mostNamed = 4 << 20

// where answers where contents lie in the sites that the agent looks after, as they
// were last looked at.
func (a *Agent) where(ctx context.Context, body json.RawMessage) (json.RawMessage, error) {
	var t wire.HashTask
	if err := json.Unmarshal(body, &t); err != nil {
		return nil, fmt.Errorf("a task: %w: %w", candor.ErrInvalid, err)
	}
	var wanted []known.Hash
	for _, h := range t.Hashes {
		w, err := known.ParseHash(h.Hash, h.Size)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, w)
	}
	for {
		out, err := a.whereOnce(ctx, t, wanted)
		if errors.Is(err, errReplaced) && ctx.Err() == nil {
			continue // what was read meanwhile stays known
		}
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
}

// whereOnce answers with tools that are given back if others are needed.
func (a *Agent) whereOnce(ctx context.Context, t wire.HashTask, wanted []known.Hash) (out wire.HashResult, err error) {
	tools, err := a.tools.take(true)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, a.tools.give()) }()
	if tools.store == nil {
		return out, fmt.Errorf("what is known of files cannot be used: %w", candor.ErrUnavailable)
	}
	if err := tools.flush(); err != nil {
		return out, err
	}
	sites, unread := a.answersFor()
	for _, h := range t.Hashes {
		out.Answers = append(out.Answers, wire.HashAnswer{Hash: h.Hash, Unread: unread})
	}
	named, size := 0, 0
	searching, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	done, err := tools.store.Where(searching, wanted, known.Search{Threads: max(a.Threads, 1), Pace: func() {
		a.pace.wait(searching)
		a.state.read(func(k kept) {
			if k.Have != tools.received.ID {
				stop(errReplaced)
			}
		})
	}}, func(p known.Place) error {
		n := scan.Innermost(p.Path, len(sites), func(n int) []string { return sites[n].Roots })
		if n < 0 {
			return nil
		}
		answer := &out.Answers[p.Wanted]
		path := candor.TextPath(p.Path)
		long, err := json.Marshal(path)
		if err != nil {
			return err
		}
		if len(answer.Places) >= candor.MostHashPlaces || named >= wire.MostHashPlaces || size+len(long) > mostNamed {
			answer.Unread++
			return nil
		}
		named, size = named+1, size+len(long)
		answer.Places = append(answer.Places, wire.HashPlace{Asset: sites[n].Asset, Path: path, Size: p.Size, Since: p.Since})
		return nil
	})
	if cause := context.Cause(searching); cause != nil {
		return out, cause
	}
	for i := range out.Answers {
		out.Answers[i].Unread += int64(done.Unread)
	}
	a.Log.Info("it was asked where contents lie", "hashes", len(wanted), "places", named, "read", done.Contents, "bytes", done.Bytes, "unread", done.Unread)
	return out, err
}

// answersFor gives the sites of which the agent can tell, and how many others it looks
// after.
func (a *Agent) answersFor() (all []wire.Site, others int64) {
	a.state.read(func(k kept) {
		for _, s := range k.Sites {
			if k.Last[s.Asset].IsZero() && s.Last.IsZero() || len(a.Roots) > 0 && !allWithin(s.Roots, a.Roots) {
				others++
				continue
			}
			all = append(all, s)
		}
	})
	return all, others
}
