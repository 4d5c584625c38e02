package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"candor"
	"candor/internal/desk/calendar"
)

// Filing is what a sensor saw at one asset. A sensor that looks for long files
// in parts.
type Filing struct {
	Asset      candor.ID
	Scan       candor.ID
	Sensor     string
	Generation string
	Began      time.Time // of the look: what was moved away since is not there again; may be zero
	Findings   []candor.Finding
	Seen       time.Time // when what was seen happened last; may be zero
	// Party is whose the asset was when it was seen, if that is known: what happened
	// in the time of an owner before is not filed with the next one.
	Party candor.ID
}

// ErrOwner says that an asset belongs to another party by now.
var ErrOwner = fmt.Errorf("the asset belongs to another party now: %w", candor.ErrInvalid)

// Filed says what became of a Filing.
type Filed struct {
	New, Again int         // findings
	Opened     []candor.ID // cases
	// Refused, if not nil, is why nothing was filed: ErrOwner.
	Refused error
}

// File keeps findings: those that were known are noted as seen again, new ones
// join the open case of their asset and class, or open one. When it gives nil
// all of it is durable.
func (d *Desk) File(ctx context.Context, f Filing) (Filed, error) {
	filed, err := d.FileAll(ctx, []Filing{f})
	if err == nil {
		err = filed[0].Refused
	}
	if err != nil {
		return Filed{}, fmt.Errorf("file %d findings of asset %s: %w", len(f.Findings), f.Asset, err)
	}
	return filed[0], nil
}

// FileAll does as File with what was seen at several assets, in one transaction:
// with an error nothing of it is kept. What is not filed because an asset has
// another owner by now is told in its Filed, and keeps the rest from nothing.
func (d *Desk) FileAll(ctx context.Context, all []Filing) ([]Filed, error) {
	var filed []Filed
	err := d.again(ctx, func(tx Tx) error {
		filed = make([]Filed, len(all))
		b, err := d.gather(ctx, tx, all)
		if err != nil {
			return err
		}
		for i, f := range all {
			filed[i], err = d.file(ctx, b, f)
			if errors.Is(err, ErrOwner) {
				filed[i], err = Filed{Refused: err}, nil
			}
			if err != nil {
				return fmt.Errorf("asset %s: %w", f.Asset, err)
			}
		}
		return b.flush(ctx)
	})
	if err != nil {
		return nil, err
	}
	return filed, nil
}

// again runs a transaction that files something, and once more if another
// sensor has opened the same case, or seen the same finding, or a person
// changed the case, since it began.
func (d *Desk) again(ctx context.Context, f func(Tx) error) (err error) {
	for range 5 {
		err = d.Store.Tx(ctx, f)
		if !errors.Is(err, candor.ErrExists) && !errors.Is(err, candor.ErrChanged) {
			break
		}
	}
	return err
}

// filing is a Filing on its way.
type filing struct {
	Filing
	actor   string
	now     time.Time
	asset   candor.Asset
	have    map[candor.Same]candor.FiledFinding // also what is new
	fresh   []candor.FiledFinding
	seen    map[candor.ID]bool
	places  []candor.Place
	back    []candor.FiledFinding // were gone and are there again, or belong to another case now
	renamed []candor.FiledFinding // are known to be good as something else
	as      map[candor.ID]string  // as what those of back and renamed are known now
	left    map[candor.ID]moved   // cases that findings moved from
	cases   map[subject]*candor.Case
	opened  map[candor.ID]bool
	known   map[candor.ID]candor.Case // cases of known findings, as they were looked at
}

// subject is what the findings of one case at an asset have in common.
type subject struct {
	class candor.Class
	good  bool
}

// begin makes a filing of nothing yet.
func (d *Desk) begin(ctx context.Context, tx Tx, in Filing, actor string) (*filing, error) {
	f := &filing{Filing: in, actor: actor, now: d.Clock(), seen: map[candor.ID]bool{}, as: map[candor.ID]string{}, left: map[candor.ID]moved{},
		cases: map[subject]*candor.Case{}, opened: map[candor.ID]bool{}, known: map[candor.ID]candor.Case{}}
	var err error
	if f.asset, err = tx.Asset(ctx, candor.Everything, in.Asset); err == nil && in.Party != "" && f.asset.Owner != in.Party {
		err = ErrOwner
	}
	return f, err
}

