package freetext

import (
	"strconv"
	"strings"
	"time"

	"candor/internal/intake"
	"candor/internal/regex"
)

// A time counts only with its zone: of its own, or of what the report says of
// all its times. Names of zones that stand for several (CST, CDT, IST, BST) are none.
var zones = map[string]int{
	"UTC": 0, "GMT": 0, "Z": 0, "UT": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "MEZ": 60, "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "МСК": 180, "TRT": 180,
	"EST": -300, "EDT": -240, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600, "BRT": -180, "ART": -180, "JST": 540, "KST": 540, "HKT": 480, "SGT": 480, "AWST": 480, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "SAST": 120,
}

const (
	clock   = `(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9}|,\d{3}\b)?)?(?:\s?([AaPp])\.?[Mm]\b\.?)?`
	until   = `(?:\s?(?:-|–|to|until|bis|à|a|até)\s?\d{1,2}:\d{2}(?::\d{2})?\b)?`
	zoneEnd = until + `(?i:\s?(?:uhr|hrs?|hours|heures|horas|ore|h))?(?:"?[,;]?\s?"?[(\[]?(?:TSİ, ?)?((?:UTC|GMT)?\s?[+-]\d{1,2}:?\d{2}|(?:UTC|GMT)\s?[+-]\d{1,2}|[A-ZМСК]{2,5}|Z\b)[)\]]?)?`
	months  = `(?i:jan(?:uary|uar|vier|eiro|uari)?|feb(?:ruary|ruar|rero|braio|ruari)?|fev(?:ereiro)?|fév(?:rier)?|enero|ene|gennaio|gen|mar(?:ch|s|zo|ço)?|maart|m[äa]r[zt]?|mrz|apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|may(?:o)?|mai(?:o)?|maggio|mag|mei|jun[ie]?(?:o)?|juin|giugno|giu|jul[iy]?(?:o)?|juil(?:let)?|luglio|lug|aug(?:ust|ustus)?|ago(?:sto)?|août|sep(?:t(?:ember|embre|iembre)?|tember)?|set(?:embro|tembre)?|o[ck]t(?:ober|obre|ubre)?|out(?:ubro)?|ottobre|ott|nov(?:ember|embre|embro|iembre)?|de[cz](?:ember|embro)?|déc(?:embre)?|dic(?:iembre|embre)?|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia|января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря)`
)

var (
	iso      = regex.Of(`\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ,@]|\s+at\s+|&nbsp;){1,3}` + clock + zoneEnd)
	european = regex.Of(`\b(\d{1,2})\.(\d{1,2})\.(\d{4})[, ]{1,3}(?:um |à |at |klo |o )?` + clock + zoneEnd)
	apache   = regex.Of(`\b(\d{1,2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?: ([+-]\d{4}))?`)
	letter22 = regex.Of(`\b(\d{1,2})(?:[-. ]{1,2}|\.? de )(` + months + `)(?:[.,]?[-. ]| de )(\d{4})[, ]{1,3}(?:at |om |um |à |alle |a las |às |o |в |klo )?` + clock + zoneEnd)
	american = regex.Of(`\b(` + months + `)[. ]{1,2}(\d{1,2})(?:st|nd|rd|th)?,?\s(\d{4})[, ]{1,3}(?:at |@ )?` + clock + zoneEnd)
	ctime    = regex.Of(`\b([A-Z][a-z]{2})\s{1,2}(\d{1,2})\s` + clock + `(?:\s(` + `[A-Z]{3,4}` + `))?\s(\d{4})\b`)
	syslog   = regex.Of(`(?:^|[\s>(\[])([A-Z][a-z]{2})\s{1,2}(\d{1,2})\s` + clock + `\b`)
	slashed  = regex.Of(`\b(\d{1,2})/(\d{1,2})/(\d{4})(?:[, @-]|\sat\s){1,3}` + clock + zoneEnd)
	chinese  = regex.Of(`(\d{4})年(\d{1,2})月(\d{1,2})日\s?(?:[上下]午)?` + clock + zoneEnd)
	epoch    = regex.Of(`(?i)(?:\b|_)(?:epoch|unix ?time(?:stamp)?|timestamp|ts|time|first_?seen|last_?seen|seen|start|end|date)["']?[ :=]{1,3}(1[5-9]\d{8})(?:\.\d+|\d{3})?\b`)
)

