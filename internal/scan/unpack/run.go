package unpack

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"unicode/utf8"
)

const (
	// shortestRun is how many characters without a break make a look worth it:
	// less than a line of base64 in mail (76), PEM (64) or a dump has.
	shortestRun = 60
	// shortestPart is what decoding must give, in bytes.
	shortestPart = 64
)

// runClass are the characters of base64 in both alphabets, of hex digits and
// of what is escaped by "\" or "%".
var runClass = classOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=%\\")

// base64Class are the characters of base64 in its standard alphabet, without
// padding; those of the other one have '-' and '_' instead of '+' and '/'.
var base64Class = classOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

func classOf(chars string) *[256]bool {
	var c [256]bool
	for i := range len(chars) {
		c[chars[i]] = true
	}
	return &c
}

// openText looks for what is encoded in text.
func openText(w *walk, at place, content []byte) error {
	if err := openRuns(w, at, content, 0); err != nil {
		return err
	}
	return openMarkup(w, at, content, 0)
}

// openRuns hands over what long runs of encoded text decode to, if that is
// text or of a known kind, or was written as escapes. The text lies at an
// offset in the content of the place.
func openRuns(w *walk, at place, b []byte, offset int) error {
	for from := 0; ; {
		start, end, ok := nextRun(b, from)
		if !ok {
			return nil
		}
		if err := w.check(at); err != nil {
			return err
		}
		end = moreLines(b, end)
		if err := w.run(at, b, start, end, offset); err != nil {
			return err
		}
		from = end
	}
}

// nextRun finds the next run of at least shortestRun characters. Such a run
// covers one of the windows of 16 bytes that lie shortestRun-16 apart; most of
// them have a character that no run has, as eight bytes at once tell.
func nextRun(b []byte, from int) (start, end int, ok bool) {
	for p := from; p+16 <= len(b); p += shortestRun - 16 {
		if breaksIn(binary.LittleEndian.Uint64(b[p:]))|breaksIn(binary.LittleEndian.Uint64(b[p+8:])) != 0 {
			continue
		}
		end = p
		for end < len(b) && runClass[b[end]] {
			end++
		}
		if end < p+16 {
			continue
		}
		start = p
		for start > from && runClass[b[start-1]] {
			start--
		}
		if end-start >= shortestRun {
			return start, end, true
		}
	}
	return 0, 0, false
}

// breaksIn tells by their highest bits which of eight bytes are of the most
// frequent ones that no run has: those up to '*' but for '%'.
func breaksIn(v uint64) uint64 {
	const ones, highest, lower = 0x0101010101010101, 0x8080808080808080, 0x7f7f7f7f7f7f7f7f
	low := v & lower // so that no byte of a term takes from or gives to another
	below := ones*(127+'%') - low
	above := low + ones*(127-'%')
	upTo := ones*(127+'+') - low
	return (below | upTo&above) & ^v & highest
}

// moreLines tells where the lines end that go on with a run.
func moreLines(b []byte, end int) int {
	for {
		p := end
		if p < len(b) && b[p] == '\r' {
			p++
		}
		if p >= len(b) || b[p] != '\n' {
			return end
		}
		p++
		line := p
		for p < len(b) && (base64Class[b[p]] || b[p] == '=' || b[p] == '-' || b[p] == '_') {
			p++
		}
		if p-line < 4 && !(p > line && p < len(b) && b[p] == '\n') || bytes.HasPrefix(b[line:p], []byte("--")) {
			return end
		}
		end = p
	}
}

// run decodes one run as what its characters say it is.
func (w *walk) run(at place, b []byte, start, end, offset int) error {
	r := b[start:end]
	if n := bytes.Count(r, []byte{'\\'}); n > 0 {
		if n*5 >= len(r)-len(r)/4 || n >= shortestPart {
			return w.escapes(at, "escapes", fmt.Sprintf("escapes@%d", offset+start), &escapes{b: r, mark: '\\'})
		}
	}
	if n := bytes.Count(r, []byte{'%'}); n*3 >= shortestPart {
		if from, to := dataURI(b, start+bytes.IndexByte(r, '%')); from != to {
			return nil // openMarkup gives more of it
		}
		return w.escapes(at, "percent", fmt.Sprintf("percent@%d", offset+start), &escapes{b: r, mark: '%'})
	}
	if isHex(r) {
		var head [512]byte
		n := hexHead(head[:], r)
		if looksLike(w, head[:n], n) || bytes.HasPrefix(head[:n], []byte{1, 5, 0, 0, 2, 0, 0, 0}) {
			return w.decode(at, "hex", fmt.Sprintf("hex@%d", offset+start), &forgiving{hex.NewDecoder(&lines{r})})
		}
	}
	uri := bytes.HasSuffix(b[:start], []byte(";base64,"))
	for p := start; p < end; {
		q, url := base64End(b, p, end)
		if q == p {
			p++
			continue
		}
		if (q-p)/4*3 >= shortestPart || uri && p == start {
			if err := w.base64(at, b[p:q], url, uri && p == start, offset+p); err != nil {
				return err
			}
		}
		p = q
	}
	return nil
}

