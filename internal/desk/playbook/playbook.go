// Package playbook says what to do about a case of a class: what to ask, which
// tasks and deadlines to start, which responses to propose, and what to tell
// the customer. Its playbooks are the files in data; an operator's files
// replace them one by one.
//
// Texts are in package phrase: "playbook.…" for the console, "advice.…" for
// customers. An operator's file may bring its own.
package playbook

import (
	"candor"
	"candor/internal/desk/calendar"
	"candor/internal/phrase"
)

// CustomerRule in a file stands for the customer's rule of the case's
// severity; Library.For and Library.Named put that in its place.
const CustomerRule = "customer"

// Playbook is what to do about a case of one class, nature and severity.
type Playbook struct {
	Name      string // "phishing"
	Title     Words
	Classes   []string        // classes, "classification/*", or "*" for whatever is left
	Natures   []candor.Nature // none for all
	Questions []Question
	Tasks     []Task // in the order in which they are to be done
	Deadlines []Deadline
	Responses []Response
	Ladder    []Rung // what follows the first notice
	Advice    Advice

	ladder string // its name
}

// Question is something to find out at the beginning.
type Question struct {
	ID   string
	Text Words
}

// Task is something to do.
type Task struct {
	ID    string // what candor.Task.Key holds
	Text  Words
	Role  candor.Role     // who does it: analyst or admin
	Due   calendar.Rule   // by when; the zero Rule for no time
	From  candor.Severity // from which severity on
	X1207 []string        // the requirements of X.1207 that it serves
}

// Deadline is a clock to start when the event of its rule comes.
type Deadline struct {
	Rule calendar.Rule
	From candor.Severity
}

// Response is one to propose. Whether it may be done is for others to decide.
type Response struct {
	Method  string          // "notify", "quarantine", "isolate"
	Level   string          // of an isolation: walled-garden, …
	Expires calendar.Period // after which it is undone; zero for never
	From    candor.Severity
}

// Words are a text: a key of the catalogue, or an operator's own by language.
type Words struct {
	Key string
	Own map[string]string
}

// In gives the text in the printer's language. Where an operator's text lacks
// it, it is in English.
func (w Words) In(p phrase.Printer) string {
	if w.Own == nil {
		return p.T(w.Key)
	}
	if text, ok := w.Own[p.Lang()]; ok {
		return text
	}
	return w.Own["en"]
}
