package quarantine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"candor"
	"candor/internal/respond"
)

// planned is the Data of a plan.
type planned struct {
	Vault string        `json:"vault,omitempty"`
	Files []plannedFile `json:"files"`
}

type plannedFile struct {
	Spot
	Size  int64   `json:"size"`
	Links uint64  `json:"links"`
	Stub  *string `json:"stub,omitempty"` // nil for none
}

// survey is what a plan saw.
type survey struct {
	planned
	bytes           int64
	stubs           int
	linked, guarded []string // with other names, immutable
	missing         []string
	unfit           []string // changed, or not readable
	firstErr        error
}

// Plan reads the files, without changing their time of access where that is
// allowed. Those that are no longer what was found are left out, with a
// warning; if none is left it is candor.ErrChanged.
func (m *Method) Plan(ctx context.Context, req respond.Request, target respond.Target) (respond.Plan, error) {
	o, err := readOptions(req.Options, target.Asset)
	if err != nil {
		return respond.Plan{}, err
	}
	if _, err := m.vault(o.Vault); err != nil {
		return respond.Plan{}, err
	}
	s := survey{planned: planned{Vault: o.Vault}}
	for _, spot := range o.Places {
		if err := s.look(ctx, o, spot); err != nil {
			return respond.Plan{}, err
		}
	}
	if len(s.Files) == 0 {
		if s.firstErr == nil {
			s.firstErr = fmt.Errorf("none of the files is there any more: %w", candor.ErrChanged)
		}
		return respond.Plan{}, candor.WithHint(s.firstErr, "Scan the asset again.")
	}
	data, err := json.Marshal(s.planned)
	return respond.Plan{Effects: s.effects(target), Warnings: s.warnings(), Data: data, Undo: respond.Line{
		Key:  "quarantine.plan.undo",
		Text: "Undoing puts each file back with its bytes, owner, rights, times and attributes, unless something else is in its place by then.",
	}}, err
}

// look adds one file to the survey. Its error is that of an interruption.
func (s *survey) look(ctx context.Context, o Options, spot Spot) error {
	name := string(spot.Root) + "/" + string(spot.Path)
	f := plannedFile{Spot: spot}
	meta, err := inspect(ctx, &f)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case missing(err):
		s.missing = append(s.missing, name)
		return nil
	case err != nil:
		s.unfit = append(s.unfit, name)
		if s.firstErr == nil {
			s.firstErr = fmt.Errorf("look at %q: %w", name, err)
		}
		return nil
	}
	if text, ok := o.stub(string(spot.Path)); ok && sum([]byte(text)) != spot.SHA256 {
		f.Stub = &text
		s.stubs++
	}
	if meta.Links > 1 {
		s.linked = append(s.linked, name)
	}
	if meta.Flags&fixed != 0 {
		s.guarded = append(s.guarded, name)
	}
	s.bytes += f.Size
	s.Files = append(s.Files, f)
	return nil
}

// inspect reads a file and holds it against what was found.
func inspect(ctx context.Context, f *plannedFile) (*Metadata, error) {
	d, err := openFolder(string(f.Root), string(f.Path))
	if err != nil {
		return nil, describe("open", err)
	}
	defer d.close()
	file, st, err := d.open(d.base)
	if errors.Is(err, errNoFile) {
		return nil, fmt.Errorf("%w: %w", err, candor.ErrChanged)
	}
	if err != nil {
		return nil, describe("open", err)
	}
	defer file.Close()
	if digest, err := hashOf(ctx, file, st.Size); err != nil {
		return nil, err
	} else if digest != f.SHA256 {
		return nil, changed("it holds other bytes than were found", "Scan it again.")
	}
	f.Size, f.Links = st.Size, uint64(st.Nlink) //nolint:unconvert // 32 bits wide on some machines
	return readMetadata(file, st)
}

func (s *survey) effects(t respond.Target) []respond.Line {
	n, size := strconv.Itoa(len(s.Files)), strconv.FormatInt(s.bytes, 10)
	lines := []respond.Line{{
		Key:    "quarantine.plan.moved",
		Values: map[string]string{"files": n, "bytes": size, "asset": t.Asset.Name},
		Text:   fmt.Sprintf("Moved into the vault and no longer served: %s of %s, %s bytes.", count(n), t.Asset.Name, size),
	}}
	if s.stubs > 0 {
		n := strconv.Itoa(s.stubs)
		lines = append(lines, respond.Line{Key: "quarantine.plan.stubs", Values: map[string]string{"files": n},
			Text: fmt.Sprintf("A harmless file is left in the place of %s.", count(n))})
	}
	return lines
}

func count(n string) string {
	if n == "1" {
		return "1 file"
	}
	return n + " files"
}

func (s *survey) warnings() []respond.Line {
	var lines []respond.Line
	add := func(key, text string, names []string) {
		if len(names) == 0 {
			return
		}
		n := strconv.Itoa(len(names))
		first := strconv.Quote(names[0])
		lines = append(lines, respond.Line{Key: "quarantine.plan." + key,
			Values: map[string]string{"files": n, "first": first}, Text: fmt.Sprintf(text, count(n), first)})
	}
	add("linked", "Reachable by other names (hard links) that stay: %s, first %s. What is put back is a file of its own.", s.linked)
	add("guarded", "Marked immutable or append-only: %s, first %s. The mark is lifted, and set again by undoing.", s.guarded)
	add("missing", "Named, but no longer there: %s, first %s.", s.missing)
	add("unfit", "Changed since it was found, or not readable, and left alone: %s, first %s.", s.unfit)
	return lines
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
