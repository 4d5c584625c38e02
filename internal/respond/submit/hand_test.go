package submit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/directory"
	"candor/internal/respond"
	"candor/internal/respond/respondtest"
	"candor/internal/respond/submit"
)

// hands tell what a person said of a form.
type hands struct{ answer *directory.Answer }

func (h hands) Handing(context.Context, candor.ID) (directory.Answer, bool, error) {
	if h.answer == nil {
		return directory.Answer{}, false, nil
	}
	return *h.answer, true, nil
}

func formWorld(t *testing.T, h *hands) *world {
	t.Helper()
	w := newWorld(t)
	w.entry.Channels = []directory.Channel{{Way: directory.Form, Address: "https://lab.example/submit"}}
	c := w.method.Config
	c.Handings = h
	var err error
	if w.method, err = submit.New(c); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestForm: nothing but a person ends it, and until then nothing is begun, so that
// it can be refused.
func TestForm(t *testing.T) {
	h := &hands{}
	w := formWorld(t, h)
	r, p := w.planned(t)
	s, err := submit.Read(r)
	if err != nil || p.Effects[0].Key != "submit.plan.form.packed" || s.To != "https://lab.example/submit" || !strings.Contains(s.Text, digest(content)) || strings.Contains(s.Text, "answer to this mail") {
		t.Errorf("%v: %+v\n%s", err, p.Effects, s.Text)
	}
	j := &respondtest.Journal{}
	if result, err := w.method.Apply(t.Context(), r, j); err == nil || result != nil || j.Saves != 0 || !strings.Contains(err.Error(), "to be done in") {
		t.Fatalf("%s, %v", result, err)
	}
	files, err := w.method.Files(t.Context(), r)
	if err != nil || len(files) != 1 || files[0].Name != digest(content)[:16]+".zip" || opened(t, files[0].Data) != content {
		t.Fatalf("%d files, %v", len(files), err)
	}
	h.answer = &directory.Answer{At: noon.Add(time.Hour), Note: "SR-7"}
	w.entry.Channels[0].Address = "https://lab.example/other" // it was handed in before
	if r.Result, err = w.method.Apply(t.Context(), r, j); err != nil {
		t.Fatal(err)
	}
	if err := w.method.Verify(t.Context(), r); err != nil {
		t.Error(err)
	}
	if proof, err := w.method.Prove(r); err != nil || proof.Personal["reference"] != "SR-7" || strings.Contains(string(proof.Body), "SR-7") {
		t.Errorf("%+v, %v", proof, err)
	}
}

func TestFormStands(t *testing.T) {
	for name, change := range map[string]func(*world){
		"address": func(w *world) { w.entry.Channels[0].Address = "https://lab.example/other" },
		"retired": func(w *world) { w.entry.Retired = noon },
		"said no": func(w *world) { w.method.Consent = refusing{} },
	} {
		w := formWorld(t, &hands{})
		r, _ := w.planned(t)
		change(w)
		_, err := w.method.Apply(t.Context(), r, &respondtest.Journal{})
		if _, temporary := respond.RetryAfter(err); err == nil || temporary || strings.Contains(err.Error(), "to be done in") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.method.Files(t.Context(), r); !errors.Is(err, candor.ErrInvalid) && !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%s: files are given, %v", name, err)
		}
	}
}
