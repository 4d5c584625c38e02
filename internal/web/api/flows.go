package api

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"candor"
	"candor/internal/access"
	"candor/internal/flow"
	"candor/internal/flow/archive"
	"candor/internal/house"
)

// FlowNarrowing is what questions of flows have in common. It is exported for huma.
type FlowNarrowing struct {
	Time  string `query:"time" maxLength:"100" doc:"A length of time until now (1h, 7d), a day, or two ends with / between, of which one may be a length. Times without a zone are UTC. Without: the last hour."`
	Where string `query:"where" maxLength:"2000" doc:"Words that all hold, such as port:443,8443 protocol:udp -peer:192.0.2.0/24 line:L-2001."`
	For   string `query:"for" maxLength:"400" doc:"What it is for: a case (C-12) or some words. A question that names a line or its address needs it."`
	Limit int    `query:"limit" minimum:"0" maximum:"1000" doc:"Most rows; 0 is 20, or 100 of flows themselves."`
}

// FlowExporting is what an export of flows is of. It is exported for huma.
type FlowExporting struct {
	Time  string `query:"time" maxLength:"100" doc:"A length of time until now (1h, 7d), a day, or two ends with / between, of which one may be a length. Times without a zone are UTC. Without: the last hour."`
	Where string `query:"where" maxLength:"2000" doc:"Words that all hold, such as port:443,8443 protocol:udp -peer:192.0.2.0/24 line:L-2001."`
	For   string `query:"for" maxLength:"400" doc:"What it is for: a case (C-12) or some words. A question that names a line or its address needs it."`
	Most  int    `query:"most" minimum:"0" maximum:"1000000" doc:"Most flows; 0 is 1,000,000."`
}

// cutFlows is the last row of an export that lacks older flows.
const cutFlows = "There are older flows: these are only the newest. Ask again until the time of the last one here."

// FlowQuestion is a question of flows. It is exported for huma.
type FlowQuestion struct {
	FlowNarrowing
	By    string `query:"by" maxLength:"200" doc:"What is told apart: up to four fields with commas between."`
	Step  string `query:"step" maxLength:"40" doc:"Values for each such time: 1m, 1h. Without: none."`
	Order string `query:"order" enum:",bytes,packets,flows" doc:"The largest first; bytes without."`
}

type flowSum struct {
	Bytes   uint64 `json:"bytes" doc:"Of layer 3; of sampled flows times their rate."`
	Packets uint64 `json:"packets" doc:"Of sampled flows times their rate."`
	Flows   uint64 `json:"flows" doc:"How many were told of; sampling does not count."`
}

type flowKey struct {
	Field string    `json:"field" doc:"What is told apart."`
	Value string    `json:"value" doc:"As conditions write it; of a line its reference, or its ID without one."`
	Line  candor.ID `json:"line,omitempty" doc:"The line, if it is one."`
}

type flowRow struct {
	Keys   []flowKey `json:"keys" nullable:"false" doc:"In the order of by."`
	Sum    flowSum   `json:"sum" doc:"Over all of the time."`
	Series []flowSum `json:"series,omitempty" doc:"For each step."`
}

type flowAnswer struct {
	Unmeasured house.Unmeasured `json:"unmeasured,omitempty" doc:"Why there is no answer; then the rest is empty."`
	Tier       archive.Tier     `json:"tier,omitempty" doc:"What it was answered from: the flows, or sums of a minute or an hour."`
	Since      time.Time        `json:"since,omitzero" doc:"From when on; widened to whole minutes or hours of the tier."`
	Until      time.Time        `json:"until,omitzero" doc:"Until when, not included."`
	Step       int64            `json:"step,omitempty" doc:"Of the series, in seconds."`
	Rows       []flowRow        `json:"rows" nullable:"false" doc:"The largest first."`
	Rest       flowSum          `json:"rest" doc:"Of what has no row."`
	Keys       uint64           `json:"keys" doc:"How many different rows there were."`
	Total      flowSum          `json:"total" doc:"Rows and rest."`
	Series     []flowSum        `json:"series,omitempty" doc:"Of the total for each step."`
}

