package house

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/intake"
	"candor/internal/intake/reading"
	"candor/internal/store"
)

// Senders tells who vouches for the sender of a mail, as sender.Checker does.
type Senders interface {
	Check(ctx context.Context, body io.Reader, heard bool) (candor.Vouch, error)
}

// ReportVouch tells who vouches for the sender of a report; candor.ErrNotFound if
// it was not looked at.
func (h *House) ReportVouch(ctx context.Context, who candor.Principal, id candor.ID) (candor.Vouch, error) {
	if err := may(who, access.ReadCases); err != nil {
		return candor.Vouch{}, err
	}
	return h.Store.Vouch(ctx, id)
}

// vouch looks who vouches for the sender of a report, and keeps that; nobody does
// for a file, or where senders are not checked.
func (h *House) vouch(ctx context.Context, r candor.Report) (candor.Vouch, error) {
	if by := filer(r); by != "" {
		return h.keepVouch(ctx, candor.Vouch{Report: r.ID, Sender: by, By: candor.VouchToken, Domain: by[strings.LastIndexByte(by, '@')+1:], Checked: h.Clock().UTC()})
	}
	if h.Reports.Senders == nil || (reading.Source{Name: r.Name, Type: r.Type}).IsFile() {
		return candor.Vouch{}, nil
	}
	body, err := h.message(r)
	if err != nil {
		return candor.Vouch{}, err
	}
	defer body.Close()
	v, err := h.Reports.Senders.Check(ctx, body, r.Way == string(intake.SMTP))
	if err != nil {
		return v, fmt.Errorf("check the sender of report %s: %w", r.ID, err)
	}
	v.Report, v.Sender, v.Domain = r.ID, clean(v.Sender), clean(v.Domain)
	return h.keepVouch(ctx, v)
}

// keepVouch keeps who vouches for the sender of a report.
func (h *House) keepVouch(ctx context.Context, v candor.Vouch) (candor.Vouch, error) {
	return v, h.tx(ctx, func(tx *store.Tx) error {
		was, err := tx.Vouch(ctx, v.Report)
		if err == nil {
			v.Learned = was.Learned
		} else if !errors.Is(err, candor.ErrNotFound) {
			return err
		}
		return tx.KeepVouch(ctx, v)
	})
}

// unvouched has a person look at an answer to a mail of a case for whose sender
// nobody vouches: the address of a party is easily written.
func (h *House) unvouched(r *candor.Report, v candor.Vouch, from string) {
	if h.Reports.Senders == nil || r.State != candor.ReportReply || r.Case == "" {
		return
	}
	if v.By == "" || v.Sender != from {
		r.State, r.Why = candor.ReportPerson, "it answers a mail of a case, and nobody vouches for its sender (DKIM, SPF)"
	}
}