// times finds the times of a line. shared is the zone that the report tells of
// all times, in minutes; has says whether it does.
func (d *document) times(text string, shared int, has bool) (all []intake.When) {
	if !strings.ContainsAny(text, "0123456789") || !strings.Contains(text, ":") && !epoch.MatchString(text) {
		return nil
	}
	add := func(whole string, y, mo, day int, c []string, zone string) {
		t, ok := wallClock(y, mo, day, c)
		if !ok {
			return
		}
		w := intake.When{Text: strings.TrimSpace(whole)}
		offset, known := zoneOf(zone)
		if zone == "CST" && d.han() {
			offset, known = 480, true
		}
		letters := strings.ToUpper(strings.TrimSpace(zone))
		if !known && zone == "" || !known && !isZone(zone) {
			offset, known, letters = shared, has, d.letters
		}
		if known && offset == europe {
			offset, known = summer(t)
		} else {
			known = known && shows(letters, t)
		}
		if known {
			w.Time = t.Add(-time.Duration(offset) * time.Minute)
		}
		all = append(all, w)
	}
	find := func(re *regex.Regexp, may bool) [][]string {
		if !may {
			return nil
		}
		return re.FindAllStringSubmatch(text, 20)
	}
	slash, named := strings.Contains(text, "/"), mayMonth(text)
	for _, f := range append(find(iso, true), find(chinese, strings.Contains(text, "年"))...) {
		add(f[0], atoi(f[1]), atoi(f[2]), atoi(f[3]), f[4:8], f[8])
	}
	for _, f := range find(european, strings.Contains(text, ".")) {
		add(f[0], atoi(f[3]), atoi(f[2]), atoi(f[1]), f[4:8], f[8])
	}
	for _, f := range find(slashed, slash) {
		if day, mon, ok := d.slashes(atoi(f[1]), atoi(f[2]), atoi(f[3]), strings.Contains(f[0], f[3]+"-")); ok {
			add(f[0], atoi(f[3]), mon, day, f[4:8], f[8])
		}
	}
	for _, f := range find(apache, slash && named) {
		add(f[0], atoi(f[3]), month(f[2]), atoi(f[1]), []string{f[4], f[5], f[6], ""}, f[7])
	}
	for _, f := range find(letter22, named) {
		add(f[0], atoi(f[3]), month(f[2]), atoi(f[1]), f[4:8], f[8])
	}
	for _, f := range find(american, named) {
		add(f[0], atoi(f[3]), month(f[1]), atoi(f[2]), f[4:8], f[8])
	}
	for _, f := range find(ctime, named) {
		add(f[0], atoi(f[8]), month(f[1]), atoi(f[2]), f[3:7], f[7])
	}
	for _, f := range epoch.FindAllStringSubmatch(text, 20) {
		if s, err := strconv.ParseInt(f[1], 10, 64); err == nil {
			all = append(all, intake.When{Text: strings.TrimSpace(f[0]), Time: time.Unix(s, 0).UTC()})
		}
	}
	if len(all) > 0 {
		return all
	}
	for _, f := range find(syslog, named) {
		add(f[0], d.year(month(f[1]), atoi(f[2])), month(f[1]), atoi(f[2]), f[3:7], "")
	}
	return all
}

// year is the one in which a day without a year last was when the mail was sent.
func (d *document) year(m, day int) int {
	if d.now.IsZero() {
		return 0
	}
	y := d.now.Year()
	if time.Date(y, time.Month(m), day, 0, 0, 0, 0, time.UTC).After(d.now.Add(48 * time.Hour)) {
		y--
	}
	return y
}

