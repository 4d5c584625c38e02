package house

import (
	"context"
	"fmt"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/reading"
)

// JudgeReport reads a message that was received then, and gives what it complains
// about, each as ReadReport would file it. It keeps nothing. What has to wait for
// records of leases is a candor.LaterError.
func (h *House) JudgeReport(ctx context.Context, from reading.Source, received time.Time) ([]candor.Complaint, reading.Reading, error) {
	s := &sorting{house: h, report: candor.Report{Received: received}, ripening: map[subject]bool{}, known: map[asked]Attribution{}}
	var all []candor.Complaint
	got, err := h.Reports.Reader.Read(from, func(e intake.Event, sure bool) error {
		about := e.About
		if len(about) == 0 {
			about = []intake.Resource{{}}
		}
		for _, r := range about {
			if s.number >= mostComplaints {
				return nil
			}
			c, err := s.complaint(ctx, e, r, sure)
			if err != nil {
				return err
			}
			all = append(all, c)
		}
		return nil
	})
	if err != nil {
		return nil, got, fmt.Errorf("judge a report: %w", err)
	}
	return all, got, nil
}
