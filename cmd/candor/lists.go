package main

import (
	"context"
	"fmt"
	"strconv"

	"candor"
	"candor/internal/house"
	"candor/internal/scan/good"
	"candor/internal/store"
)

// openGood reads the lists of known-good files. The desk runs without one that
// cannot be read; its health says so.
func (r *running) openGood(ctx context.Context) error {
	r.good = good.NewLists(r.setup.good)
	r.closings = append(r.closings, r.good.Close)
	if err := r.good.Refresh(ctx, r.setup.clock()); err != nil {
		r.setup.log.Warn("lists of known-good files cannot be read", "error", err)
	}
	return ctx.Err()
}

// goodSetting is the name under which is kept what the open findings were last
// held against.
const goodSetting = "good.lists"

// readGood reads lists of known-good files that changed. What fails is told as
// health.
func (r *running) readGood(ctx context.Context) error {
	_ = r.good.Refresh(ctx, r.setup.clock())
	return ctx.Err()
}

// remark holds all open findings against the lists of known-good files, if they
// hold something else than when this was last done. While one was never read
// nobody knows what it holds, and all stays as it is. If nodes have other lists
// than their neighbours each does it once, and not in turn for ever.
func (r *running) remark(ctx context.Context) error {
	if err := r.readGood(ctx); err != nil {
		return err
	}
	mark := r.good.Mark()
	if mark == "" || mark == r.marked {
		return nil
	}
	var last string
	if err := r.Store.Setting(ctx, goodSetting, &last); err != nil {
		return err
	}
	if mark == last || last == "" && len(r.setup.good) == 0 {
		r.marked = mark
		return nil
	}
	n, err := r.Desk.Remark(ctx)
	if err != nil {
		return err
	}
	r.setup.log.Info("open findings were held against the lists of known-good files", "changed", n)
	err = r.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.SetSetting(ctx, goodSetting, mark, r.setup.clock(), "system")
	})
	if err == nil {
		r.marked = mark
	}
	return err
}

// lookGood tells how the lists of known-good files are.
func (r *running) lookGood(context.Context) (map[string]string, error) {
	var origins int
	var entries int64
	var err error
	all := r.good.Status()
	for _, s := range all {
		origins, entries = origins+s.Origins, entries+s.Entries
		if s.Err == nil || err != nil {
			continue
		}
		kind, hint := candor.ErrUnavailable, "It could not be read since the program began: findings keep what is known of them. Mend it; it is read again within a minute."
		if !s.Read.IsZero() {
			kind, hint = house.ErrStale, "It is used as it last could be read. Mend it; it is read again within a minute."
		}
		err = candor.WithHint(fmt.Errorf("list %s: %w: %w", s.Name, s.Err, kind), hint)
	}
	return looked{"lists": strconv.Itoa(len(all)), "origins": strconv.Itoa(origins), "contents": strconv.FormatInt(entries, 10)}, err
}
