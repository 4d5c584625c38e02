package office

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"candor/internal/directory"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// The fields of the form of an entry that say how its API takes samples: those of a
// line, and those of several.
var (
	interfaceFields = []string{"api-url", "api-method", "api-body", "api-content", "api-field", "api-header", "api-prefix", "api-reference", "api-state", "api-verdict-url", "api-verdict-state", "api-verdict-detection"}
	interfaceTexts  = []string{"api-fields", "api-answers", "api-verdicts"}
)

// giveInterface fills the fields.
func giveInterface(v map[string]string, f *directory.Interface) {
	if f == nil {
		return
	}
	for name, value := range map[string]string{"api-url": f.URL, "api-method": f.Verb(), "api-body": string(f.Body), "api-content": string(f.Content), "api-field": f.Field, "api-header": f.Header, "api-prefix": strings.TrimRight(f.Prefix, " "), "api-reference": f.Reference, "api-state": f.State} {
		v[name] = value
	}
	var fields, answers, verdicts []string
	for _, x := range f.Fields {
		fields = append(fields, x.Name+"="+x.Value)
	}
	for _, a := range f.Answers {
		status := "*"
		if a.Status != 0 {
			status = strconv.Itoa(a.Status)
		}
		answers = append(answers, strings.TrimRight(string(a.Means)+" "+status+" "+a.Value, " "))
	}
	if a := f.Verdict; a != nil {
		v["api-verdict-url"], v["api-verdict-state"], v["api-verdict-detection"] = a.URL, a.State, a.Detection
		for _, group := range []struct {
			verdict directory.Verdict
			values  []string
		}{{directory.Malicious, a.Malicious}, {directory.Clean, a.Clean}, {directory.NeedsMore, a.NeedsMore}} {
			for _, value := range group.values {
				verdicts = append(verdicts, string(group.verdict)+" "+value)
			}
		}
	}
	v["api-fields"], v["api-answers"], v["api-verdicts"] = strings.Join(fields, "\n"), strings.Join(answers, "\n"), strings.Join(verdicts, "\n")
}

// offerInterfaces fills the choices, and who can be filled in.
func offerInterfaces(r *web.Request, f *entryForm, e directory.Entry) error {
	f.verbs = []ui.Option{{Value: "POST", Label: "POST"}, {Value: "PUT", Label: "PUT"}}
	f.bodies = append([]ui.Option{{Label: r.T("office.directory.api.none")}}, web.Options(r, "office.directory.api.body.", directory.Bodies())...)
	f.contents = web.Options(r, "office.directory.api.content.", directory.Contents())
	f.described = slices.ContainsFunc(slices.Concat(interfaceFields, interfaceTexts), func(name string) bool {
		return name != "api-method" && name != "api-content" && f.values[name] != ""
	})
	all, err := directory.Starter()
	for _, x := range all {
		if x.Interface == nil {
			continue
		}
		path := "/directory/new"
		if e.ID != "" {
			path = entryPath(e.ID) + "/edit"
		}
		f.presets = append(f.presets, ui.Link{Text: x.Name, Href: path + "?like=" + url.QueryEscape(x.Name)})
	}
	return err
}

