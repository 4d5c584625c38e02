// Package backup writes all that a running desk keeps into one archive, and
// restores it, into the other kind of database too.
//
// # The archive
//
// It is a tar file in a Zstandard stream (RFC 8878), in an age file if it is
// encrypted, so that "age -d | tar --zstd -x" opens it without this program.
// The stream begins with a skippable frame that names the format, and ends
// with one that holds the SHA-256 of all before it. The entries, in order:
//
//	backup.json             what made it, when, of which schema
//	tables/NAME/N.jsonl     rows: a line with table and columns, then one array a row
//	jobs/N.jsonl            jobs that were waiting or running
//	log/…                   the evidence log, exactly the tree of one size
//	vault/…                 the blobs, as encrypted as they are
//	keys/…                  keys, if they were asked for
//	manifest/N              digests of the entries since the last one, as sha256sum writes them
//	end.json                how much there is; without it an archive is not whole
//
// The database is read in one transaction that sees one moment, before the
// log and the vault: what it says is in the log, is.
//
// Jobs are written in a form of their own rather than as rows of River's
// tables, which differ between databases and versions: what is to be done, when
// and for the how-many-eth time at most. A job that was running is waiting again
// afterwards; jobs are made to bear that. Jobs that ended are left out, as are
// the tables in which River and goose keep their own house.
package backup

import (
	"context"
	"database/sql"
	"time"

	"filippo.io/age"

	"candor"
)

// Format is the version of the archive that Write makes.
const Format = 1

// Database is an open store.
type Database interface {
	// Kind is "SQLite" or "PostgreSQL".
	Kind() string
	// Snapshot runs f in a transaction that sees one moment and only reads,
	// while others write.
	Snapshot(ctx context.Context, f func(*sql.Tx) error) error
	// Load runs f once in a transaction that writes, which is kept if f gives
	// nil. The schema is that of this program.
	Load(ctx context.Context, f func(*sql.Tx) error) error
}

// Source is what is backed up. Folders that are empty or not there are left
// out.
type Source struct {
	Database Database
	Log      string // folder of the evidence log
	Vault    string // folder of the vault
	// Keys are key files by name ("log.key"). They are written only if there are
	// Recipients: Write refuses otherwise.
	Keys       map[string]string
	Recipients []age.Recipient // whom it is encrypted to; none for a plain archive
	Program    string          // version of the program
	Clock      candor.Clock    // by default the system's
}

// Target is what is restored. The database must have no rows, the folders no
// files. Parts of the archive without a place here are passed over, and told.
type Target struct {
	Database   Database
	Log, Vault string
	Keys       map[string]string // where to put keys, by name
	Identities []age.Identity    // to decrypt with
}

// Head is the first entry of an archive.
type Head struct {
	Format   int       `json:"format"`
	Made     time.Time `json:"made"`
	Program  string    `json:"program"`
	Database string    `json:"database"`
	Schema   int64     `json:"schema"`
}

// Report says what an archive holds.
type Report struct {
	Head    Head             `json:"head"`
	Rows    map[string]int64 `json:"rows"` // by table
	Jobs    int64            `json:"jobs"`
	LogSize uint64           `json:"log_size"` // entries of the evidence log
	Blobs   int64            `json:"blobs"`
	Keys    []string         `json:"keys,omitempty"`
	Entries int64            `json:"entries"` // before end.json
	Bytes   int64            `json:"bytes"`   // of content, before compression
	// PassedOver are the parts that Restore had no place for.
	PassedOver []string `json:"-"`
}

// The names of entries.
const (
	headName       = "backup.json"
	endName        = "end.json"
	tablesPrefix   = "tables/"
	jobsPrefix     = "jobs/"
	logPrefix      = "log/"
	vaultPrefix    = "vault/"
	keysPrefix     = "keys/"
	manifestPrefix = "manifest/"
)
