package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/notice"
	"candor/internal/house"
)

// Who reads and changes notices: the staff, and customers theirs.
var (
	readsNotices  = []access.Permission{access.ReadParties, access.ReadOwn}
	writesNotices = []access.Permission{access.ManageParties, access.ActOwn}
)

type noticeQuery struct {
	Paging
	Sort  string    `query:"sort" enum:"updated,name"`
	Party candor.ID `query:"party"`
	Name  string    `query:"name" maxLength:"200" doc:"The name begins with it."`
}

// NoticeFault is one thing that is wrong with a draft. It is exported for huma,
// which sees nothing else.
type NoticeFault struct {
	Pointer  string          `json:"pointer" doc:"Where in the document (RFC 6901); empty is the whole."`
	Code     string          `json:"code" doc:"A word for programs."`
	Severity notice.Severity `json:"severity" enum:"error,advice" doc:"With an error it cannot be published."`
	What     string          `json:"what" doc:"What is wrong, in English."`
	Do       string          `json:"do" doc:"What to do about it, in English."`
}

// NoticeDetail is a notice with what belongs to it.
type NoticeDetail struct {
	Notice   candor.Notice          `json:"notice" doc:"The notice, with its draft."`
	Sites    []house.NoticeStanding `json:"sites" nullable:"false" doc:"The sites that serve it, and how each stands."`
	Versions []candor.NoticeVersion `json:"versions" nullable:"false" doc:"What was published, the latest first, at most 100, without bodies."`
	Problems []NoticeFault          `json:"problems" nullable:"false" doc:"What is wrong with the draft as it would be published now."`
}

type noticeDetail struct{ Body NoticeDetail }

type noticeAnswer struct{ Body candor.Notice }

// DraftedNotice is what a draft says.
type DraftedNotice struct {
	Name     string               `json:"name" minLength:"1" maxLength:"200" doc:"For those who work on it."`
	Sites    []candor.ID          `json:"sites,omitempty" maxItems:"500" doc:"The sites that serve it. A site serves one notice."`
	Document map[string]any       `json:"document" doc:"The draft, as far as it is: members of docs/notice.md. What it is called, its number, and what it replaces are said by this program."`
	Guesses  []candor.NoticeGuess `json:"guesses,omitempty" maxItems:"2000" doc:"What of it nobody has said yet."`
}

func (d DraftedNotice) draft() (house.NoticeDraft, error) {
	text, err := json.Marshal(d.Document)
	return house.NoticeDraft{Name: d.Name, Sites: d.Sites, Document: text, Guesses: d.Guesses}, err
}

type newNotice struct {
	Body struct {
		Party    candor.ID      `json:"party" doc:"Whose sites they are; customers name their own."`
		Name     string         `json:"name,omitempty" maxLength:"200" doc:"For those who work on it; that of the first site if missing."`
		Sites    []candor.ID    `json:"sites,omitempty" maxItems:"500" doc:"The sites that serve it. A site serves one notice."`
		Document map[string]any `json:"document,omitempty" doc:"A document to begin with. If missing, one is proposed from what is known of the sites."`
	}
}

type changedNotice struct {
	ID   candor.ID `path:"id"`
	Body struct {
		DraftedNotice
		Edition int64 `json:"edition" minimum:"1" doc:"Of the draft that was worked on. If it is another by now, nothing is changed."`
	}
}

type publication struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Edition int64 `json:"edition" minimum:"1" doc:"Of the draft that was looked at. If it is another by now, nothing is published."`
		Pin     bool  `json:"pin,omitempty" doc:"Its sites must serve this version from now on."`
	}
}

type oneVersion struct {
	ID     candor.ID `path:"id"`
	Number int64     `path:"number" minimum:"1" doc:"Number of the version."`
}

// noticeCopy is the document of a version, as it is.
type noticeCopy struct {
	Type string `header:"Content-Type"`
	Body []byte
}

type pinning struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Site   candor.ID `json:"site" doc:"One that the notice was given to."`
		Number int64     `json:"number" minimum:"1" doc:"Of a published version."`
	}
}

func (s *server) addNotices() {
	const tag = "Notices"
	add(s, operation{id: "list-notices", method: http.MethodGet, path: "/api/v1/notices", tag: tag, needs: readsNotices, summary: "List the notices of sites", about: "Customers see their own."},
		func(ctx context.Context, who candor.Principal, in *noticeQuery) (*listed[candor.Notice], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "updated")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Notices(ctx, who, candor.NoticeFilter{Party: in.Party, Text: in.Name}, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "create-notice", method: http.MethodPost, path: "/api/v1/notices", tag: tag, needs: writesNotices, status: http.StatusCreated, summary: "Begin a notice",
		about: "Without a document one is proposed from what is known of the sites: their hosts, their software, and what the pages that lie in their folders bring in. What was guessed is listed."},
		func(ctx context.Context, who candor.Principal, in *newNotice) (*noticeAnswer, error) {
			d := house.NoticeDraft{Name: in.Body.Name, Sites: in.Body.Sites}
			if in.Body.Document != nil {
				text, err := json.Marshal(in.Body.Document)
				if err != nil {
					return nil, err
				}
				d.Document = text
			}
			n, err := s.House.AddNotice(ctx, who, in.Body.Party, d)
			return &noticeAnswer{n}, err
		})
	add(s, operation{id: "get-notice", method: http.MethodGet, path: "/api/v1/notices/{id}", tag: tag, needs: readsNotices, summary: "Get a notice: its draft and what is wrong with it, its versions, its sites"},
		func(ctx context.Context, who candor.Principal, in *one) (*noticeDetail, error) {
			v, err := s.House.Notice(ctx, who, in.ID)
			return &noticeDetail{NoticeDetail{v.Notice, v.Sites, v.Versions, s.faults(v.Problems)}}, err
		})
	add(s, operation{id: "replace-notice", method: http.MethodPut, path: "/api/v1/notices/{id}", tag: tag, needs: writesNotices, summary: "Replace the draft of a notice, and which sites serve it",
		about: "A draft may have holes; what is published is checked. A site that is left out has no notice from then on."},
		func(ctx context.Context, who candor.Principal, in *changedNotice) (*noticeAnswer, error) {
			d, err := in.Body.draft()
			if err != nil {
				return nil, err
			}
			n, err := s.House.SaveNotice(ctx, who, in.ID, in.Body.Edition, d)
			return &noticeAnswer{n}, err
		})
	add(s, operation{id: "delete-notice", method: http.MethodDelete, path: "/api/v1/notices/{id}", tag: tag, needs: writesNotices, summary: "Remove a notice that was never published"},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.House.RemoveNotice(ctx, who, in.ID)
		}))
	s.addVersions(tag)
	s.addProofs(tag)
}