// escapes hands over what escapes stand for, if there is enough of it.
func (w *walk) escapes(at place, kind, name string, e *escapes) error {
	var some [shortestPart]byte
	check := *e
	if n, _ := io.ReadFull(&check, some[:]); n < len(some) || check.seen < shortestPart/3 {
		return nil
	}
	return w.decode(at, kind, name, e)
}

// base64End tells where a run of one alphabet ends that begins at p, and
// whether it is the alphabet for URLs.
func base64End(b []byte, p, end int) (q int, url bool) {
	std := false
	for q = p; q < end; q++ {
		switch c := b[q]; {
		case c == '+' || c == '/':
			if url {
				return q, url
			}
			std = true
		case c == '-' || c == '_':
			if std {
				return q, url
			}
			url = true
		case !base64Class[c] && c != '\n' && c != '\r':
			return q, url
		}
	}
	return q, url
}

// base64 hands over what a run of base64 decodes to, and what that inflates
// to: PHP's gzinflate(base64_decode(…)) has no header to be known by.
func (w *walk) base64(in place, r []byte, url, always bool, offset int) error {
	var head [384]byte
	n := base64Head(head[:], r, url)
	deflate := false
	if !always && !looksLike(w, head[:n], n) {
		if deflate = w.inflatesToText(head[:n]); !deflate {
			return nil
		}
	}
	at, err := w.enter(in, "base64", fmt.Sprintf("base64@%d", offset))
	if err != nil {
		return err
	}
	data, err := w.read(at, base64.NewDecoder(encoding(url), &lines{r}))
	w.gap(at, "base64", cutOff(err))
	if err := w.show(at, data); err != nil || !deflate {
		return err
	}
	return w.decode(at, "deflate", "deflate", &guess{w.inflate(bytes.NewReader(data))})
}

// guess ends where what was guessed to be compressed turns out not to be, or
// to be cut: PHP gives nothing then.
type guess struct{ r io.Reader }

func (g *guess) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if err != nil {
		err = io.EOF
	}
	return n, err
}

// cutOff forgives a last group that is not whole.
func cutOff(err error) error {
	if _, corrupt := err.(base64.CorruptInputError); corrupt || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}

func encoding(url bool) *base64.Encoding {
	if url {
		return base64.RawURLEncoding
	}
	return base64.RawStdEncoding
}

// base64Head decodes the beginning of a run.
func base64Head(to, r []byte, url bool) int {
	var flat [512]byte
	n := flatten(flat[:], r) &^ 3
	n, _ = encoding(url).Decode(to, flat[:n])
	return n
}

func hexHead(to, r []byte) int {
	var flat [1024]byte
	n := flatten(flat[:], r) &^ 1
	n, _ = hex.Decode(to, flat[:n])
	return n
}

// flatten copies text without line breaks.
func flatten(to, r []byte) int {
	n := 0
	for i := 0; i < len(r) && n < len(to); i++ {
		if r[i] != '\n' && r[i] != '\r' {
			to[n] = r[i]
			n++
		}
	}
	return n
}

// isHex tells whether a run has nothing but hex digits, enough of them.
func isHex(r []byte) bool {
	n := 0
	for _, c := range r {
		switch {
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F':
			n++
		case c != '\n' && c != '\r':
			return false
		}
	}
	return n >= 2*shortestPart
}

// lines reads text without its line breaks.
type lines struct{ b []byte }

func (l *lines) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && len(l.b) > 0 {
		if c := l.b[0]; c != '\n' && c != '\r' {
			p[n] = c
			n++
		}
		l.b = l.b[1:]
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// looksLike tells whether a beginning is plausibly text or of a known kind.
func looksLike(w *walk, b []byte, n int) bool {
	if n < shortestPart/2 {
		return false
	}
	if readable(b) {
		return true
	}
	switch head(b, "") {
	case "", "text", "mail", "mbox":
		return false
	case "zlib":
		return w.inflatesToText(b[2:])
	case "image":
		return b[0] != 'B'
	case "cpio":
		return b[0] == '0'
	}
	return true
}

// inflatesToText tells whether deflated text begins here.
func (w *walk) inflatesToText(b []byte) bool {
	if len(b) < 16 || b[0]&6 == 6 {
		return false
	}
	var out [96]byte
	n, _ := io.ReadFull(w.inflate(bytes.NewReader(b)), out[:])
	return n >= 32 && readable(out[:n])
}

// readable tells whether bytes are text that people or programs write: ASCII
// or UTF-8 with hardly any control characters.
func readable(b []byte) bool {
	odd := 0
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && i+utf8.UTFMax <= len(b) {
				odd += 8
			}
			i += n
		case c == 0x7f || c < ' ' && controls[c]:
			odd += 8
			i++
		default:
			i++
		}
	}
	return odd*10 <= len(b)
}