func (d *Desk) file(ctx context.Context, tx Tx, in Filing) (Filed, error) {
	f, err := d.begin(ctx, tx, in, "sensor:"+in.Sensor)
	if err != nil {
		return Filed{}, err
	}
	sames := make([]candor.Same, len(in.Findings))
	for i, x := range in.Findings {
		if !x.Class.Incident() {
			return Filed{}, candor.WithHint(fmt.Errorf("what is found is no %s: %w", x.Class, candor.ErrInvalid), "Choose one of the list.")
		}
		x.Path = candor.TextPath(x.Path)
		sames[i] = Same(x)
	}
	if f.have, err = tx.FindingsLike(ctx, in.Asset, sames); err != nil {
		return Filed{}, err
	}
	if in.Findings, err = d.handOver(ctx, tx, f); err != nil {
		return Filed{}, err
	}
	for _, x := range in.Findings {
		x.Path = candor.TextPath(x.Path)
		if err := d.sort(ctx, tx, f, x); err != nil {
			return Filed{}, err
		}
	}
	if err := d.keep(ctx, tx, f); err != nil {
		return Filed{}, err
	}
	if err := d.comesBack(ctx, tx, f); err != nil {
		return Filed{}, err
	}
	if err := d.reportedAgain(ctx, tx, f); err != nil {
		return Filed{}, err
	}
	return Filed{New: len(f.fresh), Again: len(f.seen) - len(f.back), Opened: slices.Sorted(maps.Keys(f.opened))}, nil
}

// Same is by what a finding at an asset is known again.
func Same(x candor.Finding) candor.Same {
	key := x.SHA256
	if key == "" {
		key = x.Path // what has no content is known by its place
	}
	return candor.Same{Rule: x.Rule, SHA256: key}
}

// sort puts one finding to those that are new or to those that were known.
func (d *Desk) sort(ctx context.Context, tx Tx, f *filing, x candor.Finding) error {
	known, ok := f.have[Same(x)]
	as, sure := d.known(x)
	if x.Good = ""; !ok {
		x.SHA256 = Same(x).SHA256
		known = candor.FiledFinding{ID: candor.NewID(f.now), Asset: f.asset.ID, Party: f.asset.Owner, Sensor: f.Sensor,
			Generation: f.Generation, State: candor.FindingOpen, First: f.now, Last: f.now, Finding: x}
		rank(&known, as)
		c, err := d.join(ctx, tx, f, known.Finding)
		if err != nil {
			return err
		}
		known.Case = c.ID
		f.fresh = append(f.fresh, known)
		f.have[Same(x)] = known
	}
	if ok && known.State == candor.FindingQuarantined && known.Ended.After(f.Began) && !f.Began.IsZero() {
		return nil // it was seen before it was moved away
	}
	if !f.seen[known.ID] && ok && known.State != candor.FindingDismissed {
		back, err := d.isBack(ctx, tx, f, known)
		if err != nil {
			return err
		}
		switch {
		case back:
			f.back = append(f.back, known)
			if sure {
				f.as[known.ID] = as
			}
		case sure:
			f.mark(known, as)
		}
	}
	f.seen[known.ID] = true
	f.places = append(f.places, candor.Place{ID: candor.NewID(f.now), Finding: known.ID, Path: x.Path, State: candor.FindingOpen, First: f.now, Last: f.now})
	return nil
}

// isBack tells whether a known finding is to be filed anew: it was gone, or its
// case came to an end without it.
func (d *Desk) isBack(ctx context.Context, tx Tx, f *filing, known candor.FiledFinding) (bool, error) {
	if known.State != candor.FindingOpen || known.Party != f.asset.Owner {
		return true, nil
	}
	c, looked := f.known[known.Case]
	if !looked {
		var err error
		if c, err = tx.Case(ctx, candor.Everything, known.Case); err != nil {
			return false, err
		}
		f.known[known.Case] = c
	}
	return !c.State.Open(), nil
}

// confidence is how sure a rule's own words make us: an author who calls it
// suspicious is less so than one who names a family.
func confidence(x candor.Finding) candor.Confidence {
	switch {
	case x.Good != "":
		return goodConfidence
	case x.Language == "clamav" && x.Nature == candor.Malware, slices.Contains(x.Tags, "confirmed"):
		return 95
	case x.Severity >= candor.Critical:
		return 90
	case x.Severity >= candor.High:
		return 80
	case x.Severity >= candor.Medium:
		return 60
	}
	return 40
}

