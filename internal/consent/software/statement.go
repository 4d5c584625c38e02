package software

import (
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/jws"
)

// Schema is the version of the structure of statements and questions.
const Schema = "software-1"

// Types of what devices sign (RFC 8725, 3.11).
const (
	StatementType = "software-statement+jwt"
	QuestionType  = "software-question+jwt"
)

// Statement is what a user said on a device. Its device is the key that signs
// it; the key stands in the statement, so that it verifies by itself.
type Statement struct {
	Schema    string      `json:"schema_version"`
	Device    jws.Key     `json:"device"`
	Serial    int64       `json:"serial"` // from 1, each once per device; later ones are greater
	Product   string      `json:"product"`
	Build     string      `json:"build"`
	Agreement string      `json:"agreement"` // SHA-256 of what was shown
	Policy    string      `json:"policy"`    // SHA-256 of what was shown
	Act       consent.Act `json:"event_state"`
	Clauses   []string    `json:"clauses"`          // optional ones that were chosen
	OfAge     bool        `json:"of_age,omitempty"` // the user says to have reached the age that the agreement names
	Language  string      `json:"language"`
	How       consent.How `json:"collection_method"` // ByInstaller, or ByAPI in the program itself
	At        time.Time   `json:"event_time"`        // by the device's clock
	Code      string      `json:"code,omitempty"`    // from the portal: whose device it is
}

// Question is what a program asks at start: does what was agreed to still
// stand?
type Question struct {
	Schema    string    `json:"schema_version"`
	Device    jws.Key   `json:"device"`
	Product   string    `json:"product"`
	Build     string    `json:"build"`
	Agreement string    `json:"agreement"` // that the build holds
	Policy    string    `json:"policy"`
	At        time.Time `json:"asked_at"` // by the device's clock
}

// Shown is what the statement says that was shown.
func (s Statement) Shown() Shown { return Shown{s.Product, s.Build, s.Agreement, s.Policy} }

// Shown is what the question says that is shown.
func (q Question) Shown() Shown { return Shown{q.Product, q.Build, q.Agreement, q.Policy} }

func (s Shown) check() error {
	switch {
	case !productID.MatchString(s.Product):
		return bad("statement", "its product", s.Product, "Name the product by its id.")
	case !digest(s.Build) || !digest(s.Agreement) || !digest(s.Policy):
		return bad("statement", "a digest", s.Build+" "+s.Agreement+" "+s.Policy, "Give SHA-256 in lower-case hexadecimal.")
	}
	return nil
}

// Check says what is wrong with a statement.
func (s Statement) Check() error {
	acts := []consent.Act{consent.Agreed, consent.Refused, consent.Withdrawn}
	switch {
	case s.Schema != Schema:
		return bad("statement", "schema_version", s.Schema, "Use a newer version of the program.")
	case s.Serial < 1 || s.Serial >= 1<<53:
		return bad("statement", "its serial", fmt.Sprint(s.Serial), "Count from 1.")
	case !slices.Contains(acts, s.Act):
		return bad("statement", "event_state", string(s.Act), "Say agreed, refused or withdrawn.")
	case s.How != consent.ByInstaller && s.How != consent.ByAPI:
		return bad("statement", "collection_method", string(s.How), "Say installer or api.")
	case s.Clauses == nil || s.Act == consent.Refused && len(s.Clauses) > 0:
		return bad("statement", "clauses", fmt.Sprint(s.Clauses), "List the optional clauses that were chosen; none of what is refused.")
	case !line(s.Language) || len(s.Language) > 35:
		return bad("statement", "language", s.Language, "Write it as in BCP 47: en, zh, pt-BR.")
	case s.At.Year() < 1970 || s.At.Year() > 9999:
		return bad("statement", "event_time", s.At.String(), "Give the device's time.")
	case s.Code != "" && (!line(s.Code) || len(s.Code) > 64):
		return bad("statement", "code", "", "Give the code as the portal shows it.")
	}
	if err := s.Shown().check(); err != nil {
		return err
	}
	return checkClauses("statement", s.Clauses)
}

// sign fills in schema and device, and signs.
func (s Statement) sign(private crypto.Signer) (string, error) {
	var err error
	if s.Device, err = jws.NewKey(private.Public()); err != nil {
		return "", err
	}
	s.Schema = Schema
	if s.Clauses == nil {
		s.Clauses = []string{}
	}
	if err := s.Check(); err != nil {
		return "", err
	}
	return jws.Sign(private, StatementType, s)
}

// Ask signs a question.
func Ask(private crypto.Signer, s Shown, now time.Time) (string, error) {
	device, err := jws.NewKey(private.Public())
	if err != nil {
		return "", err
	}
	if err := s.check(); err != nil {
		return "", err
	}
	return jws.Sign(private, QuestionType, Question{Schema, device, s.Product, s.Build, s.Agreement, s.Policy, now.UTC()})
}

// own gives the key that stands in a payload, if it is the one of the name.
func own(id string, payload []byte) (jws.Key, error) {
	var p struct{ Device jws.Key }
	if err := json.Unmarshal(payload, &p); err != nil || p.Device.ID() != id || id == "" {
		return jws.Key{}, fmt.Errorf("it is not signed by the device that it names: %w", candor.ErrDenied)
	}
	return p.Device, nil
}

// OpenStatement reads a signed statement and gives the digest of what it says.
// What is not in its one form or makes no sense gives candor.ErrInvalid, what
// the device that it names did not sign candor.ErrDenied.
func OpenStatement(text string) (Statement, string, error) {
	var s Statement
	payload, err := jws.Open(text, StatementType, own, &s)
	if err == nil {
		err = s.Check()
	}
	if err != nil {
		return Statement{}, "", fmt.Errorf("statement: %w", err)
	}
	sum := sha256.Sum256(payload)
	return s, hex.EncodeToString(sum[:]), nil
}

// OpenQuestion reads a signed question, as OpenStatement does a statement.
func OpenQuestion(text string) (Question, error) {
	var q Question
	_, err := jws.Open(text, QuestionType, own, &q)
	if err == nil && q.Schema != Schema {
		err = bad("question", "schema_version", q.Schema, "Use a newer version of the program.")
	}
	if err == nil {
		err = q.Shown().check()
	}
	if err != nil {
		return Question{}, fmt.Errorf("question: %w", err)
	}
	return q, nil
}
