package web_test

import (
	"testing"

	"candor"
	"candor/internal/desk/playbook"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/portal"
)

// advised words advice as the program's own playbooks do.
type advised struct{ *playbook.Library }

func (a advised) For(c candor.Case, p phrase.Printer, software string) portal.Told {
	return portal.Told(a.Library.For(c.Class, c.Nature, c.Severity).Advice.In(p, software))
}

func mountAdvised(t *testing.T) func(*web.Site) {
	t.Helper()
	library, err := playbook.Load()
	if err != nil {
		t.Fatal(err)
	}
	return func(s *web.Site) { portal.Mount(s, portal.Config{Advice: advised{library}}) }
}
