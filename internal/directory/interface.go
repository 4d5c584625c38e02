package directory

import (
	"net/url"
	"reflect"
	"slices"
	"strings"

	"candor/internal/regex"
)

// Body says how the body of a request is made.
type Body string

// The bodies.
const (
	Multipart Body = "multipart" // multipart/form-data (RFC 7578), the sample as a file
	Raw       Body = "raw"       // the sample's bytes and nothing else
	JSON      Body = "json"      // an object; the sample in base64, or its SHA-256
	FormBody  Body = "form"      // application/x-www-form-urlencoded, with the SHA-256
)

// Bodies are all of them.
func Bodies() []Body { return []Body{Multipart, Raw, JSON, FormBody} }

// Content says what of a sample an API gets.
type Content string

// The contents.
const (
	Plain      Content = "plain"  // the file as it is
	PackedFile Content = "packed" // in the archive of the entry
	SHA256     Content = "sha256" // the digest alone
)

// Contents are all of them.
func Contents() []Content { return []Content{Plain, PackedFile, SHA256} }

// Means is what an answer of an API means.
type Means string

// The meanings.
const (
	Taken   Means = "taken"
	Known   Means = "known"   // they have it already
	Refused Means = "refused" // they do not want it
	Later   Means = "later"   // it is to be tried again
)

// AllMeans are all of them.
func AllMeans() []Means { return []Means{Taken, Known, Refused, Later} }

// Interface says how an API takes samples: all that a request is made from, and
// how its answer is read. The secret that opens it is no part of it.
type Interface struct {
	URL       string    `json:"url" yaml:"url"`                           // https://…
	Method    string    `json:"method,omitempty" yaml:"method,omitempty"` // POST or PUT; POST if empty
	Body      Body      `json:"body" yaml:"body"`
	Content   Content   `json:"content" yaml:"content"`
	Field     string    `json:"field,omitempty" yaml:"field,omitempty"`         // that the sample, or its digest, is in; none in a raw body
	Fields    []Field   `json:"fields,omitempty" yaml:"fields,omitempty"`       // further ones, the same in each request
	Header    string    `json:"header,omitempty" yaml:"header,omitempty"`       // that holds the key; no key is needed if empty
	Prefix    string    `json:"prefix,omitempty" yaml:"prefix,omitempty"`       // of the key, such as "Bearer "
	Reference string    `json:"reference,omitempty" yaml:"reference,omitempty"` // a JSON Pointer (RFC 6901) into the answer
	State     string    `json:"state,omitempty" yaml:"state,omitempty"`         // a JSON Pointer to the value that tells what became of it
	Answers   []Reading `json:"answers,omitempty" yaml:"answers,omitempty"`     // the first that fits tells; without one the status does
	Verdict   *Asking   `json:"verdict,omitempty" yaml:"verdict,omitempty"`     // how it is asked what came of a sample; nil if it cannot be
}

// Field is a fixed field of a request. It is shown to people: a secret has no
// place in it.
type Field struct {
	Name  string `json:"name" yaml:"name"`
	Value string `json:"value" yaml:"value"`
}

// Reading is what an answer means that has a status, a value where
// Interface.State points, or both.
type Reading struct {
	Means  Means  `json:"means" yaml:"means"`
	Status int    `json:"status,omitempty" yaml:"status,omitempty"` // any if 0
	Value  string `json:"value,omitempty" yaml:"value,omitempty"`   // any if empty
}

// Asking says how an API is asked for its verdict, by GET.
type Asking struct {
	URL       string   `json:"url" yaml:"url"`                                 // at the same host, with {reference}
	State     string   `json:"state" yaml:"state"`                             // a JSON Pointer to the value that tells
	Detection string   `json:"detection,omitempty" yaml:"detection,omitempty"` // a JSON Pointer to what they call it
	Malicious []string `json:"malicious,omitempty" yaml:"malicious,omitempty"` // values
	Clean     []string `json:"clean,omitempty" yaml:"clean,omitempty"`
	NeedsMore []string `json:"needs_more,omitempty" yaml:"needs_more,omitempty"`
}

