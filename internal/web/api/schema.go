package api

import (
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"candor"
	"candor/internal/access"
	"candor/internal/flow/archive"
	"candor/internal/house"
)

// alias gives the nouns of package candor schemas of their own, with all the
// words that they can be.
func alias(r huma.Registry) {
	for _, a := range []struct{ of, as reflect.Type }{
		{reflect.TypeFor[candor.ID](), reflect.TypeFor[id]()},
		{reflect.TypeFor[candor.Severity](), reflect.TypeFor[severity]()},
		{reflect.TypeFor[candor.Class](), reflect.TypeFor[class]()},
		{reflect.TypeFor[candor.Nature](), reflect.TypeFor[nature]()},
		{reflect.TypeFor[candor.CaseState](), reflect.TypeFor[caseState]()},
		{reflect.TypeFor[candor.FindingState](), reflect.TypeFor[findingState]()},
		{reflect.TypeFor[candor.ResponseState](), reflect.TypeFor[responseState]()},
		{reflect.TypeFor[candor.ScanState](), reflect.TypeFor[scanState]()},
		{reflect.TypeFor[candor.GateState](), reflect.TypeFor[gateState]()},
		{reflect.TypeFor[candor.GateOutcome](), reflect.TypeFor[gateOutcome]()},
		{reflect.TypeFor[candor.DeadlineState](), reflect.TypeFor[deadlineState]()},
		{reflect.TypeFor[candor.GenerationState](), reflect.TypeFor[generationState]()},
		{reflect.TypeFor[candor.MessageState](), reflect.TypeFor[messageState]()},
		{reflect.TypeFor[candor.PartyKind](), reflect.TypeFor[partyKind]()},
		{reflect.TypeFor[candor.AssetKind](), reflect.TypeFor[assetKind]()},
		{reflect.TypeFor[candor.Vital](), reflect.TypeFor[vital]()},
		{reflect.TypeFor[house.Unmeasured](), reflect.TypeFor[unmeasured]()},
		{reflect.TypeFor[archive.Tier](), reflect.TypeFor[tier]()},
		{reflect.TypeFor[candor.EventKind](), reflect.TypeFor[eventKind]()},
		{reflect.TypeFor[candor.RecordKind](), reflect.TypeFor[recordKind]()},
		{reflect.TypeFor[candor.ReportState](), reflect.TypeFor[reportState]()},
		{reflect.TypeFor[candor.ComplaintState](), reflect.TypeFor[complaintState]()},
		{reflect.TypeFor[candor.ForwardState](), reflect.TypeFor[forwardState]()},
		{reflect.TypeFor[candor.BasisKind](), reflect.TypeFor[basisKind]()},
		{reflect.TypeFor[candor.Channel](), reflect.TypeFor[channel]()},
		{reflect.TypeFor[candor.Role](), reflect.TypeFor[role]()},
		{reflect.TypeFor[candor.Period](), reflect.TypeFor[period]()},
		{reflect.TypeFor[candor.Confidence](), reflect.TypeFor[confidence]()},
		{reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[Problem]()},
	} {
		r.RegisterTypeAlias(a.of, a.as)
	}
}

// schemaName names the schema of a type. What package consent and those below it
// call an Event or a Row is a ConsentEvent or a TermsRow here, those of
// traffic are a TrafficView or a TrafficHour, and an Entry of the directory is a
// DirectoryEntry, and a Member of a group a GroupMember.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.PkgPath() == "candor/internal/flow/line" {
		return "Traffic" + name
	}
	if t.PkgPath() == "candor/internal/flow/archive" {
		return "Archive" + name
	}
	if t.PkgPath() == "candor/internal/directory" {
		return "Directory" + name
	}
	if t.PkgPath() == "candor/internal/intel/bulletin" {
		return "Bulletin" + strings.TrimPrefix(name, "Bulletin")
	}
	if t.PkgPath() == "candor/internal/intel/group" {
		return "Group" + strings.TrimPrefix(name, "Group")
	}
	if t.PkgPath() == "candor/internal/inventory" {
		return "Inventory" + name
	}
	if !strings.HasPrefix(t.PkgPath(), "candor/internal/consent") {
		return name
	}
	if kind := path.Base(t.PkgPath()); !strings.HasPrefix(strings.ToLower(name), kind) {
		name = strings.ToUpper(kind[:1]) + kind[1:] + name
	}
	return name
}

