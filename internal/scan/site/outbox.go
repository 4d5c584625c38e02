package site

import (
	"context"
	"sync"
	"sync/atomic"

	"candor"
	"candor/internal/scan"
)

// outbox gathers findings and files them in parts, so that what a long scan
// found is kept while it goes on.
type outbox struct {
	service  *Service
	ctx      context.Context
	scan     candor.Scan
	limit    int
	lock     sync.Mutex
	findings []candor.Finding
	failures atomic.Int64
	first    error
}

// Finding takes a finding, and files the part that is full.
func (o *outbox) Finding(f candor.Finding) error {
	o.lock.Lock()
	defer o.lock.Unlock()
	o.findings = append(o.findings, f)
	if len(o.findings) < o.limit {
		return nil
	}
	return o.file()
}

// Failure notes a file that could not be read.
func (o *outbox) Failure(f scan.Failure) error {
	o.failures.Add(1)
	if o.first == nil {
		o.first = f.Err
	}
	return nil
}

func (o *outbox) flush() error {
	o.lock.Lock()
	defer o.lock.Unlock()
	return o.file()
}

func (o *outbox) file() error {
	if len(o.findings) == 0 {
		return nil
	}
	// A scan that is being stopped still keeps what it found.
	err := o.service.Desk.File(context.WithoutCancel(o.ctx), o.scan, o.findings)
	o.findings = o.findings[:0]
	return err
}
