package submit

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/directory"
	"candor/internal/respond"
)

// Step says how far a sample is on its way to an API.
type Step string

// The steps.
const (
	Waiting Step = ""        // it is to be sent, for the first time or again
	Sending Step = "sending" // a request runs, or was broken off
	Took    Step = "taken"
	Knew    Step = "known"   // they had it already
	Refused Step = "refused" // they do not want it
	Failed  Step = "failed"  // it could not be sent
)

// SampleOutcome is what became of one sample at an API.
type SampleOutcome struct {
	SHA256    string    `json:"sha256"`
	Step      Step      `json:"state,omitempty"`
	Reference string    `json:"reference,omitempty"` // under which they have it
	Status    int       `json:"status,omitempty"`    // of the last answer
	Said      string    `json:"said,omitempty"`      // the beginning of an answer that took nothing, or why there was none
	Attempts  int       `json:"attempts,omitempty"`
	Began     time.Time `json:"began,omitzero"` // the last request
	At        time.Time `json:"at,omitzero"`    // when they took it
}

// Arrived tells whether they have the sample.
func (o SampleOutcome) Arrived() bool { return o.Step == Took || o.Step == Knew }

// Outcomes gives what became of the samples of a response at an API; none of
// another, or before it began. The error is candor.ErrInvalid.
func Outcomes(r candor.Response) ([]SampleOutcome, error) {
	p, err := readProgress(r)
	return p.Outcomes, err
}

func readProgress(r candor.Response) (p progress, err error) {
	if len(r.Result) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(r.Result, &p); err != nil {
		return p, fmt.Errorf("read the result of response %s: %w: %w", r.ID, candor.ErrInvalid, err)
	}
	return p, nil
}

// Bounds of answers of an API.
const (
	mostAnswer    = 64 << 10 // bytes that are read
	mostReference = 200
	longestWait   = 4 * time.Hour // that an answer can ask for
)

// call sends what no API has yet, a request for each sample. One that they do not
// take keeps none of the others back.
func (a *attempt) call(ctx context.Context, s Submission) (json.RawMessage, error) {
	a.begin(s)
	if err := a.save(ctx); err != nil { // it may be another's by now
		return nil, err
	}
	var wait time.Duration
	var pending, broken error
	for i := range a.progress.Outcomes {
		after, err := a.carry(ctx, s, i)
		if errors.Is(err, errKeep) {
			return a.result(err)
		}
		switch {
		case err != nil && a.progress.Outcomes[i].Step == Failed:
			if broken == nil {
				broken = err
			}
		case err != nil:
			if pending == nil || after < wait {
				pending, wait = err, after
			}
		}
	}
	switch {
	case pending != nil:
		return a.result(respond.Temporary(pending, wait))
	case broken != nil:
		hint := "Look after the entry in the directory."
		if h := candor.Hint(broken); h != "" {
			hint = h
		}
		return a.result(candor.WithHint(respond.Permanent(fmt.Errorf("%s did not take all of it: %s", s.Name, brief(broken))), hint))
	case slices.ContainsFunc(a.progress.Outcomes, func(o SampleOutcome) bool { return o.Step == Refused }):
		return a.result(candor.WithHint(respond.Permanent(fmt.Errorf("%s does not want it: %s", s.Name, refusalOf(a.progress.Outcomes))), "Send it to somebody else."))
	}
	return a.result(nil)
}

func refusalOf(all []SampleOutcome) string {
	i := slices.IndexFunc(all, func(o SampleOutcome) bool { return o.Step == Refused })
	return all[i].Said
}

func (a *attempt) result(failure error) (json.RawMessage, error) {
	text, err := json.Marshal(a.progress)
	return text, errors.Join(err, failure)
}

// begin makes the list of samples. If nothing waits any more somebody has it tried
// again: what they do not have is sent once more.
func (a *attempt) begin(s Submission) {
	p := &a.progress
	if len(p.Outcomes) != len(s.Samples) {
		p.Outcomes = nil
		for _, x := range s.Samples {
			p.Outcomes = append(p.Outcomes, SampleOutcome{SHA256: x.SHA256})
		}
	}
	if !slices.ContainsFunc(p.Outcomes, func(o SampleOutcome) bool { return o.Step == Waiting || o.Step == Sending }) {
		p.First = time.Time{}
		for i := range p.Outcomes {
			if !p.Outcomes[i].Arrived() {
				p.Outcomes[i].Step = Waiting
			}
		}
	}
	if p.First.IsZero() {
		p.First = a.Now().UTC()
	}
}

// errKeep is that it could not be kept how far a sample is: nothing further may be
// done.
var errKeep = errors.New("keep how far it is")