// component is a schema that has a name in the document.
func component(r huma.Registry, name string, s huma.Schema) *huma.Schema {
	if _, ok := r.Map()[name]; !ok {
		s.PrecomputeMessages()
		r.Map()[name] = &s
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

func words[T ~string](r huma.Registry, name, about string, all ...T) *huma.Schema {
	s := huma.Schema{Type: huma.TypeString, Description: about}
	for _, w := range all {
		s.Enum = append(s.Enum, string(w))
	}
	return component(r, name, s)
}

// The types below stand in the document for those of package candor; those
// that are read from queries carry their words.
type (
	id              string
	severity        string
	class           string
	nature          string
	caseState       string
	findingState    string
	responseState   string
	scanState       string
	gateState       string
	tier            string
	gateOutcome     string
	deadlineState   string
	generationState string
	messageState    string
	partyKind       string
	assetKind       string
	vital           string
	unmeasured      string
	eventKind       string
	recordKind      string
	reportState     string
	complaintState  string
	forwardState    string
	basisKind       string
	channel         string
	role            string
	scope           string
	period          string
	confidence      int
)

func (id) Schema(r huma.Registry) *huma.Schema {
	return component(r, "ID", huma.Schema{Type: huma.TypeString, Format: "uuid", Pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", Description: "A UUID of version 7 (RFC 9562), in lower case."})
}

func (severity) Schema(r huma.Registry) *huma.Schema {
	return words(r, "Severity", "How grave it is.", severities()...)
}

func severities() (all []string) {
	for s := candor.Info; s <= candor.Critical; s++ {
		all = append(all, s.String())
	}
	return all
}

// value is the severity; none is the least.
func (s severity) value() candor.Severity {
	v, err := candor.ParseSeverity(string(s))
	if err != nil {
		return candor.Info
	}
	return v
}

func (class) Schema(r huma.Registry) *huma.Schema {
	return words(r, "Class", "Incident class of the Reference Incident Classification Taxonomy (RSIT 1003); or that of a case in which a party asks about terms, which is no incident.", append(candor.Classes(), candor.TermsQuestion, candor.TermsComplaint)...)
}

func (nature) Schema(r huma.Registry) *huma.Schema {
	return words(r, "Nature", "Kind of unwanted software (ITU-T X.1207, 3).", candor.Malware, candor.Spyware, candor.Deceptive, candor.PUS)
}

func (caseState) Schema(r huma.Registry) *huma.Schema {
	return words(r, "CaseState", "How far a case is.", candor.CaseStates()...)
}

func (findingState) Schema(r huma.Registry) *huma.Schema {
	return words(r, "FindingState", "How a finding stands.", candor.FindingStates()...)
}

func responseStates() []candor.ResponseState {
	return []candor.ResponseState{candor.ResponseProposed, candor.ResponseApproved, candor.ResponseApplied, candor.ResponseVerified,
		candor.ResponseFailed, candor.ResponseRefused, candor.ResponseUndoing, candor.ResponseUndone}
}

func (responseState) Schema(r huma.Registry) *huma.Schema {
	return words(r, "ResponseState", "How far a response is.", responseStates()...)
}

func (scanState) Schema(r huma.Registry) *huma.Schema {
	return words(r, "ScanState", "How far a scan is.", candor.ScanQueued, candor.ScanRunning, candor.ScanComplete, candor.ScanPartial, candor.ScanFailed)
}

func (gateState) Schema(r huma.Registry) *huma.Schema {
	return words(r, "GateState", "How a site stands at the gate: live and grace may be reached.", candor.GateStates()...)
}

func (gateOutcome) Schema(r huma.Registry) *huma.Schema {
	return words(r, "GateOutcome", "How a check of the gate came out: passed, waived and not-required let a site go on.", candor.GateOutcomes()...)
}

func (deadlineState) Schema(r huma.Registry) *huma.Schema {
	return words(r, "DeadlineState", "How a deadline stands.", candor.DeadlineRunning, candor.DeadlineMet, candor.DeadlineMissed, candor.DeadlineCancelled)
}

func (generationState) Schema(r huma.Registry) *huma.Schema {
	return words(r, "GenerationState", "Whether definitions may be used.", candor.GenerationActive, candor.GenerationRetired, candor.GenerationRejected)
}

func (messageState) Schema(r huma.Registry) *huma.Schema {
	return words(r, "MessageState", "How far a mail is.", candor.MessageQueued, candor.MessageSending, candor.MessageSent, candor.MessageBounced, candor.MessageFailed)
}

func (partyKind) Schema(r huma.Registry) *huma.Schema {
	return words(r, "PartyKind", "What a party is to the provider.", candor.PartyKinds()...)
}

func (assetKind) Schema(r huma.Registry) *huma.Schema {
	return words(r, "AssetKind", "What an asset is.", candor.AssetKinds()...)
}

func (unmeasured) Schema(r huma.Registry) *huma.Schema {
	return words(r, "Unmeasured", "Why nothing is known of traffic: this process hears no exporters, and another does or none (not-here); the line is retired or was added just now (not-yet); the asset is no line (no-line); this process has no flow archive, and another does or none (not-kept).",
		house.NotHere, house.NotYet, house.NoLine, house.NotKept)
}

func (tier) Schema(r huma.Registry) *huma.Schema {
	return words(r, "ArchiveTier", "How finely flows are kept: as they were told of (raw), or as sums of a minute or an hour, which know nothing of the other ends.", archive.Tiers...)
}

func (vital) Schema(r huma.Registry) *huma.Schema {
	return words(r, "Vital", "Why a line is never isolated.", candor.Vitals()...)
}

func (eventKind) Schema(r huma.Registry) *huma.Schema {
	return words(r, "EventKind", "What a line of a timeline tells.", candor.EventOpened, candor.EventFinding, candor.EventGone, candor.EventState, candor.EventAssigned,
		candor.EventComment, candor.EventQuestion, candor.EventAnswer, candor.EventContest, candor.EventFixed, candor.EventRescan, candor.EventTask, candor.EventDeadline, candor.EventResponse, candor.EventLinked, candor.EventReleased, candor.EventReturned, candor.EventGood, candor.EventLadder)
}

func (recordKind) Schema(r huma.Registry) *huma.Schema {
	return words(r, "RecordKind", "What a record proves.", candor.RecordFinding, candor.RecordGone, candor.RecordDecision, candor.RecordResponse, candor.RecordConsent,
		candor.RecordDeadline, candor.RecordGeneration, candor.RecordAccess, candor.RecordErasure, candor.RecordPolicy, candor.RecordNotice, candor.RecordReport, candor.RecordRead, candor.RecordDrill)
}

func (reportState) Schema(r huma.Registry) *huma.Schema {
	return words(r, "ReportState", "What became of a message that came in: a person has to look (person), it is not read yet (new), all that it complains about went where it belongs (filed), it answers what was written in a case (reply), it is one that came before (duplicate), a program answered (automatic), a person says that it is none (dismissed).", candor.ReportStates()...)
}

func (complaintState) Schema(r huma.Registry) *huma.Schema {
	return words(r, "ComplaintState", "What became of a complaint: it is a finding of a case (filed), a person has to say whose it is (person), it is about nothing of the provider's (foreign), more must say the same (waiting), a person says that it is none (dismissed).", candor.ComplaintStates()...)
}

func (forwardState) Schema(r huma.Registry) *huma.Schema {
	return words(r, "ForwardState", "How far it is to pass something on: the reporter has not agreed yet (waiting), a person has to say whether and to whom (person), it is sent as soon as its turn comes (approved), its mail was written down (sent), it is not passed on (refused).", candor.ForwardStates()...)
}

func (basisKind) Schema(r huma.Registry) *huma.Schema {
	return words(r, "BasisKind", "On what a response rests.", candor.ByAgreement, candor.ByConsent, candor.ByLaw)
}

func (channel) Schema(r huma.Registry) *huma.Schema {
	return words(r, "Channel", "How a contact is reached.", candor.Mail, candor.Phone)
}

func (role) Schema(r huma.Registry) *huma.Schema {
	return words(r, "Role", "What somebody may do.", candor.Roles()...)
}

func (scope) Schema(r huma.Registry) *huma.Schema {
	return words(r, "Scope", "What a token may do; write holds read, admin holds both, flows stands alone.", access.Scopes()...)
}

func (period) Schema(r huma.Registry) *huma.Schema {
	return component(r, "Period", huma.Schema{Type: huma.TypeString, Description: "A span of time: 30m, 24h. 0s is none.", Pattern: `^([0-9.]+(h|m|s|ms))*$`})
}

func (confidence) Schema(r huma.Registry) *huma.Schema {
	least, most := 0.0, 100.0
	return component(r, "Confidence", huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most, Description: "How sure it is, in percent."})
}

// unmarshal reads a body. Zero bytes in texts are refused: no database keeps
// them. Unknown members are found by the schema.
func unmarshal(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return err
	}
	if all, ok := v.(*any); ok && !cleanJSON(*all) {
		return fmt.Errorf("a text has a zero byte in it")
	}
	return nil
}

func cleanJSON(v any) bool {
	switch v := v.(type) {
	case string:
		return clean(v)
	case []any:
		for _, item := range v {
			if !cleanJSON(item) {
				return false
			}
		}
	case map[string]any:
		for name, item := range v {
			if !clean(name) || !cleanJSON(item) {
				return false
			}
		}
	}
	return true
}
