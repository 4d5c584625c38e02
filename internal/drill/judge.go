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
	r.Missed = []string{}
	for _, c := range r.Checks {
		if !c.OK {
			r.Missed = append(r.Missed, fmt.Sprintf("%s: %s", c.Name, c.Text))
		}
	}
	for _, x := range r.Rounds {
		if x.Error != "" {
			r.Missed = append(r.Missed, fmt.Sprintf("%s of %s: %s", x.Abuse, x.Line, x.Error))
		}
	}
	for _, f := range r.Faults {
		if !f.Noticed {
			why := "not noticed"
			if f.Error != "" {
				why += ": " + f.Error
			}
			r.Missed = append(r.Missed, fmt.Sprintf("fault %s: %s", f.Kind, why))
		}
	}
}
