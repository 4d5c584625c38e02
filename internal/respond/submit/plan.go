package submit

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/directory"
	"candor/internal/phrase"
	"candor/internal/respond"
)

// Plan implements respond.Method. The mail is written now, so that what is
// approved is what is sent.
func (m *Method) Plan(ctx context.Context, req respond.Request, t respond.Target) (respond.Plan, error) {
	var o Options
	if err := json.Unmarshal(req.Options, &o); err != nil || o.Entry == "" {
		return respond.Plan{}, invalid("it does not say to whom samples are sent", "Name an entry of the directory, and the samples.")
	}
	e, err := m.Entries.Entry(ctx, o.Entry)
	if err != nil {
		return respond.Plan{}, fmt.Errorf("entry %s of the directory: %w", o.Entry, err)
	}
	s := Submission{Message: candor.NewID(m.Now()), Entry: e.ID, Name: e.Name, Way: o.Way, Follows: o.Follows}
	if err := m.reachable(ctx, &s, e); err != nil {
		return respond.Plan{}, err
	}
	small := true
	if s.Way == directory.API {
		err = m.planCall(ctx, &s, e, o.Samples)
	} else if s.Samples, err = m.samples(ctx, o.Samples, m.most(e)); err == nil {
		small = m.choose(&s, e)
		m.write(&s, e, t)
	}
	if err != nil {
		return respond.Plan{}, err
	}
	return m.describe(s, e, t, small, o.Of)
}

// reachable tells whether anything can be sent to an entry, and how.
func (m *Method) reachable(ctx context.Context, s *Submission, e directory.Entry) error {
	ways := m.ways(e)
	if s.Way == "" && len(ways) > 0 {
		s.Way = ways[0]
	}
	s.To = e.Address(s.Way)
	switch {
	case !e.Retired.IsZero():
		return invalid(e.Name+" is retired", "Choose another entry of the directory.")
	case !slices.ContainsFunc(e.Takes, func(g directory.Goods) bool { return g == directory.Samples || g == directory.Hashes }):
		return invalid(e.Name+" takes neither samples nor digests", "Choose another entry of the directory.")
	case s.Way == "":
		return invalid(e.Name+" cannot be reached by what is set up here", "Name a mail server in the configuration, under mail, or say in the directory how their API takes samples.")
	case !slices.Contains(ways, s.Way):
		return invalid(e.Name+" cannot be reached on that way", "The directory has how they are reached; of an API it has to say how it takes samples.")
	case s.Way == directory.Form && m.Handings == nil:
		return invalid(e.Name+" has a form alone, and nobody here can hand it in", "Ask another process.")
	case s.Way == directory.API:
		return m.opens(ctx, s, e)
	case e.Key != "" && !e.Usable(m.Now()):
		return invalid("the key of "+e.Name+" cannot encrypt any more", "Put their new key into the directory.")
	}
	return nil
}

// ways are those on which something can go to an entry from here.
func (m *Method) ways(e directory.Entry) []directory.Way {
	all := e.Sends()
	if m.Mute {
		all = slices.DeleteFunc(all, func(w directory.Way) bool { return w == directory.Mail })
	}
	return all
}

// opens tells whether the API of an entry can be called: its key is there.
func (m *Method) opens(ctx context.Context, s *Submission, e directory.Entry) error {
	if m.Client == nil || m.Keys == nil {
		return unavailable("nobody here can call an API")
	}
	s.API, s.To = e.Interface, e.Interface.URL
	_, err := m.key(ctx, e)
	return err
}

func unavailable(what string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrUnavailable), "Ask another process.")
}

// most is how large a mail to an entry can be, in bytes.
func (m *Method) most(e directory.Entry) int64 {
	if e.MostBytes > 0 {
		return min(e.MostBytes, directory.MostMail)
	}
	return min(m.MostBytes, directory.MostMail)
}

// samples looks how large the contents are. Nothing is read once they are larger
// together than most.
func (m *Method) samples(ctx context.Context, digests []string, most int64) (all []Sample, err error) {
	if len(digests) == 0 || len(digests) > MostSamples {
		return nil, invalid(fmt.Sprintf("it names %d samples", len(digests)), fmt.Sprintf("Name one to %d.", MostSamples))
	}
	for _, d := range digests {
		if b, err := hex.DecodeString(d); err != nil || len(b) != 32 || d != strings.ToLower(d) || slices.ContainsFunc(all, func(s Sample) bool { return s.SHA256 == d }) {
			return nil, invalid(fmt.Sprintf("%.70q is no SHA-256, or stands there twice", d), "Name each content once, in lower case.")
		}
		r, err := m.Vault.Get(ctx, d)
		if errors.Is(err, candor.ErrNotFound) {
			return nil, candor.WithHint(fmt.Errorf("the vault does not hold %s: %w", d, err), "Quarantine the file first: what is sent comes from the vault.")
		}
		if err != nil {
			return nil, fmt.Errorf("read %s from the vault: %w", d, err)
		}
		x := Sample{d, Uncounted}
		if most >= 0 {
			x.Bytes, err = io.Copy(io.Discard, io.LimitReader(r, most+1))
			if most -= x.Bytes; most < 0 {
				x.Bytes = Uncounted
			}
		}
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, fmt.Errorf("read %s from the vault: %w", d, err)
		}
		all = append(all, x)
	}
	return all, nil
}

