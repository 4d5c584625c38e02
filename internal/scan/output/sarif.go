package output

import (
	"bufio"
	"encoding/json"
	"net/url"
	"path/filepath"
	"time"

	"candor"
	"candor/internal/scan"
)

// sarifWriter writes one SARIF 2.1.0 log (OASIS, 27 March 2020). Results are
// written as they come; what they refer to by index follows after them, so
// that memory grows with the number of rules and files found, not of results.
type sarifWriter struct {
	out       *bufio.Writer
	version   string
	results   int
	rules     []sarifRule
	ruleIndex map[string]int
	artifacts []sarifArtifact
	lastPath  string
	failures  []sarifNotification
}

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

type (
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifactLocation `json:"artifactLocation"`
		Region   *sarifRegion          `json:"region,omitempty"`
	}
	sarifArtifactLocation struct {
		URI   string `json:"uri"`
		Index *int   `json:"index,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
	}
	sarifRegion struct {
		ByteOffset int64 `json:"byteOffset"`
		ByteLength int   `json:"byteLength"`
	}
	sarifResult struct {
		RuleID     string          `json:"ruleId"`
		RuleIndex  int             `json:"ruleIndex"`
		Level      string          `json:"level"`
		Rank       *float64        `json:"rank,omitempty"`
		Message    sarifText       `json:"message"`
		Locations  []sarifLocation `json:"locations"`
		Related    []sarifLocation `json:"relatedLocations,omitempty"`
		Properties sarifProperties `json:"properties"`
	}
	sarifProperties struct {
		Severity candor.Severity `json:"severity"`
		Class    candor.Class    `json:"class"`
		Nature   candor.Nature   `json:"nature,omitempty"`
		Good     string          `json:"knownGood,omitempty"`
	}
	sarifRule struct {
		ID            string              `json:"id"`
		Name          string              `json:"name"`
		Short         sarifText           `json:"shortDescription"`
		Configuration sarifConfiguration  `json:"defaultConfiguration"`
		Properties    sarifRuleProperties `json:"properties"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifRuleProperties struct {
		Tags        []string `json:"tags,omitempty"`
		Language    string   `json:"language"`
		Definitions string   `json:"definitions"`
		Line        int      `json:"line,omitempty"`
	}
	sarifArtifact struct {
		Location sarifArtifactLocation `json:"location"`
		Length   int64                 `json:"length"`
		Hashes   map[string]string     `json:"hashes"`
		Roles    []string              `json:"roles"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Start         string              `json:"startTimeUtc"`
		End           string              `json:"endTimeUtc"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
		Properties    Summary             `json:"properties"`
	}
)

func newSARIF(o Options) *sarifWriter {
	return &sarifWriter{
		out: bufio.NewWriter(o.Out), version: o.Version, ruleIndex: make(map[string]int),
		rules: []sarifRule{}, artifacts: []sarifArtifact{},
	}
}

// begin writes what stands before the first result.
func (w *sarifWriter) begin() {
	w.out.WriteString(`{"$schema":"` + sarifSchema + `","version":"2.1.0","runs":[{"columnKind":"utf16CodeUnits","results":[`)
}

func (w *sarifWriter) Finding(f candor.Finding) error {
	if w.results == 0 {
		w.begin()
	} else {
		w.out.WriteByte(',')
	}
	w.results++
	rule, artifact := w.rule(f), w.artifact(f)
	uri := pathURI(f.Path)
	at := func(region *sarifRegion) sarifLocation {
		return sarifLocation{Physical: sarifPhysical{sarifArtifactLocation{uri, &artifact}, region}}
	}
	r := sarifResult{
		RuleID: w.rules[rule].ID, RuleIndex: rule, Level: level(f.Severity),
		Message:    sarifText{"Content matches " + f.Rule + reason(f)},
		Locations:  []sarifLocation{at(nil)},
		Properties: sarifProperties{f.Severity, f.Class, f.Nature, f.Good},
	}
	if f.Good != "" {
		rank := goodRank
		r.Level, r.Rank = level(candor.Info), &rank
		r.Message.Text += " The file is known to be good (" + f.Good + "): this is probably a false alarm of the rule."
	}
	if f.Inside != "" {
		r.Locations[0].Logical = []sarifLogical{{f.Inside}}
		return w.encode(r) // offsets are not those of the file
	}
	for _, s := range f.Strings {
		r.Related = append(r.Related, at(&sarifRegion{s.Offset, s.Length}))
	}
	return w.encode(r)
}

