package web

import (
	"net/http"
	"slices"
	"time"
)

const (
	themeCookie    = "candor-theme"
	languageCookie = "candor-language"
	chosenFor      = 365 * 24 * time.Hour
)

// addChoices adds the switches that are on every page.
func (s *Site) addChoices() {
	s.Action("POST "+theme, Needs{Anyone}, func(r *Request) (View, error) {
		s.setCookie(r.writer, themeCookie, oneOf(r.Line("theme"), "light", "dark"), chosenFor)
		return See(r.Return(Home)), nil
	})
	s.Action("POST "+language, Needs{Anyone}, func(r *Request) (View, error) {
		tag := oneOf(r.Line("language"), s.Phrases.Languages()...)
		s.setCookie(r.writer, languageCookie, tag, chosenFor)
		if r.User.ID == "" || r.Who.Token != "" {
			return See(r.Return(Home)), nil
		}
		return See(r.Return(Home)), s.Access.ChangeProfile(r.Context(), r.Who, r.User.Name, tag, r.User.TimeZone)
	})
}

// rememberLanguage keeps the language that an address asks for, as the links on
// customers' pages do: they work where forms of one button are no good, in
// print and read aloud.
func (s *Site) rememberLanguage(w http.ResponseWriter, r *Request) {
	tag := r.URL.Query().Get("language")
	if slices.Contains(s.Phrases.Languages(), tag) && tag != cookieValue(r.Request, s.cookieName(languageCookie)) {
		s.setCookie(w, languageCookie, tag, chosenFor)
	}
}

func cookieValue(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// oneOf is the value if it is one of some, and empty otherwise.
func oneOf(value string, of ...string) string {
	if slices.Contains(of, value) {
		return value
	}
	return ""
}
