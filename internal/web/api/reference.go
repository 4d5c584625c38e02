package api

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed page.html
var pageHTML string

// The page of documentation, as its template sees it.
type (
	pageView struct {
		Title, Version, Address, Style string
		About                          []template.HTML
		Failures                       []failureView
		Tags                           []tagView
		Schemas                        []schemaView
	}
	tagView struct {
		Name, Anchor, About string
		Operations          []operationView
	}
	operationView struct {
		ID, Method, Path, Summary, Scope string
		About                            template.HTML
		Parameters                       []fieldView
		Body                             []contentView
		Answers                          []answerView
		Failures                         []string // statuses
		Curl                             string
	}
	fieldView struct {
		Name, In string
		Required bool
		Type     template.HTML
		About    string
	}
	contentView struct {
		Type   string
		Schema template.HTML
		Fields []fieldView
	}
	answerView struct {
		Status, About string
		Content       []contentView
		Headers       []string
	}
	failureView struct{ Status, About string }
	schemaView  struct {
		Name, About string
		Type        template.HTML
		Fields      []fieldView
	}
)

// page draws the page of documentation.
func (s *server) page(o *huma.OpenAPI) ([]byte, error) {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return nil, err
	}
	d := drawer{o.Components.Schemas, s.PublicURL}
	v := pageView{Title: o.Info.Title, Version: o.Info.Version, Address: s.PublicURL, Style: stylePath}
	for paragraph := range strings.SplitSeq(o.Info.Description, "\n\n") {
		v.About = append(v.About, marked(paragraph))
	}
	for _, code := range slices.Sorted(maps.Keys(meaning)) {
		v.Failures = append(v.Failures, failureView{fmt.Sprintf("%d %s", code, http.StatusText(code)), meaning[code]})
	}
	for _, tag := range o.Tags {
		view := tagView{Name: tag.Name, Anchor: strings.ToLower(strings.ReplaceAll(tag.Name, " ", "-")), About: tag.Description}
		for _, op := range s.table {
			if op.tag == tag.Name {
				view.Operations = append(view.Operations, d.operation(op, operationOf(o, op)))
			}
		}
		v.Tags = append(v.Tags, view)
	}
	all := o.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		v.Schemas = append(v.Schemas, schemaView{name, all[name].Description, d.kind(all[name]), d.fields(all[name])})
	}
	var out bytes.Buffer
	err = t.Execute(&out, v)
	return out.Bytes(), err
}

func operationOf(o *huma.OpenAPI, op operation) *huma.Operation {
	item := o.Paths[op.path]
	return map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete}[op.method]
}

// marked writes the little of Markdown that the texts here use.
func marked(text string) template.HTML {
	text = template.HTMLEscapeString(text)
	for _, m := range []struct{ sign, tag string }{{"**", "strong"}, {"`", "code"}} {
		parts := strings.Split(text, m.sign)
		var out strings.Builder
		for i, part := range parts {
			switch {
			case i == 0:
			case i%2 == 1:
				out.WriteString("<" + m.tag + ">")
			default:
				out.WriteString("</" + m.tag + ">")
			}
			out.WriteString(part)
		}
		text = out.String()
	}
	return template.HTML(text) //nolint:gosec // escaped above
}

// drawer turns parts of the document into views.
type drawer struct {
	schemas huma.Registry
	address string
}

func (d drawer) operation(op operation, o *huma.Operation) operationView {
	v := operationView{ID: op.id, Method: op.method, Path: op.path, Summary: op.summary, Scope: op.scope(), About: marked(o.Description)}
	for _, p := range o.Parameters {
		v.Parameters = append(v.Parameters, fieldView{Name: p.Name, In: p.In, Required: p.Required, Type: d.kind(p.Schema), About: cmp.Or(p.Description, p.Schema.Description)})
	}
	if o.RequestBody != nil {
		v.Body = d.content(o.RequestBody.Content)
		for i, c := range v.Body {
			v.Body[i].Fields = d.fields(d.schema(o.RequestBody.Content[c.Type].Schema))
		}
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		if status >= "400" {
			v.Failures = append(v.Failures, status)
			continue
		}
		r := o.Responses[status]
		v.Answers = append(v.Answers, answerView{Status: status, About: r.Description, Content: d.content(r.Content), Headers: slices.Sorted(maps.Keys(r.Headers))})
	}
	v.Curl = d.curl(op, o)
	return v
}

