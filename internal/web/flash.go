package web

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"candor"
	"candor/internal/web/ui"
)

const (
	noteCookie = "candor-note"
	noteFor    = 2 * time.Minute
	mostNote   = 3000 // bytes of the cookie
)

// note is what a page has to say on the next one. It is kept by the browser,
// signed: no session is needed for it, and nothing is left over if nobody reads it.
type note struct {
	Until int64
	Said  []said
}

type said struct {
	Tone  ui.Tone
	Title string
	Text  string     `json:",omitempty"`
	Undo  *ui.Action `json:",omitempty"`
}

func flashKeys(secrets [][]byte) (keys [][]byte, err error) {
	for _, secret := range secrets {
		if len(secret) < 32 {
			return nil, candor.WithHint(fmt.Errorf("a secret of %d bytes: %w", len(secret), candor.ErrInvalid), "Give at least 32 random bytes.")
		}
		key, err := hkdf.Key(sha256.New, secret, nil, "candor note 1", 32)
		if err != nil {
			return nil, fmt.Errorf("derive the key of messages: %w", err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("a site without a secret: %w", candor.ErrInvalid)
	}
	return keys, nil
}

// keep has the browser keep messages for the next page. What does not fit is
// left out, details first.
func (s *Site) keep(w http.ResponseWriter, messages []ui.Message) {
	if len(messages) == 0 {
		return
	}
	n := note{Until: s.Clock().Add(noteFor).Unix()}
	for _, m := range messages {
		n.Said = append(n.Said, said{m.Tone, m.Title, m.Text, m.Undo})
	}
	text := s.signed(n)
	if len(text) > mostNote {
		n.Said = []said{{Tone: messages[0].Tone, Title: bounded(messages[0].Title, 500)}}
		text = s.signed(n)
	}
	s.setCookie(w, noteCookie, text, noteFor)
}

func (s *Site) signed(n note) string {
	data, err := json.Marshal(n)
	if err != nil {
		return "" // texts and maps of texts can be written
	}
	text := base64.RawURLEncoding.EncodeToString(data)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign(s.keys[0], text))
}

func sign(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// kept gives the messages that the browser kept, and takes them away.
func (s *Site) kept(w http.ResponseWriter, r *http.Request) []ui.Message {
	c, err := r.Cookie(s.cookieName(noteCookie))
	if err != nil {
		return nil
	}
	s.setCookie(w, noteCookie, "", -1)
	text, sum, _ := strings.Cut(c.Value, ".")
	got, err := base64.RawURLEncoding.DecodeString(sum)
	if err != nil || len(c.Value) > mostNote {
		return nil
	}
	for _, key := range s.keys {
		if hmac.Equal(got, sign(key, text)) {
			return s.read(text)
		}
	}
	return nil
}

func (s *Site) read(text string) (out []ui.Message) {
	var n note
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(data, &n) != nil || s.Clock().Unix() > n.Until {
		return nil
	}
	for _, m := range n.Said {
		out = append(out, ui.Message{Tone: m.Tone, Title: m.Title, Text: m.Text, Undo: m.Undo})
	}
	return out
}

// cookieName locks a cookie to this very host over TLS (RFC 6265bis, 4.1.3.2).
func (s *Site) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie for so long; a negative time takes it away.
func (s *Site) setCookie(w http.ResponseWriter, name, value string, lasts time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(name), Value: value, Path: "/", Secure: s.secure, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, MaxAge: int(lasts / time.Second)})
}
