package quarantine

import (
	"context"
	"errors"
	"fmt"

	"candor"
	"candor/internal/respond"
)

// Verify looks whether each file's place is empty, or holds our stub, and
// whether the vault gives the file's bytes.
func (m *Method) Verify(ctx context.Context, resp candor.Response) error {
	if len(resp.Result) == 0 {
		return respond.Permanent(errors.New("nothing was moved yet"))
	}
	r, err := m.start(resp, nil)
	if err != nil {
		return err
	}
	var errs []error
	for i := range r.result.Places {
		p := &r.result.Places[i]
		err := r.verify(ctx, p)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%q: %w", string(p.Root)+"/"+string(p.Path), err))
		}
	}
	return together("seen to be in quarantine", errs, len(r.result.Places))
}

func (r *run) verify(ctx context.Context, p *Place) error {
	if p.State != Moved && p.State != Gone {
		return fmt.Errorf("it was not moved: it is %s", p.State)
	}
	d, err := openFolder(string(p.Root), string(p.Path))
	if err != nil && !missing(err) {
		return describe("open", err)
	}
	if err == nil {
		defer d.close()
		at, err := look(ctx, d, p)
		if err != nil {
			return err
		}
		if at == original || at == other || p.State == Gone && at != absent {
			return changed("a file is in its place again", "Scan it, and look who put it there.")
		}
	}
	if p.State == Gone {
		return nil // there was nothing to keep
	}
	bytes, err := r.vault.Get(ctx, p.SHA256)
	if err != nil {
		return ofVault("get it from the vault", err)
	}
	defer bytes.Close()
	digest, err := hashOf(ctx, bytes, p.Size)
	if err == nil && digest != p.SHA256 || errors.Is(err, candor.ErrChanged) {
		return errors.New("the vault holds other bytes than were put into it: it is damaged")
	}
	if err != nil {
		return ofVault("read it from the vault", err)
	}
	return nil
}
