package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"candor"
	"candor/internal/intake"
)

// saveEach is after how many mails the position is saved.
const saveEach = 20

// visit is one connection: it fetches what is new, and waits for more.
type visit struct {
	m        *Mailbox
	raw      net.Conn
	c        *imapclient.Client
	validity uint32
	kept     uids
	left     uids
	unsaved  int
	news     chan struct{}
}

// visit ends with an error, be it ctx's.
func (m *Mailbox) visit(ctx context.Context) (err error) {
	v := &visit{m: m, news: make(chan struct{}, 1)}
	dialer := net.Dialer{Timeout: 30 * time.Second}
	if v.raw, err = dialer.DialContext(ctx, "tcp", m.o.Addr); err != nil {
		return err
	}
	defer v.raw.Close()
	stop := context.AfterFunc(ctx, func() { v.raw.Close() })
	defer stop()
	if v.c, err = m.signIn(v.raw, v.told); err != nil {
		return err
	}
	defer v.c.Close()
	if v.validity, err = m.choose(v.c); err != nil {
		return err
	}
	if err := v.recall(ctx); err != nil {
		return err
	}
	for {
		if err := v.pass(ctx); err != nil {
			return err
		}
		if err := v.wait(ctx); err != nil {
			return err
		}
	}
}

func (v *visit) told() {
	select {
	case v.news <- struct{}{}:
	default: // it is known already
	}
}

// recall begins anew if UIDs mean something else by now.
func (v *visit) recall(ctx context.Context) error {
	p, err := v.m.o.State.Position(ctx, v.m.stateName())
	if err != nil {
		return fmt.Errorf("what is known of the mailbox: %w", err)
	}
	v.kept, v.left = uids{}, uids{}
	if p.Validity != v.validity {
		if p.Validity != 0 {
			v.m.o.Log.Warn("mails: a mailbox is another than it was; all of it is fetched", "mailbox", v.m.o.Name, "was", p.Validity, "is", v.validity)
		}
		return nil
	}
	if v.kept, err = parseUIDs(p.Kept); err != nil {
		return err
	}
	v.left, err = parseUIDs(p.Left)
	return err
}

func (v *visit) save(ctx context.Context) error {
	v.unsaved = 0
	p := Position{Validity: v.validity, Kept: v.kept.String(), Left: v.left.String()}
	if err := v.m.o.State.SetPosition(ctx, v.m.stateName(), p); err != nil {
		return fmt.Errorf("note what is kept of the mailbox: %w", err)
	}
	return nil
}

// pass fetches what is there and not known.
func (v *visit) pass(ctx context.Context) error {
	found, err := v.c.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	there := uids{}
	for _, uid := range found.AllUIDs() {
		there[uid] = true
	}
	v.kept.only(there)
	v.left.only(there)
	v.m.known(v.validity, there)
	var trouble error
	for _, uid := range slices.Sorted(there.all()) {
		if v.kept[uid] || v.left[uid] || v.m.waits(uid) {
			continue
		}
		if trouble = v.fetch(ctx, uid); trouble != nil {
			if ctx.Err() == nil {
				v.m.fails(uid, trouble)
			}
			break
		}
		if v.unsaved >= saveEach {
			if err := v.save(ctx); err != nil {
				return err
			}
		}
	}
	if err := v.save(ctx); err != nil {
		return errors.Join(trouble, err)
	}
	if trouble != nil {
		return trouble
	}
	return v.move()
}

// fetch keeps one mail. One that is gone meanwhile is no error.
func (v *visit) fetch(ctx context.Context, uid imap.UID) error {
	whole := &imap.FetchItemBodySection{Peek: true} // reading it does not mark it as read
	cmd := v.c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{whole}})
	handled := false
	for data := cmd.Next(); data != nil; data = cmd.Next() {
		a := intake.Arrival{Way: intake.IMAP, Source: v.m.o.Name, Key: fmt.Sprintf("%s/%d/%d", v.m.which, v.validity, uid), Received: v.m.o.Now().UTC()}
		for item := data.Next(); item != nil; item = data.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataInternalDate:
				a.Received = item.Time.UTC()
			case imapclient.FetchItemDataBodySection:
				if item.Literal == nil || handled {
					continue // NIL: it was expunged
				}
				handled = true
				b := &body{r: item.Literal, left: item.Literal.Size()}
				if err := v.keep(ctx, a, uid, b); err != nil {
					// The client waits until a literal is read. After an error it must not be
					// read again, which body sees to and closing cmd does not.
					v.raw.Close()
					_, _ = io.Copy(io.Discard, b)
					return err
				}
			}
		}
	}
	return cmd.Close()
}

// keep gives a mail to the keeper. One that is read only in part is not kept,
// whatever the keeper says.
func (v *visit) keep(ctx context.Context, a intake.Arrival, uid imap.UID, body *body) error {
	a.Body = body
	err := v.m.o.Keeper.Keep(ctx, a)
	switch {
	case body.err != nil && body.err != io.EOF:
		return fmt.Errorf("fetch mail %s: %w", a.Key, body.err)
	case errors.Is(err, candor.ErrInvalid):
		v.m.left.Add(1)
		v.m.o.Log.Warn("mails: one cannot be kept, and is left", "mailbox", v.m.o.Name, "mail", a.Key, "error", err)
		v.left[uid] = true
	case err != nil:
		return fmt.Errorf("keep mail %s: %w", a.Key, err)
	case body.left > 0:
		return fmt.Errorf("keep mail %s: %d bytes of it were not read", a.Key, body.left)
	default:
		v.m.kept.Add(1)
		v.kept[uid] = true
	}
	v.unsaved++
	return nil
}

// body reads a literal, whose end without all its bytes is an error.
type body struct {
	r    io.Reader
	left int64
	err  error
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if err == io.EOF && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	b.err = err
	return n, err
}

// move takes away what is kept, also what a visit before left behind.
func (v *visit) move() error {
	if v.m.o.MoveTo == "" || len(v.kept) == 0 {
		return nil
	}
	var set imap.UIDSet
	set.AddNum(slices.Collect(v.kept.all())...)
	if _, err := v.c.Move(set, v.m.o.MoveTo).Wait(); err != nil {
		return fmt.Errorf("move mails to %s: %w", v.m.o.MoveTo, err)
	}
	return nil
}

// wait ends when the server tells of new mails (IDLE, RFC 2177), and at the
// latest when it is time to look.
func (v *visit) wait(ctx context.Context) error {
	timer := time.NewTimer(v.m.o.Poll)
	defer timer.Stop()
	idle := v.c.Caps().Has(imap.CapIdle)
	var cmd *imapclient.IdleCommand
	if idle {
		var err error
		if cmd, err = v.c.Idle(); err != nil {
			return err
		}
	}
	ended := v.c.Closed()
	select {
	case <-ctx.Done():
	case <-ended:
	case <-v.news:
	case <-timer.C:
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if idle {
		if err := cmd.Close(); err != nil {
			return err
		}
		return cmd.Wait()
	}
	return v.c.Noop().Wait()
}
