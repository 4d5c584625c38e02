package simulate

import (
	"candor/internal/flow"
)

// Kind is what sort of line it is.
type Kind uint8

// Kinds of lines.
const (
	Residential Kind = iota
	Business
	Smart // a household with many devices, which call home often
	CGNAT // a household that shares its IPv4 address
)

func (k Kind) String() string { return [...]string{"residential", "business", "smart", "cgnat"}[k] }

// household is who lives at a line.
type household struct {
	line     flow.Line
	kind     Kind
	v6       bool
	dynamic  bool
	slot     uint32 // among those behind the translator, or with changing addresses
	habit    uint8  // which day it has: of a family, of the young, of the old
	late     int8   // hours that its day is behind
	devices  uint8  // that call home
	since    int64  // of the world
	resolver uint32 // that it asks by plain DNS; 0 if it asks by DoH or DoT only
	sixShare float32
	plan     Plan
	next     Plan     // after the change of plan
	changed  int64    // when; 0 for never
	newThing int64    // when it gets another device
	fresh    Activity // that it takes up later
	freshAt  int64    // when; 0 for never
	rates    [activities]float32
}

func (h *household) planAt(at int64) Plan {
	if h.changed != 0 && at >= h.changed {
		return h.next
	}
	return h.plan
}

// settle has people move in.
func (w *World) settle() {
	w.houses = make([]household, w.config.Lines+1)
	d := newDice()
	for i := 1; i <= w.config.Lines; i++ {
		h := &w.houses[i]
		h.line, h.since = flow.Line(i), w.start
		d.begin(w.config.Seed, mix(uint64(i)))
		w.moveIn(d, h)
		switch {
		case h.kind == CGNAT:
			h.slot = uint32(len(w.cgnat))
			w.cgnat = append(w.cgnat, h.line)
		case h.dynamic:
			h.slot = uint32(len(w.dynamic))
			w.dynamic = append(w.dynamic, h.line)
		}
	}
}

func (w *World) moveIn(d *dice, h *household) {
	switch u := d.Float64(); {
	case u < 0.72:
		h.kind = Residential
	case u < 0.77:
		h.kind = Business
	case u < 0.80:
		h.kind = Smart
	default:
		h.kind = CGNAT
	}
	h.plan = w.drawPlan(d)
	h.dynamic = h.kind != CGNAT && h.kind != Business && d.chance(0.3)
	h.v6 = d.chance(0.6)
	if h.v6 {
		h.sixShare = 0.6
	}
	h.habit = [...]uint8{0, 0, 0, 1, 2}[d.IntN(5)]
	h.late = int8(d.IntN(4) - 1)
	h.resolver = resolver + uint32(d.IntN(2))
	if d.chance(0.02) { // some change to another plan, within a year
		h.next, h.changed = w.drawPlan(d), w.start+int64(d.Float64()*365)*day
	}
	if d.chance(0.3) {
		h.newThing = w.start + int64(d.Float64()*90*24)*hour
	}
	w.habits(d, h)
	if d.chance(0.15) {
		w.takeUp(d, h)
	}
}

// takeUp has a household begin with something, within half a year: what it then
// does is new, and still ordinary.
func (w *World) takeUp(d *dice, h *household) {
	fresh := []Activity{Backup, Backup, Backup, VPN, VPN, Camera, Torrent, Download, Download, Broadcast, Server}
	if h.kind == CGNAT || h.kind == Business {
		fresh = fresh[:9]
	}
	a := fresh[d.IntN(len(fresh))]
	if h.rates[a] > 0 || a == Broadcast && h.plan.Up < pictureUp {
		return
	}
	h.fresh, h.freshAt = a, w.start+int64(d.Float64()*180*24)*hour
	h.rates[a] = map[Activity]float32{Backup: 0.14, VPN: 0.7, Camera: 24, Torrent: 0.5, Download: 0.12, Broadcast: 0.6, Server: 30}[a]
}

// pictureUp is the least upstream that anybody sends a picture by.
const pictureUp = 4e6

func (w *World) drawPlan(d *dice) Plan {
	sum := 0.0
	for _, p := range w.config.Plans {
		sum += max(p.Weight, 0)
	}
	u := d.Float64() * sum
	for _, p := range w.config.Plans {
		if u -= max(p.Weight, 0); u < 0 {
			return p
		}
	}
	return w.config.Plans[0]
}

