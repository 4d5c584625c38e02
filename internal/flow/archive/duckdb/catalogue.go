//go:build cgo && duckdb

package duckdb

import (
	"slices"
	"time"

	"candor/internal/flow/archive"
)

// catalogue is what files there are, without those that others cover. Nobody
// changes one.
type catalogue struct {
	raw, minute, hour []file
	// Sums that minutes can be told from: hours and ten minutes of whole files of
	// minutes, which are there too.
	whole, ten []file
}

// catalogue tells what files there are now.
func (s *folders) catalogue() (catalogue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var c catalogue
	// What is made of others is looked for before them: whatever is written meanwhile,
	// what it was made of is there too.
	for _, t := range []struct {
		tier archive.Tier
		to   *[]file
	}{{archive.Hour, &c.hour}, {ten, &c.ten}, {archive.Minute, &c.minute}, {archive.Raw, &c.raw}} {
		all, err := s.look(t.tier)
		if err != nil {
			return c, err
		}
		*t.to = all
	}
	if s.made == s.reads {
		return s.held, nil
	}
	for _, to := range []*[]file{&c.hour, &c.minute, &c.raw} {
		*to, _ = part(*to)
	}
	c.whole = complete(c.hour, c.minute)
	c.ten, _ = part(uncut(complete(c.ten, c.minute), c.whole))
	s.held, s.made = c, s.reads
	return c, nil
}

func (c catalogue) same(d catalogue) bool {
	return slices.Equal(c.raw, d.raw) && slices.Equal(c.minute, d.minute) && slices.Equal(c.hour, d.hour) && slices.Equal(c.ten, d.ten)
}

// of gives the files that have what a tier has. Hours that are not over have
// their minutes.
func (c catalogue) of(t archive.Tier) []file {
	switch t {
	case archive.Raw:
		return c.raw
	case archive.Minute:
		return c.minute
	default:
		return append(slices.Clone(c.hour), without(c.minute, c.hour)...)
	}
}

// from tells since when a tier has all that coarser tiers have.
func (c catalogue) from(t archive.Tier) time.Time {
	coarser := c.of(archive.Hour)
	if t == archive.Raw {
		coarser = append(coarser, c.minute...)
	}
	own := c.of(t)
	if t == archive.Hour || len(coarser) == 0 {
		return time.Time{}
	}
	if len(own) == 0 {
		return time.Unix(1<<40, 0)
	}
	var since time.Time
	for _, f := range coarser {
		switch {
		case f.hour.Before(own[0].hour) && since.IsZero():
			since = own[0].hour
		case f.hour.Equal(own[0].hour) && f.first < own[0].first:
			since = own[0].hour.Add(time.Hour) // some of that hour is gone
		}
	}
	return since
}

// piece are rows of files that ended from since on, before until.
type piece struct {
	files        []file
	since, until int64
}

// pieces are what a question of a tier is asked of. Sums of minutes are told from
// those of hours and of ten minutes that are wholly within the time asked for and
// within its steps: there are fewer of them.
func (c catalogue) pieces(t archive.Tier, q archive.Question) []piece {
	p := pieces{catalogue: c, since: q.Since.UnixMicro(), step: q.Step.Microseconds()}
	if t == archive.Minute {
		p.told([]archive.Tier{archive.Hour, ten}, c.minute, p.since, q.Until.UnixMicro())
	} else {
		p.add(c.of(t), p.since, q.Until.UnixMicro())
	}
	return p.all
}

type pieces struct {
	catalogue
	since, step int64 // of the question
	all         []piece
}

func (p *pieces) add(files []file, since, until int64) {
	files = slices.DeleteFunc(slices.Clone(files), func(f file) bool { return f.until < since || f.from >= until })
	if len(files) > 0 && since < until {
		p.all = append(p.all, piece{files, since, until})
	}
}

// told adds what files of minutes tell of a time, or what coarser sums of the
// same batches do.
func (p *pieces) told(coarser []archive.Tier, minutes []file, since, until int64) {
	if len(coarser) == 0 || since >= until {
		p.add(minutes, since, until)
		return
	}
	sums, rest := p.ten, coarser[1:]
	if coarser[0] == archive.Hour {
		sums = p.whole
	}
	one := length(coarser[0]).Microseconds()
	from, to := (since+one-1)/one*one, until/one*one
	if from >= to || p.step > 0 && (p.step%one != 0 || p.since%one != 0) {
		p.told(rest, minutes, since, until)
		return
	}
	under, left := divided(minutes, sums)
	p.add(covering(sums, under), from, to)
	p.told(rest, under, since, from)
	p.told(rest, under, to, until)
	p.told(rest, left, since, until)
}

// covering gives the sums that have some of the files.
func covering(sums, files []file) []file {
	return slices.DeleteFunc(slices.Clone(sums), func(f file) bool { return len(within(f, files)) == 0 })
}

// within gives the files of some of whose batches a sum may tell.
func within(sum file, files []file) []file {
	begin, _ := slices.BinarySearchFunc(files, sum.hour, func(f file, hour time.Time) int { return f.hour.Compare(hour) })
	files = files[begin:]
	end := slices.IndexFunc(files, func(f file) bool { return !f.hour.Equal(sum.hour) || f.first > sum.last })
	if end >= 0 {
		files = files[:end]
	}
	begin = slices.IndexFunc(files, func(f file) bool { return f.last >= sum.first })
	if begin < 0 {
		return nil
	}
	return files[begin:]
}

// complete gives the sums that have files of what they are made of, none of which
// is in them in part.
func complete(sums, files []file) (all []file) {
	for _, f := range sums {
		if of := within(f, files); len(of) > 0 && len(without(of, []file{f})) == 0 {
			all = append(all, f)
		}
	}
	return all
}

// uncut gives the sums that none of some coarser ones has in part.
func uncut(sums, coarser []file) []file {
	return slices.DeleteFunc(sums, func(f file) bool {
		return slices.ContainsFunc(within(f, coarser), func(c file) bool { return !c.covers(f) })
	})
}
