package isolate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"candor"
	"candor/internal/respond"
)

// Options are respond.Request.Options for this method.
type Options struct {
	Level Level `json:"level"`
}

// planned is the Data of a plan.
type planned struct {
	Level Level `json:"level"`
}

func readOptions(data json.RawMessage) (o Options, err error) {
	const form = "Options are {\"level\": \"rate-limit\", \"block-ports\", \"walled-garden\" or \"disconnect\"}."
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return o, invalid(fmt.Sprintf("the options cannot be read: %v", err), form)
	}
	if !o.Level.known() {
		return o, invalid(fmt.Sprintf("%.40q is no level of isolation", o.Level), form)
	}
	return o, nil
}

// Plan implements respond.Method. A line that may not be isolated is
// candor.ErrDenied already here. One that is offline can be planned for: it is
// isolated when it comes back.
func (m *Method) Plan(ctx context.Context, req respond.Request, t respond.Target) (respond.Plan, error) {
	o, err := readOptions(req.Options)
	if err != nil {
		return respond.Plan{}, err
	}
	if err := may(t.Asset); err != nil {
		return respond.Plan{}, err
	}
	p := respond.Plan{Effects: []respond.Line{effect(o.Level, t.Asset.Name)}, Undo: respond.Line{
		Key: "isolate.plan.undo", Text: "Undoing lets the line back into the whole network at once, unless another isolation of it goes on.",
	}}
	s, err := m.guard.certain(ctx, t.Asset)
	switch {
	case errors.Is(err, candor.ErrDenied):
		return p, err
	case err != nil:
		p.Warnings = append(p.Warnings, respond.Line{Key: "isolate.plan.offline",
			Text: "What the line holds of the network is not known for certain now. Nothing is done until it is."})
	default:
		points := at(m.Points, s, o.Level)
		if len(points) == 0 {
			return p, nowhere(s, o.Level)
		}
		p.Effects = append(p.Effects, where(s, points))
		p.Warnings = append(p.Warnings, m.doubts(o.Level, points)...)
	}
	if req.Expires.IsZero() {
		p.Warnings = append(p.Warnings, respond.Line{Key: "isolate.plan.endless", Text: "It has no end of its own: somebody has to undo it."})
	}
	p.Data, err = json.Marshal(planned(o))
	return p, err
}

// effect says what becomes of a line at a level.
func effect(l Level, line string) respond.Line {
	text := map[Level]string{
		RateLimit:    "The line %s is slowed down. Everything can still be reached.",
		BlockPorts:   "The line %s is kept from ports that abuse goes by. All else can still be reached.",
		WalledGarden: "The line %s reaches only the portal, name service and allowed destinations.",
		Disconnect:   "The line %s is cut off from the network.",
	}[l]
	return respond.Line{Key: "isolate.plan." + string(l), Values: map[string]string{"line": line}, Text: fmt.Sprintf(text, line)}
}

// where says where a session is enforced, and by what.
func where(s Session, points []Point) respond.Line {
	values := map[string]string{"points": strings.Join(names(points), ", "), "addresses": s.names()}
	text := fmt.Sprintf("Enforced at %s, for %s", values["points"], values["addresses"])
	if s.ID == "" {
		return respond.Line{Key: "isolate.plan.where", Values: values, Text: text + "."}
	}
	values["session"] = s.ID
	return respond.Line{Key: "isolate.plan.session", Values: values, Text: text + fmt.Sprintf(" (session %s).", s.ID)}
}

// doubts are what whoever approves should know.
func (m *Method) doubts(l Level, points []Point) (lines []respond.Line) {
	if m.Prober == nil {
		lines = append(lines, respond.Line{Key: "isolate.plan.unprobed",
			Text: "No probes are set up: whether it holds is asked of the enforcement points only."})
	}
	for _, p := range points {
		if l == Disconnect && !p.Lifelines {
			lines = append(lines, respond.Line{Key: "isolate.plan.lifeless", Values: map[string]string{"point": p.Name},
				Text: fmt.Sprintf("Nothing passes %s any more: emergency calls over this line do not work either.", p.Name)})
		}
	}
	return lines
}