// choose says in which form samples go. It gives false if they would go, but are
// too large.
func (m *Method) choose(s *Submission, e directory.Entry) (small bool) {
	s.Form = Digests
	if !slices.Contains(e.Takes, directory.Samples) || e.Archive == directory.NoArchive && e.Key == "" {
		return true
	}
	if slices.ContainsFunc(s.Samples, func(x Sample) bool { return x.Bytes == Uncounted }) || size(s.Samples) > m.most(e) {
		return false
	}
	s.Form, s.Archive, s.Password, s.Key = Packed, e.Archive, e.Password, e.Key
	if e.Key != "" {
		s.Form = Encrypted
	}
	return true
}

// size bounds the mail: base64 in lines makes 78 bytes of 57, an archive and its
// encryption add little, the text has a few kilobytes.
func size(all []Sample) int64 {
	var n int64 = 8 << 10
	for _, s := range all {
		n += (s.Bytes+s.Bytes/1000+2048)*78/57 + 1
	}
	return n
}

// write words the mail, in the first language of the entry that there is.
func (m *Method) write(s *Submission, e directory.Entry, t respond.Target) {
	p := m.Phrases.ForConsole(append(slices.Clone(e.Languages), "en")...)
	s.Language = p.Lang()
	n, reference := len(s.Samples), t.Case.Label()
	s.Subject = p.N("submit.mail.subject", n, phrase.Args{"case": reference})
	text := []string{p.N("submit.mail.text", n, phrase.Args{"class": p.Word("class.", string(t.Case.Class)), "code": string(t.Case.Class), "case": reference})}
	if s.Follows != "" {
		text = append(text, p.T("submit.mail.again"))
	}
	for _, x := range s.Samples {
		about := "SHA-256: " + x.SHA256
		if x.Bytes != Uncounted {
			about += "\n" + p.T("submit.mail.size", phrase.Args{"bytes": strconv.FormatInt(x.Bytes, 10)})
		}
		text = append(text, about)
	}
	switch s.Form {
	case Packed:
		text = append(text, p.T("submit.mail.packed", phrase.Args{"password": s.Password}))
	case Encrypted:
		text = append(text, p.T("submit.mail.encrypted"))
	case Digests:
		text = append(text, p.T("submit.mail.digests"))
	}
	if s.Way == directory.Mail {
		text = append(text, p.T("submit.mail.ask"))
	}
	text = append(text, m.Provider)
	s.Text = strings.Join(text, "\n\n") + "\n"
}

// describe says what will be done, to whoever approves it.
func (m *Method) describe(s Submission, e directory.Entry, t respond.Target, small bool, of int) (p respond.Plan, err error) {
	values := map[string]string{"name": s.Name, "address": s.To, "n": strconv.Itoa(len(s.Samples)), "subject": s.Subject, "of": strconv.Itoa(of)}
	p.Effects = []respond.Line{m.line(effect(s), values)}
	warn := func(when bool, key string) {
		if when {
			p.Warnings = append(p.Warnings, m.line(key, values))
		}
	}
	state := e.State(m.Now())
	warn(of > len(s.Samples), "submit.plan.some")
	warn(s.Form != Digests, "submit.plan.content")
	warn(!small, "submit.plan.large")
	warn(small && s.Form == Digests && s.Way != directory.API, "submit.plan.unsaid")
	warn(state == directory.Due, "submit.plan.due")
	warn(state == directory.Failing, "submit.plan.failing")
	warn(!e.TakesClass(t.Case.Class), "submit.plan.class")
	p.Lasting, p.Undo = true, m.line(map[directory.Way]string{directory.Mail: "submit.plan.lasting", directory.API: "submit.plan.lasting.api", directory.Form: "submit.plan.lasting.form"}[s.Way], nil)
	p.Data, err = json.Marshal(s)
	return p, err
}

// effect is the key of the line that says what happens.
func effect(s Submission) string {
	switch {
	case s.Way == directory.API:
		return "submit.plan.api." + string(s.Form)
	case s.Way == directory.Form:
		return "submit.plan.form." + string(s.Form)
	}
	return "submit.plan." + string(s.Form)
}

// line makes a line of the plan in English, and the values for the others.
func (m *Method) line(key string, values map[string]string) respond.Line {
	args := phrase.Args{}
	for name, v := range values {
		args[name] = v
	}
	return respond.Line{Key: key, Values: values, Text: m.Phrases.ForConsole("en").T(key, args)}
}
