package campaign_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"candor"
	"candor/internal/consent/campaign"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

func some() campaign.Campaign {
	return campaign.Campaign{State: campaign.Running, Silence: campaign.Keep, Policy: map[string]string{"en": "The version before goes on to hold."},
		Reminders: []int{7, 14}, Starts: noon, Planned: noon, Deadline: noon.Add(30 * day)}
}

func TestCheck(t *testing.T) {
	if err := some().Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*campaign.Campaign){
		"consent by silence": func(c *campaign.Campaign) { c.Silence = "agreed" },
		"nothing said":       func(c *campaign.Campaign) { c.Silence = "" },
		"no policy":          func(c *campaign.Campaign) { c.Policy = nil },
		"empty policy":       func(c *campaign.Campaign) { c.Policy = map[string]string{"en": " "} },
		"too short":          func(c *campaign.Campaign) { c.Deadline = noon.Add(7*day - 1) },
		"backwards":          func(c *campaign.Campaign) { c.Deadline = noon.Add(-day) },
		"too long":           func(c *campaign.Campaign) { c.Deadline = noon.Add(400 * day) },
		"reminder at once":   func(c *campaign.Campaign) { c.Reminders = []int{0} },
		"reminder at end":    func(c *campaign.Campaign) { c.Reminders = []int{30} },
		"reminder twice":     func(c *campaign.Campaign) { c.Reminders = []int{7, 7} },
		"too many":           func(c *campaign.Campaign) { c.Reminders = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11} },
	} {
		c := some()
		change(&c)
		if err := c.Check(); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDue lives through random campaigns with one party, and holds what is done
// against a reference that goes through the moments of the schedule one by one.
func TestDue(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	mails, answered, silent, missed := 0, 0, 0, 0
	for range 3000 {
		c := some()
		c.Deadline = noon.Add(time.Duration(8+r.IntN(30)) * day)
		c.Reminders = nil
		for n := 1 + r.IntN(5); time.Duration(n)*day < c.Deadline.Sub(noon); n += 1 + r.IntN(9) {
			c.Reminders = append(c.Reminders, n)
		}
		if len(c.Reminders) > 10 {
			c.Reminders = c.Reminders[:10]
		}
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		a := campaign.Asked{State: campaign.Waiting, Next: c.Starts}
		moments := []time.Time{noon}
		for _, n := range c.Reminders {
			moments = append(moments, noon.Add(time.Duration(n)*day))
		}
		done := 0 // moments that are behind it
		var last time.Time
		for now := noon.Add(-2 * time.Hour); a.State == campaign.Waiting && now.Before(c.Deadline.Add(5*day)); now = now.Add(time.Duration(1+r.IntN(1+r.IntN(200))) * time.Hour) {
			// What the reference expects: the moments that have come and are not
			// done are done with one mail; one too soon after a mail is left out.
			come := done
			for come < len(moments) && !moments[come].After(now) {
				if come > 0 && !last.IsZero() && moments[come].Before(last.Add(campaign.Apart)) {
					if done == come {
						done++
					}
				}
				come++
			}
			want := campaign.Nothing
			switch {
			case !now.Before(c.Deadline):
				want = campaign.Over
			case come > done && a.Sent == 0:
				want = campaign.Ask
			case come > done:
				want = campaign.Remind
			}
			got := c.Due(a, now)
			if got != want {
				t.Fatalf("%v, %v from %v to %v, at %v: %q, want %q", a, c.Reminders, c.Starts, c.Deadline, now, got, want)
			}
			switch got {
			case campaign.Ask, campaign.Remind:
				if come-done > 1 {
					missed++
				}
				if !last.IsZero() && now.Sub(last) < campaign.Apart {
					t.Fatalf("mails at %v and %v", last, now)
				}
				a.Sent, a.Last, a.Next, last, done = a.Sent+1, now, c.After(now), now, come
				mails++
			case campaign.Over:
				a.State = campaign.Silent // and nothing else
				silent++
			}
			if a.State == campaign.Waiting && r.IntN(40) == 0 {
				a.State = []campaign.Answer{campaign.Agreed, campaign.Refused, campaign.Withdrawn}[r.IntN(3)]
				answered++
			}
		}
		for range 20 {
			if s := c.Due(a, noon.Add(time.Duration(r.IntN(2000))*time.Hour)); a.State != campaign.Waiting && s != campaign.Nothing {
				t.Fatalf("%s, and then %s", a.State, s)
			}
		}
	}
	if min(mails, answered, silent, missed) < 100 {
		t.Errorf("%d mails, %d answers, %d silent, %d times late", mails, answered, silent, missed)
	}
}

func TestDueNotYet(t *testing.T) {
	a := campaign.Asked{State: campaign.Waiting, Next: noon}
	for name, change := range map[string]func(*campaign.Campaign){
		"draft":       func(c *campaign.Campaign) { c.State = campaign.Draft },
		"ended":       func(c *campaign.Campaign) { c.State = campaign.Ended },
		"not planned": func(c *campaign.Campaign) { c.Planned = time.Time{} },
		"later":       func(c *campaign.Campaign) { c.Starts = noon.Add(2 * day) },
	} {
		c := some()
		change(&c)
		if s := c.Due(a, noon.Add(day)); s != campaign.Nothing {
			t.Errorf("%s: %s", name, s)
		}
	}
}

func TestPolicyIn(t *testing.T) {
	c := campaign.Campaign{Policy: map[string]string{"fr": "f", "en": "e", "ar": "a"}}
	for language, want := range map[string]string{"fr": "f", "ru": "e"} {
		if got := c.PolicyIn(language); got != want {
			t.Errorf("in %s: %q", language, got)
		}
	}
	delete(c.Policy, "en")
	if got := c.PolicyIn("ru"); got != "a" {
		t.Errorf("without English: %q", got)
	}
}
