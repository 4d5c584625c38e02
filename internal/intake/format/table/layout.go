package table

import (
	"fmt"
	"strings"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/regex"
)

// layout is how a table is read.
type layout struct {
	comma      byte
	header     int // the line of it; 0 if there is none
	columns    []column
	about      []int // columns of what is complained about
	class      candor.Class
	confidence int
	same       bool // pages are those of the addresses beside them
}

const (
	mostLead   = 20 // lines that may stand before the header
	mostLooked = 50 // rows that are looked at where there is no header
)

// foundation are names of Shadowserver's reports, which are read by their types.
var foundation = regex.Of(`^\d{4}-\d{2}-\d{2}-(?:scan|event|population|compromised|sandbox|device|blocklist|malware|phish|spam|special|ransomware)(?:[46]?_|-|$)`)

// detect finds the layout of a table by its beginning and its name. It is
// format.ErrOther for what is none.
func detect(start []byte, name string) (*layout, error) {
	text := string(start)
	if end := strings.LastIndexByte(text, '\n'); len(start) >= format.Beginning && end > 0 {
		text = text[:end+1]
	}
	if foundation.MatchString(name) {
		return nil, format.ErrOther
	}
	class, _ := classOf(name)
	best, score := (*layout)(nil), 0
	for _, comma := range []byte(",;\t|") {
		if l, n := headed(text, comma); n > score {
			best, score = l, n
		}
	}
	if best != nil {
		best.class = class
		best.same = best.agree(text)
		return best, best.decide()
	}
	return bare(text, class)
}

// sample reads rows of a beginning, of which the last may be cut off.
func sample(text string, comma byte, most int, each func(fields []string, line int) bool) {
	t := format.NewRows(format.NewFile("", "", strings.NewReader(text)).Body, comma)
	for range most {
		fields, err := t.Next()
		if err != nil || !each(fields, t.Line()) {
			return
		}
	}
}

// headed finds a header, and how many names of it are known.
func headed(text string, comma byte) (l *layout, known int) {
	sample(text, comma, mostLead, func(fields []string, line int) bool {
		if len(fields) < 2 && (comma != ',' || comment(fields[0])) {
			return true
		}
		columns := make([]column, len(fields))
		resource := false
		for i, f := range fields {
			if _, kind := valueOf(f); kind != "" && kind != intake.Domain { // "source.ip" is a name
				return !comment(strings.Join(fields, "")) && line < mostLead // a row: no header follows
			}
			columns[i] = columnOf(f)
			if columns[i].meaning != unknown {
				known++
			}
			resource = resource || columns[i].meaning >= source && columns[i].meaning <= hash
		}
		if known == 0 || !resource || 2*known < len(fields) && known < 3 {
			known = 0
			return true
		}
		l = &layout{comma: comma, header: line, columns: columns, confidence: 98}
		return false
	})
	if l == nil {
		return nil, 0
	}
	return l, known
}

func (l *layout) of(m meaning) (all []int) {
	for i, c := range l.columns {
		if c.meaning == m {
			all = append(all, i)
		}
	}
	return all
}

// decide finds the columns that are complained about; ErrAmbiguous says what is
// missing for it.
func (l *layout) decide() error {
	sources, pages, domains := l.of(source), l.of(page), l.of(domain)
	if len(sources) == 0 {
		sources = append(l.of(address), l.of(host)...)
	}
	if len(l.of(amount)) > 0 && len(l.of(category)) == 0 && l.class == "" {
		return fmt.Errorf("it is of flows, which say who began and not who is to blame: no column is called category: %w", ErrAmbiguous)
	}
	told := len(l.of(source)) > 0 || len(l.of(target)) > 0 // who did it to whom
	for _, several := range [][]int{sources, pages, domains} {
		if len(several) > 1 {
			return fmt.Errorf("columns %q and %q may both be it, and none is called source_ip: %w", l.columns[several[0]].name, l.columns[several[1]].name, ErrAmbiguous)
		}
	}
	switch {
	case told && len(sources) > 0:
		l.about = sources
	case len(sources) > 0 && len(pages)+len(domains) > 0:
		if l.class == "" && len(l.of(category)) == 0 && !l.same {
			return fmt.Errorf("column %q may have done it to %q, or serve it: no column is called source_ip, and none category: %w", l.columns[sources[0]].name, l.columns[append(pages, domains...)[0]].name, ErrAmbiguous)
		}
		l.about = append(append(pages, domains...), sources...)
	case len(pages) > 0 && !told:
		l.about = pages
	case len(domains) > 0 && !told:
		l.about = domains
	case len(sources) > 0:
		l.about = sources
	default:
		l.about = l.of(sender)
	}
	if len(l.about) == 0 {
		return fmt.Errorf("no column is called source_ip, ip, url or domain: %w", ErrAmbiguous)
	}
	return nil
}

