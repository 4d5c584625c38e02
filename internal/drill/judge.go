package drill

import "fmt"

// judge works out the figures, and says what is not as it should be.
func (r *Report) judge() {
	p50, p99 := r.Method.Goal()
	r.Goal = Figure{P50: p50.Milliseconds(), P99: p99.Milliseconds()}
	dropped := r.Times(StageDropped)
	r.Response = figure(dropped)
	within := Check{Name: CheckResponse, OK: len(dropped) == len(r.Rounds) && r.Response.P50 <= r.Goal.P50 && r.Response.P99 <= r.Goal.P99,
		Text: fmt.Sprintf("%d of %d lines isolated; median %d ms, 99 of 100 within %d ms", len(dropped), len(r.Rounds), r.Response.P50, r.Response.P99)}
	r.Checks = append([]Check{within}, r.Checks...)
	r.fit()
}

// mostNamed bounds the rounds that failed whose errors are among what was
// missed; all stand in the rounds.
const mostNamed = 10

// missed says what is not as it should be.
func (r *Report) missed() []string {
	all := []string{}
	for _, c := range r.Checks {
		if !c.OK {
			all = append(all, fmt.Sprintf("%s: %s", c.Name, c.Text))
		}
	}
	failed := 0
	for _, x := range r.Rounds {
		if x.Error == "" {
			continue
		}
		if failed++; failed <= mostNamed {
			all = append(all, fmt.Sprintf("%s of %s: %s", x.Abuse, x.Line, x.Error))
		}
	}
	if failed > mostNamed {
		all = append(all, fmt.Sprintf("%d more rounds", failed-mostNamed))
	}
	for _, f := range r.Faults {
		if !f.Noticed {
			why := "not noticed"
			if f.Error != "" {
				why += ": " + f.Error
			}
			all = append(all, fmt.Sprintf("fault %s: %s", f.Kind, why))
		}
	}
	return all
}
