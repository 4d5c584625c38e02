package detect

import (
	"testing"

	"candor/internal/flow"
)

// asks has a line ask somebody for names, every two minutes.
func (l *lab) asks(line int, whom func(i int) flow.Addr, queries int) {
	for i := range queries {
		l.datagrams(line, whom(i), uint16(20000+l.rnd.IntN(40000)), 53, 1, 60+l.rnd.IntN(30), 1)
		l.now += int64(20+l.rnd.IntN(400)) * 1e6
		l.Sweep(l.now)
	}
}

func always(a flow.Addr) func(int) flow.Addr { return func(int) flow.Addr { return a } }

func TestFindsResolver(t *testing.T) {
	l := newLab(t, 20)
	l.asks(1, always(resolver), 3*720) // three days
	l.asks(1, func(i int) flow.Addr {
		if i%4 == 0 { // one device asks whom it asked
			return resolver
		}
		return remote(7)
	}, 150)
	if f := l.one(Resolver, false); f.Peer != remote(7) || f.Port != 53 {
		t.Errorf("%+v", f)
	}
	many := len(l.found)
	l.asks(1, always(remote(7)), 500)
	if len(l.found) != many {
		t.Errorf("it is told again: %+v", l.found)
	}
}

func TestHonestResolversGiveNothing(t *testing.T) {
	for name, live := range map[string]func(*lab){
		"from the beginning": func(l *lab) { l.asks(1, always(remote(7)), 5*720) },
		"one that many ask": func(l *lab) {
			for day := range 4 {
				for n := 2; n <= 40; n++ {
					l.asks(n, always(remote(7)), 15)
				}
				l.asks(1, always(resolver), 100+day)
			}
			l.asks(1, always(remote(7)), 200)
		},
		"a resolver at home": func(l *lab) {
			l.asks(1, always(resolver), 3*720)
			l.asks(1, func(i int) flow.Addr { return remote(256 * (i % 40)) }, 2000)
		},
		"another one beside": func(l *lab) {
			l.asks(1, always(resolver), 3*720)
			l.asks(1, func(i int) flow.Addr {
				if i%3 == 0 {
					return remote(7)
				}
				return resolver
			}, 2000)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, 40)
			live(l)
			for _, f := range l.found {
				if f.Kind == Resolver {
					t.Errorf("found %+v", f)
				}
			}
		})
	}
}
