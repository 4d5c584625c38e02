package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
	"candor/internal/flow/simulate"
)

// datagrams tells of simulated traffic as the provider's exporters would.
type datagrams struct {
	o        export.Options
	exporter map[uint32]*exporterOf
	write    func(exporter uint32, at int64, datagram []byte) error
	told     int // datagrams
}

// exporterOf is an exporter with the records that it is to tell of.
type exporterOf struct {
	encoder *export.Encoder
	records []flow.Record
}

// versions are the formats that go over the network.
func versions() map[string]decode.Version {
	return map[string]decode.Version{"v5": decode.NetFlow5, "v9": decode.NetFlow9, "ipfix": decode.IPFIX, "sflow": decode.SFlow5}
}

// take tells of the records of a step, exporter by exporter.
func (d *datagrams) take(at int64, records []flow.Record) error {
	for i := range records {
		r := &records[i]
		e := d.exporter[r.Exporter]
		if e == nil {
			o := d.o
			o.Domain = r.Exporter
			encoder, err := export.New(o)
			if err != nil {
				return err
			}
			e = &exporterOf{encoder: encoder}
			d.exporter[r.Exporter] = e
		}
		e.records = append(e.records, *r)
	}
	for _, id := range slices.Sorted(maps.Keys(d.exporter)) {
		e := d.exporter[id]
		err := e.encoder.Append(e.records, at, func(datagram []byte) error {
			d.told++
			return d.write(id, at, datagram)
		})
		if err != nil {
			return err
		}
		e.records = e.records[:0]
	}
	return nil
}

// tell has an interval told of by export datagrams, into a file or to a
// collector, and says on stderr what was told.
func (p *program) tell(ctx context.Context, f *simulateFlags, w *simulate.World, from, to time.Time) (err error) {
	d := &datagrams{
		o:        export.Options{Version: versions()[f.format], Booted: flow.Time(from.Add(-time.Hour)), Sampling: f.config.Sampling},
		exporter: map[uint32]*exporterOf{},
	}
	pace := pacer{from: flow.Time(from), began: time.Now()}
	if f.send != "" {
		pace.speed = f.speed
		c, err := net.Dial("udp", f.send)
		if err != nil {
			return candor.WithHint(err, "Name a collector as HOST:PORT.")
		}
		defer c.Close()
		d.write = func(_ uint32, _ int64, datagram []byte) error {
			_, err := c.Write(datagram)
			return err
		}
	} else {
		file, err := newPcap(f.out)
		if err != nil {
			return candor.WithHint(err, "Name a file that can be written.")
		}
		defer func() { err = errors.Join(err, file.close()) }()
		d.write = file.write
	}
	records := 0
	err = w.Run(ctx, from, to, time.Second, func(at int64, rs []flow.Record, _ []simulate.Label) error {
		if err := pace.wait(ctx, at); err != nil {
			return err
		}
		records += len(rs)
		return d.take(at, rs)
	})
	fmt.Fprintf(p.err, "%d records in %d datagrams of %d exporters\n", records, d.told, len(d.exporter))
	return err
}

// pacer lets simulated time pass so many times as fast as time does; 0 does not
// wait.
type pacer struct {
	from  int64
	began time.Time
	speed float64
}

func (p *pacer) wait(ctx context.Context, at int64) error {
	if p.speed == 0 {
		return ctx.Err()
	}
	due := p.began.Add(time.Duration(float64(at-p.from) / p.speed * float64(time.Microsecond)))
	select {
	case <-time.After(time.Until(due)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
