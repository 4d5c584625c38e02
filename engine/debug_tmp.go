package engine

import (
	"fmt"
	"sort"
)

func DumpStats(r *Rules) {
	for v := range r.set.Plans {
		for route, p := range r.set.Plans[v] {
			if p == nil {
				continue
			}
			fmt.Println("view", v, "route", route, "strong", p.Strong.Table.Tiers(), "uses", len(p.Strong.Uses), "triggers", len(p.TriggerKeys))
			for g, l := range p.Lanes {
				if route == 0 && (len(l.Always) > 0 || g < 5) {
					fmt.Print("   group ", g, " weak ", l.Weak.Table.Atoms(), " tracked ", len(l.Tracked), " always ")
					for _, a := range l.Always {
						fmt.Print(r.infos[a].Name, " ")
					}
					fmt.Println()
				}
			}
		}
	}
}

func DumpWeak(r *Rules, g, route int) {
}

func ScanStats(s *Scanner) {
	type kv struct {
		n string
		c int
	}
	var l []kv
	t := 0
	for r, c := range s.inner.Cand {
		l = append(l, kv{s.rules.infos[r].Name, c})
		t += c
	}
	sort.Slice(l, func(i, j int) bool { return l[i].c > l[j].c })
	fmt.Println("candidates", t, "hits", s.inner.Hits)
	for i := 0; i < 25 && i < len(l); i++ {
		fmt.Println(l[i].c, l[i].n)
	}
}