func (d drawer) content(all map[string]*huma.MediaType) []contentView {
	var views []contentView
	for _, t := range slices.Sorted(maps.Keys(all)) {
		views = append(views, contentView{Type: t, Schema: d.kind(all[t].Schema)})
	}
	return views
}

// schema follows references.
func (d drawer) schema(s *huma.Schema) *huma.Schema {
	for s.Ref != "" {
		s = d.schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// fields are the members of an object.
func (d drawer) fields(s *huma.Schema) []fieldView {
	var views []fieldView
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		views = append(views, fieldView{Name: name, Required: slices.Contains(s.Required, name), Type: d.kind(p), About: p.Description})
	}
	return views
}

// kind names a schema, with a link to one that has a name.
func (d drawer) kind(s *huma.Schema) template.HTML {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		name := template.HTMLEscapeString(s.Ref[strings.LastIndex(s.Ref, "/")+1:])
		return template.HTML(fmt.Sprintf(`<a href="#schema-%s">%s</a>`, name, name)) //nolint:gosec // escaped above
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, w := range s.Enum {
			words[i] = "<code>" + template.HTMLEscapeString(fmt.Sprint(w)) + "</code>"
		}
		return template.HTML(strings.Join(words, " ")) //nolint:gosec // escaped above
	case s.Type == huma.TypeArray:
		return "list of " + d.kind(s.Items)
	case s.Type == huma.TypeObject && s.AdditionalProperties != nil && len(s.Properties) == 0:
		if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
			return "map of " + d.kind(values)
		}
	case s.Type == "":
		return "any"
	}
	words := []string{s.Type}
	if s.Format != "" && s.Format != "int64" && s.Format != "int32" {
		words = append(words, s.Format)
	}
	for _, bound := range []struct {
		word string
		n    *int
	}{{"at least %d characters", s.MinLength}, {"at most %d characters", s.MaxLength}} {
		if bound.n != nil {
			words = append(words, fmt.Sprintf(bound.word, *bound.n))
		}
	}
	if s.Minimum != nil && s.Maximum != nil {
		words = append(words, strconv.FormatFloat(*s.Minimum, 'f', -1, 64)+" to "+strconv.FormatFloat(*s.Maximum, 'f', -1, 64))
	}
	return template.HTML(template.HTMLEscapeString(strings.Join(words, ", "))) //nolint:gosec // escaped
}

// curl shows how to ask.
func (d drawer) curl(op operation, o *huma.Operation) string {
	parts := []string{"curl"}
	if op.method != http.MethodGet {
		parts = append(parts, "-X", op.method)
	}
	parts = append(parts, `-H "Authorization: Bearer $TOKEN"`)
	if op.method == http.MethodPost {
		parts = append(parts, `-H "Idempotency-Key: $(uuidgen)"`)
	}
	if op.matches {
		parts = append(parts, `-H 'If-Match: "7"'`)
	}
	switch {
	case len(op.raw) > 0:
		parts = append(parts, "-H 'Content-Type: "+op.raw[0]+"'", "--data-binary @file")
	case op.example != "":
		parts = append(parts, "--json '"+op.example+"'")
	case o.RequestBody != nil:
		parts = append(parts, "--json '"+d.example(o.RequestBody.Content["application/json"].Schema)+"'")
	}
	if op.answers == "application/zip" {
		parts = append(parts, "-o evidence.zip")
	}
	path := strings.NewReplacer("{", "$", "}", "").Replace(op.path)
	query := ""
	for _, p := range o.Parameters {
		if p.In == "query" && p.Required {
			query += "&" + p.Name + "=…"
		}
	}
	if query != "" {
		query = "?" + query[1:]
	}
	return strings.Join(parts, " ") + ` "` + d.address + path + query + `"`
}

// example writes the members that a body must have.
func (d drawer) example(s *huma.Schema) string {
	text, err := json.Marshal(d.sample(s, 0))
	if err != nil {
		return "{}"
	}
	return strings.ReplaceAll(string(text), "'", `'\''`)
}

func (d drawer) sample(s *huma.Schema, deep int) any {
	s = d.schema(s)
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type == huma.TypeObject:
		members := map[string]any{}
		for _, name := range s.Required {
			members[name] = d.sample(s.Properties[name], deep+1)
		}
		return members
	case s.Type == huma.TypeArray && deep < 4:
		return []any{d.sample(s.Items, deep+1)}
	case s.Type == huma.TypeBoolean:
		return true
	case s.Type == huma.TypeInteger, s.Type == huma.TypeNumber:
		return 1
	case s.Format == "date-time":
		return "2026-03-01T12:00:00Z"
	}
	return "…"
}
