package web

import (
	"io"
	"net/http"

	"github.com/a-h/templ"

	"candor/internal/web/ui"
)

// View is what a handler has to say. One of these is set: To, Document, Send,
// Strange, JSON, or Body with Page.
type View struct {
	// Page is what stands around Body. Nav, User, Theme and Routes are filled
	// in; messages of the last step are put in front of Messages.
	Page ui.Page
	Body templ.Component
	// Partial is what htmx gets instead of the page, if it asked for a part; nil
	// stands for the whole page.
	Partial templ.Component
	// Plain leaves the navigation away, as for pages about signing in. Readers
	// who are not of the staff see Body so in any case: in one column, large.
	Plain bool
	// Document is a whole document of its own, as customers' pages are.
	Document templ.Component
	// Send is a file to be kept.
	Send *File
	// Strange is a document of somebody else's in HTML, such as a mail. Browsers
	// show it in a frame of a page whose view says Frames: without scripts, forms
	// and links, and with nothing from elsewhere.
	Strange []byte
	// Frames lets the page have frames, with documents of this site.
	Frames bool
	// JSON is data for a script of the page, such as the points of a live chart.
	JSON any
	// To is a path of this site to go to instead (303).
	To string
	// Status is the HTTP status; 200 if 0, or 303 with To. A form that came
	// back with errors has 422.
	Status int
	// Messages are shown on the page that To leads to.
	Messages []ui.Message
	// Trigger are events for the script of a page that htmx changed, by name:
	// {"toast": {"text": …, "tone": …}}.
	Trigger map[string]any
}

// File is something that a browser is to keep.
type File struct {
	Name  string // without a path
	Type  string // content type
	Write func(io.Writer) error
}

// See leads to another page of this site.
func See(path string) View { return View{To: path} }

// Say adds a message for the page that the view leads to.
func (v View) Say(tone ui.Tone, title string) View {
	return v.SayAll(ui.Message{Tone: tone, Title: title})
}

// SayAll adds messages for the page that the view leads to. Of a message, Tone,
// Title, Text and Undo arrive.
func (v View) SayAll(m ...ui.Message) View {
	v.Messages = append(v.Messages, m...)
	return v
}

// Again is a form that came back with errors: the view with status 422.
func (v View) Again() View {
	v.Status = http.StatusUnprocessableEntity
	return v
}

// Confirm is the page that asks a question, for those without JavaScript.
func Confirm(p ui.Page, q ui.Confirmation) View { return View{Page: p, Body: ui.ConfirmPage(q)} }