type flowRecord struct {
	Start       time.Time `json:"start" doc:"Of the first packet."`
	End         time.Time `json:"end" doc:"Of the last packet."`
	Source      string    `json:"source" doc:"Address."`
	SourcePort  uint16    `json:"source_port" doc:"Of TCP, UDP, SCTP."`
	Destination string    `json:"destination" doc:"Address."`
	Port        uint16    `json:"destination_port" doc:"Of ICMP: type times 256 plus code."`
	Protocol    string    `json:"protocol" doc:"By name, or as IANA numbers it."`
	Flags       string    `json:"flags,omitempty" doc:"Of TCP, over all packets."`
	Packets     uint64    `json:"packets" doc:"Times the rate of sampling."`
	Bytes       uint64    `json:"bytes" doc:"Times the rate of sampling."`
	Sampling    uint32    `json:"sampling,omitempty" doc:"For how many packets each that was counted stands."`
	In          uint32    `json:"in" doc:"Index of the interface that it came in by."`
	Out         uint32    `json:"out" doc:"Index of the interface that it went out by."`
	Exporter    string    `json:"exporter" doc:"Address of whoever told of it."`
	From        string    `json:"from,omitempty" doc:"The line that certainly held the source: its reference, or its ID without one."`
	To          string    `json:"to,omitempty" doc:"The line that certainly held the destination."`
}

type flowRecords struct {
	Unmeasured house.Unmeasured `json:"unmeasured,omitempty" doc:"Why there are no flows."`
	Flows      []flowRecord     `json:"flows" nullable:"false" doc:"The latest first."`
	Left       int              `json:"left_out" doc:"Flows of lines whose party was erased."`
}

type flowsAnswered struct{ Body flowAnswer }

type flowsRecorded struct{ Body flowRecords }

type flowsHeld struct{ Body house.FlowsHeld }

func (s *server) addFlows() {
	const tag = "Traffic"
	needs := []access.Permission{access.ReadFlows}
	about := " A question that names a line or its address needs a purpose. What says who talks with whom is recorded in the evidence log."
	add(s, operation{id: "ask-flows", method: http.MethodGet, path: "/api/v1/flows", tag: tag, needs: needs, summary: "Ask a question of the flow archive", about: "Sums of flows, the largest first." + about},
		func(ctx context.Context, who candor.Principal, in *FlowQuestion) (*flowsAnswered, error) {
			q, purpose, err := s.flowQuestion(ctx, who, in.FlowNarrowing, map[string]string{archive.ParameterBy: in.By, archive.ParameterStep: in.Step, archive.ParameterOrder: in.Order})
			if err != nil {
				return nil, err
			}
			v, err := s.House.AskFlows(ctx, who, purpose, q)
			return &flowsAnswered{answerOf(q, v)}, err
		})
	add(s, operation{id: "list-flows", method: http.MethodGet, path: "/api/v1/flows/records", tag: tag, needs: needs, summary: "Get flows of the archive", about: "The latest first." + about},
		func(ctx context.Context, who candor.Principal, in *FlowNarrowing) (*flowsRecorded, error) {
			if in.Limit == 0 {
				in.Limit = 100
			}
			q, purpose, err := s.flowQuestion(ctx, who, *in, nil)
			if err != nil {
				return nil, err
			}
			v, err := s.House.Flows(ctx, who, purpose, q)
			return &flowsRecorded{recordsOf(v)}, err
		})
	add(s, operation{id: "export-flows", method: http.MethodGet, path: "/api/v1/flows/export", tag: tag, needs: needs, answers: "text/csv", summary: "Get all flows of the archive that a question is of, as CSV",
		about: "The latest first, up to 1,000,000. If there are more, the last row says so, in its first column." + about},
		func(ctx context.Context, who candor.Principal, in *FlowExporting) (*huma.StreamResponse, error) {
			q, purpose, err := s.flowQuestion(ctx, who, FlowNarrowing{Time: in.Time, Where: in.Where, For: in.For}, nil)
			if err != nil {
				return nil, err
			}
			e, err := s.House.ExportFlows(ctx, who, purpose, q, in.Most)
			if err != nil {
				return nil, err
			}
			if e.Unmeasured != "" {
				return nil, candor.WithHint(fmt.Errorf("export flows: none are kept here (%s): %w", e.Unmeasured, candor.ErrUnavailable), "Ask the process that has the flow archive.")
			}
			return &huma.StreamResponse{Body: func(to huma.Context) {
				to.SetHeader("Content-Type", "text/csv; charset=utf-8")
				to.SetHeader("Content-Disposition", `attachment; filename="flows.csv"`)
				if err := e.WriteCSV(to.Context(), to.BodyWriter(), cutFlows); err != nil {
					panic(http.ErrAbortHandler) // nobody must take the part for the whole
				}
			}}, nil
		})
	add(s, operation{id: "get-flows-held", method: http.MethodGet, path: "/api/v1/flows/held", tag: tag, needs: needs, summary: "Tell what the flow archive holds",
		about: "What is held of each tier, and what was lost since the process began."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*flowsHeld, error) {
			v, err := s.House.HeldFlows(ctx, who)
			return &flowsHeld{v}, err
		})
}