// Verdict is what a value means; false if nothing yet.
func (a Asking) Verdict(value string) (Verdict, bool) {
	switch {
	case slices.Contains(a.Malicious, value):
		return Malicious, true
	case slices.Contains(a.Clean, value):
		return Clean, true
	case slices.Contains(a.NeedsMore, value):
		return NeedsMore, true
	}
	return "", false
}

// Read tells what an answer means; empty if nothing says so.
func (f Interface) Read(status int, value string) Means {
	for _, a := range f.Answers {
		if (a.Status == 0 || a.Status == status) && (a.Value == "" || a.Value == value) {
			return a.Means
		}
	}
	return ""
}

// Verb is the method of the request.
func (f Interface) Verb() string {
	if f.Method == "" {
		return "POST"
	}
	return f.Method
}

// Host is that of the address: what a key was given for.
func (f Interface) Host() string {
	u, err := url.Parse(f.URL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// SameInterface tells whether two say the same; nil is only the same as nil.
func SameInterface(a, b *Interface) bool { return reflect.DeepEqual(a, b) }

// PlaceOfReference is what stands for the reference in the address of verdicts.
const PlaceOfReference = "{reference}"

// Bounds of an Interface.
const (
	mostFields  = 20
	mostAnswers = 40
	mostValue   = 2000
	mostPointer = 200
)

var (
	token  = regex.Of("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$") // RFC 9110, 5.6.2
	member = regex.Of(`^[A-Za-z0-9_.\[\]-]{1,64}$`)
)

// kept are headers that the program sets itself, or that would change how a
// request is sent.
var kept = []string{"host", "content-type", "content-length", "transfer-encoding", "connection", "user-agent", "accept", "te", "trailer", "upgrade", "expect", "content-encoding", "cookie"}

func (e Entry) checkInterface() error {
	if e.Interface == nil {
		return nil
	}
	f := *e.Interface
	if e.Address(API) == "" {
		return bad("it says how an API takes samples, and has no channel of that way", "Add a channel: api, and the address at which it is described.")
	}
	for _, one := range []func() error{f.checkRequest, f.checkFields, f.checkAnswers, f.checkVerdict} {
		if err := one(); err != nil {
			return err
		}
	}
	switch {
	case f.Content == SHA256 && !slices.Contains(e.Takes, Hashes):
		return bad("its API gets digests, and it does not take any", "Add hashes to what it takes.")
	case f.Content != SHA256 && !slices.Contains(e.Takes, Samples):
		return bad("its API gets samples, and it does not take any", "Add samples to what it takes.")
	case f.Content == PackedFile && e.Archive == NoArchive:
		return bad("its API gets samples in an archive, and it does not say in which", "Choose the archive and its password.")
	}
	return nil
}

func (f Interface) checkRequest() error {
	switch {
	case !address(f.URL):
		return bad("the address of the API does not begin with https://", "Give the address that samples are sent to.")
	case f.Verb() != "POST" && f.Verb() != "PUT":
		return bad("samples are sent by neither POST nor PUT", "Choose POST or PUT.")
	case !slices.Contains(Bodies(), f.Body):
		return bad("it does not say how the body of the request is made", "Choose multipart, raw, json or form.")
	case !slices.Contains(Contents(), f.Content):
		return bad("it does not say what of a sample the API gets", "Choose plain, packed or sha256.")
	case f.Body == FormBody && f.Content != SHA256, (f.Body == Multipart || f.Body == Raw) && f.Content == SHA256:
		return bad("a body of this kind cannot carry that", "Files go as multipart, raw or json; digests as json or form.")
	case f.Header != "" && (!token.MatchString(f.Header) || slices.Contains(kept, strings.ToLower(f.Header))):
		return bad("the name of the header with the key is none, or is not free", "Write it as they do, such as Auth-Key or Authorization.")
	case f.Prefix != "" && (f.Header == "" || !line(f.Prefix, 40) || strings.ContainsFunc(f.Prefix, func(c rune) bool { return c > '~' })):
		return bad("what stands before the key is too long, or there is no header", "Write a word such as Bearer, with a space behind it.")
	}
	return nil
}

func (f Interface) checkFields() error {
	switch {
	case f.Body == Raw && (f.Field != "" || len(f.Fields) > 0):
		return bad("a raw body has no fields", "Take them away, or choose another body.")
	case f.Body != Raw && !member.MatchString(f.Field):
		return bad("the name of the field with the sample is missing, or has other signs than letters, digits and . _ - [ ]", "Write it as they do, such as file.")
	case len(f.Fields) > mostFields:
		return bad("there are too many fields", "Keep to those that they ask for.")
	}
	for i, x := range f.Fields {
		if !member.MatchString(x.Name) || len(x.Value) > mostValue || !line(x.Value, mostValue) {
			return bad("a fixed field has no name, or a value that is not on one line", "Write one field a line: name=value.")
		}
		if x.Name == f.Field || slices.ContainsFunc(f.Fields[:i], func(y Field) bool { return y.Name == x.Name }) {
			return bad("a field stands there twice", "Take one away.")
		}
	}
	return nil
}

func (f Interface) checkAnswers() error {
	for _, p := range []string{f.Reference, f.State} {
		if !IsPointer(p) {
			return bad("a place in the answer is no JSON Pointer", "Write it as /data/id (RFC 6901).")
		}
	}
	if len(f.Answers) > mostAnswers {
		return bad("there are too many answers", "Keep to those that they document.")
	}
	for _, a := range f.Answers {
		switch {
		case !slices.Contains(AllMeans(), a.Means):
			return bad("an answer does not say what it means", "Begin with taken, known, refused or later.")
		case a.Status != 0 && (a.Status < 200 || a.Status > 599), a.Status == 0 && a.Value == "":
			return bad("an answer has neither a status nor a value, or a status that is none", "Write a status such as 409, a value, or both.")
		case a.Status/100 == 3 && (a.Means == Taken || a.Means == Known):
			return bad("a redirect takes nothing", "Give the address that takes samples itself.")
		case a.Value != "" && f.State == "":
			return bad("an answer has a value, and nothing says where it stands", "Give the JSON Pointer to the value.")
		case !line(a.Value, mostName):
			return bad("a value of an answer is not on one line", "Write it as they do.")
		}
	}
	return nil
}

func (f Interface) checkVerdict() error {
	v := f.Verdict
	if v == nil {
		return nil
	}
	at, err := url.Parse(v.URL)
	switch {
	case err != nil || !address(v.URL) || strings.Count(v.URL, PlaceOfReference) != 1 || !strings.EqualFold(at.Host, f.Host()) || strings.Contains(at.Host, PlaceOfReference):
		return bad("the address of verdicts does not begin with https://, is at another host, or does not name {reference} once", "Write it as an address of the API with {reference} in place of the reference.")
	case f.Reference == "":
		return bad("verdicts are asked for by a reference, and nothing says where the answer has it", "Give the JSON Pointer to the reference.")
	case v.State == "" || !IsPointer(v.State) || !IsPointer(v.Detection):
		return bad("a place in the verdict is no JSON Pointer", "Write it as /data/id (RFC 6901).")
	case len(v.Malicious)+len(v.Clean)+len(v.NeedsMore) == 0 || len(v.Malicious)+len(v.Clean)+len(v.NeedsMore) > mostAnswers:
		return bad("no value of the verdict means anything, or there are too many", "Say which values mean malicious, clean, or that they need more.")
	}
	for _, x := range slices.Concat(v.Malicious, v.Clean, v.NeedsMore) {
		if x == "" || !line(x, mostName) {
			return bad("a value of the verdict is empty, or is not on one line", "Write it as they do.")
		}
	}
	return nil
}
