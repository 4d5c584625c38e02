package iodef

import (
	"encoding/json"
	"encoding/xml"
	"strconv"
	"strings"
)

// The classes of IODEF, with what is of use here, in the order that the schema
// asks for. Names are the same in XML and in JSON, but for what RFC 8727 leaves out:
// Flow, IndicatorData, Record.

type document struct {
	XMLName   xml.Name   `xml:"urn:ietf:params:xml:ns:iodef-2.0 IODEF-Document" json:"-"`
	Version   string     `xml:"version,attr" json:"version"`
	Lang      string     `xml:"http://www.w3.org/XML/1998/namespace lang,attr" json:"lang"`
	Incidents []incident `xml:"Incident" json:"Incident"`
}

type incident struct {
	Purpose     string       `xml:"purpose,attr" json:"purpose"`
	Restriction string       `xml:"restriction,attr,omitempty" json:"restriction,omitempty"`
	ID          incidentID   `xml:"IncidentID" json:"IncidentID"`
	Detect      string       `xml:"DetectTime,omitempty" json:"DetectTime,omitempty"`
	Start       string       `xml:"StartTime,omitempty" json:"StartTime,omitempty"`
	End         string       `xml:"EndTime,omitempty" json:"EndTime,omitempty"`
	Report      string       `xml:"ReportTime,omitempty" json:"ReportTime,omitempty"`
	Generation  string       `xml:"GenerationTime,omitempty" json:"GenerationTime,omitempty"`
	Description words        `xml:"Description" json:"Description,omitempty"`
	Assessments []assessment `xml:"Assessment" json:"Assessment,omitempty"`
	Contacts    []contact    `xml:"Contact" json:"Contact"`
	Events      []eventData  `xml:"EventData" json:"EventData,omitempty"`
	Indicators  indicators   `xml:"IndicatorData" json:"Indicator,omitempty"`
}

type incidentID struct {
	Name string `xml:"name,attr" json:"name"`
	ID   string `xml:",chardata" json:"id"`
}

// words is texts in some languages, of which JSON writes those without a language
// as strings.
type words []word

type word struct {
	Value string `xml:",chardata" json:"value"`
}

func (w word) MarshalJSON() ([]byte, error) { return json.Marshal(w.Value) }

func (w *word) UnmarshalJSON(b []byte) error {
	type plain word
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, (*plain)(w))
	}
	return json.Unmarshal(b, &w.Value)
}

// UnmarshalJSON takes a list, and what should be in one.
func (w *words) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] != '[' {
		*w = make(words, 1)
		return json.Unmarshal(b, &(*w)[0])
	}
	return json.Unmarshal(b, (*[]word)(w))
}

// String is the first text that says something.
func (w words) String() string {
	for _, one := range w {
		if s := strings.Join(strings.Fields(one.Value), " "); s != "" {
			return s
		}
	}
	return ""
}

type assessment struct {
	Categories words       `xml:"IncidentCategory" json:"IncidentCategory,omitempty"`
	Impacts    []impact    `xml:"SystemImpact" json:"SystemImpact,omitempty"`
	Impacts1   []impact    `xml:"Impact" json:"Impact,omitempty"` // of version 1
	Confidence *confidence `xml:"Confidence" json:"Confidence,omitempty"`
}

type impact struct {
	Severity string `xml:"severity,attr,omitempty" json:"severity,omitempty"`
	Type     string `xml:"type,attr" json:"type"`
	ExtType  string `xml:"ext-type,attr,omitempty" json:"ext-type,omitempty"`
}

type confidence struct {
	Rating string `xml:"rating,attr" json:"rating"`
	Value  number `xml:",chardata" json:"value,omitempty"`
}

// number is a number that may be written as a string.
type number string

func (n number) MarshalJSON() ([]byte, error) {
	if f, err := strconv.ParseFloat(string(n), 64); err == nil {
		return json.Marshal(f)
	}
	return json.Marshal(string(n))
}

func (n *number) UnmarshalJSON(b []byte) error {
	*n = number(strings.Trim(string(b), `"`))
	return nil
}

// int gives a whole number from 0 on; 0 for what is none.
func (n number) int() int64 {
	f, err := strconv.ParseFloat(strings.TrimSpace(string(n)), 64)
	if err != nil || f < 0 || f > 1<<50 {
		return 0
	}
	return int64(f)
}

type contact struct {
	Role   string  `xml:"role,attr" json:"role"`
	Type   string  `xml:"type,attr" json:"type"`
	Names  words   `xml:"ContactName" json:"ContactName,omitempty"`
	Emails []email `xml:"Email" json:"Email,omitempty"`
}

type email struct {
	To    string `xml:"EmailTo" json:"EmailTo"`
	Plain string `xml:",chardata" json:"-"` // of version 1
}

