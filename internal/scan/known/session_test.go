package known

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// TestCopies has a session meet a content again that it wrote and that it knows
// from the file: it is one content, and each of its files stands.
func TestCopies(t *testing.T) {
	s := newShelf(t)
	x := s.begin()
	s.keep(x, "a", "one", "two")
	if err := x.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"b", "c"} {
		s.keep(x, folder, "one")
	}
	if len(x.sure) != 1 {
		t.Errorf("%d contents are in memory", len(x.sure))
	}
	s.close(x)
	x = s.begin()
	defer s.close(x)
	got, err := s.store.Stats()
	if err != nil || got.Contents != 2 || got.Files != 4 {
		t.Fatalf("%+v, %v", got, err)
	}
	number := uint32(0)
	for _, folder := range []string{"a", "b", "c"} {
		e, ok := s.directory(x, folder).Find("0")
		if !ok || !x.Stands(e, false) || number != 0 && e.Content != number {
			t.Errorf("%s: %+v", folder, e)
		}
		number = e.Content
	}
}

// TestOlder begins anew what another version wrote, and keeps that aside.
func TestOlder(t *testing.T) {
	name := filepath.Join(t.TempDir(), "known.db")
	db, err := bbolt.Open(name, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucket(bucketMeta)
		if err == nil {
			err = meta.Put(keyFormat, []byte("4"))
		}
		if err == nil {
			_, err = tx.CreateBucket(bucketShards)
		}
		if err == nil {
			err = tx.Bucket(bucketShards).Put([]byte("key"), []byte("a shard of old"))
		}
		return err
	})
	if err != nil || db.Close() != nil {
		t.Fatal(err)
	}
	s, err := Open(name, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := s.Stats(); err != nil || got.Index != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := os.Stat(name + ".unusable"); err != nil {
		t.Error(err)
	}
}
