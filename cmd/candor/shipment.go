package main

import (
	"context"
	"errors"

	"candor"
	"candor/internal/directory"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/store"
)

// mailShipment mails what was shared to an organisation. The mail has the identifier
// of what it brings, so that there is one for each.
func (r *running) mailShipment(ctx context.Context, j house.ShipmentJob) error {
	l, err := r.ShipmentLetter(ctx, j)
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p := r.phrases.For(append(l.Entry.Languages, "en")...)
	args := phrase.Args{"mark": j.Mark.String(), "provider": r.setup.provider.Name, "name": l.Entry.Name, "file": l.File.Name}
	m := candor.Message{ID: j.Message, To: l.Entry.Address(directory.Mail), Language: p.Lang(), Subject: p.T("shared.mail.subject", args),
		Text:      p.T("shared.mail.text", args) + "\n\n" + p.T("shared.mail.mark", args) + "\n\n-- \n" + r.setup.provider.Name + "\n",
		MessageID: string(j.Message) + "@" + r.notify.Domain, State: candor.MessageQueued, Created: r.setup.clock().UTC()}
	err = r.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddMessage(ctx, m) })
	if err != nil && !errors.Is(err, candor.ErrExists) {
		return err
	}
	if err := r.sendWith(ctx, j.Message, l.File); err != nil {
		return err
	}
	return r.DropFile(context.WithoutCancel(ctx), j.Message)
}
