package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"

	"candor"
	"candor/internal/drill"
	"candor/internal/drill/border"
	"candor/internal/drill/lab"
)

// Plant implements drill.Copy.
func (c *liveCopy) Plant(ctx context.Context, f drill.FaultKind, of drill.Line) (func(context.Context) error, error) {
	none := func(context.Context) error { return nil }
	switch f {
	case drill.StaleSet:
		return none, c.flush(ctx)
	case drill.WrongSession: // another line's session begins with the address
		lines, _ := c.Lines()
		return none, c.account(ctx, lines[0].Reference, of)
	case drill.LostSession: // the access server knows none of the name
		return none, c.instead(ctx, session{user: of.Reference, id: "lost-" + of.Reference, addr: of.Addr, class: of.Reference})
	case drill.SessionDown:
		mend := func(ctx context.Context) error { return errors.Join(c.router.order("up"), c.router.await(ctx)) }
		return mend, c.router.order("down")
	case drill.PortalDown:
		for _, words := range []string{"add table inet drill", "add chain inet drill in { type filter hook input priority -10; }", "add rule inet drill in tcp dport 80 drop"} {
			if err := c.lab.Nft(ctx, lab.Desk, strings.Fields(words)...); err != nil {
				return nil, err
			}
		}
		return func(ctx context.Context) error { return c.lab.Nft(ctx, lab.Desk, "delete", "table", "inet", "drill") }, nil
	case drill.DeadCoA: // its server is silent; the session is to be known to it
		return none, c.instead(ctx, session{user: of.Reference, id: sessionOf(of.Reference, of), addr: of.Addr, class: of.Reference, nas: deadNAS})
	case drill.ClockOff: // it is in what is told
		return none, nil
	}
	return nil, fmt.Errorf("fault %s: %w", f, candor.ErrInvalid)
}

// flush takes away behind the desk's back what keeps lines isolated.
func (c *liveCopy) flush(ctx context.Context) error {
	switch c.method {
	case drill.Nftables:
		return c.lab.Nft(ctx, lab.Router, "flush", "set", "inet", "candor", "garden4")
	case drill.CoA:
		return c.lab.Nft(ctx, lab.Router, "flush", "set", "inet", "nas", "held")
	case drill.Flowspec:
		return c.lab.Nft(ctx, lab.Router, "flush", "table", "inet", border.Table)
	case drill.LabNAS:
	}
	return fmt.Errorf("flush what %s keeps: %w", c.method, candor.ErrInvalid)
}

// settled is after how long it is sure that an address is another line's: twice
// what clocks may be apart, and a second, which is how finely accounting tells.
const settled = 5 * time.Second

// Begin implements drill.Copy. In a lab that was made each line has its address
// for good; in the operator's the sessions stand for one line after the other.
func (c *liveCopy) Begin(ctx context.Context, of drill.Line) error {
	if c.nas == nil {
		return nil
	}
	had := len(c.sessions[of.Addr]) > 0
	if err := c.end(ctx, of.Addr); err != nil {
		return err
	}
	if had {
		wait := time.NewTimer(settled)
		defer wait.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait.C:
		}
	}
	return c.tell(ctx, c.sessionAt(of))
}

// instead tells of a session of a line in the place of its own.
func (c *liveCopy) instead(ctx context.Context, s session) error {
	if err := c.end(ctx, s.addr); err != nil {
		return err
	}
	return c.tell(ctx, s)
}

// end tells that the sessions of an address have ended.
func (c *liveCopy) end(ctx context.Context, addr netip.Addr) error {
	for _, s := range c.sessions[addr] {
		s.ends = true
		if err := c.tell(ctx, s); err != nil {
			return err
		}
	}
	delete(c.sessions, addr)
	return nil
}

// sessionAt is the session of the operator's lab that a line stands for.
func (c *liveCopy) sessionAt(of drill.Line) session {
	i := slices.IndexFunc(c.nas.Lines, func(l labLine) bool { return l.addr == of.Addr })
	l := c.nas.Lines[i]
	return session{user: l.User, id: l.Session, addr: l.addr, class: of.Reference}
}

// account tells of a session of a user that begins with the address of a line.
func (c *liveCopy) account(ctx context.Context, user string, of drill.Line) error {
	return c.tell(ctx, session{user: user, id: sessionOf(user, of), addr: of.Addr, class: user})
}

// session is what accounting says of one.
type session struct {
	user, id string
	addr     netip.Addr
	class    string // the line, as the desk knows it
	nas      string // its access server; empty for the usual one
	ends     bool
}

// tell tells of a session, as an access server does.
func (c *liveCopy) tell(ctx context.Context, s session) error {
	if !s.ends {
		c.sessions[s.addr] = append(c.sessions[s.addr], s)
	}
	status, at := rfc2866.AcctStatusType_Value_Start, lab.Exporter
	if s.ends {
		status = rfc2866.AcctStatusType_Value_Stop
	}
	name := "drill"
	if c.nas != nil {
		name, at = c.nas.NAS.Name, netip.MustParseAddr(c.nas.NAS.Address) // it was checked
	}
	if s.nas != "" {
		name = s.nas
	}
	p := radius.New(radius.CodeAccountingRequest, []byte(copySecret))
	err := errors.Join(rfc2866.AcctStatusType_Set(p, status), rfc2866.AcctSessionID_SetString(p, s.id), rfc2865.Class_SetString(p, s.class),
		rfc2865.NASIdentifier_SetString(p, name), rfc2865.NASIPAddress_Set(p, at.AsSlice()), rfc2865.FramedIPAddress_Set(p, net.IP(s.addr.AsSlice())))
	if s.user != "" {
		err = errors.Join(err, rfc2865.UserName_SetString(p, s.user))
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return c.lab.In(lab.Router, func() error {
		answer, err := radius.Exchange(ctx, p, c.accounts(s.class))
		if err == nil && answer.Code != radius.CodeAccountingResponse {
			err = fmt.Errorf("it answers %s", answer.Code)
		}
		if err != nil {
			err = fmt.Errorf("tell of a session: %w", err)
		}
		return err
	})
}
