package house

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"candor"
)

func (g *generator) makeUsers() {
	for i := range 60 {
		id := candor.NewID(g.start)
		g.users = append(g.users, id)
		g.row("users", id, fmt.Sprintf("Analyst %d", i), fmt.Sprintf("analyst%d@provider.example", i), "analyst", "", "en", "UTC", false, micro(g.start), micro(g.now), fmt.Sprintf("analyst %[1]d analyst%[1]d@provider.example", i))
	}
}

func (g *generator) makeParties() {
	g.terms = candor.NewID(g.start)
	g.row("terms", g.terms, "hosting-terms", "2024-1", "hosting-terms", "published", digest(g.Rand), `[{"id":"measures","allows":["notify","quarantine"]}]`, `{"en":"Terms of hosting"}`,
		false, micro(g.start), int64(0), micro(g.start), micro(g.start), micro(g.start), int64(0), int64(1))
	for i := range g.size.Parties {
		at := g.when(i, g.size.Parties)
		id, name, reference := candor.NewID(at), fmt.Sprintf("%s %d", phrase(g.Rand), i), fmt.Sprintf("K-%06d", i)
		contacts := fmt.Sprintf(`[{"name":"Li %d","purpose":"abuse","channel":"mail","address":"abuse@customer%d.example"}]`, i, i)
		g.parties = append(g.parties, id)
		g.row("parties", id, pick(g.Rand, []weighted[string]{{"customer", 96}, {"subscriber", 3}, {"partner", 1}}), name, reference, "en", "Europe/Berlin",
			contacts, "", false, micro(at), micro(at.Add(time.Duration(g.IntN(1e6))*time.Second)))
		g.row("consents", candor.NewID(at), id, g.terms, "agreed", "null", micro(at), micro(at), "en", "portal", "self", "", "", int64(1))
		g.row("standings", id, "hosting-terms", g.terms, "agreed", micro(at))
		g.document("party", id, id, name, strings.Join([]string{name, reference, "li", "abuse customer", fmt.Sprint("customer", i), "example"}, " "))
	}
}

func (g *generator) makeSites() {
	for i := range g.size.Sites {
		at := g.when(i, g.size.Sites)
		owner := g.parties[min(i, len(g.parties)-1)]
		if i >= g.size.Parties { // what is left belongs to few
			owner = g.parties[skewed(g.Rand, g.size.Parties)]
		}
		s := siteRow{candor.NewID(at), owner, fmt.Sprintf("%s-%d.example", strings.ReplaceAll(phrase(g.Rand), " ", "-"), i)}
		g.sites = append(g.sites, s)
		scanned := g.now.Add(-time.Duration(skewed(g.Rand, 60*24)) * time.Hour)
		g.row("assets", s.id, "site", owner, s.name, fmt.Sprintf("S-%06d", i), fmt.Sprintf(`["/srv/www/site%d"]`, i), fmt.Sprintf(`[%q,"www.%s"]`, s.name, s.name),
			pick(g.Rand, []weighted[string]{{"wordpress", 60}, {"joomla", 10}, {"", 30}}), g.IntN(50) == 0, int64(24*time.Hour), micro(at), micro(at),
			micro(scanned), micro(scanned.Add(24*time.Hour)), g.IntN(20) == 0, "", "", "")
		g.document("asset", s.id, owner, s.name, strings.ReplaceAll(s.name, "-", " ")+" www wordpress srv site "+fmt.Sprint("site", i))
	}
	g.Shuffle(len(g.sites), func(i, j int) { g.sites[i], g.sites[j] = g.sites[j], g.sites[i] })
}

func (g *generator) makeScans() {
	for i := range 10 * g.size.Sites {
		at, s := g.when(i, 10*g.size.Sites), g.sites[g.IntN(len(g.sites))]
		state := pick(g.Rand, []weighted[string]{{"complete", 95}, {"partial", 4}, {"failed", 1}})
		if i > 10*g.size.Sites-6 {
			state = "running"
		}
		g.row("scans", candor.NewID(at), s.id, s.owner, state, "schedule", "system", "g1", int64(20_000), int64(9e8), int64(9e8), int64(g.IntN(5)), int64(0), "",
			micro(at), micro(at.Add(time.Second)), micro(at.Add(time.Minute)))
	}
}

// makeLate are contents that new rules found among those that were there.
func (g *generator) makeLate() {
	for i := range g.size.Findings / 50 {
		at := g.when(i, g.size.Findings/50)
		g.row("late", candor.NewID(at), digest(g.Rand), int64(g.IntN(100_000)), fmt.Sprintf("[%q]", ruleName(g.Rand)), "/srv/www/site/x.php", int64(1+skewed(g.Rand, 500)),
			micro(at.Add(-between(g.Rand, time.Hour, 300*24*time.Hour))), micro(at), g.IntN(10) > 0, "g0", fmt.Sprintf("g%d", 1+i))
	}
}

// document makes a record findable, as the store does.
func (g *generator) document(kind string, id, party candor.ID, title, text string) {
	all := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
	g.row("search", kind, id, party, title, strings.Join(all, " "))
}

func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}
