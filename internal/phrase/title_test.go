package phrase

import "testing"

func TestCaseTitle(t *testing.T) {
	c := loaded(t)
	en, zh := c.ForConsole("en"), c.ForConsole("zh")
	for _, key := range []string{"playbook.phishing.title", "desk.doubt.title", askedQuestion, askedComplaint} {
		english, chinese := en.T(key)+": a: b", zh.T(key)+": a: b"
		if english == chinese {
			t.Fatal(key, "says the same in both languages")
		}
		if got := zh.CaseTitle(english); got != chinese {
			t.Errorf("in Chinese %q is %q", english, got)
		}
		if got := en.CaseTitle(chinese); got != english {
			t.Errorf("in English %q is %q", chinese, got)
		}
		if got := en.CaseTitle(english); got != english {
			t.Errorf("in English %q is %q", english, got)
		}
	}
	if got := zh.CaseTitle(en.T(askedQuestion)); got != zh.T(askedQuestion) || got == en.T(askedQuestion) {
		t.Errorf("about all terms: %q", got)
	}
	for _, own := range []string{"Our own title: shop", "Phishing page", "", ": x"} {
		if got := zh.CaseTitle(own); got != own {
			t.Errorf("%q became %q", own, got)
		}
	}
}
