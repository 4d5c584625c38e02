package config

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v3"

	"candor"
)

var update = flag.Bool("update", false, "write golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: -want +got (-update writes it anew):\n%s", name, diff)
	}
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	return names
}

// TestErrors holds what is told of mistakes against golden files.
func TestErrors(t *testing.T) {
	for _, name := range files(t, "testdata/errors/*.yml") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(filepath.Base(name), text)
			var problems Problems
			if !errors.As(err, &problems) || !errors.Is(err, candor.ErrInvalid) {
				t.Fatalf("no problems: %v", err)
			}
			for _, p := range problems {
				if p.What == "" || p.Hint == "" || p.Where == "" {
					t.Errorf("it says too little: %q", p)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("a password is shown")
			}
			golden(t, strings.TrimSuffix(name, ".yml")+".txt", []byte(err.Error()+"\n"))
		})
	}
}

// TestUpgrade makes sure that files of earlier versions mean what they meant.
func TestUpgrade(t *testing.T) {
	for _, name := range files(t, "testdata/upgrade/*.yml") {
		c, err := Load(Options{File: name})
		if err != nil {
			t.Fatal(err)
		}
		text, err := c.Redacted()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("hunter2")) || strings.Contains(fmt.Sprintf("%v %+v %#v", c, c, *c), "hunter2") {
			t.Error("a password is shown")
		}
		golden(t, strings.TrimSuffix(name, ".yml")+".txt", text)
	}
}

// TestExample holds the example against the code: all keys are in it, what is
// set is the default, and what is commented out is right too.
func TestExample(t *testing.T) {
	c, err := Parse("example.yml", Example())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Defaults(), c, sameLists); diff != "" {
		t.Errorf("what the example sets is not the default:\n%s", diff)
	}
	text := commented(string(Example()))
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	s := &sheet{file: "example.yml", lines: map[string]int{}}
	s.parse([]byte(text))
	if len(s.problems) > 0 {
		t.Fatal(s.problems)
	}
	set := map[string]bool{}
	for key := range s.lines {
		set[regexp.MustCompile(`\[\d+\]`).ReplaceAllString(key, "")] = true
	}
	for _, key := range all(reflect.TypeFor[Config](), "") {
		if !set[key] {
			t.Errorf("%s is not in the example", key)
		}
	}
	l := &loading{origin: map[string]string{}}
	full, err := decode(text)
	if err != nil {
		t.Fatal(err)
	}
	(&checker{loading: l, c: full}).check()
	for _, p := range l.problems {
		if !strings.Contains(p.What, "cannot be read") {
			t.Error(p)
		}
	}
}

// sameLists makes no difference between no list and an empty one.
var sameLists = cmp.FilterValues(func(a, b any) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	return x.Kind() == reflect.Slice && y.Kind() == reflect.Slice && x.Len()+y.Len() == 0
}, cmp.Comparer(func(_, _ any) bool { return true }))

// commented takes the marks of comments from lines that are configuration.
func commented(text string) string {
	text = regexp.MustCompile(`(?m)^( *)#(\w+:( |$).*|- .*|  .*)$`).ReplaceAllString(text, "$1$2")
	return regexp.MustCompile(`(?m)^(  (?:authorities|witnesses|oidc|never|lifelines|allowed|portal|points|exporters|sources|listen|listen_tls|links|networks|thresholds|trusted_relays|smtp|mailboxes|folders|feeds):) \[\]$`).ReplaceAllString(text, "$1")
}

func decode(text string) (*Config, error) {
	l := &loading{k: koanf.New("."), origin: map[string]string{}}
	if err := l.file("x", []byte(text)); err != nil {
		return nil, err
	}
	return l.decode()
}

// all gives all keys, those in lists included.
func all(t reflect.Type, prefix string) (keys []string) {
	names, types := fields(t)
	for _, name := range names {
		keys = append(keys, prefix+name)
		inner := types[name]
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			keys = append(keys, all(inner, prefix+name+".")...)
		}
	}
	return keys
}

