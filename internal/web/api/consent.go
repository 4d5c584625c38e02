package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/consent/terms"
	"candor/internal/house"
)

var (
	readsTerms   = []access.Permission{access.ReadPolicy, access.ReadOwn}
	managesTerms = []access.Permission{access.ManagePolicy}
	decides      = []access.Permission{access.ManageParties, access.ActOwn}
)

type termsList struct {
	Body struct {
		Items []consent.Terms `json:"items" nullable:"false"`
	}
}

// TermsWhole are terms with their text. It is exported for huma.
type TermsWhole struct {
	Terms    consent.Terms   `json:"terms"`
	Text     string          `json:"text" doc:"As it was written, in YAML."`
	Document json.RawMessage `json:"document" doc:"The canonical form, whose SHA-256 is the digest."`
}

type termsWhole struct{ Body TermsWhole }

type termsText struct {
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"524288" doc:"A document in YAML; candor terms show has some to begin with."`
	}
}

type termsChange struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"524288" doc:"A document in YAML."`
	}
}

type termsEnd struct {
	ID   candor.ID `path:"id"`
	Body struct {
		At time.Time `json:"at,omitempty" doc:"From when on; now if missing or over."`
	}
}

// TermsSaved is a draft with advice about it. It is exported for huma.
type TermsSaved struct {
	Terms  consent.Terms `json:"terms"`
	Advice []TermsAdvice `json:"advice" nullable:"false" doc:"What would be better otherwise."`
}

// TermsAdvice is one thing that is wrong with a document.
type TermsAdvice struct {
	Pointer string `json:"pointer" doc:"Where, as a JSON pointer (RFC 6901)."`
	Line    int    `json:"line,omitempty" doc:"The line of the text, from 1."`
	Code    string `json:"code" doc:"What: candor terms check explains it."`
}

type (
	termsSaved    struct{ Body TermsSaved }
	termsAnswer   struct{ Body consent.Terms }
	termsCoverage struct{ Body terms.Coverage }
)

func (s *server) addTerms() {
	const tag = "Terms"
	add(s, operation{id: "list-terms", method: http.MethodGet, path: "/api/v1/terms", tag: tag, needs: readsTerms, summary: "List terms", about: "By document, the latest version first. Customers see those that are published."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*termsList, error) {
			all, err := s.House.Terms(ctx, who)
			out := &termsList{}
			out.Body.Items = append([]consent.Terms{}, all...)
			return out, err
		})
	add(s, operation{id: "get-terms", method: http.MethodGet, path: "/api/v1/terms/{id}", tag: tag, needs: readsTerms, summary: "Get terms with their text"}, s.getTerms)
	add(s, operation{id: "add-terms", method: http.MethodPost, path: "/api/v1/terms", tag: tag, needs: managesTerms, status: http.StatusCreated, summary: "Add a draft of terms",
		about: "A text with faults is refused: `errors` tells what and where."},
		func(ctx context.Context, who candor.Principal, in *termsText) (*termsSaved, error) {
			return s.saveTerms(ctx, who, "", in.Body.Text)
		})
	add(s, operation{id: "replace-terms", method: http.MethodPut, path: "/api/v1/terms/{id}", tag: tag, needs: managesTerms, summary: "Replace a draft of terms"},
		func(ctx context.Context, who candor.Principal, in *termsChange) (*termsSaved, error) {
			return s.saveTerms(ctx, who, in.ID, in.Body.Text)
		})
	add(s, operation{id: "delete-terms", method: http.MethodDelete, path: "/api/v1/terms/{id}", tag: tag, needs: managesTerms, summary: "Remove a draft of terms"},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.House.DeleteTerms(ctx, who, in.ID)
		}))
	add(s, operation{id: "publish-terms", method: http.MethodPost, path: "/api/v1/terms/{id}/publish", tag: tag, needs: managesTerms, summary: "Publish a draft of terms", about: "From then on it never changes, and parties can agree to it."},
		func(ctx context.Context, who candor.Principal, in *one) (*termsAnswer, error) {
			v, err := s.House.PublishTerms(ctx, who, in.ID)
			return &termsAnswer{v}, err
		})
	add(s, operation{id: "end-terms", method: http.MethodPost, path: "/api/v1/terms/{id}/end", tag: tag, needs: managesTerms, summary: "End a version of terms", about: "Nothing rests on it from then on."},
		func(ctx context.Context, who candor.Principal, in *termsEnd) (*termsAnswer, error) {
			v, err := s.House.EndTerms(ctx, who, in.ID, in.Body.At)
			return &termsAnswer{v}, err
		})
	add(s, operation{id: "get-terms-coverage", method: http.MethodGet, path: "/api/v1/terms-coverage", tag: tag, needs: []access.Permission{access.ReadPolicy}, summary: "Get which clause carries which requirement of X.1207", about: "Of the terms that can be agreed to now."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*termsCoverage, error) {
			c, err := s.House.TermsCoverage(ctx, who)
			return &termsCoverage{c}, err
		})
}

