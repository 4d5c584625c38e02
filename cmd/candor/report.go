package main

import (
	"context"
	"errors"

	"candor/internal/house"
	"candor/internal/intake/freetext"
	mail "candor/internal/intake/message"
	"candor/internal/intake/reading"
)

// reportReader reads reports, of the desk and of the command alike.
func reportReader() *reading.Reader {
	return &reading.Reader{Text: freetext.New(), Limits: mail.DefaultLimits()}
}

// readReports has reports read that came in. One that cannot be read now leaves
// the others be.
func (r *running) readReports(ctx context.Context, j house.ReadReportsJob) (err error) {
	for _, id := range j.Reports {
		err = errors.Join(err, r.ReadReport(ctx, id))
	}
	return err
}
