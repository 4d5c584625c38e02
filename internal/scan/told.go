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
	held     int // of all contents
}

// content is one in a situation, or in any if its own has no say.
type content struct {
	sum       known.Sum
	situation engine.Situation // the zero one for any
}

// Bounds of what is held, in findings.
const (
	mostTold       = 8192
	mostToldOfOne  = 256 // rules that match this much of one content are no help to anybody
	mostShownOfOne = 64 << 10
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
	shown := 0
	for i := range findings {
		for _, s := range findings[i].Strings {
			shown += len(s.Data)
		}
	}
	if len(findings) > mostToldOfOne || shown > mostShownOfOne {
		return
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	if t.findings == nil || t.held+len(findings) > mostTold {
		t.findings, t.held = map[content][]candor.Finding{}, 0
	}
	if _, ok := t.findings[c]; !ok {
		t.findings[c], t.held = slices.Clone(findings), t.held+len(findings)
	}
}
