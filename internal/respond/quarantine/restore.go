package quarantine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/respond"
)

// Revert puts the files back. A file gets its bytes and all that belongs to
// it before it gets its name. What is at the place by then is never replaced,
// but for our own stub. A file that cannot be put back keeps none of the
// others back, and stays in the vault.
func (m *Method) Revert(ctx context.Context, resp candor.Response, j respond.Journal) (json.RawMessage, error) {
	r, err := m.start(resp, j)
	if err != nil {
		return nil, err
	}
	var errs []error
	for i := range r.result.Places {
		if i%batch == 0 {
			if err := r.save(ctx); err != nil {
				return nil, err
			}
		}
		p := &r.result.Places[i]
		err := r.restore(ctx, p)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p.Error = ""
		if err != nil {
			err = fmt.Errorf("%q: %w", string(p.Root)+"/"+string(p.Path), err)
			p.Error = err.Error()
			errs = append(errs, err)
		}
	}
	result, err := r.encode()
	if err != nil {
		return nil, err
	}
	return result, together("put back", errs, len(r.result.Places))
}

// restore puts one file back, if it was taken.
func (r *run) restore(ctx context.Context, p *Place) error {
	if p.Token == "" {
		return nil
	}
	d, err := openFolder(string(p.Root), string(p.Path))
	if missing(err) {
		if p.State == Restored || p.State == Failed || p.State == Gone {
			return nil
		}
		return changed("its folder is gone", "Make the folder again, and undo again.")
	}
	if err != nil {
		return describe("open", err)
	}
	defer d.close()
	at, err := settle(ctx, d, p)
	if err != nil {
		return err
	}
	ours := p.State == Moved || p.State == Kept && !p.inPlace(d)
	switch {
	case at == original:
		return r.mark(d, p)
	case at == standIn, at == absent && ours:
		return r.rebuild(ctx, d, p, at)
	case at == other && ours:
		return changed("another file is in its place", "Move that file away, and undo again; the vault keeps the old one.")
	}
	return nil // we did not take it, or it was put back and removed since
}

// mark sets the flags that taking the file out lifted, and notes that it is
// back.
func (r *run) mark(d *folder, p *Place) error {
	if p.Meta.Flags&fixed != 0 {
		f, _, err := d.open(d.base)
		if err != nil {
			return describe("open", err)
		}
		defer f.Close()
		if err := setFlags(f, fixed, p.Meta.Flags&fixed|readFlags(f)&fixed); err != nil {
			return describe("mark it as before", err)
		}
	}
	p.State = Restored
	return nil
}

// rebuild makes the file anew and gives it its name.
func (r *run) rebuild(ctx context.Context, d *folder, p *Place, at presence) error {
	name := p.name(newName)
	f, err := d.create(name)
	if err != nil {
		return describe("make it anew", err)
	}
	defer f.Close()
	if err := r.fill(ctx, f, p); err != nil {
		return errors.Join(err, d.remove(name))
	}
	if at == standIn {
		err = d.replaceStub(ctx, p)
	} else {
		err = d.nameNew(name)
	}
	if err != nil {
		return describe("give it its name", err)
	}
	if err := setFlags(f, fixed, p.Meta.Flags); err != nil {
		return describe("mark it as before", err)
	}
	if err := d.sync(); err != nil {
		return describe("make it durable", err)
	}
	p.State = Restored
	return nil
}

// nameNew gives a new file its name, or removes it if that is taken.
func (d *folder) nameNew(name string) error {
	err := d.rename(name, d.base)
	if err == nil {
		return nil
	}
	if err == unix.EEXIST {
		err = errOccupied()
	}
	return errors.Join(err, d.remove(name))
}

// replaceStub exchanges the stub for the new file, and looks whether it was
// the stub. It removes no file but the new one and the stub.
func (d *folder) replaceStub(ctx context.Context, p *Place) error {
	name := p.name(newName)
	if err := d.exchange(name, d.base); err != nil {
		return errors.Join(err, d.remove(name))
	}
	if digest, err := d.digest(ctx, name, maxStub); err == nil && digest == p.Stub {
		return d.remove(name)
	}
	if err := d.exchange(name, d.base); err != nil {
		return stray(name)
	}
	if digest, err := d.digest(ctx, name, p.Size); err != nil || digest != p.SHA256 {
		return stray(name)
	}
	return errors.Join(errOccupied(), d.remove(name))
}

func errOccupied() error {
	return changed("another file took its place meanwhile", "Move that file away, and undo again.")
}

// fill gives a new file its bytes and metadata, durably.
func (r *run) fill(ctx context.Context, f *os.File, p *Place) error {
	bytes, err := r.vault.Get(ctx, p.SHA256)
	if err != nil {
		return ofVault("get it from the vault", err)
	}
	defer bytes.Close()
	src := &source{r: interruptible{ctx, bytes}}
	if err := copyTo(f, src, p); err != nil {
		if src.err != nil {
			return ofVault("get it from the vault", src.err)
		}
		return describe("write it", err)
	}
	if err := p.Meta.apply(f); err != nil {
		return describe("make it as it was", err)
	}
	if err := f.Sync(); err != nil {
		return describe("make it durable", err)
	}
	return nil
}

// source remembers an error of the vault, to tell it from one of the disk.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
