package scan

import (
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"candor"
	"candor/engine"
	"candor/internal/scan/known"
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

// teller is a Matcher that says on what its last verdict rests.
type teller interface {
	Consulted() (externals []string, clock bool)
	Situation(engine.File) (engine.Situation, error)
}

// judge looks at a content, unless it is known to be clean. What is known to
// match is matched again, for what there is to tell of it. clean says that it
// is, and will be.
func (w *worker) judge(path string, d *directory, name string, data []byte, sum known.Sum) (findings []candor.Finding, clean bool, err error) {
	s, l, uid := w.pool.o.Known, w.looker, w.reader.stat.Uid
	at := func() engine.Situation {
		t, ok := l.ready().(teller)
		if !ok {
			return engine.Situation{}
		}
		here, _ := t.Situation(engine.File{Name: path, Externals: l.externals.of(d.path, name, data, uid)}) // the scan itself tells of errors
		return here
	}
	if s.Clean(sum, at) {
		w.pool.o.Progress.copies.Add(1)
		return nil, true, nil
	}
	sketch := func() []byte { return w.sketcher.Sketch(data).Append(nil) }
	if s.Vouched(sum) {
		s.Learn(known.Learned{Sum: sum, Size: int64(len(data)), Sketch: sketch, Others: true})
		w.pool.o.Progress.copies.Add(1)
		return nil, true, nil
	}
	findings, err = l.look(path, d.path, name, data, uid)
	t, ok := l.matcher.(teller)
	if err != nil || !ok {
		return findings, false, err
	}
	asked, clock := t.Consulted()
	s.Learn(known.Learned{Sum: sum, Size: int64(len(data)), Rules: l.matched, Placed: len(asked) > 0, Expires: clock, At: at, Sketch: sketch})
	return findings, len(findings) == 0 && !clock, nil
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