// flowQuestion reads a question, and what it is for.
func (s *server) flowQuestion(ctx context.Context, who candor.Principal, in FlowNarrowing, more map[string]string) (q archive.Question, p house.FlowPurpose, err error) {
	values := url.Values{archive.ParameterTime: {in.Time}, archive.ParameterWhere: {in.Where}}
	for name, v := range more {
		values.Set(name, v)
	}
	q, err = archive.ParseQuestion(values, archive.Reading{Now: s.Clock(), Zone: time.UTC, Lines: s.House.FlowLines(ctx, who)})
	if err != nil {
		return q, p, err
	}
	if in.Limit > 0 {
		q.Limit = in.Limit
	}
	p, err = s.House.FlowPurpose(ctx, who, in.For)
	return q, p, err
}

func answerOf(q archive.Question, v house.FlowAnswers) flowAnswer {
	out := flowAnswer{Unmeasured: v.Unmeasured, Rows: []flowRow{}}
	if len(v.Answers) == 0 {
		return out
	}
	a := v.Answers[0]
	out.Tier, out.Since, out.Until, out.Step, out.Keys = a.Tier, a.Since, a.Until, int64(a.Step/time.Second), a.Keys
	out.Rest, out.Total, out.Series = flowSum(a.Rest), flowSum(a.Total), sumsOf(a.Series)
	for _, r := range a.Rows {
		row := flowRow{Keys: []flowKey{}, Sum: flowSum(r.Sum), Series: sumsOf(r.Series)}
		for i, k := range r.Keys {
			row.Keys = append(row.Keys, flowKey{string(q.By[i]), k.Text(q.By[i], v.Reference), k.Line})
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func sumsOf(all []archive.Sum) []flowSum {
	out := make([]flowSum, len(all))
	for i, s := range all {
		out[i] = flowSum(s)
	}
	return out
}

func recordsOf(v house.FlowRecords) flowRecords {
	out := flowRecords{Unmeasured: v.Unmeasured, Flows: []flowRecord{}, Left: v.Left}
	for i := range v.Flows {
		f := &v.Flows[i]
		r := flowRecord{Start: flow.At(f.Start), End: flow.At(f.End), Source: addressText(f.Src.IP()), SourcePort: f.SrcPort, Destination: addressText(f.Dst.IP()), Port: f.DstPort, Protocol: archive.FormatNumber(archive.FieldProtocol, uint32(f.Protocol)),
			Packets: f.Count(), Bytes: f.Total(), Sampling: f.Sampling, In: f.In, Out: f.Out, Exporter: addressText(f.Exporter), From: v.Reference(f.From), To: v.Reference(f.To)}
		if f.Protocol == flow.TCP {
			r.Flags = archive.FormatNumber(archive.FieldFlags, uint32(f.Flags))
		}
		out.Flows = append(out.Flows, r)
	}
	return out
}

func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
