package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/house"
	drop "candor/internal/intake/folder"
	"candor/internal/intake/imap"
	"candor/internal/intake/smtp"
	"candor/internal/store"
)

// intakeWays opens the ways by which reports come in. What it gives runs them,
// each until its context ends.
func (r *running) intakeWays() (ways []func(context.Context) error, err error) {
	c := r.setup.intake
	keeper := r.NewReportKeeper(int64(c.MaxSize))
	for _, s := range c.SMTP {
		l, err := r.mailListener(s, keeper)
		if err != nil {
			return nil, candor.WithHint(fmt.Errorf("intake.smtp %s: %w", s.Name, err), "Correct its addresses and certificate, or choose another port.")
		}
		r.setup.log.Info("takes reports by mail", "listener", s.Name, "address", l.Addr())
		ways = append(ways, l.Run)
	}
	for _, m := range c.Mailboxes {
		b, err := r.mailbox(m, keeper)
		if err != nil {
			return nil, fmt.Errorf("intake.mailboxes %s: %w", m.Name, err)
		}
		ways = append(ways, b.Run)
	}
	for _, f := range c.Folders {
		d, err := drop.New(drop.Options{Name: f.Name, Dir: f.Path, Remove: f.Remove, Poll: time.Duration(f.Every), Keeper: keeper, Log: r.setup.log, Now: r.setup.clock})
		if err != nil {
			return nil, fmt.Errorf("intake.folders %s: %w", f.Name, err)
		}
		ways = append(ways, d.Run)
	}
	return ways, nil
}

func (r *running) mailListener(s config.IntakeSMTP, keeper *house.ReportKeeper) (*smtp.Listener, error) {
	o := smtp.Options{Name: s.Name, Addr: s.Listen, Domain: cmp.Or(s.Domain, r.notify.Domain), Accept: s.Accept, Loop: r.notify.Domain,
		Limits: smtp.Limits{Bytes: int64(r.setup.intake.MaxSize)}, Keeper: keeper, Log: r.setup.log, Now: r.setup.clock}
	if s.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
		if err != nil {
			return nil, err
		}
		o.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	return smtp.Listen(o)
}

func (r *running) mailbox(m config.IntakeMailbox, keeper *house.ReportKeeper) (*imap.Mailbox, error) {
	security := map[string]imap.Security{"tls": imap.TLS, "starttls": imap.StartTLS, "none": imap.None}[m.TLS]
	return imap.New(imap.Options{Name: m.Name, Addr: m.Host, Security: security, User: m.User, Password: string(m.Password), Mailbox: m.Folder, MoveTo: m.MoveTo,
		Poll: time.Duration(m.Every), Keeper: keeper, State: positions{r.Store, r.setup.clock}, Log: r.setup.log, Now: r.setup.clock})
}

// positions remember how far mailboxes were fetched, as settings.
type positions struct {
	store *store.Store
	clock candor.Clock
}

func (p positions) key(name string) string { return "intake.mailbox." + name }

// Position gives the position of a mailbox.
func (p positions) Position(ctx context.Context, name string) (at imap.Position, err error) {
	err = p.store.Setting(ctx, p.key(name), &at)
	return at, err
}

// SetPosition keeps it.
func (p positions) SetPosition(ctx context.Context, name string, at imap.Position) error {
	return p.store.Tx(ctx, func(tx *store.Tx) error {
		return tx.SetSetting(ctx, p.key(name), at, p.clock().UTC(), "system")
	})
}

// runIntake runs the ways in, until the context ends; what fails is told.
func runIntake(ctx context.Context, ways []func(context.Context) error, failed chan<- error) {
	done := make(chan error, len(ways))
	for _, run := range ways {
		go func() { done <- run(ctx) }()
	}
	for range ways {
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			select {
			case failed <- fmt.Errorf("take reports in: %w", err):
			default: // another has failed, and ends the program
			}
		}
	}
}
