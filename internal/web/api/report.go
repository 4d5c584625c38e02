package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

type reportQuery struct {
	Paging
	State         []candor.ReportState `query:"state" doc:"One of these states."`
	Reporter      string               `query:"reporter" maxLength:"320" doc:"Mail address of who reports."`
	Format        string               `query:"format" maxLength:"40"`
	ReceivedAfter time.Time            `query:"received_after"`
}

type complaintQuery struct {
	Paging
	Sort   string                  `query:"sort" enum:"id,updated,number"`
	State  []candor.ComplaintState `query:"state" doc:"One of these states."`
	Report candor.ID               `query:"report"`
	Case   candor.ID               `query:"case"`
	Asset  candor.ID               `query:"asset"`
	Party  candor.ID               `query:"party"`
	Value  string                  `query:"value" maxLength:"4096" doc:"What it is about, in canonical form."`
	Class  candor.Class            `query:"class"`
}

type reportAnswer struct{ Body candor.Report }

type reportFile struct {
	Name string `query:"name" maxLength:"255" doc:"The name of the file, if it is no mail."`
}

// ReportTaken names a report that was taken in. It is exported for huma, which
// sees nothing else.
type ReportTaken struct {
	ID candor.ID `json:"id"`
}

type reportTaken struct{ Body ReportTaken }

type reportDecision struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Version   int64                     `json:"version" doc:"Of the report that you have seen. If somebody changed it since, nothing is done: 412."`
		Decisions []house.ComplaintDecision `json:"decisions" minItems:"1" maxItems:"500" nullable:"false" doc:"What you say of complaints."`
	}
}

type reportDismissal struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Version int64 `json:"version" doc:"Of the report that you have seen."`
	}
}

const reportTag = "Reports"

// handsIn is who hands in reports: staff, and programs of reporters.
var handsIn = []access.Permission{access.ActCases, access.FileReports}

// addReports adds reports of abuse that came in.
func (s *server) addReports() {
	add(s, operation{id: "list-reports", method: http.MethodGet, path: "/api/v1/reports", tag: reportTag, needs: readsAll, summary: "List reports of abuse that came in", about: "The one that came last comes first."},
		func(ctx context.Context, who candor.Principal, in *reportQuery) (*listed[candor.Report], error) {
			cut, err := s.cut(ctx, who, in.Paging, "", "received")
			if err != nil {
				return nil, err
			}
			page, err := s.House.ReportList(ctx, who, candor.ReportFilter{States: in.State, Reporter: in.Reporter, Format: in.Format, ReceivedAfter: in.ReceivedAfter}, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-report", method: http.MethodGet, path: "/api/v1/reports/{id}", tag: reportTag, needs: readsAll, summary: "Get a report", about: "What it complains about is listed by list-complaints."},
		func(ctx context.Context, who candor.Principal, in *one) (*reportAnswer, error) {
			r, err := s.House.Report(ctx, who, in.ID)
			return &reportAnswer{r}, err
		})
	add(s, operation{id: "take-report", method: http.MethodPost, path: "/api/v1/reports", tag: reportTag, needs: handsIn, status: http.StatusAccepted, body: house.MostReport,
		raw: []string{"message/rfc822", "application/xml", "text/csv", "application/octet-stream"}, summary: "Hand in a report of abuse",
		about: "A mail as it came (RFC 5322), or a file in one of the formats that are known. When this answers it is durable; it is read soon after. What comes with a token of a reporter's is that reporter's, whatever it says of whom it is from."}, s.takeReport)
	add(s, operation{id: "get-report-message", method: http.MethodGet, path: "/api/v1/reports/{id}/message", tag: reportTag, needs: readsAll, answers: "application/octet-stream", summary: "Get the message of a report as it came",
		about: "404 once it is kept no longer."}, s.reportMessage)
	add(s, operation{id: "list-complaints", method: http.MethodGet, path: "/api/v1/complaints", tag: reportTag, needs: readsAll, summary: "List what reports complain about", about: "Each is one resource at one time, with whose it is and the case that it went to."},
		func(ctx context.Context, who candor.Principal, in *complaintQuery) (*listed[candor.Complaint], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "id")
			if err != nil {
				return nil, err
			}
			page, err := s.House.ComplaintList(ctx, who, candor.ComplaintFilter{States: in.State, Report: in.Report, Case: in.Case, Asset: in.Asset, Party: in.Party, Value: in.Value, Class: in.Class}, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "decide-report", method: http.MethodPost, path: "/api/v1/reports/{id}/decide", tag: reportTag, needs: acts, summary: "Say what a report complains about, and whose that is",
		about: "For complaints that wait for a person, or that you add. What is filed joins the open case of its class at the asset, or opens one."},
		done(func(ctx context.Context, who candor.Principal, in *reportDecision) error {
			return s.House.DecideReport(ctx, who, in.ID, in.Body.Version, in.Body.Decisions)
		}))
	add(s, operation{id: "dismiss-report", method: http.MethodPost, path: "/api/v1/reports/{id}/dismiss", tag: reportTag, needs: acts, summary: "Say that a message is no report"},
		done(func(ctx context.Context, who candor.Principal, in *reportDismissal) error {
			return s.House.DismissReport(ctx, who, in.ID, in.Body.Version)
		}))
}

func (s *server) takeReport(ctx context.Context, who candor.Principal, in *reportFile) (*reportTaken, error) {
	media, _, _ := mime.ParseMediaType(header(ctx, "Content-Type"))
	name := in.Name
	if media == "message/rfc822" {
		name, media = "", ""
	}
	id, err := s.House.TakeReport(ctx, who, name, media, bytes.NewReader(requestOf(ctx).body))
	return &reportTaken{ReportTaken{id}}, err
}

// mostMessage is how many bytes of a message an answer holds, which is in memory.
const mostMessage = 64 << 20

func (s *server) reportMessage(ctx context.Context, who candor.Principal, in *one) (*text, error) {
	r, body, err := s.House.ReportMessage(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if r.Size > mostMessage {
		return nil, candor.WithHint(fmt.Errorf("the message of report %s has %d bytes: %w", r.ID, r.Size, candor.ErrInvalid), "Get it from its page in the console.")
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	return &text{Type: "application/octet-stream", Name: fmt.Sprintf(`attachment; filename="%s"`, r.ID), Body: content}, nil
}
