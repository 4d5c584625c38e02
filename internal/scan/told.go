package scan

import (
	"slices"
	"sync"

	"candor"
	"candor/engine"
	"candor/internal/scan/known"
)

// told is what a scan found in contents, so that of copies it is told again rather
// than found again: the same infected file lies at hundreds of sites. The zero told is
// empty.
type told struct {
	lock     sync.Mutex
	findings map[content][]candor.Finding
	held     int // about how many bytes
}

// content is one in a situation, or in any if its own has no say.
type content struct {
	sum       known.Sum
	situation engine.Situation // the zero one for any
}

// Bounds of what is held, in bytes.
const (
	mostTold      = 16 << 20
	mostToldOfOne = 64 << 10 // rules that tell more of one content help nobody
)

// of gives what was found in a content, as of a file at path.
func (t *told) of(sum known.Sum, at known.At, path string) []candor.Finding {
	findings := t.get(content{sum: sum})
	if findings == nil {
		findings = t.get(content{sum, at()})
	}
	for i := range findings {
		findings[i].Path = path
	}
	return findings
}

// get gives a copy of what is held of a content.
func (t *told) get(c content) []candor.Finding {
	t.lock.Lock()
	defer t.lock.Unlock()
	return slices.Clone(t.findings[c])
}

// keep holds what was found in a content, if it is not too much.
func (t *told) keep(c content, findings []candor.Finding) {
	size := 0
	for i := range findings {
		size += 400 + len(findings[i].Inside) + len(findings[i].Description)
		for _, s := range findings[i].Strings {
			size += 100 + len(s.Data)
		}
	}
	if size > mostToldOfOne {
		return
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	if t.findings == nil || t.held+size > mostTold {
		t.findings, t.held = map[content][]candor.Finding{}, 0
	}
	if _, ok := t.findings[c]; !ok {
		t.findings[c], t.held = slices.Clone(findings), t.held+size
	}
}