func (w *sarifWriter) Failure(f scan.Failure) error {
	w.failures = append(w.failures, sarifNotification{
		Level: "error", Message: sarifText{f.Err.Error()},
		Locations: []sarifLocation{{Physical: sarifPhysical{Artifact: sarifArtifactLocation{URI: pathURI(f.Path)}}}},
	})
	return nil
}

func (w *sarifWriter) End(s Summary) error {
	if w.results == 0 {
		w.begin()
	}
	invocations := []sarifInvocation{{
		Successful:    s.Errors == 0 && !s.Interrupted,
		Start:         s.Started.UTC().Format(time.RFC3339Nano),
		End:           s.Started.Add(time.Duration(s.Seconds * float64(time.Second))).UTC().Format(time.RFC3339Nano),
		Notifications: w.failures,
		Properties:    s,
	}}
	for _, part := range []struct {
		before string
		value  any
	}{
		{`],"tool":{"driver":{"name":"candor","version":`, w.version},
		{`,"rules":`, w.rules},
		{`}},"artifacts":`, w.artifacts},
		{`,"invocations":`, invocations},
	} {
		w.out.WriteString(part.before)
		if err := w.encode(part.value); err != nil {
			return err
		}
	}
	w.out.WriteString("}]}\n")
	return w.out.Flush() // a bufio.Writer keeps its first error
}

func (w *sarifWriter) encode(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.out.Write(data)
	return err
}

func (w *sarifWriter) rule(f candor.Finding) int {
	id := f.Rule
	key := f.Definitions + "\x00" + id
	if i, ok := w.ruleIndex[key]; ok {
		return i
	}
	i := len(w.rules)
	w.ruleIndex[key] = i
	text := f.Description
	if text == "" {
		text = f.Rule
	}
	w.rules = append(w.rules, sarifRule{
		ID: id, Name: f.Rule, Short: sarifText{text}, Configuration: sarifConfiguration{level(f.Severity)},
		Properties: sarifRuleProperties{f.Tags, f.Language, f.Definitions, f.Line},
	})
	return i
}

// artifact gives the index of the file; its findings come one after another.
func (w *sarifWriter) artifact(f candor.Finding) int {
	if n := len(w.artifacts); n > 0 && w.lastPath == f.Path {
		return n - 1
	}
	w.lastPath = f.Path
	w.artifacts = append(w.artifacts, sarifArtifact{
		Location: sarifArtifactLocation{URI: pathURI(f.Path)}, Length: f.Bytes,
		Hashes: map[string]string{"sha-256": f.SHA256}, Roles: []string{"resultFile"},
	})
	return len(w.artifacts) - 1
}

// goodRank is the priority of what is found in known-good files, of 100 (SARIF
// 3.27.25); others have none.
const goodRank = 10.0

func reason(f candor.Finding) string {
	if f.Description == "" {
		return "."
	}
	return ": " + f.Description
}

// level maps severities to the levels of SARIF 3.27.10.
func level(s candor.Severity) string {
	switch {
	case s >= candor.High:
		return "error"
	case s == candor.Medium:
		return "warning"
	}
	return "note"
}

// pathURI gives a path as a URI reference: absolute paths as file URIs,
// others relative.
func pathURI(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
	}
	return u.String()
}