// carry carries one sample as far as it goes now. With an error that leaves it
// waiting, after is how long.
func (a *attempt) carry(ctx context.Context, s Submission, i int) (after time.Duration, err error) {
	o := &a.progress.Outcomes[i]
	if o.Arrived() || o.Step == Refused || o.Step == Failed {
		return 0, failureOf(*o)
	}
	own := string(a.response.ID) + o.SHA256
	if o.Step == Sending {
		if known, ok := a.accepted.Load(own); ok { // this process saw what became of it
			*o = known.(SampleOutcome)
			return 0, a.kept(ctx, own)
		}
		if rest := o.Began.Add(a.Patience + grace).Sub(a.Now()); rest > 0 {
			return rest, errors.New("another attempt to send it may still run")
		}
	}
	req, key, err := a.prepare(ctx, s, i)
	switch {
	case err != nil && (lasting(err) || errors.Is(err, candor.ErrDenied)):
		o.Step, o.Said = Failed, brief(err)
		return 0, errors.Join(err, a.save(ctx))
	case err != nil:
		o.Said = brief(err)
		return backoff(o.Attempts), err
	}
	o.Step, o.Began = Sending, a.Now().UTC()
	o.Attempts++
	if err := a.save(ctx); err != nil {
		return 0, errors.Join(errKeep, err)
	}
	after, failure := a.post(ctx, *s.API, req, key, o)
	if o.Arrived() {
		a.accepted.Store(own, *o)
	}
	if err := a.kept(ctx, own); err != nil {
		return 0, err
	}
	return after, failure
}

// failureOf is why a sample is at an end; nil if they have it, or do not want it.
func failureOf(o SampleOutcome) error {
	if o.Step == Failed {
		return errors.New(o.Said)
	}
	return nil
}

// kept writes down what was seen, whether or not the attempt is still wanted.
func (a *attempt) kept(ctx context.Context, own string) error {
	if err := a.save(context.WithoutCancel(ctx)); err != nil {
		if errors.Is(err, candor.ErrChanged) {
			a.accepted.Delete(own) // somebody else knows better
		}
		return errors.Join(errKeep, err)
	}
	a.accepted.Delete(own)
	return nil
}

// prepare makes the request for a sample, if it may be sent now.
func (a *attempt) prepare(ctx context.Context, s Submission, i int) (req func(context.Context) (*http.Request, error), key string, err error) {
	o := a.progress.Outcomes[i]
	if a.Now().Sub(a.progress.First) >= a.GiveUp {
		return nil, "", invalid(fmt.Sprintf("it could not be sent for %s: %s", a.GiveUp, cmp.Or(o.Said, "it could not be made")), "Propose it anew.")
	}
	if a.Client == nil || a.Keys == nil {
		return nil, "", unavailable("nobody here can call an API")
	}
	if err := a.stands(ctx, s); err != nil {
		return nil, "", err
	}
	if a.Consent != nil {
		if err := a.Consent.MaySend(ctx, a.response.Case, o.SHA256); err != nil {
			return nil, "", err
		}
	}
	e, err := a.Entries.Entry(ctx, s.Entry)
	if err != nil {
		return nil, "", err
	}
	if key, err = a.key(ctx, e); err != nil {
		return nil, "", err
	}
	c, err := a.carried(ctx, s, s.Samples[i])
	return func(ctx context.Context) (*http.Request, error) { return s.ask(ctx, c, key) }, key, err
}

// key gives the secret of an entry's API; empty if it needs none.
func (m *Method) key(ctx context.Context, e directory.Entry) (string, error) {
	if e.Interface == nil || e.Interface.Header == "" {
		return "", nil
	}
	key, err := m.Keys.APIKey(ctx, e)
	if errors.Is(err, candor.ErrNotFound) {
		return "", invalid("the API of "+e.Name+" wants a key, and there is none", "Put the key that they gave you into the directory.")
	}
	return key, err
}

// post sends a sample, and reads what became of it. It is not broken off when ctx
// ends: nobody would know whether they took it.
func (a *attempt) post(ctx context.Context, f directory.Interface, ask func(context.Context) (*http.Request, error), key string, o *SampleOutcome) (after time.Duration, failure error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.Patience)
	defer cancel()
	o.Step, o.Status, o.Said = Waiting, 0, ""
	req, err := ask(ctx)
	if err != nil {
		o.Step, o.Said = Failed, brief(err)
		return 0, err
	}
	said, err := a.exchange(req, key)
	if err != nil {
		o.Said = directory.Unanswered(err)
		if errors.Is(err, candor.ErrDenied) { // no address of the open Internet
			o.Step = Failed
		}
		return backoff(o.Attempts), errors.New(o.Said)
	}
	o.Status = said.status
	value, _ := directory.At(said.doc, f.State)
	o.Step, failure = means(f, said, value)
	switch o.Step {
	case Took, Knew:
		o.At = a.Now().UTC()
		if ref, ok := directory.At(said.doc, f.Reference); ok {
			o.Reference = clean(ref, mostReference)
		}
		return 0, nil
	case Refused:
		o.Said = said.beginning()
		return 0, nil
	}
	o.Said = brief(failure)
	return max(backoff(o.Attempts), min(said.wait, longestWait)), failure
}

// said is an answer of an API.
type said struct {
	status int
	text   string // nothing of the key is in it
	doc    any    // nil if it is no JSON, or was too large
	long   bool   // it was too large
	wait   time.Duration
}

