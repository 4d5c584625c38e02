package house

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/drill"
	"candor/internal/store"
)

// drillLogged is what the evidence log has of a drill.
type drillLogged struct {
	Event   string       `json:"event"`
	Name    string       `json:"name"`
	Method  drill.Method `json:"method"`
	Program string       `json:"program"`
	Begun   time.Time    `json:"begun"`
	Ended   time.Time    `json:"ended"`
	Rounds  int          `json:"rounds"`
	Faults  int          `json:"faults"`
	Missed  int          `json:"missed"`
	P50     int64        `json:"p50"` // milliseconds
	P99     int64        `json:"p99"`
	Report  string       `json:"report"` // SHA-256 of the signed report, in hexadecimal
}

// LogDrills has each drill in the evidence log, once: how it went, and the digest
// of its signed report. Known are the reports that are known to be there; it adds
// to them. Reports that cannot be believed are left out.
func (h *House) LogDrills(ctx context.Context, known map[string]bool) error {
	all, err := h.Drills.Folder.All()
	if err != nil {
		return fmt.Errorf("read the reports of drills: %w", err)
	}
	for _, k := range slices.Backward(all) {
		if !k.Believed() || known[k.Signed] {
			continue
		}
		if err := h.logDrill(ctx, k); err != nil {
			return err
		}
		known[k.Signed] = true
	}
	return nil
}

func (h *House) logDrill(ctx context.Context, k drill.Kept) error {
	id, digest := drillRecord(k)
	have, err := h.Store.Records(ctx, candor.RecordFilter{Kind: candor.RecordDrill, Subject: id}, candor.Cut{Limit: 1})
	if err != nil || len(have.Items) > 0 {
		return err
	}
	x := k.Report
	body, err := json.Marshal(drillLogged{Event: "drill", Name: k.Name, Method: x.Method, Program: x.Program, Begun: x.Begun.UTC(), Ended: x.Ended.UTC(), Rounds: len(x.Rounds), Faults: len(x.Faults), Missed: len(x.Missed),
		P50: x.Response.P50, P99: x.Response.P99, Report: digest})
	if err != nil {
		return err
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		return tx.AddRecords(ctx, "", candor.Record{ID: id, Kind: candor.RecordDrill, At: h.now(), Subject: id, Actor: "system", Body: body})
	})
	if errors.Is(err, candor.ErrExists) {
		return nil // another process was faster
	}
	return err
}

// drillRecord names the record of a drill, by its signed report: of two processes
// that add it at the same time one fails.
func drillRecord(k drill.Kept) (id candor.ID, digest string) {
	sum := sha256.Sum256([]byte(k.Signed))
	at := uint64(k.Report.Ended.UnixMilli())
	rest := binary.BigEndian.Uint64(sum[8:]) & (1<<62 - 1)
	text := fmt.Sprintf("%08x-%04x-7%03x-%04x-%012x", at>>16, at&0xffff, binary.BigEndian.Uint16(sum[:])&0xfff, 1<<15|rest>>48, rest&(1<<48-1))
	return candor.ID(text), hex.EncodeToString(sum[:])
}