func wallClock(y, mo, day int, c []string) (time.Time, bool) {
	h := atoi(c[0])
	if c[3] != "" {
		if h > 12 {
			return time.Time{}, false
		}
		h %= 12
		if c[3] == "p" || c[3] == "P" {
			h += 12
		}
	}
	t := time.Date(y, time.Month(mo), day, h, atoi(c[1]), atoi(c[2]), 0, time.UTC)
	ok := y >= 1990 && y < 2200 && mo >= 1 && mo <= 12 && t.Day() == day && h < 24 && atoi(c[1]) < 60 && atoi(c[2]) < 61
	return t, ok
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

func isZone(s string) bool {
	_, ok := zoneOf(s)
	switch strings.ToUpper(s) {
	case "CST", "CDT", "IST", "BST", "AST", "GST", "PKT", "WIB", "ICT":
		return true
	}
	return ok
}

// zoneOf gives the minutes that a zone is ahead of UTC.
func zoneOf(s string) (int, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if n, ok := zones[s]; ok {
		return n, true
	}
	s = strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(s, "UTC"), "GMT"), " ", "")
	if len(s) < 2 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	digits := strings.ReplaceAll(s[1:], ":", "")
	n := atoi(digits)
	switch {
	case len(digits) <= 2:
		n *= 60
	case len(digits) <= 4:
		n = n/100*60 + n%100
	default:
		return 0, false
	}
	if n > 14*60 {
		return 0, false
	}
	if s[0] == '-' {
		n = -n
	}
	return n, true
}

var monthNames = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

var otherMonths = map[string]int{"ene": 1, "gen": 1, "sty": 1, "янв": 1, "lut": 2, "фев": 2, "maa": 3, "мар": 3, "kwi": 4, "апр": 4, "mag": 5, "mei": 5, "maj": 5, "мая": 5, "giu": 6, "cze": 6, "июн": 6, "lug": 7, "lip": 7, "июл": 7, "sie": 8, "авг": 8, "wrz": 9, "сен": 9, "ott": 10, "paź": 10, "окт": 10, "lis": 11, "ноя": 11, "gru": 12, "дек": 12, "fév": 2, "fev": 2, "mär": 3, "mrz": 3, "mae": 3, "avr": 4, "abr": 4, "mai": 5, "ago": 8, "aoû": 8, "set": 9, "okt": 10, "out": 10, "dez": 12, "déc": 12, "dic": 12}

func month(s string) int {
	s = strings.ToLower(s)
	if strings.HasPrefix(s, "juil") {
		return 7
	}
	if strings.HasPrefix(s, "juin") {
		return 6
	}
	r := []rune(s)
	s = string(r[:min(3, len(r))])
	for i, m := range monthNames {
		if s == m {
			return i + 1
		}
	}
	return otherMonths[s]
}

var (
	allZone = regex.Of(`(?:^|[^\w])((?:UTC|GMT)\s?[+-]\s?\d{1,2}(?::?\d{2})?|[+-]\d{2}:?00|CET/CEST|CE\(S\)T|MEZ/MESZ|UTC|GMT|CET|CEST|MEZ|MESZ|MSK|МСК|EST|EDT|MST|PST|PDT|MDT|JST|TRT|BRT|EET|EEST)(?:[^\w:+-]|:(?:\D|$)|[+-]\D|$)`)
	spoken  = []struct {
		words   *regex.Regexp
		minutes int
	}{
		{regex.Of(`北京时间|北京時間|中国标准时间`), 480},
		{regex.Of(`日本時間|日本标准时间`), 540},
		{regex.Of(`(?i)московск\S* врем|по москве|moscow time`), 180},
		{regex.Of(`(?i)hora argentina|hora de argentina|horário de brasília|hora de brasília|brasilia time`), -180},
		{regex.Of(`(?i)türkiye saati|turkish time`), 180},
		{regex.Of(`(?i)central european (?:\(summer\) |summer )?time|(?:schweizer|deutscher?|mitteleuropäischer?|österreichischer?|berliner) (?:orts)?zeit|heure (?:de paris|française|d'europe centrale)|hora peninsular|ora italiana|czas polsk|polskiego czasu|nederlandse tijd`), europe},
	}
)

// europe stands for the zone of central Europe, the offset of which is told by
// the date.
const europe = 10000

// summer is the offset of central Europe at a time by its clocks; false in the hour
// that they show twice, and in that which they leave out.
func summer(t time.Time) (minutes int, ok bool) {
	forward, standard := central.at(t)
	if forward {
		return 120, !standard
	}
	return 60, standard
}

