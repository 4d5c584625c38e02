package ui

import "github.com/a-h/templ"

// htmxConfig keeps htmx within the policy: it must neither write styles nor
// evaluate texts, and talks to nobody but us. Answers 422 are forms with
// errors in them, hence shown.
const htmxConfig = `{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"selfRequestsOnly":true,` +
	`"historyCacheSize":0,"refreshOnHistoryMiss":true,"responseHandling":[{"code":"204","swap":false},` +
	`{"code":"[23]..","swap":true},{"code":"422","swap":true},{"code":"...","swap":false,"error":true}]}`

// keyboard lists what keys do, for people; the script holds the same list.
var keyboard = []struct {
	keys []string
	does string
}{
	{[]string{"j"}, "next"}, {[]string{"k"}, "previous"}, {[]string{"o"}, "open"}, {[]string{"x"}, "select"},
	{[]string{"/"}, "search"}, {[]string{"Ctrl", "K"}, "palette"}, {[]string{"?"}, "help"},
}

func orRoot(href string) string {
	if href == "" {
		return "/"
	}
	return href
}

func pressed(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}

// current marks the entry of a navigation that stands for this page.
func current(yes bool) templ.Attributes {
	if yes {
		return templ.Attributes{"aria-current": "page"}
	}
	return nil
}

func activeText(p Page) string {
	for _, g := range p.Nav {
		for _, n := range g.Items {
			if n.Key == p.Active {
				return n.Text
			}
		}
	}
	return ""
}