// readInterface takes the fields into what is said of an API; nil if they are empty.
func (f *entryForm) readInterface(r *web.Request) *directory.Interface {
	v := f.values
	if !slices.ContainsFunc(slices.Concat(interfaceFields, interfaceTexts), func(name string) bool { return name != "api-method" && name != "api-content" && v[name] != "" }) {
		return nil
	}
	out := &directory.Interface{URL: v["api-url"], Body: directory.Body(v["api-body"]), Content: directory.Content(v["api-content"]), Field: v["api-field"], Header: v["api-header"], Prefix: v["api-prefix"], Reference: v["api-reference"], State: v["api-state"]}
	if v["api-method"] != "POST" {
		out.Method = v["api-method"]
	}
	if out.Prefix != "" {
		out.Prefix += " "
	}
	for _, l := range lines(v["api-fields"]) {
		name, value, ok := strings.Cut(l, "=")
		if !ok {
			f.refuse("api-fields", r.T("office.directory.api.fields.bad", phrase.Args{"line": l}))
		}
		out.Fields = append(out.Fields, directory.Field{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	for _, l := range lines(v["api-answers"]) {
		a, ok := readAnswer(l)
		if !ok {
			f.refuse("api-answers", r.T("office.directory.api.answers.bad", phrase.Args{"line": l}))
		}
		out.Answers = append(out.Answers, a)
	}
	out.Verdict = f.readAsking(r)
	return out
}

// readAnswer reads "known 409", "taken * inserted".
func readAnswer(l string) (a directory.Reading, ok bool) {
	means, rest, _ := strings.Cut(l, " ")
	status, value, _ := strings.Cut(strings.TrimSpace(rest), " ")
	a = directory.Reading{Means: directory.Means(means), Value: strings.TrimSpace(value)}
	if status == "*" {
		return a, a.Value != ""
	}
	n, err := strconv.Atoi(status)
	a.Status = n
	return a, err == nil
}

// readAsking reads how verdicts are asked for; nil if nothing of it is filled in.
func (f *entryForm) readAsking(r *web.Request) *directory.Asking {
	v := f.values
	a := &directory.Asking{URL: v["api-verdict-url"], State: v["api-verdict-state"], Detection: v["api-verdict-detection"]}
	all := lines(v["api-verdicts"])
	if a.URL+a.State+a.Detection == "" && len(all) == 0 {
		return nil
	}
	for _, l := range all {
		means, value, _ := strings.Cut(l, " ")
		value = strings.TrimSpace(value)
		switch directory.Verdict(means) {
		case directory.Malicious:
			a.Malicious = append(a.Malicious, value)
		case directory.Clean:
			a.Clean = append(a.Clean, value)
		case directory.NeedsMore:
			a.NeedsMore = append(a.NeedsMore, value)
		default:
			f.refuse("api-verdicts", r.T("office.directory.api.verdicts.bad", phrase.Args{"line": l}))
		}
	}
	return a
}

// interfaceFacts are what the page of an entry says of its API.
func interfaceFacts(r *web.Request, e directory.Entry, keyed bool) []ui.Fact {
	f := e.Interface
	key := ui.Text(r.T("office.directory.api.key.unneeded"))
	switch {
	case f.Header != "" && keyed:
		key = ui.Badge(r.T("office.directory.api.key.there"), ui.Good)
	case f.Header != "":
		key = ui.Badge(r.T("office.directory.api.key.missing"), ui.Bad)
	}
	facts := []ui.Fact{
		{Label: r.T("office.directory.api.url"), Value: ui.Mono(f.Verb() + " " + f.URL)},
		{Label: r.T("office.directory.api.key"), Value: key},
		{Label: r.T("office.directory.api.body"), Value: ui.Text(r.Printer.Word("office.directory.api.body.", string(f.Body)))},
		{Label: r.T("office.directory.api.content"), Value: ui.Text(r.Printer.Word("office.directory.api.content.", string(f.Content)))},
		{Label: r.T("office.directory.api.reference"), Value: ui.OrAbsent(f.Reference)},
	}
	v := map[string]string{}
	giveInterface(v, f)
	for _, name := range []string{"api-fields", "api-answers", "api-verdict-url", "api-verdicts"} {
		for _, l := range lines(v[name]) {
			facts = append(facts, ui.Fact{Label: r.T("office.directory.api." + strings.TrimPrefix(name, "api-")), Value: ui.Mono(l)})
		}
	}
	return facts
}

// askAPIKey asks for the key of an API. What is there is never shown.
func (o *office) askAPIKey(r *web.Request) (web.View, error) {
	v, err := o.entryOf(r)
	if err != nil {
		return web.View{}, err
	}
	path := entryPath(v.Entry.ID)
	host := ""
	if v.Entry.Interface != nil {
		host = v.Entry.Interface.Host()
	}
	q := ui.Confirmation{ID: "key", Title: r.T("office.directory.api.key.title", phrase.Args{"name": v.Entry.Name}), What: []string{r.T("office.directory.api.key.what", phrase.Args{"host": host})}, Undo: r.T("office.directory.api.key.undo"),
		URL: path + "/key", Page: path + "/key", Back: path, Fields: r.Fields(), Submit: r.T("ui.save"),
		Form: ui.TextField(of("password", ui.Input{Name: "secret", Label: r.T("office.directory.api.key"), Hint: r.T("office.directory.api.key.hint"), Autocomplete: "off"}))}
	return web.Confirm(entryFrame(r, v.Entry), q), nil
}

func (o *office) setAPIKey(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	_, err = o.house.SetAPIKey(r.Context(), r.Who, id, r.Line("secret"))
	return saidOf(r, id, r.T("ui.saved"), err)
}
