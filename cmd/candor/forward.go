package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"candor"
	"candor/internal/evidence"
	"candor/internal/house"
	"candor/internal/intake/format/xarf"
	"candor/internal/intake/forward"
	"candor/internal/intake/holder"
)

// openForwards sets up how reports of what is not the provider's are passed on.
// Servers that strangers name are asked by the way to the open Internet alone.
func (r *running) openForwards(context.Context) error {
	from, replies := r.setup.mail.From.Address, r.setup.mail.ReplyTo.Address
	contact := cmp.Or(r.setup.provider.Mail, replies, from)
	_, domain, _ := strings.Cut(contact, "@")
	f := house.Forwarding{Domain: r.notify.Domain, Own: []string{r.notify.Domain}}
	for _, own := range append([]string{from, replies, r.setup.mail.Bounces, r.setup.provider.Mail}, r.accepted()...) {
		if own != "" {
			f.Own = append(f.Own, own)
		}
	}
	if !r.setup.mute() && contact != "" {
		f.Writer = forward.New(r.phrases, xarf.Party{Org: cmp.Or(r.setup.provider.Name, domain), Contact: contact, Domain: domain})
	}
	if r.setup.intake.Forward {
		dir := r.setup.data.at("rdap")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		f.Holders = holder.New(holder.Options{Dir: dir, Resolver: net.DefaultResolver, Now: r.setup.clock})
	}
	r.Forwarding = f
	return nil
}

// accepted are the addresses and domains that reports come to.
func (r *running) accepted() (all []string) {
	for _, s := range r.setup.intake.SMTP {
		all = append(all, s.Accept...)
	}
	for _, m := range r.setup.intake.Mailboxes {
		if strings.Contains(m.User, "@") {
			all = append(all, m.User)
		}
	}
	return all
}

// mailForward sends the mail that passes something on, with its files.
func (r *running) mailForward(ctx context.Context, j house.ForwardMailJob) error {
	f, err := r.Store.Forward(ctx, j.Forward)
	if err != nil {
		return err
	}
	m, err := r.Store.Message(ctx, f.ID)
	if err != nil {
		return err
	}
	if from := m.State; len(f.Letter.Files) == 0 && (from == candor.MessageQueued || from == candor.MessageSending) { // it was erased meanwhile
		m.State, m.Error = candor.MessageFailed, "the report is kept no longer"
		return mailbox{r.Store}.ChangeMessage(ctx, m, from)
	}
	for i, file := range f.Letter.Files {
		name := "xarf.json"
		if len(f.Letter.Files) > 1 {
			name = fmt.Sprintf("xarf-%d.json", i+1)
		}
		m.Attachments = append(m.Attachments, candor.Attachment{Name: name, Type: "application/json", Data: []byte(file)})
	}
	return r.deliver(ctx, m)
}

// hearBounce notes which mail of ours a report says was not delivered.
func (r *running) hearBounce(ctx context.Context, j house.HearBounceJob) error {
	x, err := r.Store.Report(ctx, j.Report)
	if errors.Is(err, candor.ErrNotFound) || err == nil && x.SHA256 == "" {
		return nil
	}
	if err != nil {
		return err
	}
	digest, err := evidence.ParseDigest(x.SHA256)
	if err != nil {
		return err
	}
	body, err := r.Vault.Get(digest)
	if err != nil {
		return err
	}
	defer body.Close()
	err = r.bounce(ctx, body)
	if errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrChanged) {
		return nil // it is of no mail that is known
	}
	return err
}
