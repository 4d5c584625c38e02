package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/evidence"
)

var readsEvidence = []access.Permission{access.ReadEvidence}

type recordQuery struct {
	Paging
	Sort    string            `query:"sort" enum:"at,id"`
	Kind    candor.RecordKind `query:"kind"`
	Case    candor.ID         `query:"case"`
	Subject candor.ID         `query:"subject" doc:"What it is about: a finding, a response, …"`
}

type entryName struct {
	Index uint64 `path:"index" maximum:"9007199254740991" doc:"In the log, from 0."`
}

type consistencyQuery struct {
	From uint64 `query:"from" required:"true" maximum:"9007199254740991" doc:"Size of the older tree."`
	To   uint64 `query:"to" required:"true" maximum:"9007199254740991" doc:"Size of the newer tree."`
}

// logView is how the evidence log is.
type logView struct {
	evidence.Status
	Key string `json:"key" doc:"Verifies checkpoints; a key in note format (C2SP signed-note)."`
}

type logAnswer struct{ Body logView }

// text is an answer that is not JSON.
type text struct {
	Type string `header:"Content-Type"`
	Name string `header:"Content-Disposition"`
	Body []byte
}

func (s *server) addEvidence() {
	const tag = "Evidence"
	get := func(id, path, summary, about string) operation {
		return operation{id: id, method: http.MethodGet, path: "/api/v1/" + path, tag: tag, needs: readsEvidence, summary: summary, about: about}
	}
	add(s, get("list-records", "records", "List records of the evidence log", "What is personal is there as salted digests only."),
		func(ctx context.Context, who candor.Principal, in *recordQuery) (*listed[candor.Logged], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "at")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Records(ctx, who, candor.RecordFilter{Kind: in.Kind, Case: in.Case, Subject: in.Subject}, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, get("get-record", "records/{id}", "Get a record of the evidence log", ""),
		func(ctx context.Context, _ candor.Principal, in *one) (*struct{ Body candor.Logged }, error) {
			r, err := s.House.Store.Record(ctx, in.ID)
			return &struct{ Body candor.Logged }{r}, err
		})
	add(s, get("get-evidence", "evidence", "Tell how the evidence log is", "With its witnesses, and the key that verifies its checkpoints."),
		func(ctx context.Context, _ candor.Principal, _ *struct{}) (*logAnswer, error) {
			status, err := s.House.Log.Status(ctx)
			return &logAnswer{logView{status, s.House.Log.Key()}}, err
		})
	plain := func(op operation) operation { op.answers = "text/plain"; return op }
	add(s, plain(get("get-checkpoint", "evidence/checkpoint", "Get the last checkpoint", "A signed note (C2SP tlog-checkpoint) with the cosignatures of witnesses.")),
		func(context.Context, candor.Principal, *struct{}) (*text, error) {
			note, err := s.House.Log.Checkpoint()
			return &text{Type: "text/plain; charset=utf-8", Body: note}, err
		})
	add(s, get("get-consistency", "evidence/consistency", "Prove that one tree of the log continues another", "Hashes in base 16 (RFC 6962, 2.1.2)."),
		func(ctx context.Context, _ candor.Principal, in *consistencyQuery) (*whole[evidence.Digest], error) {
			return wholeOf(s.House.Log.Consistency(ctx, in.From, in.To))
		})
	s.addEntries(get, plain)
}

func (s *server) addEntries(get func(id, path, summary, about string) operation, plain func(operation) operation) {
	add(s, get("get-entry", "evidence/entries/{index}", "Get an entry of the log", "Its canonical JSON (RFC 8785), byte for byte as it was hashed."),
		func(ctx context.Context, _ candor.Principal, in *entryName) (*text, error) {
			e, err := s.House.Log.Entry(ctx, in.Index)
			if err != nil {
				return nil, err
			}
			data, err := e.Canonical()
			return &text{Type: "application/json", Body: data}, err
		})
	add(s, plain(get("get-inclusion", "evidence/entries/{index}/proof", "Prove that the log has an entry", "C2SP tlog-proof, with the checkpoint.")),
		func(ctx context.Context, _ candor.Principal, in *entryName) (*text, error) {
			p, err := s.inclusion(ctx, in.Index)
			if err != nil {
				return nil, err
			}
			return &text{Type: "text/plain; charset=utf-8", Body: p.Text()}, nil
		})
}

// inclusion waits for the checkpoint of an entry that was just appended.
func (s *server) inclusion(ctx context.Context, index uint64) (evidence.Inclusion, error) {
	size, err := s.House.Log.Size(ctx)
	if err != nil || index >= size {
		return evidence.Inclusion{}, errors.Join(err, fmt.Errorf("entry %d of the log: %w", index, candor.ErrNotFound))
	}
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.House.Log.Await(bounded, index+1); err != nil {
		return evidence.Inclusion{}, err
	}
	return s.House.Log.Inclusion(ctx, index)
}

// mostEntries bounds a bundle.
const mostEntries = 20_000

// caseEvidence exports a case.
func (s *server) caseEvidence(ctx context.Context, who candor.Principal, in *one) (*text, error) {
	v, err := s.House.Case(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	b := evidence.Bundle{Title: v.Case.Label() + " " + v.Case.Title, Made: s.Clock().UTC()}
	if b.Entries, err = s.entriesOf(ctx, who, in.ID); err != nil {
		return nil, err
	}
	var zip bytes.Buffer
	if err := s.House.Log.WriteBundle(ctx, &zip, b); err != nil {
		return nil, err
	}
	return &text{Type: "application/zip", Name: fmt.Sprintf(`attachment; filename="%s.zip"`, v.Case.Label()), Body: zip.Bytes()}, nil
}

// patience is how long an answer waits for records that are on their way into
// the log, and for a checkpoint that covers them.
const patience = 5 * time.Second

// entriesOf gives the indexes of a case's entries, once a checkpoint covers them.
func (s *server) entriesOf(ctx context.Context, who candor.Principal, id candor.ID) ([]uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		all, waiting, err := s.indexesOf(ctx, who, id)
		if err != nil {
			return nil, err
		}
		if !waiting {
			return all, s.House.Log.Await(ctx, slices.Max(append(all, 0))+1)
		}
		select {
		case <-ctx.Done():
			return nil, candor.WithHint(fmt.Errorf("records of the case are on their way into the log: %w", candor.ErrUnavailable), "Try again in a moment.")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// indexesOf gives those of a case's entries, and whether some have none yet.
func (s *server) indexesOf(ctx context.Context, who candor.Principal, id candor.ID) (all []uint64, waiting bool, err error) {
	cut := candor.Cut{Limit: 500}
	for {
		page, err := s.House.Records(ctx, who, candor.RecordFilter{Case: id}, cut)
		if err != nil {
			return nil, false, err
		}
		for _, r := range page.Items {
			if r.Index < 0 {
				return nil, true, nil
			}
			all = append(all, uint64(r.Index))
		}
		if len(all) > mostEntries {
			return nil, false, candor.WithHint(fmt.Errorf("the case has more than %d records: %w", mostEntries, candor.ErrInvalid), "Export it on the server.")
		}
		if cut.Cursor = page.Next; cut.Cursor == "" {
			return all, false, nil
		}
	}
}
