package evidence

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/transparency-dev/tessera/api/layout"
)

// Cosigner is a witness that a log asks for cosignatures (C2SP tlog-witness).
type Cosigner struct {
	Key string // in note format
	URL string // what /add-checkpoint is below of
}

// Status tells how a log is.
type Status struct {
	Origin       string          `json:"origin"`
	Size         uint64          `json:"size"`          // entries
	Covered      uint64          `json:"covered"`       // entries that the last checkpoint covers
	CheckpointAt time.Time       `json:"checkpoint_at"` // when it was published
	Witnesses    []WitnessStatus `json:"witnesses,omitempty"`
}

// WitnessStatus tells how it goes with one witness.
type WitnessStatus struct {
	Name     string    `json:"name"`
	URL      string    `json:"url"`
	Cosigned time.Time `json:"cosigned,omitzero"` // the time in its last cosignature
	Asked    time.Time `json:"asked,omitzero"`    // when it was last asked
	Error    string    `json:"error,omitempty"`   // why the last request brought no cosignature
}

// Status tells how the log is. Of witnesses only who appends to it knows.
func (r *Reader) Status(ctx context.Context) (Status, error) {
	size, err := r.Size(ctx)
	if err != nil {
		return Status{}, err
	}
	c, err := r.published()
	if err != nil {
		return Status{}, err
	}
	info, err := os.Stat(filepath.Join(r.files.root, layout.CheckpointPath))
	if err != nil {
		return Status{}, unavailable("checkpoint", err)
	}
	return Status{Origin: r.Origin(), Size: size, Covered: c.Size, CheckpointAt: info.ModTime().UTC()}, nil
}

// Status tells how the log is, and how it goes with its witnesses.
func (l *Log) Status(ctx context.Context) (Status, error) {
	s, err := l.Reader.Status(ctx)
	if err == nil {
		s.Witnesses = l.courier.status()
	}
	return s, err
}
