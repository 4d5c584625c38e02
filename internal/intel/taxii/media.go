package taxii

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"strconv"
	"strings"

	"candor"
	"candor/internal/intel/tlp"
)

// acceptable tells whether a client takes what is spoken here: it says so, or says
// nothing.
func acceptable(accept []string) bool {
	list := strings.Join(accept, ",")
	if strings.TrimSpace(list) == "" {
		return true
	}
	for one := range strings.SplitSeq(list, ",") {
		name, params, err := mime.ParseMediaType(one)
		if err != nil {
			continue
		}
		if q, ok := params["q"]; ok {
			if weight, err := strconv.ParseFloat(q, 64); err != nil || weight <= 0 {
				continue
			}
		}
		if name == "*/*" || name == "application/*" || taxiiOne(name, params) {
			return true
		}
	}
	return false
}

// spoken tells whether a content is of TAXII 2.1.
func spoken(contentType string) bool {
	name, params, err := mime.ParseMediaType(contentType)
	return err == nil && taxiiOne(name, params)
}

// taxiiOne tells whether a media type is of TAXII 2.1, which is the one that is
// meant without a version.
func taxiiOne(name string, params map[string]string) bool {
	v, ok := params["version"]
	return name == "application/taxii+json" && (!ok || v == "2.1")
}

// readEnvelope reads the objects of an envelope that may go to an audience, and
// why others are not taken.
func readEnvelope(r io.Reader, to tlp.Audience) ([]Object, []Detail, error) {
	var e struct {
		Objects []json.RawMessage `json:"objects"`
	}
	if err := json.NewDecoder(r).Decode(&e); err != nil {
		return nil, nil, errors.Join(err, candor.ErrInvalid)
	}
	if len(e.Objects) == 0 || len(e.Objects) > MostAdded {
		return nil, nil, fmt.Errorf("an envelope of %d objects: %w", len(e.Objects), candor.ErrInvalid)
	}
	var objects []Object
	var failures []Detail
	for _, raw := range e.Objects {
		o, err := ParseObject(raw)
		if why := refusal(o, err, to); why != "" {
			d := Detail{ID: o.ID, Message: why}
			if !o.Version.IsZero() {
				d.Version = version(o.Version)
			}
			failures = append(failures, d)
			continue
		}
		objects = append(objects, o)
	}
	return objects, failures, nil
}