// zone is the one that the report tells of all its times: the only one that it
// names anywhere but right behind a time.
func (d *document) zone() (minutes int, has bool) {
	if d.ruled != nil {
		return *d.ruled, true
	}
	d.letters = ""
	agree := func(n int, name string) bool {
		if !has {
			d.letters = name
		} else if d.letters != name {
			d.letters = "" // two ways to say the same leave no doubt
		}
		if has && (n == europe && (minutes == 60 || minutes == 120) || minutes == europe && (n == 60 || n == 120)) {
			minutes = europe // both are told: "local time (CEST)"
			return true
		}
		if has && n != minutes {
			return false
		}
		minutes, has = n, true
		return true
	}
	for i := range d.lines {
		l := &d.lines[i]
		if l.zone == outer || l.zone == pasted || l.zone == registry || l.zone == forwarding {
			continue
		}
		if !mayZone(l.text) && !maySpoken(l.text) {
			continue
		}
		for _, f := range allZone.FindAllStringSubmatchIndex(l.text, 10) {
			before := strings.TrimRight(l.text[:f[2]], " ([,")
			if l.log && strings.Contains(before, ":") && clocks.MatchString(before) {
				continue
			}
			if before != "" && (digit(before[len(before)-1]) || strings.HasSuffix(strings.ToLower(before), "m")) && strings.Contains(tail(before, 12), ":") {
				continue
			}
			name := l.text[f[2]:f[3]]
			n, ok := zoneOf(name)
			if name == "CET/CEST" || name == "CE(S)T" || name == "MEZ/MESZ" {
				n, ok = europe, true
			}
			if ok && !agree(n, strings.ToUpper(name)) {
				return 0, false
			}
		}
		if maySpoken(l.text) {
			for _, s := range spoken {
				if s.words.MatchString(l.text) && !agree(s.minutes, "") {
					return 0, false
				}
			}
		}
	}
	return minutes, has
}

var clocks = regex.Of(`\d{1,2}:\d{2}`)

// slashes tells day and month of a date with slashes, by the other dates of the
// report, or by when it was sent if only one of both lies shortly before that.
func (d *document) slashes(a, b, year int, dashed bool) (day, mon int, ok bool) {
	switch order := d.order(); {
	case dashed || order < 0: // 01/31/2026-12:00:00 is of one program
		return b, a, true
	case order > 0:
		return a, b, true
	case a == b:
		return a, b, true
	case d.now.IsZero():
		return 0, 0, false
	}
	near := func(day, mon int) bool {
		age := d.now.Sub(time.Date(year, time.Month(mon), day, 0, 0, 0, 0, time.UTC))
		return mon <= 12 && -48*time.Hour < age && age < 31*24*time.Hour
	}
	if first, second := near(a, b), near(b, a); first != second {
		if first {
			return a, b, true
		}
		return b, a, true
	}
	return 0, 0, false
}

// order tells how the report writes dates with slashes: 1 the day first, -1 the
// month first, 0 if that cannot be told.
func (d *document) order() int {
	if d.dates != nil {
		return *d.dates
	}
	day, mon := false, false
	for i := range d.lines {
		l := &d.lines[i]
		if l.zone == outer || l.zone == registry {
			continue
		}
		for _, f := range dateSlashes.FindAllStringSubmatch(l.text, 20) {
			day = day || atoi(f[1]) > 12
			mon = mon || atoi(f[2]) > 12 || f[3] != ""
		}
	}
	n := 0
	switch {
	case day && !mon:
		n = 1
	case mon && !day:
		n = -1
	}
	d.dates = &n
	return n
}

var dateSlashes = regex.Of(`\b(\d{1,2})/(\d{1,2})/\d{4}\b(?:[^\n]{0,14}\d\s?([AaPp]\.?[Mm]\b))?`)

// han tells whether the report is written in Chinese.
func (d *document) han() bool {
	n := 0
	for i := range d.lines {
		if l := &d.lines[i]; l.zone == body || l.zone == subject {
			for _, r := range l.text {
				if r >= 0x4E00 && r < 0xA000 {
					if n++; n > 20 {
						return true
					}
				}
			}
		}
	}
	return false
}