// join gives the case that a finding belongs to, and opens it if there is none.
func (d *Desk) join(ctx context.Context, tx Tx, f *filing, x candor.Finding) (*candor.Case, error) {
	of := subject{x.Class, x.Good != ""}
	c := f.cases[of]
	if c == nil {
		open, err := tx.OpenCase(ctx, f.asset.ID, of.class, of.good)
		if err == nil && open.Party != f.asset.Owner {
			// What the one before has left behind is not the new owner's case.
			if err = d.move(ctx, tx, &open, candor.CaseClosed, "system", "the asset has another owner"); err == nil {
				err = candor.ErrNotFound
			}
		}
		switch {
		case err == nil:
			c = &open
		case errors.Is(err, candor.ErrNotFound):
			c, err = d.open(ctx, tx, f, x)
			if err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
		f.cases[of] = c
	}
	c.Severity = max(c.Severity, x.Severity)
	c.Confidence = max(c.Confidence, confidence(x))
	c.Nature = cmp.Or(c.Nature, x.Nature)
	return c, nil
}

func (d *Desk) open(ctx context.Context, tx Tx, f *filing, x candor.Finding) (*candor.Case, error) {
	c := &candor.Case{ID: candor.NewID(f.now), Asset: f.asset.ID, Party: f.asset.Owner, Class: x.Class, Nature: x.Nature, Severity: x.Severity,
		Confidence: confidence(x), State: candor.CaseNew, Good: x.Good != "", Opened: f.now, Updated: f.now}
	play := d.play(*c)
	c.Title = play.Title + ": " + f.asset.Name
	if err := tx.AddCase(ctx, c); err != nil {
		return nil, err
	}
	f.opened[c.ID] = true
	for i, t := range play.Tasks {
		task := candor.Task{ID: candor.NewID(f.now), Case: c.ID, Key: t.Key, Text: t.Text, Order: i + 1, Created: f.now}
		if t.Due != (calendar.Period{}) {
			task.Due = t.Due.After(f.now, d.Calendar.Zone())
		}
		if err := tx.AddTask(ctx, task); err != nil {
			return nil, err
		}
	}
	if !c.Good {
		if err := d.start(ctx, tx, *c, calendar.Acknowledgement, f.now); err != nil {
			return nil, err
		}
	}
	if err := d.event(ctx, tx, candor.Event{Case: c.ID, Kind: candor.EventOpened, Actor: f.actor, Public: true}, nil); err != nil {
		return nil, err
	}
	return c, nil
}

// keep writes what was sorted.
func (d *Desk) keep(ctx context.Context, tx Tx, f *filing) error {
	places := once(f.places, func(p candor.Place) candor.Place { return p })
	held := map[candor.ID]int{}
	for _, p := range places {
		held[p.Finding]++
	}
	for i, x := range f.fresh {
		f.fresh[i].Places = held[x.ID]
		delete(f.seen, x.ID)
	}
	again := slices.Sorted(maps.Keys(f.seen))
	if err := tx.AddFindings(ctx, f.fresh); err != nil {
		return err
	}
	if err := tx.AddPlaces(ctx, f.asset.ID, f.Scan, places); err != nil {
		return err
	}
	if err := tx.SeeFindings(ctx, again, f.now, f.Generation); err != nil {
		return err
	}
	if err := tx.CountPlaces(ctx, again); err != nil {
		return err
	}
	for _, step := range []func(context.Context, Tx, *filing) error{d.comeBack, d.rename, d.prove, d.note, d.leave} {
		if err := step(ctx, tx, f); err != nil {
			return err
		}
	}
	return nil
}

// once leaves one place of each path of a finding: a statement cannot write
// one row twice.
func once[P any](all []P, place func(P) candor.Place) []P {
	type key struct {
		finding candor.ID
		path    string
	}
	have := make(map[key]bool, len(all))
	return slices.DeleteFunc(all, func(x P) bool {
		p := place(x)
		k := key{p.Finding, p.Path}
		was := have[k]
		have[k] = true
		return was
	})
}

// prove records each finding for the evidence log.
func (d *Desk) prove(ctx context.Context, tx Tx, f *filing) error {
	records := make([]candor.Record, len(f.fresh))
	for i, x := range f.fresh {
		body := map[string]any{"asset": x.Asset, "rule": x.Rule, "class": x.Class, "severity": x.Severity, "sha256": x.SHA256, "bytes": x.Bytes,
			"sensor": x.Sensor, "generation": x.Generation, "definitions": x.Definitions}
		if x.Good != "" {
			body["known_good"] = x.Good
		}
		r, err := d.makeRecord(candor.Record{Kind: candor.RecordFinding, Subject: x.ID, Case: x.Case, Actor: f.actor}, body,
			map[string]string{"path": x.Where()})
		if err != nil {
			return err
		}
		records[i] = r
	}
	return tx.AddRecords(ctx, f.asset.Owner, records...)
}

// note tells each case what joined it.
func (d *Desk) note(ctx context.Context, tx Tx, f *filing) error {
	joined := map[candor.ID]int{}
	for _, x := range f.fresh {
		joined[x.Case]++
	}
	order := slices.SortedFunc(maps.Keys(f.cases), func(a, b subject) int { return cmp.Or(cmp.Compare(a.class, b.class), truth(a.good)-truth(b.good)) })
	for _, of := range order {
		c := f.cases[of]
		n := joined[c.ID]
		if n == 0 {
			continue
		}
		c.Updated = f.now
		if err := tx.ChangeCase(ctx, c); err != nil {
			return err
		}
		if err := tx.CountCase(ctx, c.ID); err != nil {
			return err
		}
		if err := d.event(ctx, tx, candor.Event{Case: c.ID, Kind: candor.EventFinding, Actor: f.actor, Public: true}, map[string]any{"count": n, "scan": f.Scan}); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, PolicyJob{Case: c.ID, Again: !f.opened[c.ID]}, candor.JobOptions{}); err != nil {
			return err
		}
		if err := d.onLadder(ctx, tx, *c, f.opened[c.ID]); err != nil {
			return err
		}
		if f.opened[c.ID] {
			if err := tx.Enqueue(ctx, TellJob{What: "case.opened", Case: c.ID}, candor.JobOptions{}); err != nil {
				return err
			}
		}
	}
	return nil
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
