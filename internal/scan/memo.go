package scan

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/scan/known"
)

// memo is what is known of the files of a directory, and what they turn out to
// be.
type memo struct {
	session *known.Session
	load    sync.Once
	was     *known.Directory
	whole   bool // the directory was listed to its end

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

// keep hands over what is known now. Of a directory that was not gone through
// to its end, what was known of the other files stays known.
func (m *memo) keep(d *directory) {
	m.load.Do(func() { m.was = m.session.Directory(d.dev, d.ino) })
	if m.was != nil && !m.fresh && m.was.Path == d.path && len(m.seen) == len(m.was.Entries) || m.was == nil && len(m.seen) == 0 {
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
	_ = m.session.Keep(d.dev, d.ino, d.path, m.seen) // the session keeps its error, and tells it when it is closed
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
	rules, ok := d.memo.session.Standing(was)
	return was, true, ok && len(rules) == 0
}

// judge looks at a content, unless it was seen before: then what was said of it
// is said again.
func (w *worker) judge(path string, d *directory, name string, data []byte, sum known.Sum) ([]candor.Finding, error) {
	s, uid := w.pool.o.Known, w.reader.stat.Uid
	if rules, ok := s.Recall(sum, w.looker.externals.of(d.path, name, data, uid)); ok {
		w.pool.o.Progress.copies.Add(1)
		return w.looker.worded(path, data, rules), nil
	}
	findings, err := w.looker.look(path, d.path, name, data, uid)
	if err != nil {
		return findings, err
	}
	asker, ok := w.looker.matcher.(interface{ Consulted() ([]string, bool) })
	if !ok {
		return findings, nil
	}
	l := known.Learned{Sum: sum, Size: int64(len(data)), Rules: w.looker.matched, Asked: w.looker.externals.of(d.path, name, data, uid),
		Sketch: func() []byte { return w.sketcher.Sketch(data).Append(nil) }}
	l.Names, l.Expires = asker.Consulted()
	s.Learn(l)
	return findings, nil
}

// seen is what a file that was read is known as.
func (r *reader) seen(name string, sum known.Sum, now time.Time) *known.Seen {
	s := &known.Seen{Sum: sum, Fresh: true, Entry: known.Entry{Name: name, Inode: r.stat.Ino, Size: r.stat.Size,
		Modified: r.stat.Mtim.Nano(), Changed: r.stat.Ctim.Nano()}}
	if now.Sub(time.Unix(0, max(s.Modified, s.Changed))) < known.YoungFor {
		s.Flags |= known.Young
	}
	return s
}
