package submit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"candor"
	"candor/internal/directory"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/respond/notify/smtp"
	"candor/internal/respond/notify/smtptest"
	"candor/internal/respond/respondtest"
	"candor/internal/respond/submit"
)

var (
	noon    = time.Date(2025, 11, 3, 9, 0, 0, 0, time.UTC)
	content = "<?php eval($_POST['x']); // of Mr. Secret, /srv/www/acme"
	texts   = sync.OnceValues(phrase.Load)
)

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// world is a method with all that it needs in memory, and a real mail server.
type world struct {
	method *submit.Method
	server *smtptest.Server
	entry  directory.Entry
	vault  map[string]string
	rows   map[candor.ID]candor.Message
	fail   error  // of the next sending
	broken error  // of the vault
	large  *zeros // what digest("large") names
	now    time.Time
	sender *smtp.Sender
}

func (w *world) Entry(context.Context, candor.ID) (directory.Entry, error) { return w.entry, nil }

func (w *world) Get(_ context.Context, d string) (io.ReadCloser, error) {
	if w.broken != nil {
		return nil, w.broken
	}
	if w.large != nil && d == digest("large") {
		return w.large, nil
	}
	s, ok := w.vault[d]
	if !ok {
		return nil, candor.ErrNotFound
	}
	return io.NopCloser(strings.NewReader(s)), nil
}

func (w *world) AddMessage(_ context.Context, m candor.Message) error { w.rows[m.ID] = m; return nil }

func (w *world) ChangeMessage(_ context.Context, m candor.Message, from candor.MessageState) error {
	if w.rows[m.ID].State != from {
		return candor.ErrChanged
	}
	m.Attachments = nil // as the database keeps none
	w.rows[m.ID] = m
	return nil
}

func (w *world) MessagesOf(_ context.Context, response candor.ID) (all []candor.Message, _ error) {
	for _, m := range w.rows {
		if m.Response == response {
			all = append(all, m)
		}
	}
	return all, nil
}