func TestLayers(t *testing.T) {
	name := filepath.Join(t.TempDir(), "candor.yml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("listen: {addr: ':1', trusted_proxies: [10.0.0.1]}\nlog: {level: debug}\nmail:\ndefinitions: {every: }\nroles: [worker]\n")
	o := Options{
		File:    name,
		Environ: []string{"HOME=/home/li", "CANDOR_LISTEN_ADDR=:2", "CANDOR_LOG_FORMAT=json", "CANDOR_LISTEN_TRUSTED_PROXIES=10.0.0.2, 10.0.0.3", "CANDOR_DEFINITIONS_STALE_AFTER=3d", "CANDOR_CONFIG=x"},
		Ignore:  []string{"CANDOR_CONFIG"},
		Flags:   map[string]string{"listen.addr": ":3", "scanning.max_size": "10M", "definitions.fewer_rules": "0.5"},
	}
	c, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	want := Defaults()
	want.Roles = []string{"worker"}
	want.Listen.Addr, want.Listen.TrustedProxies = ":3", []string{"10.0.0.2", "10.0.0.3"}
	want.Log = Log{"debug", "json"}
	want.Definitions.StaleAfter, want.Definitions.FewerRules = 3*day, 0.5
	want.Scanning.MaxSize = 10 << 20
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}

	o.Environ = append(o.Environ, "CANDOR_LISTEN_ADRR=:4", "CANDOR_MAIL_PORT=smtp", "CANDOR_DEFINITIONS_SOURCES=x", "CANDOR_LOG_LEVEL=loud")
	o.Flags["scanning.threads"] = "many"
	_, err = Load(o)
	for _, part := range []string{"CANDOR_LISTEN_ADRR: nobody knows this variable. Did you mean CANDOR_LISTEN_ADDR?", "CANDOR_MAIL_PORT: mail.port: the value is not a whole number",
		"CANDOR_DEFINITIONS_SOURCES: definitions.sources: it is a list of sections. Write it in the file.", "flag: scanning.threads: the value is not a whole number"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %q", err, part)
		}
	}
	_, err = Load(Options{File: name, Environ: []string{"CANDOR_LOG_LEVEL=loud"}})
	if err == nil || !strings.HasPrefix(err.Error(), "CANDOR_LOG_LEVEL: log.level:") {
		t.Errorf("%v", err)
	}
	if _, err := Load(Options{File: name + ".not"}); !errors.Is(err, os.ErrNotExist) || candor.Hint(err) == "" {
		t.Errorf("%v", err)
	}
	if _, err := Load(Options{Flags: map[string]string{"no.key": ""}}); err == nil {
		t.Error("a flag for no key")
	}
}

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"url": "postgres://candor:hunter2@db/candor\n", "token": "hunter3\r\n", "oidc": "hunter4"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := strings.ReplaceAll(`
database: {url_file: DIR/url}
metrics: {token_file: DIR/token}
access: {oidc: [{id: x, issuer: "https://x", client_id: c, client_secret_file: DIR/oidc, roles: [{group: g, role: admin}]}]}
`, "DIR", dir)
	c, err := Parse("x", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Database.URL.Reveal(), c.Metrics.Token.Reveal(), c.Access.OIDC[0].ClientSecret.Reveal()}
	if diff := cmp.Diff([]string{"postgres://candor:hunter2@db/candor", "hunter3", "hunter4"}, got); diff != "" {
		t.Error(diff)
	}
	shown, err := c.Redacted()
	if err != nil || bytes.Contains(shown, []byte("hunter")) || !bytes.Contains(shown, []byte("postgres://candor:xxxxx@db/candor")) {
		t.Errorf("%v\n%s", err, shown)
	}
}

func TestValues(t *testing.T) {
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "3d": 72 * time.Hour, "2w": 14 * 24 * time.Hour, "0": 0} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || time.Duration(d) != want {
			t.Errorf("%s: %s, %v", text, d, err)
		}
		var again Duration
		if err := again.UnmarshalText([]byte(d.String())); err != nil || again != d {
			t.Errorf("%s was written as %s", text, d)
		}
	}
	for text, want := range map[string]Size{"500": 500, "64k": 64 << 10, "10M": 10 << 20, "2g": 2 << 30, "1T": 1 << 40, "0": 0} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%s: %d, %v", text, s, err)
		}
		written, _ := s.MarshalText()
		var again Size
		if err := again.UnmarshalText(written); err != nil || again != s {
			t.Errorf("%s was written as %s", text, written)
		}
	}
	for _, text := range []string{"", "k", "-1", "1.5M", "99999999T", "10MB"} {
		if err := new(Size).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("size %q", text)
		}
	}
	for _, text := range []string{"", "d", "-1d", "1.5d", "99999999w", "daily"} {
		if err := new(Duration).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("duration %q", text)
		}
	}
	week, err := Hours{Monday: "09:00-12:00, 13:00-24:00"}.Week()
	if err != nil || cmp.Diff([]Span{{540, 720}, {780, 1440}}, week[time.Monday]) != "" || week[time.Sunday] != nil {
		t.Errorf("%v, %v", week, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Example())
	names, _ := filepath.Glob("testdata/*/*.yml")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("x", text)
		if err != nil {
			if !errors.Is(err, candor.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		shown, err := c.Redacted()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(shown, []byte(hidden)) {
			return // what is hidden cannot be read again
		}
		again, err := Parse("x", shown)
		if err != nil {
			t.Fatalf("%v\n%s", err, shown)
		}
		if diff := cmp.Diff(c, again, sameLists); diff != "" && c.Database.URL == "" {
			t.Fatal(diff)
		}
	})
}
