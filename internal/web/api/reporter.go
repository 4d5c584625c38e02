package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

// OwnReport is a report that a reporter's program handed in. It is exported for huma,
// which sees nothing else.
type OwnReport struct {
	ID        candor.ID          `json:"id" doc:"As it was answered when it was handed in."`
	State     candor.ReportState `json:"state"`
	Received  time.Time          `json:"received"`
	Name      string             `json:"name,omitempty" doc:"Of a file that is no mail."`
	SHA256    string             `json:"sha256,omitempty" doc:"Of what was handed in."`
	Size      int64              `json:"size" doc:"Of what was handed in, in bytes."`
	Format    string             `json:"format,omitempty" doc:"As which it was read."`
	Reference string             `json:"reference,omitempty" doc:"The reporter's own, at most 100 characters."`
	Subject   string             `json:"subject,omitempty" doc:"At most 100 characters."`
	Read      bool               `json:"read" doc:"A person, or a program that was sure, has looked."`
	Told      int                `json:"told" doc:"Complaints that went to who is responsible."`
	Mended    int                `json:"mended" doc:"Of these, those of which nothing is left to do."`
	Foreign   int                `json:"foreign" doc:"Complaints about nothing of the provider's."`
	Open      int                `json:"open" doc:"Complaints that are looked at yet."`
	PassedOn  int                `json:"passed_on" doc:"How many elsewhere it was passed on to."`
}

// ReporterToken is a token of a reporter without its text. It is exported for huma,
// which sees nothing else.
type ReporterToken struct {
	ID       candor.ID `json:"id"`
	Reporter string    `json:"reporter" doc:"Mail address of the reporter."`
	Name     string    `json:"name" doc:"The program that uses it."`
	By       candor.ID `json:"by" doc:"Who made it."`
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires,omitzero"`
	Used     time.Time `json:"used,omitzero" doc:"To the minute."`
	Revoked  time.Time `json:"revoked,omitzero"`
}

type newReporterToken struct {
	Body struct {
		Reporter string    `json:"reporter" minLength:"3" maxLength:"320" doc:"Mail address of the reporter." example:"abuse@cert.example"`
		Name     string    `json:"name" minLength:"1" maxLength:"200" doc:"The program that will use it."`
		Expires  time.Time `json:"expires,omitzero" doc:"Never if missing."`
	}
}

// madeReporterToken is a token, and what can be seen only now.
type madeReporterToken struct {
	ReporterToken
	Text string `json:"text" doc:"The token itself. Shown now and never again."`
}

// addReporters adds what programs of reporters may do, and their tokens.
func (s *server) addReporters() {
	files := []access.Permission{access.FileReports}
	add(s, operation{id: "list-own-reports", method: http.MethodGet, path: "/api/v1/own-reports", tag: reportTag, needs: files, summary: "List what you handed in, and what became of it",
		about: "For programs of reporters. The one that came last comes first; what other programs of the same reporter handed in is there too. Reports are gone from here when their messages are no longer kept."},
		func(ctx context.Context, who candor.Principal, in *Paging) (*listed[OwnReport], error) {
			cut, err := s.cut(ctx, who, *in, "", "received")
			if err != nil {
				return nil, err
			}
			page, err := s.House.OwnReports(ctx, who, cut)
			out := candor.Page[OwnReport]{Count: page.Count, More: page.More, Next: page.Next, Previous: page.Previous}
			for _, r := range page.Items {
				out.Items = append(out.Items, ownReport(r))
			}
			return paged(ctx, s, who, out, err)
		})
	add(s, operation{id: "get-own-report", method: http.MethodGet, path: "/api/v1/own-reports/{id}", tag: reportTag, needs: files, summary: "Get what became of a report that you handed in",
		about: "For programs of reporters. Nothing is told of whom it is about."},
		func(ctx context.Context, who candor.Principal, in *one) (*struct{ Body OwnReport }, error) {
			r, err := s.House.OwnReport(ctx, who, in.ID)
			return &struct{ Body OwnReport }{ownReport(r)}, err
		})
	add(s, operation{id: "list-reporter-tokens", method: http.MethodGet, path: "/api/v1/reporter-tokens", tag: reportTag, needs: []access.Permission{access.ReadPeople}, summary: "List the tokens of reporters", about: "Newest first, revoked ones too."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[ReporterToken], error) {
			all, err := s.Access.ReporterTokens(ctx, who)
			out := make([]ReporterToken, len(all))
			for i, t := range all {
				out[i] = reporterToken(t)
			}
			return wholeOf(out, err)
		})
	add(s, operation{id: "make-reporter-token", method: http.MethodPost, path: "/api/v1/reporter-tokens", tag: reportTag, needs: managesPeople, status: http.StatusCreated, secrets: []string{"text"},
		summary: "Make a token for a program of a reporter", about: "With it the program hands in reports as that reporter, and reads what became of these; nothing else. A repetition with the same key does not show its text again."},
		func(ctx context.Context, who candor.Principal, in *newReporterToken) (*struct{ Body madeReporterToken }, error) {
			if who.Token == "" { // a browser that was left open makes none
				if err := s.Access.Recent(ctx); err != nil {
					return nil, err
				}
			}
			text, t, err := s.Access.MakeReporterToken(ctx, who, in.Body.Reporter, in.Body.Name, in.Body.Expires)
			return &struct{ Body madeReporterToken }{madeReporterToken{reporterToken(t), text}}, err
		})
	add(s, operation{id: "revoke-reporter-token", method: http.MethodDelete, path: "/api/v1/reporter-tokens/{id}", tag: reportTag, needs: managesPeople, summary: "Make a token of a reporter worthless at once",
		about: "What came with it stays."},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.Access.RevokeToken(ctx, who, in.ID)
		}))
}

func ownReport(r house.OwnReport) OwnReport {
	o := r.Outcome
	return OwnReport{ID: r.ID, State: r.State, Received: r.Received, Name: r.Name, SHA256: r.SHA256, Size: r.Size, Format: r.Format, Reference: o.Reference, Subject: o.Subject,
		Read: o.Read, Told: o.Told, Mended: o.Mended, Foreign: o.Foreign, Open: o.Open, PassedOn: o.PassedOn}
}

func reporterToken(t access.Token) ReporterToken {
	return ReporterToken{ID: t.ID, Reporter: t.Reporter, Name: t.Name, By: t.User, Created: t.Created, Expires: t.Expires, Used: t.Used, Revoked: t.Revoked}
}