func (w *world) Send(ctx context.Context, m candor.Message) error {
	if err := w.fail; err != nil {
		w.fail = nil
		return err
	}
	return w.sender.Send(ctx, m)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{now: noon, server: smtptest.Start(t, smtptest.Options{}), vault: map[string]string{digest(content): content}, rows: map[candor.ID]candor.Message{},
		entry: directory.Entry{ID: candor.NewID(noon), Name: "Lab", Kinds: []directory.Kind{directory.AntiVirus}, Channels: []directory.Channel{{Way: directory.Mail, Address: "samples@lab.example"}}, Archive: directory.Zip, Password: "infected",
			Takes: []directory.Goods{directory.Samples}, Verified: directory.Verification{At: noon}}}
	phrases, err := texts()
	if err != nil {
		t.Fatal(err)
	}
	w.sender, err = smtp.New(smtp.Options{Host: w.server.Host, Port: w.server.Port, Security: smtp.None, From: mail.Address{Name: "Desk", Address: "desk@example.net"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.sender.Close() })
	w.method, err = submit.New(submit.Config{Entries: w, Vault: w, Messages: w, Sender: w, Phrases: phrases, Provider: "Example Hosting", Domain: "example.net", Now: func() time.Time { return w.now }})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var target = respond.Target{Case: candor.Case{Number: 12, Class: candor.ApplicationCompromise, Title: "Shell at acme.example"}, Asset: candor.Asset{Name: "acme.example", Hosts: []string{"acme.example"}, Roots: []string{"/srv/www/acme"}}, Party: candor.Party{Name: "Acme Ltd"}}

func options(t *testing.T, digests ...string) json.RawMessage {
	t.Helper()
	o, err := json.Marshal(submit.Options{Entry: "e", Samples: digests})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestConforms(t *testing.T) {
	respondtest.Run(t, func(t *testing.T) respondtest.Fixture {
		w := newWorld(t)
		return respondtest.Fixture{Method: w.method, Target: target, Options: options(t, digest(content)), Snapshot: func(*testing.T) any {
			var seen []string
			for _, m := range w.rows {
				seen = append(seen, fmt.Sprint(m.To, m.State, m.Subject, m.Text, m.Attempts))
			}
			return fmt.Sprint(seen, len(w.server.Mails()))
		}}
	})
}

// planned gives an approved response.
func (w *world) planned(t *testing.T) (candor.Response, respond.Plan) {
	t.Helper()
	p, err := w.method.Plan(t.Context(), respond.Request{Options: options(t, digest(content))}, target)
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	plan, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return candor.Response{ID: candor.NewID(noon), Case: candor.NewID(noon), Plan: plan}, p
}

// arrived sends the sample and gives the mail's text, and its only attachment.
func (w *world) arrived(t *testing.T) (text, name string, file []byte) {
	t.Helper()
	r, _ := w.planned(t)
	if _, err := w.method.Apply(t.Context(), r, &respondtest.Journal{}); err != nil {
		t.Fatal(err)
	}
	all := w.server.Mails()
	data := all[len(all)-1].Data
	for _, secret := range []string{"acme", "Acme", "/srv", "Secret"} {
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("the mail tells %q", secret)
		}
	}
	msg, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind == "text/plain" {
		all, err := io.ReadAll(msg.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(all), "", nil
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	first, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(first)
	if err != nil {
		t.Fatal(err)
	}
	second, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	file, err = io.ReadAll(base64.NewDecoder(base64.StdEncoding, second))
	if err != nil {
		t.Fatal(err)
	}
	return string(body), second.FileName(), file
}

// tool finds a program of Debian's.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

// TestPacked: what the vendor gets opens with Debian's unzip and 7z.
func TestPacked(t *testing.T) {
	for archive, program := range map[directory.Archive][]string{directory.Zip: {"unzip", "-P", "infected", "-p"}, directory.ZipAES: {"7z", "e", "-pinfected", "-so"}} {
		t.Run(string(archive), func(t *testing.T) {
			w := newWorld(t)
			w.entry.Archive = archive
			text, name, file := w.arrived(t)
			if name != digest(content)[:16]+".zip" || !strings.Contains(text, "infected") || !strings.Contains(text, digest(content)[:60]) {
				t.Errorf("%s:\n%s", name, text)
			}
			path := filepath.Join(t.TempDir(), "x.zip")
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := exec.CommandContext(t.Context(), tool(t, program[0]), append(program[1:], path)...).Output()
			if err != nil || string(got) != content {
				t.Errorf("%q, %v", got, err)
			}
			for i, a := range program {
				program[i] = strings.ReplaceAll(a, "infected", "other")
			}
			if got, _ := exec.CommandContext(t.Context(), tool(t, program[0]), append(program[1:], path)...).Output(); string(got) == content {
				t.Error("another password opens it")
			}
		})
	}
}

// TestEncrypted: what the vendor gets is decrypted by GnuPG.
func TestEncrypted(t *testing.T) {
	gpg, home := tool(t, "gpg"), t.TempDir()
	key, err := crypto.PGP().KeyGeneration().AddUserId("Lab", "samples@lab.example").GenerationTime(noon.AddDate(0, -1, 0).Unix()).New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	private, err := key.Armor()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	if w.entry.Key, err = key.GetArmoredPublicKey(); err != nil {
		t.Fatal(err)
	}
	text, name, file := w.arrived(t)
	if name != digest(content)[:16]+".gpg" || strings.Contains(text, "password") {
		t.Errorf("%s:\n%s", name, text)
	}
	run := func(in []byte, args ...string) []byte {
		cmd := exec.CommandContext(t.Context(), gpg, append([]string{"--homedir", home, "--batch", "--no-autostart", "--quiet"}, args...)...)
		if args[0] != "--version" {
			cmd.Args = append(cmd.Args[:3], append([]string{"--batch", "--quiet"}, args...)...)
		}
		cmd.Stdin = bytes.NewReader(in)
		var failed bytes.Buffer
		cmd.Stderr = &failed
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("gpg %v: %v\n%s", args, err, failed.String())
		}
		return out
	}
	t.Cleanup(func() {
		_ = exec.CommandContext(context.WithoutCancel(t.Context()), "gpgconf", "--homedir", home, "--kill", "gpg-agent").Run()
	})
	run([]byte(private), "--import")
	if got := run(file, "--decrypt"); string(got) != content {
		t.Errorf("%q", got)
	}
}

// TestDigests: too large, or not asked for, goes by digest, and that is said.
func TestDigests(t *testing.T) {
	for name, change := range map[string]func(*directory.Entry){
		"submit.plan.large": func(e *directory.Entry) { e.MostBytes = 1000 }, "submit.plan.unsaid": func(e *directory.Entry) { e.Archive, e.Password = "", "" },
	} {
		w := newWorld(t)
		change(&w.entry)
		_, p := w.planned(t)
		if len(p.Warnings) != 1 || p.Warnings[0].Key != name {
			t.Errorf("%s: %+v", name, p.Warnings)
		}
		if text, _, file := w.arrived(t); file != nil || !strings.Contains(text, "No content is attached") {
			t.Errorf("%s: %d bytes\n%s", name, len(file), text)
		}
	}
	w := newWorld(t)
	w.entry.Verified, w.entry.Classes = directory.Verification{}, []candor.Class{candor.Phishing}
	if _, p := w.planned(t); len(p.Warnings) != 3 {
		t.Errorf("%+v", p.Warnings)
	}
}

func TestPlanFails(t *testing.T) {
	for name, change := range map[string]func(*world) []string{
		"retired": func(w *world) []string { w.entry.Retired = noon; return nil }, "no mail": func(w *world) []string {
			w.entry.Channels = []directory.Channel{{Way: directory.Form, Address: "https://lab.example/"}}
			return nil
		},
		"takes neither": func(w *world) []string { w.entry.Takes = []directory.Goods{directory.URLs}; return nil }, "a dead key": func(w *world) []string { w.entry.Key = "x"; return nil },
		"no digest": func(*world) []string { return []string{"abc"} }, "twice": func(*world) []string { return []string{digest(content), digest(content)} }, "none": func(*world) []string { return []string{} },
	} {
		w := newWorld(t)
		digests := change(w)
		if digests == nil {
			digests = []string{digest(content)}
		}
		if _, err := w.method.Plan(t.Context(), respond.Request{Options: options(t, digests...)}, target); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWorld(t)
	if _, err := w.method.Plan(t.Context(), respond.Request{Options: options(t, digest("other"))}, target); !errors.Is(err, candor.ErrNotFound) || candor.Hint(err) == "" {
		t.Errorf("what the vault lacks: %v", err)
	}
}

// TestDelivery: what cannot be sent now is tried again under the same name; what
// is refused, or comes back, is told.
func TestDelivery(t *testing.T) {
	w := newWorld(t)
	r, _ := w.planned(t)
	w.fail = errors.New("450 greylisted")
	result, err := w.method.Apply(t.Context(), r, &respondtest.Journal{})
	if _, temporary := respond.RetryAfter(err); !temporary {
		t.Fatal(err)
	}
	r.Result = result
	if _, err := w.method.Apply(t.Context(), r, &respondtest.Journal{Result: result}); err != nil {
		t.Fatal(err)
	}
	s, err := submit.Read(r)
	if err != nil || len(w.server.Mails()) != 1 || w.rows[s.Message].Attempts != 2 || !bytes.Contains(w.server.Mails()[0].Data, []byte(strings.ReplaceAll(string(s.Message), "-", "")+"@example.net")) {
		t.Errorf("%+v, %v", w.rows, err)
	}
	row := w.rows[s.Message]
	row.State = candor.MessageBounced
	w.rows[s.Message] = row
	if err := w.method.Verify(t.Context(), r); err == nil || candor.Hint(err) == "" {
		t.Errorf("it came back: %v", err)
	}
	p, err := w.method.Prove(r)
	if err != nil || len(p.Blobs) != 1 || len(p.Personal) != 0 || !bytes.Contains(p.Body, []byte(`"form":"packed"`)) {
		t.Errorf("%+v, %v", p, err)
	}
	w = newWorld(t)
	r, _ = w.planned(t)
	w.fail = fmt.Errorf("550: %w", candor.ErrDenied)
	_, err = w.method.Apply(t.Context(), r, &respondtest.Journal{})
	if _, temporary := respond.RetryAfter(err); err == nil || temporary {
		t.Errorf("refused for good: %v", err)
	}
	w.vault[digest(content)] = "something else"
	r, _ = w.planned(t)
	_, err = w.method.Apply(t.Context(), r, &respondtest.Journal{})
	w.lasts(t, "another content than the digest says", r, err)
	if len(w.server.Mails()) > 0 {
		t.Error("it was sent")
	}
}

// lasts tells whether the mail of a response failed for good.
func (w *world) lasts(t *testing.T, what string, r candor.Response, err error) {
	t.Helper()
	s, broken := submit.Read(r)
	if broken != nil {
		t.Fatal(broken)
	}
	if _, temporary := respond.RetryAfter(err); err == nil || temporary || w.rows[s.Message].State != candor.MessageFailed || w.rows[s.Message].Error == "" {
		t.Errorf("%s: %v, %+v", what, err, w.rows[s.Message])
	}
}

// TestLasting: what no further attempt mends ends at once, and what others may
// mend ends after a while.
func TestLasting(t *testing.T) {
	w := newWorld(t)
	r, _ := w.planned(t)
	delete(w.vault, digest(content))
	_, err := w.method.Apply(t.Context(), r, &respondtest.Journal{})
	w.lasts(t, "what the vault lost", r, err)

	w = newWorld(t)
	r, _ = w.planned(t)
	w.broken = errors.New("the disk does not answer")
	result, err := w.method.Apply(t.Context(), r, &respondtest.Journal{})
	if _, temporary := respond.RetryAfter(err); !temporary {
		t.Fatal(err)
	}
	r.Result, w.now = result, noon.Add(49*time.Hour)
	_, err = w.method.Apply(t.Context(), r, &respondtest.Journal{Result: result})
	w.lasts(t, "two days of it", r, err)
}

// TestChanged: the directory is asked once more before a mail goes out.
func TestChanged(t *testing.T) {
	for name, change := range map[string]func(*directory.Entry){
		"retired": func(e *directory.Entry) { e.Retired = noon },
		"address": func(e *directory.Entry) { e.Channels[0].Address = "other@lab.example" },
		"key":     func(e *directory.Entry) { e.Key = publicKey(t) },
	} {
		w := newWorld(t)
		r, _ := w.planned(t)
		change(&w.entry)
		_, err := w.method.Apply(t.Context(), r, &respondtest.Journal{})
		w.lasts(t, name, r, err)
		if len(w.server.Mails()) > 0 || candor.Hint(err) != "Propose it anew." {
			t.Errorf("%s: %d mails, %q", name, len(w.server.Mails()), candor.Hint(err))
		}
	}
	w := newWorld(t)
	w.entry.Key = publicKey(t)
	r, _ := w.planned(t)
	w.entry.Note = "nothing that matters"
	if _, err := w.method.Apply(t.Context(), r, &respondtest.Journal{}); err != nil {
		t.Errorf("the same key: %v", err)
	}
	r, _ = w.planned(t)
	w.entry.Key = publicKey(t)
	_, err := w.method.Apply(t.Context(), r, &respondtest.Journal{})
	w.lasts(t, "another key", r, err)
}

// publicKey makes a key, armoured.
func publicKey(t *testing.T) string {
	t.Helper()
	key, err := crypto.PGP().KeyGeneration().AddUserId("Lab", "samples@lab.example").GenerationTime(noon.AddDate(0, -1, 0).Unix()).New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.GetArmoredPublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// zeros gives n zeros, and counts how many were read.
type zeros struct{ n, read int64 }

func (z *zeros) Read(b []byte) (int, error) {
	if z.read == z.n {
		return 0, io.EOF
	}
	n := min(int64(len(b)), z.n-z.read)
	clear(b[:n])
	z.read += n
	return int(n), nil
}

func (z *zeros) Close() error { return nil }

// TestSizes: nothing is read of what is too large anyway, and what is left out of
// a mail is told.
func TestSizes(t *testing.T) {
	w := newWorld(t)
	w.entry.MostBytes = 1 << 40 // as one could be kept once
	w.large = &zeros{n: 1 << 40}
	_, err := w.method.Plan(t.Context(), respond.Request{Options: options(t, digest(content), digest("large"), digest(content+"2"))}, target)
	if !errors.Is(err, candor.ErrNotFound) {
		t.Fatalf("the last is not in the vault: %v", err)
	}
	w.vault[digest(content+"2")], w.large.read = content+"2", 0
	o, err := json.Marshal(submit.Options{Entry: "e", Samples: []string{digest(content), digest("large"), digest(content + "2")}, Of: 12})
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.method.Plan(t.Context(), respond.Request{Options: o}, target)
	var s submit.Submission
	if err := errors.Join(err, json.Unmarshal(p.Data, &s)); err != nil {
		t.Fatal(err)
	}
	if w.large.read > directory.MostMail+1 || s.Form != submit.Digests || s.Samples[1].Bytes != submit.Uncounted || s.Samples[2].Bytes != submit.Uncounted || strings.Count(s.Text, "Size: ") != 1 {
		t.Errorf("%d bytes were read; %+v", w.large.read, s)
	}
	if len(p.Warnings) != 2 || p.Warnings[0].Key != "submit.plan.some" || !strings.Contains(p.Warnings[0].Text, "3 of the 12") {
		t.Errorf("%+v", p.Warnings)
	}
}
