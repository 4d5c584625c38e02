package taxii

import (
	"context"
	"fmt"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/stix"
)

// Publish adds what is released to a collection of our own server. It is
// candor.ErrDenied where it was released to fewer than can read the collection.
func Publish(ctx context.Context, s Store, principal, root string, c Collection, r intel.Release) (Status, error) {
	if !r.Covers(c.Audience) {
		return Status{}, fmt.Errorf("what was released to %q may not go to %q: %w", r.Audience(), c.Audience, candor.ErrDenied)
	}
	raws, err := stix.Objects(r)
	if err != nil {
		return Status{}, err
	}
	var objects []Object
	for _, raw := range raws {
		o, err := ParseObject(raw)
		if err != nil {
			return Status{}, err
		}
		objects = append(objects, o)
	}
	return s.Add(ctx, principal, root, c.ID, objects, nil)
}
