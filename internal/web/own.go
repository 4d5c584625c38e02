package web

import (
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/web/ui"
)

// addOwn adds the pages that belong to no other package.
func (s *Site) addOwn() {
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, s.request(w, r), candor.ErrNotFound)
	})
	s.Page("GET /{$}", Needs{Anyone}, s.home)
	s.addChoices()
	s.addSignIn()
	s.addWelcome()
	s.addAccount()
	s.addDesign()
}

// home leads to the first page that the visitor may see.
func (s *Site) home(r *Request) (View, error) {
	if r.Who.User == "" {
		return See(SignIn), nil
	}
	for _, e := range s.nav {
		if e.Needs.Met(r.Who) == nil {
			return See(e.Href), nil
		}
	}
	return See(Account), nil
}

// again answers a form that was acted upon before.
func again(r *Request, first View) View {
	if first.To != "" {
		return first
	}
	return View{Page: ui.Page{Title: r.T("error.twice.title")}, Body: alreadyDone()}
}

func whole(d time.Duration) time.Duration { return (d + time.Second - 1).Truncate(time.Second) }

// addDesign adds the pages that show every component of the design system.
func (s *Site) addDesign() {
	staff := Needs{access.ReadCases}
	s.Page("GET /design", staff, func(r *Request) (View, error) {
		p := ui.GalleryPage(r.drawing(), r.Theme)
		return View{Page: ui.Page{Title: p.Title, Lead: p.Lead, Alerts: p.Alerts, Messages: p.Messages, Actions: p.Actions}, Body: ui.Gallery()}, nil
	})
	s.Page("GET /design/letter", staff, func(r *Request) (View, error) {
		text, ok := ui.LetterSamples()[r.Printer.Lang()]
		if !ok {
			text = ui.LetterSamples()["en"]
		}
		return View{Document: around(ui.CustomerShell(ui.GalleryLetterPage(text)), ui.GalleryLetter(text))}, nil
	})
}
