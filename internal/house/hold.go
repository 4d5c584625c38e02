package house

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/evidence"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
)

// Judge says what the definitions in use find in a content that was at a place
// and belonged to a user of the system. An error means that it is not known.
type Judge func(ctx context.Context, place string, content []byte, uid uint32) ([]candor.Finding, error)

// mostLooked bounds a content that is looked at again, in bytes: it is held in
// memory. What is larger is not known to be clean.
const mostLooked = 512 << 20

// TooLarge is the rule of what was too large to be looked at again.
const TooLarge = "TooLarge"

// Hold gives what respond.Config.Hold is set to: a quarantine goes on while
// the definitions of the day find anything in the files that it holds, or could
// not look at all of them. What people called a false alarm counts as clean.
func (h *House) Hold(judge Judge) func(context.Context, candor.Response) (*respond.Holding, error) {
	return func(ctx context.Context, r candor.Response) (*respond.Holding, error) {
		if r.Method != "quarantine" || len(r.Result) == 0 {
			return nil, nil
		}
		result, err := quarantine.ReadResult(r.Result)
		if err != nil {
			return nil, err
		}
		alarm, err := h.falseAlarms(ctx, r)
		if err != nil {
			return nil, err
		}
		var why respond.Holding
		rules := map[string][]string{} // by content
		for _, p := range result.Places {
			if p.Meta == nil || p.State != quarantine.Moved && p.State != quarantine.Kept {
				continue
			}
			found, looked := rules[p.SHA256]
			if !looked {
				if found, err = h.stillFound(ctx, judge, p, alarm); err != nil {
					return nil, fmt.Errorf("look again at %s: %w", p.SHA256, err)
				}
				rules[p.SHA256] = found
				why.Rules = append(why.Rules, found...)
			}
			why.Of++
			if len(found) > 0 {
				why.Found++
			}
		}
		if why.Found == 0 {
			return nil, nil
		}
		slices.Sort(why.Rules)
		why.Rules = slices.Compact(why.Rules)
		why.Rules = why.Rules[:min(len(why.Rules), respond.MostRules)]
		return &why, nil
	}
}

// stillFound gives the rules that match a content of the vault.
func (h *House) stillFound(ctx context.Context, judge Judge, p quarantine.Place, alarm map[candor.Same]bool) ([]string, error) {
	if p.Size > mostLooked {
		return []string{candor.Unread(TooLarge)}, nil
	}
	digest, err := evidence.ParseDigest(p.SHA256)
	if err != nil {
		return nil, err
	}
	from, err := h.Vault.Get(digest)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	content, err := io.ReadAll(io.LimitReader(from, mostLooked+1))
	if err != nil {
		return nil, err
	}
	place := strings.TrimSuffix(string(p.Root), "/") + "/" + string(p.Path)
	findings, err := judge(ctx, place, content, p.Meta.UID)
	if err != nil {
		return nil, err
	}
	var rules []string
	for _, f := range findings {
		if !alarm[candor.Same{Rule: f.Rule, SHA256: p.SHA256}] {
			rules = append(rules, f.Rule)
		}
	}
	return rules, nil
}

// falseAlarms are what people said of the case's findings: those that were
// dismissed, or all of them if the case never was one.
func (h *House) falseAlarms(ctx context.Context, r candor.Response) (map[candor.Same]bool, error) {
	c, err := h.Store.Case(ctx, candor.Everything, r.Case)
	if err != nil {
		return nil, err
	}
	findings, err := h.Store.FindingsOfCase(ctx, r.Case)
	if err != nil {
		return nil, err
	}
	out := map[candor.Same]bool{}
	for _, f := range findings {
		if f.State == candor.FindingDismissed || c.State == candor.CaseFalseAlarm {
			out[candor.Same{Rule: f.Rule, SHA256: f.SHA256}] = true
		}
	}
	return out, nil
}

// Rest says on what a response goes on to rest, since what it rested on holds no
// longer.
func (h *House) Rest(ctx context.Context, who candor.Principal, id candor.ID, on candor.Basis, reason string) (candor.Response, error) {
	if err := may(who, access.ApproveResponses); err != nil {
		return candor.Response{}, err
	}
	return h.Runner.Rest(ctx, who, id, on, strings.TrimSpace(reason))
}

// Keep has a quarantine that goes on beyond its time go on without an end.
func (h *House) Keep(ctx context.Context, who candor.Principal, id candor.ID, reason string) (candor.Response, error) {
	if err := may(who, access.ApproveResponses); err != nil {
		return candor.Response{}, err
	}
	return h.Runner.Keep(ctx, who, id, strings.TrimSpace(reason))
}
