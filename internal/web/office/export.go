package office

import (
	"context"
	"fmt"
	"io"

	"candor"
	"candor/internal/evidence"
	"candor/internal/web"
)

// exportDetail is what the page of an export shows.
type exportDetail struct {
	path, name string
	records    int
	waiting    int
	blobs      int
	personal   int
	reveals    bool
}

// bundle is a Bundle with what could not be put in.
type bundle struct {
	evidence.Bundle
	waiting int   // records that the log has not taken yet
	last    int64 // index
}

func (o *office) caseOf(r *web.Request) (candor.Case, error) {
	id, err := r.ID("id")
	if err != nil {
		return candor.Case{}, err
	}
	return o.house.Store.Case(r.Context(), r.Who.Scope(), id)
}

func exportName(c candor.Case) string { return c.Label() + "-evidence.zip" }

// gather collects what an export of a case holds.
func (o *office) gather(r *web.Request, c candor.Case, blobs, personal bool) (b bundle, err error) {
	b.Title, b.Made, b.Vault, b.last = c.Label(), r.Now, o.house.Vault, -1
	cut := candor.Cut{Limit: 500}
	for {
		page, err := o.house.Records(r.Context(), r.Who, candor.RecordFilter{Case: c.ID}, cut)
		if err != nil {
			return b, err
		}
		for _, l := range page.Items {
			if err := o.take(r.Context(), &b, l, blobs, personal); err != nil {
				return b, err
			}
		}
		if cut.Cursor = page.Next; page.Next == "" {
			return b, nil
		}
	}
}

// take puts one record into the bundle.
func (o *office) take(ctx context.Context, b *bundle, l candor.Logged, blobs, personal bool) error {
	if l.Index < 0 {
		b.waiting++
		return nil
	}
	b.Entries, b.last = append(b.Entries, uint64(l.Index)), max(b.last, l.Index)
	for _, word := range l.Blobs {
		d, err := evidence.ParseDigest(word)
		if err != nil || !blobs || o.house.Vault == nil {
			continue
		}
		if _, err := o.house.Vault.Stat(d); err == nil { // one that was removed is named, and not there
			b.Blobs = append(b.Blobs, d)
		}
	}
	if !personal {
		return nil
	}
	values, err := o.house.Store.PersonalOf(ctx, l.ID)
	for _, v := range values {
		if salt, err := evidence.ParseDigest(v.Salt); err == nil {
			b.Revealed = append(b.Revealed, evidence.Revealed{Index: uint64(l.Index), Name: v.Name, Value: v.Value, Salt: salt})
		}
	}
	return err
}

// export sends a case's evidence as one file that anybody can check. What is
// personal, and contents of files, go only to whoever may see them, if asked for.
func (o *office) export(r *web.Request) (web.View, error) {
	c, err := o.caseOf(r)
	if err != nil {
		return web.View{}, err
	}
	wanted := func(name string) bool { return r.Query(name) == "yes" }
	if (wanted("blobs") || wanted("personal")) && !reveals(r) {
		return web.View{}, candor.WithHint(fmt.Errorf("export contents and personal values as %s: %w", r.Who.Role, candor.ErrDenied), "Ask an administrator or an auditor, or export without them.")
	}
	b, err := o.gather(r, c, wanted("blobs"), wanted("personal"))
	if err != nil {
		return web.View{}, err
	}
	if len(b.Entries) == 0 {
		return web.View{}, candor.WithHint(fmt.Errorf("no record of %s is in the log yet: %w", c.Label(), candor.ErrUnavailable), "Try again in a moment.")
	}
	if err := o.caught(r.Context(), b.last); err != nil {
		return web.View{}, err
	}
	return web.View{Send: &web.File{Name: exportName(c), Type: "application/zip", Write: func(w io.Writer) error {
		return o.house.Log.WriteBundle(r.Context(), w, b.Bundle)
	}}}, nil
}
