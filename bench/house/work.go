package house

import (
	"fmt"
	"math"
	"time"

	"candor"
)

// aCase is a case on its way into the tables.
type aCase struct {
	id             candor.ID
	number         int
	site           siteRow
	class          candor.Class
	severity       candor.Severity
	state          candor.CaseState
	opened, closed time.Time
	open, all      int
}

// makeCase makes a case with all that belongs to it.
func (g *generator) makeCase(number, findings int) {
	at := g.when(number-1, g.size.Cases)
	c := aCase{id: candor.NewID(at), number: number, site: g.sites[int(float64(len(g.sites))*math.Pow(g.Float64(), 2))], class: pick(g.Rand, classes), opened: at}
	g.decide(&c)
	for range findings {
		g.makeFinding(&c)
	}
	updated, due := c.opened.Add(between(g.Rand, time.Minute, 20*time.Hour)), time.Time{}
	if c.closed.IsZero() {
		if g.IntN(3) > 0 {
			due = g.now.Add(between(g.Rand, -24*time.Hour, 14*24*time.Hour))
		}
	} else {
		updated = c.closed
	}
	assignee := candor.ID("")
	if c.state != candor.CaseNew && g.IntN(3) > 0 {
		assignee = g.users[skewed(g.Rand, len(g.users))]
	}
	title := "Web shell or other backdoor: " + c.site.name
	g.row("cases", c.id, int64(number), c.site.owner, c.class, pick(g.Rand, natures), int64(c.severity), int64(60+10*g.IntN(4)), c.state,
		c.closed.IsZero(), title, assignee, int64(c.open), int64(c.all), micro(due), micro(c.opened), micro(updated), micro(c.closed), int64(5), false, c.site.id)
	label := fmt.Sprintf("C-%d", number)
	g.document("case", c.id, c.site.owner, label+" "+title, fmt.Sprintf("%s %d %s %s", label, number, title, c.class))
	g.makeTimeline(c, due)
	g.makeResponses(c)
}

// decide says how a case stands. Of all, 3 in 100 are open, most of them new;
// of an asset and class one can be.
func (g *generator) decide(c *aCase) {
	key := string(c.site.id) + string(c.class)
	age := float64(c.number) / float64(g.size.Cases)
	if likely := 0.005 + 0.5*max(0, age-0.9)*10*max(0, age-0.9)*10*2.5*0.6; g.Float64() < likely && !g.open[key] {
		g.open[key] = true
		c.state = pick(g.Rand, openStates)
		return
	}
	c.state = pick(g.Rand, endStates)
	if c.closed = c.opened.Add(between(g.Rand, time.Hour, 20*24*time.Hour)); c.closed.After(g.now) {
		c.closed = g.now
	}
}

func (g *generator) makeFinding(c *aCase) {
	rule, sha, language := ruleName(g.Rand), "", "yara"
	if g.IntN(20) == 0 {
		rule, language = candor.Unread("Encrypted"), candor.OwnLanguage
	}
	if sha = digest(g.Rand); g.IntN(10) == 0 {
		sha = known(g.Rand)
		if key := string(c.site.id) + rule + sha; g.same[key] {
			sha = digest(g.Rand)
		} else {
			g.same[key] = true
		}
	}
	first := c.opened.Add(time.Duration(c.all) * time.Millisecond)
	id, state, ended, last := candor.NewID(first), candor.FindingOpen, time.Time{}, g.now
	if !c.closed.IsZero() || g.IntN(8) == 0 {
		state, ended = pick(g.Rand, goneStates), c.closed
		if ended.IsZero() {
			ended = c.opened.Add(time.Hour)
		}
		last = ended
	} else {
		c.open++
	}
	c.all++
	severity := pick(g.Rand, severities)
	c.severity = max(c.severity, severity)
	path := fmt.Sprintf("/srv/www/site%d/public_html/%s/%s%d.php", g.IntN(g.size.Sites), pick(g.Rand, folders), words[g.IntN(len(words))], g.IntN(1e6))
	places := 1 + g.IntN(40)/39
	g.row("findings", id, c.site.id, c.site.owner, c.id, "scan", rule, c.class, pick(g.Rand, natures), int64(severity), int64(80), state, sha, int64(g.IntN(100_000)),
		language, "own/php.yar", "Code that runs what a request brings", "g1", path, int64(places), `{"line":12,"tags":["shell"],"strings":[{"name":"$a","offset":311,"length":14,"data":"ZXZhbCgkX1BPU1Q="}]}`,
		micro(first), micro(last), micro(ended), "")
	for p := range places {
		where := path
		if p > 0 {
			where += ".bak"
		}
		g.row("places", candor.NewID(first), id, c.site.id, where, state, "s1", micro(first), micro(last))
	}
	g.document("finding", id, c.site.owner, path, rule+" "+path)
	g.record("finding", first, id, c.id, fmt.Sprintf(`{"asset":%q,"bytes":1234,"class":%q,"definitions":"own/php.yar","generation":"g1","rule":%q,"sensor":"scan","severity":%q,"sha256":%q}`,
		c.site.id, c.class, rule, severity, sha), path, c.site.owner)
}

// record adds a record that the log has taken.
func (g *generator) record(kind string, at time.Time, subject, of candor.ID, body, personal string, party candor.ID) {
	id, concealed := candor.NewID(at), "null"
	if personal != "" {
		concealed = `{"path":"5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"}`
		g.row("personal", id, "path", party, personal, "5f70bf18a086007016e948b04aed3b82")
	}
	g.row("records", id, kind, micro(at), subject, of, "sensor:scan", body, "null", concealed, g.logIndex)
	g.logIndex++
}