func (s *server) addVersions(tag string) {
	add(s, operation{id: "publish-notice", method: http.MethodPost, path: "/api/v1/notices/{id}/versions", tag: tag, needs: writesNotices, status: http.StatusCreated, summary: "Publish the draft as the next version",
		about: "A version never changes. It goes to the evidence log by its digest, and anybody can read it at /notice/{id}."},
		func(ctx context.Context, who candor.Principal, in *publication) (*struct{ Body candor.NoticeVersion }, error) {
			v, err := s.House.PublishNotice(ctx, who, in.ID, in.Body.Edition, in.Body.Pin)
			var faulty *house.FaultyNotice
			if errors.As(err, &faulty) {
				err = s.faulty(faulty)
			}
			return &struct{ Body candor.NoticeVersion }{v}, err
		})
	add(s, operation{id: "get-notice-version", method: http.MethodGet, path: "/api/v1/notices/{id}/versions/{number}", tag: tag, needs: readsNotices, summary: "Get the document of a version", about: "In canonical form (RFC 8785): its SHA-256 names the version.", answers: notice.MediaType},
		func(ctx context.Context, who candor.Principal, in *oneVersion) (*noticeCopy, error) {
			text, err := s.House.ExportNotice(ctx, who, in.ID, in.Number)
			return &noticeCopy{notice.MediaType, text}, err
		})
	add(s, operation{id: "pin-notice", method: http.MethodPost, path: "/api/v1/notices/{id}/pins", tag: tag, needs: writesNotices, summary: "Say which version a site must serve", about: "It has a day to do so; then it is a finding if it does not."},
		done(func(ctx context.Context, who candor.Principal, in *pinning) error {
			return s.House.PinNotice(ctx, who, in.ID, in.Body.Site, in.Body.Number)
		}))
}

func (s *server) addProofs(tag string) {
	add(s, operation{id: "get-site-notice", method: http.MethodGet, path: "/api/v1/assets/{id}/notice", tag: tag, needs: readsNotices, summary: "Get how a site stands with its notice",
		about: "What is published, what is pinned, and what each of its hosts was last seen to serve. A site without a notice is not found; a host of which nothing was measured is missing, and never good."},
		func(ctx context.Context, who candor.Principal, in *one) (*struct{ Body house.NoticeStanding }, error) {
			v, err := s.House.NoticeStanding(ctx, who, in.ID)
			return &struct{ Body house.NoticeStanding }{v}, err
		})
	add(s, operation{id: "list-notice-proofs", method: http.MethodGet, path: "/api/v1/assets/{id}/notice/proofs", tag: tag, needs: readsNotices, summary: "List what the hosts of a site served as its notice", about: "The latest 100 changes; each lasted from first_seen to last_seen."},
		func(ctx context.Context, who candor.Principal, in *one) (*whole[candor.NoticeProof], error) {
			return wholeOf(s.House.NoticeProofs(ctx, who, in.ID))
		})
	add(s, operation{id: "ask-notice-proof", method: http.MethodPost, path: "/api/v1/assets/{id}/notice/proofs", tag: tag, needs: []access.Permission{access.ActCases, access.ManageParties, access.ActOwn}, status: http.StatusAccepted,
		summary: "Have a site's notice fetched and compared now", about: "It is done within seconds, and without being asked every day."},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.House.AskForProof(ctx, who, in.ID)
		}))
}

// faults words problems.
func (s *server) faults(problems []notice.Problem) []NoticeFault {
	t := s.House.Texts.For("en")
	all := make([]NoticeFault, len(problems))
	for i, p := range problems {
		what, do := p.In(t)
		all[i] = NoticeFault{p.Pointer, p.Code, p.Severity, what, do}
	}
	return all
}

// faulty says where a draft is wrong.
func (s *server) faulty(f *house.FaultyNotice) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, f.Error(), "Mend what is wrong, and publish again.")
	for _, x := range s.faults(f.Problems) {
		if x.Severity == notice.Fault {
			p.Errors = append(p.Errors, Fault{"notice" + x.Pointer, fmt.Sprintf("%s %s", x.What, x.Do)})
		}
	}
	return p
}