// exchange sends a request and reads the answer, of which too much is left unread.
func (m *Method) exchange(req *http.Request, key string) (s said, err error) {
	answer, err := m.Client.Do(req)
	if err != nil {
		return s, err
	}
	defer answer.Body.Close()
	s.status = answer.StatusCode
	if n, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && n > 0 {
		s.wait = time.Duration(min(n, int(longestWait/time.Second))) * time.Second
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer+1))
	if err != nil && s.status/100 != 2 { // with a status of success it was taken, whatever else they say
		return s, err
	}
	if s.long = len(data) > mostAnswer; s.long {
		data = data[:mostAnswer]
	}
	if key != "" {
		data = bytes.ReplaceAll(data, []byte(key), []byte("…"))
	}
	s.text = string(data)
	if !s.long && err == nil {
		s.doc, _ = directory.ReadJSON(data) // what is no JSON has no values
	}
	return s, nil
}

// beginning is the answer on a line.
func (s said) beginning() string {
	text := clean(s.text, 300)
	if text == "" {
		return fmt.Sprintf("the answer was %d %s", s.status, http.StatusText(s.status))
	}
	return fmt.Sprintf("the answer was %d: %s", s.status, text)
}

// clean keeps what a stranger says to a line of printable signs.
func clean(text string, most int) string {
	text = strings.Join(strings.Fields(strings.Map(func(c rune) rune {
		if strconv.IsPrint(c) {
			return c
		}
		return ' '
	}, strings.ToValidUTF8(text, "\uFFFD"))), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// means tells what an answer means for a sample. A status of success that nothing
// was said of is no success where the answers are told apart by a value: it may be
// taken, so that it is not sent again, and a person has to look.
func means(f directory.Interface, s said, value string) (Step, error) {
	switch f.Read(s.status, value) {
	case directory.Taken:
		return Took, nil
	case directory.Known:
		return Knew, nil
	case directory.Refused:
		return Refused, nil
	case directory.Later:
		return Waiting, errors.New(s.beginning())
	}
	const hint = "Look up what they document, and put it into the directory."
	byValue := slices.ContainsFunc(f.Answers, func(a directory.Reading) bool {
		return a.Value != "" && (a.Means == directory.Taken || a.Means == directory.Known)
	})
	switch c := s.status; {
	case c/100 == 2 && !byValue:
		return Took, nil
	case c/100 == 2 && s.long:
		return Failed, candor.WithHint(errors.New("the answer was too long to be read; it may have been taken"), hint)
	case c/100 == 2:
		return Failed, candor.WithHint(fmt.Errorf("nobody said what this answer means; it may have been taken: %s", s.beginning()), hint)
	case c == http.StatusUnauthorized, c == http.StatusForbidden:
		return Failed, candor.WithHint(fmt.Errorf("the key is refused: %s", s.beginning()), "Put the key that they gave you into the directory.")
	case c/100 == 3:
		return Failed, candor.WithHint(fmt.Errorf("it leads elsewhere, and nothing is sent there: %s", s.beginning()), "Give the address that takes samples itself.")
	case c == http.StatusRequestTimeout, c == http.StatusTooEarly, c == http.StatusTooManyRequests, c >= 500:
		return Waiting, errors.New(s.beginning())
	}
	return Failed, candor.WithHint(errors.New(s.beginning()), hint)
}

// Verdict asks an API what came of a sample. False is: nothing yet. It must not be
// asked of what has no reference.
func (m *Method) Verdict(ctx context.Context, s Submission, o SampleOutcome) (a directory.Answer, ok bool, err error) {
	if s.API == nil || s.API.Verdict == nil || o.Reference == "" || m.Client == nil || m.Keys == nil {
		return a, false, unavailable("nothing can be asked for")
	}
	e, err := m.Entries.Entry(ctx, s.Entry)
	if err != nil {
		return a, false, err
	}
	if !e.Retired.IsZero() || !directory.SameInterface(e.Interface, s.API) {
		return a, false, invalid("what the directory says of the API of "+s.Name+" was changed since this was planned", "Propose it anew.")
	}
	key, err := m.key(ctx, e)
	if err != nil {
		return a, false, err
	}
	v := s.API.Verdict
	ctx, cancel := context.WithTimeout(ctx, min(m.Patience, time.Minute))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.ReplaceAll(v.URL, directory.PlaceOfReference, escape(o.Reference)), http.NoBody)
	if err != nil {
		return a, false, err
	}
	head(req, *s.API, key)
	answer, err := m.exchange(req, key)
	if err != nil {
		return a, false, fmt.Errorf("ask %s: %s: %w", s.Name, directory.Unanswered(err), candor.ErrUnavailable)
	}
	if answer.status/100 != 2 {
		return a, false, fmt.Errorf("ask %s: %s: %w", s.Name, answer.beginning(), candor.ErrUnavailable)
	}
	value, _ := directory.At(answer.doc, v.State)
	if a.Verdict, ok = v.Verdict(value); ok && a.Verdict == directory.Malicious {
		name, _ := directory.At(answer.doc, v.Detection)
		a.Detection = clean(name, mostReference-4)
	}
	return a, ok, nil
}
