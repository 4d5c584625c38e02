package garden

import (
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
)

// APIPath is that of the captive-portal API (RFC 8908); option 114 of DHCPv4 and
// option 103 of DHCPv6, or option 37 of router advertisements, lead to it (RFC
// 8910).
const APIPath = "/captive"

// captive is the answer of the API (RFC 8908, 5). No session ends by time, so
// that seconds-remaining is left out.
type captive struct {
	Captive   bool   `json:"captive"`
	Portal    string `json:"user-portal-url,omitempty"`
	CanExtend bool   `json:"can-extend-session"`
}

func (p *Portal) api(w http.ResponseWriter, r *http.Request, ip netip.Addr) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "ask with GET", http.StatusMethodNotAllowed)
		return
	}
	held, ok, err := p.House.HeldAt(r.Context(), ip)
	if err != nil {
		p.trouble(w, r, err)
		return
	}
	out := captive{Captive: ok && held.Captive()}
	if ok {
		out.Portal = p.base(r).JoinPath("/").String()
	}
	w.Header().Set("Content-Type", "application/captive+json")
	_ = json.NewEncoder(w).Encode(out) // whoever asked has gone
}

// answer is what a device expects at an address where it looks whether it
// reaches the Internet.
type answer struct {
	kind, body string
	status     int
}

const (
	html = "text/html; charset=utf-8"
	text = "text/plain; charset=utf-8"
)

// The addresses where devices look, by path: of Android and Chrome, Apple,
// Windows, Firefox, NetworkManager.
var probes = map[string]*answer{
	"/generate_204": {status: http.StatusNoContent},
	"/gen_204":      {status: http.StatusNoContent},

	"/hotspot-detect.html":       {html, "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>", http.StatusOK},
	"/library/test/success.html": {html, "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>", http.StatusOK},

	"/connecttest.txt": {text, "Microsoft Connect Test", http.StatusOK},
	"/ncsi.txt":        {text, "Microsoft NCSI", http.StatusOK},

	"/success.txt":    {text, "success\n", http.StatusOK},
	"/canonical.html": {html, `<meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>`, http.StatusOK},

	"/check_network_status.txt": {text, "NetworkManager is online\n", http.StatusOK},
}

// probe tells a device whether it reaches the Internet.
func (p *Portal) probe(w http.ResponseWriter, r *http.Request, ip netip.Addr) {
	held, ok, err := p.House.HeldAt(r.Context(), ip)
	switch a := probes[r.URL.Path]; {
	case err != nil:
		p.trouble(w, r, err)
	case ok && held.Captive():
		p.send(w, r, "/")
	default:
		if a.kind != "" {
			w.Header().Set("Content-Type", a.kind)
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body) // whoever asked has gone
	}
}

// trouble answers where it cannot be told who asks.
func (p *Portal) trouble(w http.ResponseWriter, r *http.Request, err error) {
	p.Log.Error("the portal cannot tell who asks", "path", r.URL.Path, "error", err)
	w.Header().Set("Retry-After", "10")
	http.Error(w, p.Texts.For("", r.Header.Get("Accept-Language")).T("garden.failed"), http.StatusServiceUnavailable)
}