func (s *server) getTerms(ctx context.Context, who candor.Principal, in *one) (*termsWhole, error) {
	v, text, err := s.House.TermsText(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	out := &termsWhole{TermsWhole{Terms: v, Text: string(text)}}
	_, d, err := s.House.TermsDocument(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	out.Body.Document, err = d.Canonical()
	return out, err
}

func (s *server) saveTerms(ctx context.Context, who candor.Principal, id candor.ID, text string) (*termsSaved, error) {
	v, problems, err := s.House.SaveTerms(ctx, who, id, []byte(text))
	if err != nil {
		return nil, termsFaults(err, problems)
	}
	out := &termsSaved{TermsSaved{Terms: v, Advice: []TermsAdvice{}}}
	for _, p := range problems {
		out.Body.Advice = append(out.Body.Advice, TermsAdvice{p.Pointer, p.Line, p.Code})
	}
	return out, nil
}

type consentsAnswer struct{ Body house.Control }

type consentGiven struct {
	ID   candor.ID `path:"id" doc:"The party."`
	Body struct {
		Terms    candor.ID      `json:"terms" doc:"The version that was shown."`
		Digest   string         `json:"digest,omitempty" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of what was shown: refused if the version has another one."`
		Act      consent.Act    `json:"act" enum:"agreed,refused,withdrawn"`
		Clauses  []string       `json:"clauses,omitempty" maxItems:"200" doc:"agreed: the optional clauses that were chosen. withdrawn: those that are taken back; all if missing."`
		Language string         `json:"language,omitempty" maxLength:"35" doc:"In which the terms were shown (BCP 47)."`
		How      consent.How    `json:"how,omitempty" enum:"portal,api,link,installer,paper,mail,contract,import,other" doc:"How the party said it. The staff must say so; of others it is known."`
		Behalf   consent.Behalf `json:"behalf,omitempty" enum:"self,representative,guardian" doc:"Who spoke for the party; self if missing."`
		OfAge    bool           `json:"of_age,omitempty" doc:"Who agrees says to have reached the age that the terms name (age): needed where they name one, unless somebody else speaks for the party."`
		Note     string         `json:"note,omitempty" maxLength:"2000" doc:"Who spoke for the party and by what right, or what proves it."`
		At       time.Time      `json:"at,omitempty" doc:"When it was said, if it was before. Of the staff only."`
		Scan     []byte         `json:"scan,omitempty" maxLength:"13981016" doc:"A scan of the paper on which it was said, in base64: PDF, PNG, JPEG or TIFF, as its content says, at most 10 MiB. It is kept encrypted. Of the staff only."`
	}
}

// ConsentTaken is an event with its receipt. It is exported for huma.
type ConsentTaken struct {
	Event   consent.Event `json:"event"`
	Receipt string        `json:"receipt,omitempty" doc:"JWS in compact form: candor receipt verify checks it."`
}

type consentTaken struct{ Body ConsentTaken }

type receiptAnswer struct {
	Body struct {
		Receipt string `json:"receipt" doc:"JWS in compact form: candor receipt verify checks it."`
	}
}

type basisQuery struct {
	Party  candor.ID `query:"party" required:"true"`
	Action string    `query:"action" required:"true" maxLength:"100" doc:"Such as a method of response."`
	At     time.Time `query:"at" doc:"The moment that is asked about; now if missing."`
}

// BasisFound says whether something is allowed. It is exported for huma.
type BasisFound struct {
	Allowed bool          `json:"allowed"`
	Basis   *candor.Basis `json:"basis,omitempty" doc:"What allows it."`
	Why     string        `json:"why,omitempty" doc:"Why not, for people."`
	Hint    string        `json:"hint,omitempty" doc:"What to do next."`
	At      time.Time     `json:"at" doc:"The moment that was asked about."`
}

type basisAnswer struct{ Body BasisFound }

func (s *server) addConsents() {
	const tag = "Consents"
	add(s, operation{id: "get-consents", method: http.MethodGet, path: "/api/v1/parties/{id}/consents", tag: tag, needs: readsParties, summary: "Get everything that a party agreed to, in force and past", about: "And what it is asked to agree to. It is also the export of what a person said."},
		func(ctx context.Context, who candor.Principal, in *one) (*consentsAnswer, error) {
			c, err := s.House.Control(ctx, who, in.ID)
			return &consentsAnswer{c}, err
		})
	add(s, operation{id: "give-consent", method: http.MethodPost, path: "/api/v1/parties/{id}/consents", tag: tag, needs: decides, status: http.StatusCreated, body: 16 << 20, summary: "Agree to terms, refuse them, or withdraw",
		about: "For one's own party; the staff enters what it was told on paper or elsewhere. Once it is answered, whatever asks for a basis goes by it."}, s.giveConsent)
	add(s, operation{id: "get-receipt", method: http.MethodGet, path: "/api/v1/consents/{id}/receipt", tag: tag, needs: readsParties, summary: "Get the receipt of what a party said"},
		func(ctx context.Context, who candor.Principal, in *one) (*receiptAnswer, error) {
			r, err := s.House.Receipt(ctx, who, in.ID)
			if err != nil {
				return nil, err
			}
			out := &receiptAnswer{}
			out.Body.Receipt = r.Text
			return out, nil
		})
	add(s, operation{id: "get-consent-scan", method: http.MethodGet, path: "/api/v1/consents/{id}/scan", tag: tag, needs: readsParties, summary: "Get the scan of the paper on which a party said something", answers: "application/octet-stream",
		about: "Its media type is that of its content. 404 if there is none."}, s.consentScan)
	add(s, operation{id: "get-basis", method: http.MethodGet, path: "/api/v1/basis", tag: tag, needs: readsParties, summary: "Ask what allows an action towards a party", about: "At any moment, also of the past: did we have the right on 3 May?"}, s.getBasis)
	s.addQuestions(tag)
	s.addCampaigns(tag)
}

func (s *server) giveConsent(ctx context.Context, who candor.Principal, in *consentGiven) (*consentTaken, error) {
	b := in.Body
	e, err := s.House.Decide(ctx, who, house.Decision{Party: in.ID, Terms: b.Terms, Digest: b.Digest, Act: b.Act, Clauses: b.Clauses, Language: b.Language, How: b.How, Behalf: b.Behalf, OfAge: b.OfAge, Note: b.Note, At: b.At, Scan: b.Scan})
	if err != nil {
		return nil, err
	}
	out := &consentTaken{ConsentTaken{Event: e}}
	r, err := s.House.Receipt(ctx, who, e.ID)
	switch {
	case err == nil:
		out.Body.Receipt = r.Text
	case !errors.Is(err, candor.ErrNotFound): // the text of the terms is not kept here
		return nil, err
	}
	return out, nil
}

// consentScan gives a scan, once all of it was read and is what was kept.
func (s *server) consentScan(ctx context.Context, who candor.Principal, in *one) (*text, error) {
	p, r, err := s.House.Paper(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return &text{Type: p.Type, Name: fmt.Sprintf(`attachment; filename="%s%s"`, in.ID, house.PaperSuffix(p.Type)), Body: content}, nil
}

func (s *server) getBasis(ctx context.Context, who candor.Principal, in *basisQuery) (*basisAnswer, error) {
	b, at, err := s.House.Basis(ctx, who, in.Party, in.Action, in.At)
	out := &basisAnswer{BasisFound{Allowed: err == nil, At: at}}
	switch {
	case err == nil:
		out.Body.Basis = &b
	case at.IsZero() || !errors.Is(err, candor.ErrDenied):
		return nil, err
	default:
		out.Body.Why, out.Body.Hint = err.Error(), candor.Hint(err)
	}
	return out, nil
}

type questionQuery struct {
	State consent.QuestionState `query:"state" enum:"open,answered"`
}

type questionList struct {
	Body struct {
		Items []consent.Question `json:"items" nullable:"false"`
	}
}

type questionAsked struct {
	Body struct {
		Kind     consent.QuestionKind `json:"kind" enum:"question,complaint"`
		Document string               `json:"document,omitempty" maxLength:"200" doc:"Which terms it is about."`
		Clause   string               `json:"clause,omitempty" maxLength:"200" doc:"Which clause of them."`
		Text     string               `json:"text" minLength:"1" maxLength:"8000"`
	}
}

type questionAnswered struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Answer string `json:"answer" minLength:"1" maxLength:"8000"`
	}
}

type questionAnswer struct{ Body consent.Question }

func (s *server) addQuestions(tag string) {
	add(s, operation{id: "list-questions", method: http.MethodGet, path: "/api/v1/questions", tag: tag, needs: readsParties, summary: "List questions and complaints about terms", about: "Those that wait come first, and of those what is due first. At most 500. Each is a case, under the same identifier."},
		func(ctx context.Context, who candor.Principal, in *questionQuery) (*questionList, error) {
			all, err := s.House.Questions(ctx, who, in.State)
			out := &questionList{}
			out.Body.Items = append([]consent.Question{}, all...)
			return out, err
		})
	add(s, operation{id: "ask-about-terms", method: http.MethodPost, path: "/api/v1/questions", tag: tag, needs: []access.Permission{access.ActOwn}, status: http.StatusCreated, summary: "Ask a question about terms, or complain", about: "It becomes a case with a clock, which is no incident. To ask again once it was answered, ask a question in the case."},
		func(ctx context.Context, who candor.Principal, in *questionAsked) (*questionAnswer, error) {
			q, err := s.House.AskAboutTerms(ctx, who, consent.Question{Kind: in.Body.Kind, Document: in.Body.Document, Clause: in.Body.Clause, Text: in.Body.Text})
			return &questionAnswer{q}, err
		})
	add(s, operation{id: "answer-question", method: http.MethodPost, path: "/api/v1/questions/{id}/answer", tag: tag, needs: acts, summary: "Answer a question", about: "The answer closes the case, and is mailed to who asked."},
		func(ctx context.Context, who candor.Principal, in *questionAnswered) (*questionAnswer, error) {
			q, err := s.House.AnswerQuestion(ctx, who, in.ID, in.Body.Answer)
			return &questionAnswer{q}, err
		})
}

// termsFaults tells what is wrong with a document, and where.
func termsFaults(err error, problems []terms.Problem) error {
	if len(problems) == 0 {
		return err
	}
	p := newProblem(http.StatusUnprocessableEntity, err.Error(), candor.Hint(err))
	for _, x := range problems {
		p.Errors = append(p.Errors, Fault{Location: fmt.Sprintf("body.text line %d %s", x.Line, x.Pointer), Message: x.Code})
	}
	return p
}
