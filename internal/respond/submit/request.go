package submit

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"candor/internal/directory"
)

// file is what of a sample a request carries.
type file struct {
	name string
	kind string // content type
	data []byte
}

// planCall says which requests an API gets.
func (m *Method) planCall(ctx context.Context, s *Submission, e directory.Entry, digests []string) error {
	s.Form = map[directory.Content]Form{directory.Plain: Bare, directory.PackedFile: Packed, directory.SHA256: Digests}[s.API.Content]
	if s.Form == Packed {
		s.Archive, s.Password = e.Archive, e.Password
	}
	if _, err := m.samples(ctx, digests, -1); err != nil { // that they are there, and none twice
		return err
	}
	for _, d := range digests {
		one, err := m.samples(ctx, []string{d}, m.most(e))
		if err != nil {
			return err
		}
		if s.Form != Digests && (one[0].Bytes == Uncounted || requestSize(*s, one[0]) > m.most(e)) {
			return invalid(fmt.Sprintf("%s is larger than %s takes", d, s.Name), "Leave it out, or send its digest on another way.")
		}
		s.Samples = append(s.Samples, one[0])
	}
	var text []string
	for _, x := range s.Samples {
		text = append(text, s.request(x))
	}
	s.Language, s.Subject, s.Text = "en", s.API.Verb()+" "+s.To, strings.Join(text, "\n\n")+"\n"
	return nil
}

// requestSize bounds a request with a sample.
func requestSize(s Submission, x Sample) int64 {
	n := x.Bytes
	if s.Form == Packed {
		n += n/1000 + 2048
	}
	if s.API.Body == directory.JSON {
		n = n*4/3 + 4
	}
	for _, f := range s.API.Fields {
		n += int64(len(f.Name)+len(f.Value)) + 200
	}
	return n + 1024
}

// fileName is what a sample is called in a request.
func (s Submission) fileName(x Sample) string {
	if s.Form == Packed {
		return x.name() + ".zip"
	}
	return x.name()
}

// request shows a request as it is sent, but for the key and the content.
func (s Submission) request(x Sample) string {
	f := *s.API
	out := []string{f.Verb() + " " + f.URL, "Content-Type: " + map[directory.Body]string{directory.Multipart: "multipart/form-data", directory.Raw: "application/octet-stream", directory.JSON: "application/json", directory.FormBody: "application/x-www-form-urlencoded"}[f.Body]}
	if f.Header != "" {
		out = append(out, f.Header+": "+f.Prefix+"••••••")
	}
	out = append(out, "")
	for _, v := range f.Fields {
		out = append(out, v.Name+" = "+v.Value)
	}
	what := "SHA-256 " + x.SHA256
	switch s.Form {
	case Digests:
		what = x.SHA256
	case Packed:
		what = fmt.Sprintf("%s (%s, password %q) ‹ %s, %d bytes", s.fileName(x), s.Archive, s.Password, what, x.Bytes)
	default:
		what = fmt.Sprintf("%s ‹ %s, %d bytes", s.fileName(x), what, x.Bytes)
	}
	name := f.Field
	if name == "" {
		name = "body"
	}
	return strings.Join(append(out, name+" = "+what), "\n")
}

// carried makes what of a sample a request carries.
func (m *Method) carried(ctx context.Context, s Submission, x Sample) (file, error) {
	out := file{name: s.fileName(x), kind: "application/octet-stream"}
	var err error
	switch s.Form {
	case Digests:
		out.data = []byte(x.SHA256)
	case Packed:
		one := s
		one.Samples = []Sample{x}
		out.kind = "application/zip"
		out.data, err = m.pack(ctx, one)
	default:
		out.data, err = m.content(ctx, x)
	}
	return out, err
}

// ask makes the request for a sample.
func (s Submission) ask(ctx context.Context, c file, key string) (*http.Request, error) {
	body, kind, err := bodyOf(*s.API, c)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, s.API.Verb(), s.API.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	head(req, *s.API, key)
	return req, nil
}

func head(req *http.Request, f directory.Interface, key string) {
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Candor")
	if f.Header != "" {
		req.Header.Set(f.Header, f.Prefix+key)
	}
}

// bodyOf makes the body of a request, and its content type.
func bodyOf(f directory.Interface, c file) ([]byte, string, error) {
	switch f.Body {
	case directory.Raw:
		return c.data, c.kind, nil
	case directory.JSON:
		object := map[string]string{}
		for _, v := range f.Fields {
			object[v.Name] = v.Value
		}
		object[f.Field] = base64.StdEncoding.EncodeToString(c.data)
		if f.Content == directory.SHA256 {
			object[f.Field] = string(c.data)
		}
		text, err := json.Marshal(object)
		return text, "application/json", err
	case directory.FormBody:
		values := url.Values{f.Field: {string(c.data)}}
		for _, v := range f.Fields {
			values.Set(v.Name, v.Value)
		}
		return []byte(values.Encode()), "application/x-www-form-urlencoded", nil
	}
	return multipartOf(f, c)
}

func multipartOf(f directory.Interface, c file) ([]byte, string, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, v := range f.Fields {
		if err := w.WriteField(v.Name, v.Value); err != nil {
			return nil, "", err
		}
	}
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"`, f.Field, c.name)) // both have no sign that needs quoting
	h.Set("Content-Type", c.kind)
	part, err := w.CreatePart(h)
	if err == nil {
		_, err = part.Write(c.data)
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), w.FormDataContentType(), err
}

// escape writes a reference for any place of an address. A reference of dots alone
// would be another path.
func escape(reference string) string {
	if strings.Trim(reference, ".") == "" {
		return "%00"
	}
	return strings.ReplaceAll(url.QueryEscape(reference), "+", "%20")
}
