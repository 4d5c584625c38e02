package radius

import (
	"context"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // as the protocol has it
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"layeh.com/radius"

	"candor"
)

// sends is how often a request is sent until it is answered.
const sends = 4

// sign gives a request in its final form: with a Message-Authenticator, which is
// computed over an authenticator of zeros (RFC 5176, 3.4), and the Request
// Authenticator.
func sign(p *radius.Packet) ([]byte, error) {
	p.Attributes = append(radius.Attributes{{Type: messageAuthenticator, Attribute: make(radius.Attribute, md5.Size)}}, p.Attributes...)
	p.Authenticator = [16]byte{}
	plain, err := p.MarshalBinary()
	if err != nil {
		return nil, invalid(err.Error(), "Set up fewer or shorter attributes.")
	}
	mac := hmac.New(md5.New, p.Secret)
	mac.Write(plain)
	p.Attributes[0].Attribute = mac.Sum(nil)
	return p.Encode()
}

// exchange sends a request, the same bytes again and again, until an answer to
// it comes that only who has the secret can have made. All else is passed over:
// anybody can send it.
func (e *Enforcer) exchange(ctx context.Context, to string, request []byte) (*radius.Packet, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "udp", to)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	wait := e.Patience >> (sends - 1)
	for range sends {
		if _, err := conn.Write(request); err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		answer, err := e.await(conn, request, wait)
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if answer != nil {
			return answer, nil
		}
		wait *= 2
	}
	return nil, fmt.Errorf("no proper answer to %d requests", sends)
}

// await gives the first proper answer that comes in time; nil if none does.
func (e *Enforcer) await(conn net.Conn, request []byte, wait time.Duration) (*radius.Packet, error) {
	until := time.Now().Add(wait)
	if err := conn.SetReadDeadline(until); err != nil {
		return nil, err
	}
	b := make([]byte, radius.MaxPacketLength)
	for {
		n, err := conn.Read(b)
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return nil, nil
		}
		if err != nil { // nobody listens there now; somebody may in a while
			if !time.Now().Before(until) || errors.Is(err, net.ErrClosed) {
				return nil, err
			}
			continue
		}
		if answer := proper(b[:n], request, e.Secret); answer != nil {
			return answer, nil
		}
	}
}

// proper reads an answer; nil if it is none to the request.
func proper(b, request, secret []byte) *radius.Packet {
	if len(b) < 20 || b[1] != request[1] {
		return nil
	}
	length := int(binary.BigEndian.Uint16(b[2:4]))
	if length < 20 || length > len(b) {
		return nil
	}
	b = b[:length] // what follows is padding (RFC 2865, 3)
	if !radius.IsAuthenticResponse(b, request, secret) {
		return nil
	}
	p, err := radius.Parse(b, secret)
	if err != nil || !answers(radius.Code(request[0]), p.Code) || !authentic(p, b, request, secret) {
		return nil
	}
	return p
}

// answers tells whether a code answers another.
func answers(request, answer radius.Code) bool {
	if request == radius.CodeDisconnectRequest {
		return answer == radius.CodeDisconnectACK || answer == radius.CodeDisconnectNAK
	}
	return answer == radius.CodeCoAACK || answer == radius.CodeCoANAK
}

// authentic holds an answer's Message-Authenticator, if it has one, against the
// secret (RFC 2869, 5.14).
func authentic(p *radius.Packet, b, request, secret []byte) bool {
	given := p.Get(messageAuthenticator)
	if given == nil {
		return true
	}
	plain := append([]byte(nil), b...)
	copy(plain[4:20], request[4:20])
	for at := 20; at+2 <= len(plain) && plain[at+1] >= 2; at += int(plain[at+1]) {
		if radius.Type(plain[at]) == messageAuthenticator {
			clear(plain[at+2 : at+int(plain[at+1])])
		}
	}
	mac := hmac.New(md5.New, secret)
	mac.Write(plain)
	return hmac.Equal(mac.Sum(nil), given)
}

// Values of Error-Cause (RFC 5176, 3.5).
const (
	removed   = 201 // Residual Session Context Removed
	noSession = 503 // Session Context Not Found
	noRoute   = 502 // Request Not Routable
	otherwise = 505 // Other Proxy Processing Error
	resources = 506 // Resources Unavailable
	initiated = 507 // Request Initiated
)

// words says what a server said, and what to do about it.
func words(cause uint32) (says, hint string) {
	all := map[uint32][2]string{
		202:       {"the EAP packet is invalid", ""},
		401:       {"it does not support an attribute", "Look which attributes the server takes, and change them at the point."},
		402:       {"it misses an attribute", "Look by what the server knows a session."},
		403:       {"the server is not the one that is named", "See to NAS-Identifier and NAS-IP-Address of the session."},
		404:       {"the request is invalid", "Look at the server’s log."},
		405:       {"it does not support the service", "Look which requests the server takes."},
		406:       {"it does not support the extension", "Look which requests the server takes."},
		407:       {"a value is invalid", "Look which values the server takes, and change them at the point."},
		501:       {"it is prohibited", "Allow requests from this program at the server."},
		noRoute:   {"the request could not be routed", "See to the proxies in between."},
		noSession: {"it does not know the session", "The session has ended, or has another identifier by now."},
		504:       {"the session cannot be ended", "End it by other means."},
		otherwise: {"a proxy failed", "See to the proxies in between."},
		resources: {"it lacks resources", "It is tried again."},
		initiated: {"it begins to do so", "It is looked at again."},
		508:       {"the request means several sessions", "See to what identifies the session."},
	}
	if w, ok := all[cause]; ok {
		return w[0], w[1]
	}
	return "it does not say why", "Look at the server’s log."
}

// Refused is the error of a request that a server said no to.
type Refused struct {
	Cause uint32 // Error-Cause; 0 for none
	says  string
}

// Error gives what the server said, in words.
func (r *Refused) Error() string {
	return fmt.Sprintf("the server refused: %s (Error-Cause %d)", r.says, r.Cause)
}

// verdict gives what an answer says: nil for yes.
func verdict(code radius.Code, answer *radius.Packet) error {
	if answer.Code == radius.CodeCoAACK || answer.Code == radius.CodeDisconnectACK {
		return nil
	}
	var cause uint32
	if v := answer.Get(errorCause); len(v) == 4 {
		cause = binary.BigEndian.Uint32(v)
	}
	if cause == removed && code == radius.CodeDisconnectRequest {
		return nil
	}
	says, hint := words(cause)
	refused := &Refused{cause, says}
	switch cause {
	case noRoute, noSession, otherwise, resources, initiated:
		return unavailable(refused, hint)
	}
	return candor.WithHint(fmt.Errorf("RADIUS: %w: %w", refused, candor.ErrDenied), hint)
}
