package ui

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"candor/internal/phrase"
)

// Page is a page of the console: what stands around its content.
type Page struct {
	Title    string          // the noun that the page is about
	Lead     string          // one sentence under the title; may be empty
	Crumbs   []Link          // the pages above this one
	Active   string          // the Key of the entry of Nav that this page belongs to
	Nav      []NavGroup      // the side navigation
	User     User            // who is signed in
	Theme    string          // "light", "dark", or empty for the system's
	Actions  templ.Component // buttons beside the title; may be nil
	Alerts   []Message       // what concerns every page, such as a full disk
	Messages []Message       // what the last step had to say
	Commands []Link          // more for the command palette: steps that this page offers
	Scripts  []string        // more scripts of this page, by their names for Path
	Routes   Routes
}

// NavGroup is a part of the navigation; its title may be empty.
type NavGroup struct {
	Title string
	Items []NavItem
}

// NavItem is an entry of the navigation.
type NavItem struct {
	Key  string // compared with Page.Active
	Icon string
	Text string
	Href string
	More int  // how much waits there; not shown if 0
	Loud bool // what waits there is late
}

// User is the person that the page is for.
type User struct {
	Name   string
	Detail string // role, organisation
}

// Routes are the addresses of what is on every page. A part without its
// address is left out.
type Routes struct {
	Home     string
	Search   string // GET, with the words in q
	Account  string
	SignOut  string // POST
	Theme    string // POST, with theme = "", "light" or "dark", and back
	Language string // POST, with language = a tag, and back
}

// CustomerPage is a page for a customer or subscriber.
type CustomerPage struct {
	Title    string    // what the page is about, in plain words
	Provider string    // who writes
	To       string    // whom the link was sent to, masked: "l••@example.org"
	Expires  string    // until when the link works, in words; may be empty
	Contact  Link      // how to reach a person
	Messages []Message // what the last step had to say
	Home     Link      // the list of the customer's cases, for those with an account; may be empty
	Language string    // GET, with language = a tag; no choice of languages if empty
	Choices  []string  // the languages to choose from, by tag
}

// Message is something that is said to the reader once.
type Message struct {
	Tone  Tone
	Title string
	Text  string          // may be empty
	Undo  *Action         // a way back, if there is one
	More  templ.Component // may be nil
	Stays bool            // it belongs to the page and cannot be dismissed
}

// Action is a step that a button takes: a form of one button.
type Action struct {
	Text   string
	URL    string            // POST
	Fields map[string]string // sent along
}

// back is the address of this page, to come back to.
func back(ctx context.Context) string {
	u := From(ctx).URL
	out := "/" + strings.TrimLeft(u.Path, "/")
	if u.RawQuery != "" {
		out += "?" + u.RawQuery
	}
	return out
}

// languageNames are what languages call themselves.
var languageNames = map[string]string{
	"en": "English", "zh": "简体中文", "ar": "العربية", "es": "Español", "fr": "Français", "ru": "Русский",
}

// documentLanguage is right for the attribute lang: what the printer speaks.
func documentLanguage(ctx context.Context) string {
	switch l := phrase.From(ctx).Lang(); l {
	case "":
		return "en"
	case "zh":
		return "zh-Hans"
	default:
		return l
	}
}

// themeName keeps anything but the two themes out of the page.
func themeName(s string) string {
	if s == "light" || s == "dark" {
		return s
	}
	return ""
}

// initials stand for a person where a picture would.
func initials(name string) string {
	var out []rune
	for i, word := range strings.Fields(name) {
		if i > 1 {
			break
		}
		out = append(out, []rune(word)[0])
	}
	return strings.ToUpper(string(out))
}

// messageIcon goes with the tone, so that colour is not alone.
func messageIcon(t Tone) string {
	switch t {
	case Good:
		return "good"
	case Warn:
		return "warning"
	case Bad:
		return "bad"
	case Unknown:
		return "unknown"
	}
	return "info"
}

func messageWord(t Tone) string {
	switch t {
	case Good:
		return "ui.success"
	case Warn:
		return "ui.warning"
	case Bad:
		return "ui.failure"
	}
	return "ui.note"
}