type eventData struct {
	Restriction string       `xml:"restriction,attr,omitempty" json:"restriction,omitempty"`
	Description words        `xml:"Description" json:"Description,omitempty"`
	Detect      string       `xml:"DetectTime,omitempty" json:"DetectTime,omitempty"`
	Start       string       `xml:"StartTime,omitempty" json:"StartTime,omitempty"`
	End         string       `xml:"EndTime,omitempty" json:"EndTime,omitempty"`
	Assessments []assessment `xml:"Assessment" json:"Assessment,omitempty"`
	Systems     systems      `xml:"Flow" json:"System,omitempty"`
	Flows       []flow       `xml:"-" json:"Flow,omitempty"` // some write JSON so
	Records     records      `xml:"Record" json:"RecordData,omitempty"`
	Events      []eventData  `xml:"EventData" json:"EventData,omitempty"`
}

type flow struct {
	Systems []system `xml:"System" json:"System"`
}

type system struct {
	Category string    `xml:"category,attr,omitempty" json:"category,omitempty"`
	Node     node      `xml:"Node" json:"Node"`
	Services []service `xml:"Service" json:"Service,omitempty"`
	Counters []counter `xml:"Counter" json:"Counter,omitempty"`
}

type node struct {
	Domains   []domainData `xml:"DomainData" json:"DomainData,omitempty"`
	Names     words        `xml:"NodeName" json:"NodeName,omitempty"` // of version 1
	Addresses []address    `xml:"Address" json:"Address,omitempty"`
	Counters  []counter    `xml:"Counter" json:"Counter,omitempty"`
}

type domainData struct {
	System string `xml:"system-status,attr" json:"system-status"`
	Domain string `xml:"domain-status,attr" json:"domain-status"`
	Name   string `xml:"Name" json:"Name"`
}

type address struct {
	Category string `xml:"category,attr" json:"category"`
	Value    string `xml:",chardata" json:"value"`
}

type service struct {
	Protocol number `xml:"ip-protocol,attr,omitempty" json:"ip-protocol,omitempty"`
	Port     number `xml:"Port,omitempty" json:"Port,omitempty"`
}

type counter struct {
	Type  string `xml:"type,attr" json:"type"`
	Unit  string `xml:"unit,attr,omitempty" json:"unit,omitempty"`
	Value number `xml:",chardata" json:"value"`
}

type record struct {
	Items words `xml:"RecordItem" json:"RecordItem,omitempty"`
}

type indicator struct {
	Restriction string      `xml:"restriction,attr,omitempty" json:"restriction,omitempty"`
	ID          indicatorID `xml:"IndicatorID" json:"IndicatorID"`
	Description words       `xml:"Description" json:"Description,omitempty"`
	Start       string      `xml:"StartTime,omitempty" json:"StartTime,omitempty"`
	End         string      `xml:"EndTime,omitempty" json:"EndTime,omitempty"`
	Confidence  *confidence `xml:"Confidence" json:"Confidence,omitempty"`
	Observable  observable  `xml:"Observable" json:"Observable"`
}

type indicatorID struct {
	Name    string `xml:"name,attr" json:"name"`
	Version string `xml:"version,attr" json:"version"`
	ID      string `xml:",chardata" json:"id"`
}

type observable struct {
	System  *system     `xml:"System" json:"System,omitempty"`
	Address *address    `xml:"Address" json:"Address,omitempty"`
	Domain  *domainData `xml:"DomainData" json:"DomainData,omitempty"`
	Files   []file      `xml:"FileData>File" json:"-"`
	FileObj *fileData   `xml:"-" json:"FileData,omitempty"`
	Bulk    []bulk      `xml:"BulkObservable" json:"BulkObservable,omitempty"`
}

type fileData struct {
	Files []file `json:"File"`
}

type file struct {
	Name string   `xml:"FileName,omitempty" json:"FileName,omitempty"`
	Hash hashData `xml:"HashData" json:"HashData"`
}

type hashData struct {
	Scope  string `xml:"scope,attr" json:"scope"`
	Hashes []hash `xml:"Hash" json:"Hash"`
}

type hash struct {
	Method method `xml:"http://www.w3.org/2000/09/xmldsig# DigestMethod" json:"DigestMethod"`
	Value  string `xml:"http://www.w3.org/2000/09/xmldsig# DigestValue" json:"DigestValue"`
}

type method struct {
	Algorithm string `xml:"Algorithm,attr"`
}

func (m method) MarshalJSON() ([]byte, error) { return json.Marshal(m.Algorithm) }

func (m *method) UnmarshalJSON(b []byte) error {
	type plain method
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, (*plain)(m))
	}
	return json.Unmarshal(b, &m.Algorithm)
}

type bulk struct {
	Type string `xml:"type,attr" json:"type"`
	List string `xml:"BulkObservableList" json:"BulkObservableList"`
}
