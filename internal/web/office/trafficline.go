package office

import (
	"strconv"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// lineTraffic is what the page of a line shows of its traffic.
type lineTraffic struct {
	unmeasured string // why; empty if it was measured
	says       []string
	note       *ui.Message // that it is looked at closely
	charts     []ui.Chart
}

// trafficOf is the traffic of a line; nil of another asset.
func (o *office) trafficOf(r *web.Request, a candor.Asset) (*lineTraffic, error) {
	if a.Kind != candor.Line || !r.May(access.ReadCases) {
		return nil, nil
	}
	v, err := o.house.LineTraffic(r.Context(), r.Who, a.ID)
	if err != nil {
		return nil, err
	}
	t := &lineTraffic{unmeasured: unmeasured(r, v.Unmeasured)}
	if v.Traffic == nil {
		return t, nil
	}
	t.says = append(t.says, nowSentence(r, v), usualSentence(r, v), learnedSentence(r, v), holdsSentence(r, v))
	if v.Traffic.Close {
		t.note = &ui.Message{Tone: ui.Warn, Title: r.T("office.traffic.close"), Text: r.T("office.traffic.close.text", phrase.Args{"ago": r.Printer.Ago(r.Now, v.Traffic.Since)})}
		if len(v.Traffic.Found) > 0 {
			t.note.Title = r.T("office.traffic.close.found", phrase.Args{"what": kindNames(r, v.Traffic.Found)})
		}
	}
	t.charts = []ui.Chart{weekChart(r, v, "down"), weekChart(r, v, "up")}
	return t, nil
}

func kindNames(r *web.Request, kinds []string) (text string) {
	for i, k := range kinds {
		if i > 0 {
			text += r.T("office.list.comma")
		}
		text += kindName(r, k)
	}
	return text
}

// hourName is an hour of the week, from 0: Monday, midnight to one.
func hourName(r *web.Request, hour int) (day, clock string) {
	return r.Printer.T("office.weekday." + strconv.Itoa((hour/24+1)%7)), hourClock(hour)
}

func hourClock(hour int) string { return strconv.Itoa(hour%24/10) + strconv.Itoa(hour%24%10) + ":00" }

// nowSentence compares the rates of now with what hours like this one carry.
func nowSentence(r *web.Request, v house.LineTraffic) string {
	t := v.Traffic
	u := t.Usual[t.Hour]
	args := phrase.Args{"down": bits(r, t.Down), "up": bits(r, t.Up)}
	switch {
	case t.Down > u.Down.High && t.Up > u.Up.High:
		return r.T("office.traffic.now.more", args)
	case t.Down > u.Down.High:
		return r.T("office.traffic.now.down", args)
	case t.Up > u.Up.High:
		return r.T("office.traffic.now.up", args)
	}
	return r.T("office.traffic.now", args)
}

// usualSentence says what is usual at this hour of the week.
func usualSentence(r *web.Request, v house.LineTraffic) string {
	t := v.Traffic
	u := t.Usual[t.Hour]
	day, clock := hourName(r, t.Hour)
	return r.T("office.traffic.usual", phrase.Args{"day": day, "time": clock, "down": between(r, u.Down.Low, u.Down.High, bits), "up": between(r, u.Up.Low, u.Up.High, bits),
		"peers": between(r, u.Peers.Low, u.Peers.High, plainNumber), "flows": between(r, u.Flows.Low, u.Flows.High, plainNumber)})
}

// between is a range, with one unit if both ends have the same; one that begins
// at nothing has its end only.
func between(r *web.Request, low, high float64, write func(*web.Request, float64) string) string {
	from, to := write(r, low), write(r, high)
	if low <= 0 || from == to {
		return r.T("office.traffic.upto", phrase.Args{"to": to})
	}
	number, unit, _ := strings.Cut(from, "\u00a0")
	if strings.HasSuffix(to, "\u00a0"+unit) {
		from = number
	}
	return r.T("office.traffic.between", phrase.Args{"from": from, "to": to})
}

func plainNumber(r *web.Request, v float64) string { return r.Printer.Decimal(v, 0) }

// mostHeld bounds the addresses that are written out.
const mostHeld = 8

// holdsSentence says which addresses the line holds by leases.
func holdsSentence(r *web.Request, v house.LineTraffic) string {
	held := v.Traffic.Addresses
	if len(held) == 0 {
		return r.T("office.traffic.holds.none")
	}
	text := ""
	for i, p := range held[:min(len(held), mostHeld)] {
		if i > 0 {
			text += r.T("office.list.comma")
		}
		if p.IsSingleIP() {
			text += p.Addr().String()
		} else {
			text += p.String()
		}
	}
	if len(held) > mostHeld {
		text += "…"
	}
	return r.T("office.traffic.holds", phrase.Args{"addresses": text})
}

// learnedSentence says what the usual rests on.
func learnedSentence(r *web.Request, v house.LineTraffic) string {
	switch t := v.Traffic; {
	case t.Weeks > 0:
		return r.N("office.traffic.learned", t.Weeks)
	case t.Learned:
		return r.T("office.traffic.learned.days")
	}
	return r.T("office.traffic.learned.not")
}

// weekChart draws what is usual in each hour of the week, in a direction.
func weekChart(r *web.Request, v house.LineTraffic, direction string) ui.Chart {
	t := v.Traffic
	c := ui.Chart{ID: "chart-" + direction, Kind: ui.Band, X: r.T("office.traffic.hour"), Note: r.T("office.traffic.week.note"), Every: 24,
		Series: []ui.Series{{Name: r.T("office.traffic.median")}, {Name: r.T("office.traffic.low")}, {Name: r.T("office.traffic.high")}}}
	most, middle, busiest := 0.0, 0.0, 0
	of := func(h house.TrafficHour) house.TrafficRange { return h.Down }
	if direction == "up" {
		of = func(h house.TrafficHour) house.TrafficRange { return h.Up }
	}
	for _, u := range t.Usual {
		most = max(most, of(u).High)
	}
	factor, unit := 1.0, 0
	for most/factor >= 1000 && unit < len(rateUnits)-1 {
		factor, unit = factor*1000, unit+1
	}
	for hour, u := range t.Usual {
		one := of(u)
		if one.Median > middle {
			middle, busiest = one.Median, hour
		}
		c.Labels = append(c.Labels, r.Printer.T("office.traffic.day."+strconv.Itoa(hour/24))+" "+hourClock(hour))
		for i, value := range []float64{one.Median, one.Low, one.High} {
			c.Series[i].Values = append(c.Series[i].Values, value/factor)
		}
	}
	c.Unit = rateUnits[unit]
	day, clock := hourName(r, busiest)
	args := phrase.Args{"day": day, "time": clock, "rate": bits(r, middle)}
	switch {
	case middle == 0 && direction == "up":
		c.Title = r.T("office.traffic.week.up.none")
	case middle == 0:
		c.Title = r.T("office.traffic.week.down.none")
	case direction == "up":
		c.Title = r.T("office.traffic.week.up", args)
	default:
		c.Title = r.T("office.traffic.week.down", args)
	}
	return c
}
