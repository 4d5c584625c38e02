package synthetic

import (
	"bytes"
	"io"
	"runtime"
	"testing"
)

// TestSynthetic lives through a small world: nobody is told of what was another's, and
// most reports reach whom they are about.
func TestSynthetic(t *testing.T) {
	const mails, subscribers = 20_000, 1000
	got, err := Play(t.Context(), Config{Folder: t.TempDir(), Seed: 11, Subscribers: subscribers, Mails: mails, Workers: runtime.GOMAXPROCS(0), Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	got.Print(&b)
	t.Log(b.String())
	if got.Wrong() > 0 {
		t.Errorf("%d would have been told to a wrong party", got.Wrong())
	}
	if got.Right() < mails/2 {
		t.Errorf("only %d of %d reports would have reached anybody", got.Right(), mails)
	}
	for k := range got.things {
		if n := got.things[k]; 4*n[right] < n[right]+n[person]+n[foreign]+n[unread] {
			t.Errorf("%s: %v: it shows little", kind(k), n)
		}
	}
}