// habits draws how often a day things are done. Households differ by an order of
// magnitude in how much they do.
func (w *World) habits(d *dice, h *household) {
	much := min(d.around(1, 0.6), 4)
	full := 1.0
	if w.config.Full {
		full = 4
	}
	sometimes := func(a Activity, share, perDay float64) {
		if d.chance(share) {
			h.rates[a] = float32(perDay)
		}
	}
	h.rates[Web] = float32(3.5 * much * full)
	h.rates[Background] = float32(8 * full)
	h.rates[Video] = float32(1.7 * much)
	h.rates[Files] = float32(0.4 * much)
	h.rates[Update] = 0.05 // besides the great evenings
	h.rates[Radiation] = float32(4 * full)
	h.devices = uint8(1 + d.IntN(3))
	sometimes(Call, 0.4, 0.8)
	sometimes(Voice, 0.3, 1.5)
	sometimes(Play, 0.35, 0.9)
	sometimes(Download, 0.3, 0.12)
	sometimes(Backup, 0.12, 0.14)
	sometimes(Photos, 0.6, 0.7)
	sometimes(SpeedTest, 0.3, 0.07)
	sometimes(Torrent, 0.03, 0.5)
	sometimes(VPN, 0.12, 0.7)
	sometimes(Mail, 0.4, 4)
	sometimes(OtherDNS, 0.1, 14*full)
	if h.rates[OtherDNS] > 0 {
		h.resolver = 0
		if h.otherPort() == 53 {
			h.resolver = otherResolver(h.line)
		}
	}
	sometimes(Camera, 0.008, 24)
	sometimes(Broadcast, 0.01, 0.6)
	sometimes(MailServer, 0.002, 20)
	sometimes(Server, 0.01, 30)
	switch h.kind {
	case Business:
		h.rates[Play], h.rates[Torrent], h.rates[Download] = 0, 0, 0
		h.rates[Video] = float32(0.3 * much)
		h.rates[Web] *= 2.5
		h.rates[Call], h.rates[Voice] = 3, 8
		sometimes(Backup, 0.6, 0.3)
		sometimes(VPN, 0.4, 1.2)
		sometimes(MailServer, 0.1, 60)
		sometimes(Server, 0.15, 120)
		sometimes(Camera, 0.08, 24)
	case Smart:
		h.devices = uint8(8 + d.IntN(12))
		sometimes(Camera, 0.2, 24)
	case CGNAT: // cannot be reached
		h.rates[MailServer], h.rates[Server], h.rates[Radiation] = 0, 0, 0
	}
	if h.plan.Up < pictureUp {
		h.rates[Broadcast] = 0
	}
}

// otherPort is how a household asks another resolver than the provider's: by DoH
// (RFC 8484), plainly, or by DoT (RFC 7858).
func (h *household) otherPort() uint16 { return [...]uint16{443, 53, 853}[h.line%3] }

// asked is whom the household asks for a name at a time; 0 if it does not ask
// plainly. Some, one of a hundred, resolve names themselves, and ask the servers
// of each; businesses, one of twenty, ask a resolver of their own that nobody
// else does; and of both half, and one of two hundred of the rest with a
// public resolver, begin with it within half a year.
func (h *household) asked(d *dice, at int64) uint64 {
	x := mix(uint64(h.line) ^ 0x4e53)
	begun := x>>40%2 == 0 || at >= h.since+int64(x>>41%(180*24))*hour
	switch {
	case x%100 == 0 && begun:
		return 7<<40 | d.popular(2000)
	case h.kind == Business && x%20 == 1 && begun:
		return x | 1<<63
	case x%200 == 2 && at >= h.since+int64(x>>41%(180*24))*hour:
		return uint64(otherResolver(h.line))
	}
	return uint64(h.resolver)
}

// otherResolver is a well-known one that a household took.
func otherResolver(line flow.Line) uint32 {
	return [...]uint32{8<<24 | 8<<16 | 8<<8 | 8, 1<<24 | 1<<16 | 1<<8 | 1, 9<<24 | 9<<16 | 9<<8 | 9, 208<<24 | 67<<16 | 222<<8 | 222}[mix(uint64(line))%4]
}

// rate is how often a day something is done, at a time.
func (h *household) rate(a Activity, at int64) float64 {
	if h.freshAt != 0 && a == h.fresh && at < h.freshAt {
		return 0
	}
	return float64(h.rates[a])
}

// backs tells whether a backup begins in an hour by its schedule: seven of ten
// households have it weekly, at its hour.
func (h *household) backs(s *span) (scheduled, now bool) {
	x := mix(uint64(h.line) ^ 0xbac)
	return x%10 < 7, int64((x>>8)%7) == s.start/day%7 && int((x>>16)%24) == s.hour
}

// curve is how the day of a household goes for an activity.
func (h *household) curve(a Activity, weekend bool) *curve {
	switch {
	case a.steady() || a == SpeedTest && h.habit == 0:
		return &flat
	case a == Backup, a == Download && h.line%2 == 0:
		return &nightly
	case h.kind == Business || a == VPN:
		return &office
	case weekend:
		return &sunday
	case h.habit == 1:
		return &young
	case h.habit == 2:
		return &old
	}
	return &family
}

// away tells whether nobody is at home in a week: more often in summer and
// around the turn of the year.
func (w *World) away(h *household, hours *span) bool {
	if h.kind == Business {
		return false
	}
	week := uint64((hours.start/day + int64(h.line)%7) / 7)
	p := uint64(30)
	if hours.vacation {
		p = 140
	}
	return mix(w.config.Seed^mix(uint64(h.line)^week<<32))%1000 < p
}