// agree tells whether the URL of each row is on the address of the row.
func (l *layout) agree(text string) bool {
	pages, addresses := l.of(page), l.of(address)
	if len(pages) != 1 || len(addresses) != 1 {
		return false
	}
	rows, all := 0, true
	sample(text, l.comma, mostLead+mostLooked, func(fields []string, line int) bool {
		if line <= l.header || len(fields) <= max(pages[0], addresses[0]) {
			return true
		}
		url, isURL := resourceOf(fields[pages[0]], intake.URL)
		ip, isAddress := resourceOf(fields[addresses[0]], intake.Address)
		if isURL && isAddress {
			rows++
			all = all && url.Host() == ip.Value
		}
		return all
	})
	return all && rows > 0
}

// bare reads a table without a header: one column of addresses, URLs or domains.
func bare(text string, class candor.Class) (*layout, error) {
next:
	for _, comma := range []byte("\t;|,") {
		kinds, width := kindsOf(text, comma)
		if len(kinds) == 0 || width == 1 && comma != ',' {
			continue
		}
		l := &layout{comma: comma, columns: make([]column, width), class: class, confidence: 95}
		times := 0
		for i, k := range kinds {
			switch k {
			case "":
			case "time":
				l.columns[i].meaning = moment
				times++
			case "mixed":
				continue next
			case intake.Hash, intake.Mail:
				l.columns[i].meaning = hash
			default:
				l.columns[i].meaning = host
				l.about = append(l.about, i)
			}
		}
		if len(l.about) == 0 {
			continue
		}
		if len(l.about) > 1 {
			return nil, fmt.Errorf("there is no header, and columns %d and %d may both be it: %w", l.about[0]+1, l.about[1]+1, ErrAmbiguous)
		}
		if times > 1 {
			return nil, fmt.Errorf("there is no header, and several columns are times: %w", ErrAmbiguous)
		}
		return l, nil
	}
	return nil, format.ErrOther
}

// kindsOf gives the kind of each column's values, "mixed" where they differ; ""
// is of texts and numbers. Nothing is a table whose rows differ in width.
func kindsOf(text string, comma byte) (kinds []intake.Kind, width int) {
	ok, seen := true, 0
	sample(text, comma, mostLooked, func(fields []string, _ int) bool {
		if comment(fields[0]) {
			return true
		}
		if seen++; seen == 1 {
			kinds, width = make([]intake.Kind, len(fields)), len(fields)
		}
		ok = len(fields) == width
		for i := 0; ok && i < width; i++ {
			_, k := valueOf(fields[i])
			switch {
			case seen == 1:
				kinds[i] = k
			case kinds[i] == k || like(kinds[i], k):
			default:
				kinds[i] = "mixed"
			}
		}
		return ok
	})
	if !ok || seen == 0 {
		return nil, 0
	}
	return kinds, width
}

// like tells whether a list may hold both kinds.
func like(a, b intake.Kind) bool {
	web := func(k intake.Kind) bool { return k == intake.Domain || k == intake.URL }
	ip := func(k intake.Kind) bool { return k == intake.Address || k == intake.Network }
	return web(a) && web(b) || ip(a) && ip(b)
}
