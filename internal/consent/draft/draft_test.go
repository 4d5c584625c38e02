package draft_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/consent/draft"
	"candor/internal/consent/notice"
	"candor/internal/phrase"
)

func folder(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func shop() fstest.MapFS {
	return folder(map[string]string{
		"wp-config.php": "<?php", "wp-includes/x.php": `<script src="https://hidden.example/a.js"></script>`, "wp-content/plugins/woocommerce/readme.txt": "",
		"wp-content/plugins/other/page.php": `<script src="https://hidden.example/b.js"></script>`,
		"wp-content/themes/t/header.php": `<?php wp_head(); ?><link rel=stylesheet href="https://fonts.googleapis.com/css?family=A">
			<script async src="//www.googletagmanager.com/gtag/js?id=1"></script><script>x()</script><script type="application/ld+json">{}</script>
			<script src="<?php echo $x ?>/js/a.js"></script><SCRIPT SRC='https://CDN.Unknown.Example/z.js'></SCRIPT>
			<script src="https://shop.example/own.js"></script><script src="javascript:1"></script><script src="https://bad_host/x"></script>`,
		"contact.html": `<iframe src="https://www.youtube.com/embed/1"></iframe><form><input type=email name=e><textarea name=m></textarea><input type=password></form>`,
	})
}

func TestLook(t *testing.T) {
	o := draft.Look(t.Context(), shop())
	const header = "wp-content/themes/t/header.php"
	want := &draft.Observed{
		Scripts: map[string]string{"https://www.googletagmanager.com": header, "https://cdn.unknown.example": header, "https://shop.example": header},
		Hosts:   map[string]string{"www.googletagmanager.com": header, "cdn.unknown.example": header, "shop.example": header, "fonts.googleapis.com": header, "www.youtube.com": "contact.html"},
		Frames:  map[string]string{"www.youtube.com": "contact.html"}, Fields: map[string]string{"email": "contact.html", "message": "contact.html", "password": "contact.html"},
		Inline: header, Own: header, Software: "wordpress", Plugins: map[string]string{"woocommerce": "wp-content/plugins/woocommerce"}, Pages: 3,
	}
	if d := cmp.Diff(want, o); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestLookIsBounded(t *testing.T) {
	files := map[string]string{}
	for i := range 300 {
		files[fmt.Sprintf("p%03d.html", i)] = fmt.Sprintf(`<script src="https://h%d.example/x.js"></script>`, i)
	}
	files["deep/1/2/3/4/5/6/7/8.html"] = "<script>1</script>"
	files["big.html"] = strings.Repeat(" ", 300<<10) + "<script>1</script>"
	o := draft.Look(t.Context(), folder(files))
	if o.Pages != 200 || len(o.Scripts) != 100 || o.Inline != "" {
		t.Errorf("%d pages, %d scripts, inline in %q", o.Pages, len(o.Scripts), o.Inline)
	}
}

func texts(t testing.TB) *phrase.Catalogue {
	t.Helper()
	c, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func propose(t *testing.T) draft.Proposal {
	t.Helper()
	party := candor.Party{Name: "Linden Tea", Language: "zh-CN", Contacts: []candor.Contact{{Channel: candor.Mail, Address: "tea@shop.example"}, {Channel: candor.Phone, Address: "012"}}}
	site := candor.Asset{Name: "shop.example", Hosts: []string{"Shop.example", "www.shop.example", "not a host"}}
	return draft.Propose(draft.Known{Party: party, Sites: []candor.Asset{site}, Seen: []*draft.Observed{draft.Look(t.Context(), shop())}, Texts: texts(t), Today: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)})
}

func TestPropose(t *testing.T) {
	p := propose(t)
	var ids, cookies, origins, hosts, parties []string
	for _, x := range p.Notice.Purposes {
		ids = append(ids, x.ID)
	}
	for _, x := range p.Notice.Code.Storage {
		cookies = append(cookies, x.Name)
	}
	for _, x := range p.Notice.Code.Scripts {
		origins = append(origins, x.Origin)
	}
	for _, x := range p.Notice.Code.Requests {
		hosts = append(hosts, x.Host)
	}
	for _, x := range p.Notice.Parties {
		parties = append(parties, x.ID)
	}
	for what, pair := range map[string][2][]string{
		"purposes": {ids, {"show", "safe", "reply", "account", "order", "embed", "count"}},
		"origins":  {origins, {"self", "inline", "https://cdn.unknown.example", "https://www.googletagmanager.com"}},
		"hosts":    {hosts, {"cdn.unknown.example", "fonts.googleapis.com", "www.googletagmanager.com", "www.youtube.com"}},
		"parties":  {parties, {"us", "google"}},
		"sites":    {p.Notice.Applies.Sites, {"shop.example", "www.shop.example"}},
	} {
		if d := cmp.Diff(pair[1], pair[0]); d != "" {
			t.Errorf("%s: -want +got:\n%s", what, d)
		}
	}
	for _, name := range []string{"wordpress_logged_in_*", "woocommerce_cart_hash", "_ga"} {
		if !slices.Contains(cookies, name) {
			t.Errorf("no cookie %s among %v", name, cookies)
		}
	}
	if us := p.Notice.Parties[0]; us.Email != "tea@shop.example" || us.Phone != "" || p.Notice.Language != "zh" {
		t.Errorf("responsible is %+v, in %s", us, p.Notice.Language)
	}
}

// TestGuesses holds that all that is proposed is named as a guess, and that
// each guess points at something.
func TestGuesses(t *testing.T) {
	p := propose(t)
	data, err := json.Marshal(p.Notice)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, g := range p.Guesses {
		at := tree
		for _, step := range strings.Split(g.Pointer, "/")[1:] {
			switch x := at.(type) {
			case map[string]any:
				at = x[step]
			case []any:
				var i int
				if _, err := fmt.Sscan(step, &i); err != nil || i >= len(x) {
					t.Fatalf("%s points at nothing", g.Pointer)
				}
				at = x[i]
			}
		}
		if at == nil || g.Source == "" {
			t.Errorf("%+v points at nothing", g)
		}
		n++
	}
	if rows := len(p.Notice.Purposes) + len(p.Notice.Parties) + len(p.Notice.Code.Scripts) + len(p.Notice.Code.Storage) + len(p.Notice.Code.Requests) + len(p.Notice.Applies.Sites); n < rows {
		t.Errorf("%d guesses of %d rows", n, rows)
	}
}

// TestWhatIsLeft holds that a proposal lacks what only the customer knows, and
// that it can be published once that is there.
func TestWhatIsLeft(t *testing.T) {
	n := propose(t).Notice
	n.ID, n.Version = "1", "1"
	data, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	if _, problems := notice.Check(data, texts(t)); !notice.Faulty(problems) {
		t.Error("nothing is asked of the customer")
	}
	for i := range n.Purposes {
		n.Purposes[i].Locations = []string{"AT"}
	}
	for i := range n.Code.Scripts {
		if slices.Contains(n.Code.Scripts[i].Purposes, "count") {
			n.Code.Scripts[i].Before = false
		}
	}
	for i := range n.Code.Storage {
		n.Code.Storage[i].Before = false
	}
	for i := range n.Code.Requests {
		n.Code.Requests[i].Before = false
	}
	say := notice.Text{"zh": "我们先询问您。"}
	n.Consent = &notice.Consent{Ask: say, Withdrawal: say}
	if data, err = json.Marshal(n); err != nil {
		t.Fatal(err)
	}
	_, problems := notice.Check(data, texts(t))
	for _, p := range problems {
		if p.Severity == notice.Fault {
			what, _ := p.In(texts(t).For("en"))
			t.Errorf("%s: %s: %s", p.Pointer, p.Code, what)
		}
	}
}

func FuzzLook(f *testing.F) {
	f.Add(`<script src="https://a.example/x"></script>`)
	f.Add(`<input type=email name="a" autocomplete=cc-number><iframe src=//b.example>`)
	f.Add("<?php echo '<script>' ?><script/src=//[::1]/>")
	c := texts(f)
	f.Fuzz(func(t *testing.T, page string) {
		o := draft.Look(t.Context(), folder(map[string]string{"index.html": page}))
		p := draft.Propose(draft.Known{Sites: []candor.Asset{{Name: "a", Hosts: []string{"a.example"}}}, Seen: []*draft.Observed{o}, Texts: c})
		p.Notice.ID, p.Notice.Version, p.Notice.Effective = "1", "1", "2026-01-01"
		data, err := json.Marshal(p.Notice)
		if err != nil {
			t.Fatal(err)
		}
		// What comes from pages always has the form of a notice.
		_, problems := notice.Decode(data)
		for _, x := range problems {
			if strings.HasPrefix(x.Pointer, "/code") || strings.HasPrefix(x.Pointer, "/applies_to") {
				t.Errorf("%q: %+v", page, x)
			}
		}
	})
}
