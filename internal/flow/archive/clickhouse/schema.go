package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"candor/internal/flow/archive"
)

// tables are where tiers are kept.
var tables = map[archive.Tier]string{archive.Raw: "flows_raw", archive.Minute: "flows_minute", archive.Hour: "flows_hour"}

const rawColumns = `came Date, batch UInt64,
	ended Int64, took Int64, bytes UInt64, packets UInt64,
	local_hi UInt64, local_lo UInt64, peer_hi UInt64, peer_lo UInt64, exporter_hi UInt64, exporter_lo UInt64, nat_hi UInt64, nat_lo UInt64,
	line String, other String, in_if UInt32, out_if UInt32, sampling UInt32, local_port UInt16, peer_port UInt16, port UInt16, nat_port UInt16,
	way UInt8, protocol UInt8, flags UInt8`

const sumColumns = `came Date, ended Int64, line String, way UInt8, port UInt16, protocol UInt8, exporter_hi UInt64, exporter_lo UInt64, in_if UInt32, out_if UInt32,
	bytes UInt64, packets UInt64, flows UInt64`

// steps make the schema: step n brings it from version n to n+1. They may be
// done again. They hold for ClickHouse 18.16 and later. Partitions go by the
// day on which flows came, since when they ended is for exporters to say, and
// each insert then makes one part.
var steps = [][]string{{
	"CREATE TABLE IF NOT EXISTS flows_raw (" + rawColumns + ") ENGINE = MergeTree PARTITION BY came ORDER BY (intDiv(ended, 3600000000), line, ended)",
	sumTable("flows_minute", "came"), sumView("flows_minute", time.Minute),
	sumTable("flows_hour", "toMonday(came)"), sumView("flows_hour", time.Hour),
}}

func sumTable(name, partition string) string {
	return fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s (%s) ENGINE = SummingMergeTree((bytes, packets, flows)) PARTITION BY %s
		ORDER BY (ended, line, way, protocol, port, exporter_hi, exporter_lo, in_if, out_if)`, name, sumColumns, partition)
}

// sumView has what comes to the raw table come to one of sums.
func sumView(to string, length time.Duration) string {
	return fmt.Sprintf(`CREATE MATERIALIZED VIEW IF NOT EXISTS %[1]s_view TO %[1]s AS SELECT came, intDiv(ended, %[2]d) * %[2]d AS ended, line, way, port, protocol, exporter_hi, exporter_lo, in_if, out_if,
		bytes, packets, toUInt64(1) AS flows FROM flows_raw`, to, length.Microseconds())
}

// migrate makes the schema what this program knows.
func migrate(ctx context.Context, c driver.Conn) error {
	if err := c.Exec(ctx, "CREATE TABLE IF NOT EXISTS flows_schema (version UInt32) ENGINE = TinyLog"); err != nil {
		return err
	}
	var version uint32
	if err := c.QueryRow(ctx, "SELECT max(version) FROM flows_schema").Scan(&version); err != nil {
		return err
	}
	if int(version) > len(steps) {
		return fmt.Errorf("the schema has version %d, and this program knows %d", version, len(steps))
	}
	for n := int(version); n < len(steps); n++ {
		for _, s := range steps[n] {
			if err := c.Exec(ctx, s); err != nil {
				return fmt.Errorf("step %d of the schema: %w", n+1, err)
			}
		}
		if err := c.Exec(ctx, fmt.Sprintf("INSERT INTO flows_schema (version) SELECT toUInt32(%d)", n+1)); err != nil {
			return err
		}
	}
	return nil
}

// expireThere has servers that know how (20.3 and later) remove what is out of
// time by themselves too, for when this program does not run.
func expireThere(ctx context.Context, c driver.Conn, keep map[archive.Tier]time.Duration) error {
	v, err := c.ServerVersion()
	if err != nil {
		return err
	}
	if v.Version.Major < 20 || v.Version.Major == 20 && v.Version.Minor < 3 {
		return nil
	}
	for _, t := range archive.Tiers {
		if keep[t] <= 0 {
			continue
		}
		if err := c.Exec(ctx, fmt.Sprintf("ALTER TABLE %s MODIFY TTL came + toIntervalDay(%d)", tables[t], days(keep[t])+1)); err != nil {
			return err
		}
	}
	return nil
}

// days are whole days, and at least one.
func days(d time.Duration) int { return max(1, int((d+24*time.Hour-1)/(24*time.Hour))) }

// part is a partition of a table.
type part struct {
	tier  archive.Tier
	id    string
	last  time.Time // day on which its newest flows came
	rows  uint64
	bytes uint64
}

// parts gives the partitions of all tables, the oldest of each tier first.
func parts(ctx context.Context, c driver.Conn) ([]part, error) {
	var all []part
	for _, t := range archive.Tiers {
		rows, err := c.Query(ctx, fmt.Sprintf(`SELECT partition_id, max(max_date) AS last, sum(rows) AS r, sum(bytes_on_disk) AS b FROM system.parts
			WHERE database = currentDatabase() AND table = '%s' AND active GROUP BY partition_id ORDER BY last`, tables[t]))
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			p := part{tier: t}
			if err := rows.Scan(&p.id, &p.last, &p.rows, &p.bytes); err != nil {
				return nil, err
			}
			all = append(all, p)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func drop(ctx context.Context, c driver.Conn, p part) error {
	return c.Exec(ctx, fmt.Sprintf("ALTER TABLE %s DROP PARTITION ID '%s'", tables[p.tier], strings.ReplaceAll(p.id, "'", "")))
}
