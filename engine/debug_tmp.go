package engine

import (
	"fmt"
	"sort"

	"candor/engine/internal/plan"
)

func DumpStats(r *Rules) {
	for g := range r.set.Groups {
		for route, l := range r.set.Groups[g].Lanes {
			if l == nil || route > 0 {
				continue
			}
			fmt.Println("group", g, "route", plan.Route(route), "atoms", l.Table.Atoms(), l.Table.Tiers(), "uses", len(l.Uses), "triggers", len(l.TriggerKeys), "always", len(l.Always))
			if route == 0 && len(l.Always) < 400 {
				for _, a := range l.Always {
					fmt.Print(r.infos[a].Name, " ")
				}
				fmt.Println()
			}
		}
	}
}

func DumpWeak(r *Rules, g, route int) {
	l := r.set.Groups[g].Lanes[route]
	trig := map[uint32][]uint32{}
	for i, k := range l.TriggerKeys {
		trig[k] = l.Triggers[l.TriggerOff[i]:l.TriggerOff[i+1]]
	}
	for a := 0; a < l.Table.Atoms(); a++ {
		b := l.Table.AtomBytes(a)
		if len(b) > 6 {
			continue
		}
		fmt.Printf("%q:", b)
		for _, u := range l.Uses[l.UseOff[a]:l.UseOff[a+1]] {
			p := plan.Use(u).Pattern()
			ri := sort.Search(len(r.set.Base), func(i int) bool { return r.set.Base[i] > p }) - 1
			rr, _ := r.set.Rule(uint32(ri))
			fmt.Printf(" %s.%s(%d)", r.infos[ri].Name, rr.Patterns[p-r.set.Base[ri]].Name, len(trig[p]))
		}
		fmt.Println()
	}
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
