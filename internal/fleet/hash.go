package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/scan/site"
)

// HashTask begins what names the task of a server that asks where contents lie: one
// at a time.
const HashTask = "hashes:"

func hashTask(server candor.ID) string { return HashTask + string(server) }

// AskHashes has the agent of a server told what is asked of it: where contents lie.
// What is asked while it looks is told when it is done. It does nothing if nothing
// is asked.
func (s *Service) AskHashes(ctx context.Context, server candor.ID) error {
	if _, err := s.Store.AgentTask(ctx, hashTask(server)); !errors.Is(err, candor.ErrNotFound) {
		return err
	}
	all, err := s.Store.WaitingHashes(ctx, server, wire.MostHashes)
	if err != nil || len(all) == 0 {
		return err
	}
	var t wire.HashTask
	for _, q := range all {
		t.Hashes = append(t.Hashes, wire.Hash{Hash: q.Hash, Size: q.Size})
	}
	body, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if err := s.add(ctx, server, hashTask(server), wire.TaskHashes, body); err != nil && !errors.Is(err, candor.ErrExists) {
		return fmt.Errorf("ask a server where contents lie: %w", err)
	}
	return nil
}

// takeHashes takes what an agent answers. It is believed of the sites of its server
// and of what it was asked; of anything else nothing is taken.
func (s *Service) takeHashes(ctx context.Context, tx Tx, k candor.AgentTask, out wire.Outcome) error {
	var t wire.HashTask
	if err := json.Unmarshal(k.Body, &t); err != nil {
		return err
	}
	said, err := s.hashesSaid(ctx, tx, k.Asset, t, out)
	why := ""
	if err != nil {
		if !errors.Is(err, candor.ErrDenied) && !errors.Is(err, candor.ErrInvalid) {
			return err
		}
		s.Log.Error("what an agent answers was refused", "server", k.Asset, "error", err)
		why = "what the agent answered was refused"
	} else if out.Error != nil {
		why = line(out.Error.Text)
	}
	now := s.Clock().UTC()
	for _, h := range t.Hashes {
		a := candor.HashAnswer{Hash: h.Hash, Server: k.Asset, State: candor.HashFailed, Updated: now, Error: why}
		var places []candor.HashPlace
		if got, ok := said[h.Hash]; ok && why == "" {
			a.State, a.Places, a.Unread = candor.HashAnswered, int64(len(got.Places)), got.Unread
			for _, p := range got.Places {
				places = append(places, candor.HashPlace{ID: candor.NewID(now), Hash: h.Hash, Server: k.Asset, Asset: p.Asset, Path: p.Path, Size: p.Size, Since: sensible(p.Since, now)})
			}
		} else if why == "" {
			a.Error = "the agent did not answer this"
		}
		if err := tx.AnswerHash(ctx, a, places); err != nil && !errors.Is(err, candor.ErrChanged) {
			return err // one that nobody asks any more is passed over
		}
	}
	return tx.DeleteAgentTask(ctx, k.ID)
}

// hashesSaid reads an answer.
func (s *Service) hashesSaid(ctx context.Context, tx Tx, server candor.ID, t wire.HashTask, out wire.Outcome) (map[string]wire.HashAnswer, error) {
	said := map[string]wire.HashAnswer{}
	if out.Error != nil {
		return said, nil
	}
	result, err := wire.Read[wire.HashResult](bytes.NewReader(out.Result))
	if err != nil {
		return nil, err
	}
	asked := map[string]wire.Hash{}
	for _, h := range t.Hashes {
		asked[h.Hash] = h
	}
	all, err := tx.SitesOn(ctx, server)
	if err != nil {
		return nil, err
	}
	sites := map[candor.ID]candor.Asset{}
	for _, a := range all {
		sites[a.ID] = a
	}
	for _, a := range result.Answers {
		h, is := asked[a.Hash]
		if _, twice := said[a.Hash]; !is || twice {
			return nil, fmt.Errorf("it was not asked about %s: %w", a.Hash, candor.ErrDenied)
		}
		for _, p := range a.Places {
			on, is := sites[p.Asset]
			if !is || !site.Holds(on, candor.RawPath(p.Path)) || h.Size > 0 && p.Size != h.Size {
				return nil, fmt.Errorf("%.200q is no file of a site of that server: %w", p.Path, candor.ErrDenied)
			}
		}
		said[a.Hash] = a
	}
	return said, nil
}

// line makes one short line of what an agent says.
func line(text string) string {
	text = strings.ToValidUTF8(strings.Join(strings.Fields(strings.ReplaceAll(text, "\x00", " ")), " "), "")
	for len(text) > 300 {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	if text == "" {
		return "the agent does not say why"
	}
	return text
}
