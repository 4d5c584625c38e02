package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"candor"
)

// Client is the browser that somebody uses.
type Client struct {
	Address netip.Addr
	Agent   string
	device  string // the device cookie
	session string // the secret of the session that a new one replaces
}

const maxAgent = 200

// Client tells what is known of the browser behind a request.
func (s *Service) Client(r *http.Request) Client {
	agent := strings.ToValidUTF8(r.UserAgent(), "")
	if len(agent) > maxAgent {
		agent = strings.ToValidUTF8(agent[:maxAgent], "")
	}
	return Client{Address: s.address(r), Agent: agent, device: cookie(r, s.cookieName(deviceCookie)), session: cookie(r, s.cookieName(sessionCookie))}
}

// address is that of the browser: of the connection, or, if that is a proxy of
// ours, the last one in X-Forwarded-For that is not.
func (s *Service) address(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	at, _ := netip.ParseAddr(host)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !slices.ContainsFunc(s.options.Proxies, func(p netip.Prefix) bool { return p.Contains(at.Unmap()) }) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		at = next
	}
	return at.Unmap()
}

// trust is how long a browser counts as known to an account.
const trust = 180 * 24 * time.Hour

const deviceBytes = 16 + 8 // what a device cookie signs besides the user

// newDevice makes a device cookie: random ‖ seconds ‖ HMAC-SHA-256, in base64url.
func (s *Service) newDevice(user candor.ID) string {
	b := make([]byte, 16, deviceBytes+sha256.Size)
	rand.Read(b) // never fails: it ends the program rather than give weak bytes
	b = binary.BigEndian.AppendUint64(b, uint64(s.now().Unix()))
	return base64.RawURLEncoding.EncodeToString(append(b, deviceSum(s.devices[0], b, user)...))
}

// knownDevice gives the name of a browser that the user signed in with before;
// empty for others.
func (s *Service) knownDevice(cookie string, user candor.ID) string {
	b, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(b) != deviceBytes+sha256.Size || user == "" {
		return ""
	}
	signed, sum := b[:deviceBytes], b[deviceBytes:]
	made := time.Unix(int64(binary.BigEndian.Uint64(b[16:])), 0)
	ours := slices.ContainsFunc(s.devices, func(key []byte) bool { return hmac.Equal(sum, deviceSum(key, signed, user)) })
	if !ours || s.now().Sub(made) > trust {
		return ""
	}
	return string(signed)
}

func deviceSum(key, signed []byte, user candor.ID) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(signed)
	h.Write([]byte(user))
	return h.Sum(nil)
}
