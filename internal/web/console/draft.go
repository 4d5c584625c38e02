package console

import (
	"net/url"

	"github.com/a-h/templ"

	"candor/internal/web"
	"candor/internal/web/ui"
)

// draft is what somebody typed into a form that came back, and what is wrong
// with it. The zero draft is that of a form that nobody has sent.
type draft struct {
	values url.Values
	errors []ui.FormError
}

// sentBack is the draft of a form that could not be acted upon.
func sentBack(r *web.Request, field string, err error) draft {
	return draft{r.PostForm, []ui.FormError{{Name: field, Text: why(r, err)}}}
}

// value is what was typed into a field, or what stands there at first.
func (d draft) value(name, first string) string {
	if d.values == nil {
		return first
	}
	return d.values.Get(name)
}

// failure is what is wrong with a field.
func (d draft) failure(name string) string {
	for _, e := range d.errors {
		if e.Name == name {
			return e.Text
		}
	}
	return ""
}

// input fills a field with what was typed, and what is wrong with it.
func (d draft) input(f ui.Input) ui.Input {
	f.Value, f.Error = d.value(f.Name, f.Value), d.failure(f.Name)
	return f
}

// fields are the fields of a question, below what is wrong with them.
func (d draft) fields(all ...templ.Component) templ.Component {
	return ui.InTurn(append([]templ.Component{ui.ErrorSummary(d.errors)}, all...)...)
}
