package scan

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"candor"
	"candor/engine"
	"candor/internal/scan/known"
	"candor/internal/scan/unpack"
)

// memo is what is known of the files of a directory, and what they turn out to
// be.
type memo struct {
	session *known.Session
	load    sync.Once
	was     *known.Directory
	whole   bool // the directory was listed to its end
	once    sync.Once
	at      string

	lock   sync.Mutex
	passed int // files that have been dealt with
	listed int
	seen   []known.Seen
	fresh  bool // one was read
}

// entry gives what is known of a file.
func (m *memo) entry(d *directory, name string) (known.Entry, bool) {
	m.load.Do(func() { m.was = m.session.Directory(d.dev, d.ino) })
	return m.was.Find(name)
}

// note keeps what a file is; nil where that is not known.
func (m *memo) note(s *known.Seen) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.passed++
	if s != nil {
		m.seen = append(m.seen, *s)
		m.fresh = m.fresh || s.Fresh
	}
}

// place is where a directory is. That of a scan is as it was named.
func (m *memo) place(d *directory) string {
	m.once.Do(func() {
		var err error
		if m.at, err = filepath.Abs(d.path); err != nil { // the working directory is gone
			m.at = d.path
		}
	})
	return m.at
}

// keep hands over what is known now. Of a directory that was not gone through
// to its end, what was known of the other files stays known.
func (m *memo) keep(d *directory) {
	m.load.Do(func() { m.was = m.session.Directory(d.dev, d.ino) })
	if m.was != nil && !m.fresh && m.was.Path == m.place(d) && len(m.seen) == len(m.was.Entries) || m.was == nil && len(m.seen) == 0 {
		return
	}
	if m.was != nil && (!m.whole || m.passed < m.listed) {
		have := make(map[string]bool, len(m.seen))
		for _, s := range m.seen {
			have[s.Name] = true
		}
		for _, e := range m.was.Entries {
			if !have[e.Name] {
				m.seen = append(m.seen, known.Seen{Entry: e})
			}
		}
	}
	_ = m.session.Keep(d.dev, d.ino, m.place(d), m.seen) // the session keeps its error, and tells it when it is closed
}

// stands tells whether a file is as it was, and was and is clean, so that it
// need not be read. Its entry is given if there is one.
func (w *worker) stands(d *directory, e entry) (was known.Entry, have, stands bool) {
	if was, have = d.memo.entry(d, e.name); !have {
		return was, false, false
	}
	var st unix.Stat_t
	if unix.Fstatat(d.fd, e.name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return was, true, false
	}
	if !was.Same(st.Ino, st.Size, st.Mtim.Nano(), st.Ctim.Nano()) {
		return was, false, false
	}
	return was, true, d.memo.session.Stands(was, d.memo.was.Path != d.memo.place(d))
}

// teller is a Matcher that says on what its last verdict rests, and shows what
// it looks at.
type teller interface {
	Consulted() (externals []string, clock bool)
	Situation(engine.File) (engine.Situation, error)
	Observe(each func(form []byte), all bool)
	Forms(data []byte, each func(form []byte))
}

// judge looks at a content, unless it is known to be clean. What is known to
// match is matched again, for what there is to tell of it, once in a scan. clean says
// that it is, and will be.
func (w *worker) judge(path string, d *directory, name string, data []byte, sum known.Sum) (findings []candor.Finding, clean bool, err error) {
	s, l, uid := w.pool.o.Known, w.looker, w.reader.stat.Uid
	at := func() engine.Situation {
		t, ok := l.ready().(teller)
		if !ok {
			return engine.Situation{}
		}
		here, _ := t.Situation(engine.File{Name: path, Externals: l.externals.of(d.path, name, data, uid)}) // the scan itself tells of errors
		if l.unpacker != nil && unpack.NamesInside(data, name) {
			here = here.Named(name)
		}
		return here
	}
	clean, sketched := s.Clean(sum, at)
	if clean {
		w.pool.o.Progress.copies.Add(1)
		return nil, true, nil
	}
	if sketched { // it was looked at before
		if findings = w.pool.told.of(sum, at, path); findings != nil {
			w.pool.o.Progress.copies.Add(1)
			return findings, false, nil
		}
	}
	if s.Vouched(sum) {
		if sketch, ok := w.survey(name, data, sketched); ok {
			s.Learn(known.Learned{Sum: sum, Size: int64(len(data)), Sketch: sketch, Others: true})
			w.pool.o.Progress.copies.Add(1)
			return nil, true, nil
		}
	}
	var sketch []byte
	if sketched {
		l.show(nil, false)
	} else {
		w.sketcher.Begin(data, w.room(name, data))
		l.show(w.sketcher.Note, s.AllForms())
	}
	findings, err = l.look(path, d.path, name, data, uid)
	if _, ok := l.matcher.(teller); err != nil || !ok {
		return findings, false, err
	}
	if !sketched {
		sketch = w.sketcher.End().Append(nil)
	}
	expires := l.rests.clock || l.rests.unread
	if len(findings) > 0 && !expires && w.reader.mapped == nil {
		c := content{sum: sum}
		if l.rests.placed || slices.ContainsFunc(findings, func(f candor.Finding) bool { return f.Inside != "" }) {
			c.situation = at()
		}
		w.pool.told.keep(c, findings)
	}
	s.Learn(known.Learned{Sum: sum, Size: int64(len(data)), Rules: l.rests.rules, Placed: l.rests.placed, Expires: expires, At: at, Sketch: sketch})
	return findings, len(findings) == 0 && !expires, nil
}

// survey makes the sketch of a content without having it matched, unless there
// is one. It fails for one that cannot be looked at to the end of what lies
// inside: that is told each time.
func (w *worker) survey(name string, data []byte, sketched bool) ([]byte, bool) {
	l := w.looker
	t, ok := l.ready().(teller)
	if sketched || !ok {
		return nil, ok
	}
	note := w.sketcher.Note
	if w.pool.o.Known.AllForms() {
		note = func(content []byte) { t.Forms(content, w.sketcher.Note) }
	}
	w.sketcher.Begin(data, w.room(name, data))
	note(data)
	if l.unpacker != nil {
		gaps, err := l.unpacker.Unpack(context.Background(), name, data, func(p unpack.Part) error {
			l.inside()
			note(p.Data)
			return nil
		})
		if err != nil || len(gaps) > 0 {
			return nil, false
		}
	}
	return w.sketcher.End().Append(nil), true
}

// room is about how many bytes will be looked at of a content: more than there
// are where something lies inside.
func (w *worker) room(name string, data []byte) int {
	if w.looker.unpacker == nil {
		return len(data)
	}
	switch unpack.Kind(data, name) {
	case "", "text", "image", "exe":
		return len(data)
	}
	return 4 * len(data)
}

// seen is what a file that was read is known as.
func (r *reader) seen(name string, sum known.Sum, clean bool, now time.Time) *known.Seen {
	s := &known.Seen{Sum: sum, Fresh: true, Clean: clean, Entry: known.Entry{Name: name, Inode: r.stat.Ino, Size: r.stat.Size,
		Modified: r.stat.Mtim.Nano(), Changed: r.stat.Ctim.Nano()}}
	if now.Sub(time.Unix(0, max(s.Modified, s.Changed))) < known.YoungFor {
		s.Flags |= known.Young
	}
	return s
}
