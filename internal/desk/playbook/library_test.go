package playbook

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/desk/calendar"
	"candor/internal/phrase"
	"candor/internal/x1207"
)

// catalogue is read once: it holds the texts of six languages.
var catalogue = sync.OnceValue(func() *phrase.Catalogue {
	c, err := phrase.Load()
	if err != nil {
		panic(err)
	}
	return c
})

func loaded(t testing.TB, overrides ...fstest.MapFS) *Library {
	t.Helper()
	lib, err := loadLayers(t, overrides...)
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// classes are those of the taxonomy, by the texts that the console has for them.
func classes(t testing.TB) (all []candor.Class) {
	t.Helper()
	english := catalogue().For("en")
	for _, word := range strings.Fields(`spam harmful-speech violence infected-system c2-server malware-distribution
		malware-configuration scanner sniffing social-engineering exploit brute-force ids-alert new-attack-signature
		privileged-account-compromise unprivileged-account-compromise application-compromise system-compromise burglary dos ddos
		misconfiguration sabotage outage unauthorised-information-access unauthorised-information-modification data-loss data-leak
		unauthorised-use-of-resources copyright masquerade phishing weak-crypto ddos-amplifier potentially-unwanted-accessible
		information-disclosure vulnerable-system other undetermined test`) {
		c, ok := candor.ParseClass(word)
		if !ok || !english.Has("class."+string(c)) {
			t.Fatalf("class %q is not there", word)
		}
		all = append(all, c)
	}
	return all
}

var natures = []candor.Nature{"", candor.Malware, candor.Spyware, candor.Deceptive, candor.PUS}

func TestFor(t *testing.T) {
	lib := loaded(t)
	for _, tt := range []struct {
		class  candor.Class
		nature candor.Nature
		want   string
	}{
		{candor.Phishing, "", "phishing"},
		{candor.Phishing, candor.Spyware, "phishing"},
		{candor.InfectedSystem, "", "malware"},
		{candor.InfectedSystem, candor.Malware, "malware"},
		{candor.InfectedSystem, candor.Spyware, "spyware"},
		{candor.MalwareDistribution, candor.Malware, "distribution"},
		{candor.MalwareDistribution, candor.PUS, "deceptive"},
		{candor.Undetermined, candor.Deceptive, "deceptive"},
		{candor.Undetermined, "", "other"},
		{"malicious-code/c2-server", "", "control"},
		{candor.ApplicationCompromise, candor.Malware, "intrusion"},
		{"intrusions/burglary", "", "other"},
		{"information-content-security/unauthorised-information-modification", "", "intrusion"},
		{"information-content-security/data-leak", "", "data"},
		{candor.VulnerableSystem, "", "vulnerable"},
		{candor.Test, "", "test"},
		{"no-such/class", "", "other"},
		{"", "", "other"},
	} {
		if got := lib.For(tt.class, tt.nature, candor.High).Name; got != tt.want {
			t.Errorf("For(%s, %s) = %s, want %s", tt.class, tt.nature, got, tt.want)
		}
	}
}

// TestComplete holds what every playbook must have, for every case.
func TestComplete(t *testing.T) {
	lib := loaded(t)
	rank := func(p Playbook, id string) int {
		return slices.IndexFunc(p.Tasks, func(t Task) bool { return t.ID == id })
	}
	for _, class := range classes(t) {
		for _, nature := range natures {
			for severity := candor.Info; severity <= candor.Critical; severity++ {
				p := lib.For(class, nature, severity)
				where := string(class) + " " + string(nature) + " " + severity.String()
				if len(p.Questions) == 0 || len(p.Tasks) == 0 || len(p.Advice.Steps) == 0 || len(p.Advice.Next) == 0 {
					t.Errorf("%s: %s lacks something: %+v", where, p.Name, p)
				}
				if !slices.ContainsFunc(p.Deadlines, func(d Deadline) bool { return d.Rule.Name == calendar.Acknowledgement }) {
					t.Errorf("%s: nobody needs to acknowledge it", where)
				}
				for _, d := range p.Deadlines {
					if err := d.Rule.Check(); err != nil || d.Rule.Name == CustomerRule {
						t.Errorf("%s: deadline %+v: %v", where, d.Rule, err)
					}
				}
				for _, task := range p.Tasks {
					if task.Due.Name == "" {
						continue
					}
					if err := task.Due.Check(); err != nil {
						t.Errorf("%s: task %s: %v", where, task.ID, err)
					}
					legal := task.Due.Source != ""
					started := slices.ContainsFunc(p.Deadlines, func(d Deadline) bool { return d.Rule.Name == task.Due.Name })
					if legal && !started {
						t.Errorf("%s: task %s waits for %s, which nothing starts", where, task.ID, task.Due.Name)
					}
				}
				if contain, keep := rank(p, "contain"), rank(p, "preserve"); contain >= 0 && keep > contain && !strings.Contains("distribution phishing", p.Name) {
					t.Errorf("%s: evidence is kept after it is gone", where)
				}
				for _, r := range p.Responses {
					if r.Method == "quarantine" && r.Expires == (calendar.Period{}) {
						t.Errorf("%s: quarantine for ever", where)
					}
				}
			}
		}
	}
}

// TestAuthority holds that grave incidents start the clocks of the law, one
// after the other, and small ones do not.
func TestAuthority(t *testing.T) {
	lib := loaded(t)
	law := func(s candor.Severity) (names []string) {
		for _, d := range lib.For(candor.ApplicationCompromise, "", s).Deadlines {
			if d.Rule.Source != "" {
				names = append(names, d.Rule.Name)
			}
		}
		return names
	}
	want := []string{calendar.GDPRNotification, calendar.NIS2EarlyWarning, calendar.NIS2Notification, calendar.NIS2Final}
	if diff := cmp.Diff(want, law(candor.Critical)); diff != "" {
		t.Error(diff)
	}
	if got := law(candor.Low); got != nil {
		t.Errorf("a small case starts %v", got)
	}
}

// TestViolence holds that nothing warns a suspect and nothing makes copies.
func TestViolence(t *testing.T) {
	p := loaded(t).For("abusive-content/violence", "", candor.Critical)
	if len(p.Responses) != 0 || p.Tasks[0].ID != "no-copy" {
		t.Errorf("%+v", p)
	}
	for _, task := range p.Tasks {
		if task.ID == "notify-customer" || task.ID == "preserve" {
			t.Errorf("task %s", task.ID)
		}
	}
}

// TestX1207 holds that the catalogue of requirements names no playbook that
// is not there, and that playbooks serve the requirements on desks.
func TestX1207(t *testing.T) {
	lib := loaded(t)
	for _, err := range x1207.Check(x1207.Playbook, func(name string) bool { return slices.Contains(lib.Names(), name) }) {
		t.Error(err)
	}
	served := make(map[string]bool)
	for _, name := range lib.Names() {
		p, ok := lib.Named(name, candor.Critical)
		if !ok {
			t.Fatal(name)
		}
		for _, task := range p.Tasks {
			for _, id := range task.X1207 {
				served[id] = true
			}
		}
	}
	want := strings.Fields("1.1e 1.1f 1.1g 1.1h 1.3b 1.3c 1.3e 1.4a 1.4b 1.4c 1.5b 2.1a 2.1b 2.1c 2.2c 2.2d 2.2f")
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(served))); diff != "" {
		t.Error(diff)
	}
	if _, ok := lib.Named("no-such", candor.High); ok {
		t.Error("a playbook that is not there was given")
	}
}
