package api

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"net/http"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

type importQuery struct {
	Rehearse string `query:"rehearse" enum:"true,false" doc:"Say what would be done, and do nothing."`
}

type importAnswer struct {
	Status int
	Body   house.Imported
}

func (s *server) addImport() {
	add(s, operation{id: "import", method: http.MethodPost, path: "/api/v1/import", tag: "Parties", needs: managesThem, body: MaxBody,
		raw: []string{"text/csv", "application/jsonl"}, summary: "Import parties and assets",
		about: "CSV with a line of column names, or a JSON object a line; columns are type, kind, reference, name, language, time_zone, contacts, owner_kind, owner, roots, hosts, software, observe_only, every, vital. " +
			"A row with a known reference replaces what it names. With an error in any row nothing is changed: 422, and the errors say on which lines."},
		func(ctx context.Context, who candor.Principal, in *importQuery) (*importAnswer, error) {
			format, err := importFormat(header(ctx, "Content-Type"))
			if err != nil {
				return nil, err
			}
			did, err := s.House.Import(ctx, who, format, bytes.NewReader(requestOf(ctx).body), in.Rehearse == "true")
			out := &importAnswer{Status: http.StatusOK, Body: did}
			if len(did.Errors) > 0 && in.Rehearse != "true" {
				p := newProblem(http.StatusUnprocessableEntity, "Nothing was imported: there are errors in the rows.", "Mend those lines, and send all of it again.")
				for _, e := range did.Errors {
					p.Errors = append(p.Errors, Fault{"body", e})
				}
				return nil, p
			}
			return out, err
		})
	add(s, operation{id: "take-bounce", method: http.MethodPost, path: "/api/v1/bounces", tag: "Responses", needs: []access.Permission{access.ApproveResponses}, body: mostMail,
		raw: []string{"message/rfc822"}, summary: "Hand in a mail that came back", about: "The message as it came (RFC 5322). The mail that it is about is found by itself."},
		done(func(ctx context.Context, _ candor.Principal, _ *struct{}) error {
			if s.Bounce == nil {
				return candor.WithHint(fmt.Errorf("nobody takes bounces: %w", candor.ErrUnavailable), "Set up mail in the configuration.")
			}
			return s.Bounce(ctx, bytes.NewReader(requestOf(ctx).body))
		}))
}

// mostMail bounds a mail that came back, which may hold all of the first.
const mostMail = 25 << 20

func importFormat(contentType string) (string, error) {
	media, _, _ := mime.ParseMediaType(contentType)
	switch media {
	case "text/csv":
		return "csv", nil
	case "application/json", "application/jsonl", "application/x-ndjson":
		return "json", nil
	}
	return "", newProblem(http.StatusUnsupportedMediaType, "That cannot be imported.", "Send text/csv or application/jsonl, and say so in Content-Type.")
}
