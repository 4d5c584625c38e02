package known

import (
	"time"

	"go.etcd.io/bbolt"
)

// Stats is how much is known. Contents that no file holds any longer do not
// count.
type Stats struct {
	Contents int64     // different ones that files hold
	Unique   int64     // bytes of these
	Files    int64     // that are known
	Stored   int64     // bytes of these, each by itself
	Index    int64     // bytes of the sketches
	Size     int64     // bytes of the file
	At       time.Time // when it was counted
}

// believed is how long counts are kept: counting reads all directories.
const believed = time.Minute

// Stats counts what is known, at most once a minute. Callers that come
// meanwhile wait for the one that counts.
func (s *Store) Stats() (Stats, error) {
	s.counting.Lock()
	defer s.counting.Unlock()
	now := s.now()
	if age := now.Sub(s.stats.At); !s.stats.At.IsZero() && age >= 0 && age < believed {
		return s.stats, nil
	}
	n := Stats{At: now}
	err := s.db.View(func(tx *bbolt.Tx) error {
		n.Size = tx.Size()
		for _, b := range [][]byte{bucketFresh, bucketShards} {
			if err := tx.Bucket(b).ForEach(func(_, v []byte) error { n.Index += int64(len(v)); return nil }); err != nil {
				return err
			}
		}
		met := make([]bool, tx.Bucket(bucketContents).Sequence()+1)
		return tx.Bucket(bucketDirectories).ForEach(func(_, b []byte) error {
			d, err := decodeDirectory(b)
			if err != nil {
				return nil //nolint:nilerr // it is looked at again
			}
			for _, e := range d.Entries {
				n.Files, n.Stored = n.Files+1, n.Stored+e.Size
				if int(e.Content) < len(met) && !met[e.Content] {
					met[e.Content] = true
					n.Contents, n.Unique = n.Contents+1, n.Unique+e.Size
				}
			}
			return nil
		})
	})
	if err == nil {
		s.stats = n
	}
	return n, err
}
