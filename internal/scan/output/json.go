package output

import (
	"encoding/json"
	"unicode/utf8"

	"candor"
	"candor/internal/scan"
)

// jsonWriter writes one object a line: "finding" and "error" as they come,
// and last a "summary".
type jsonWriter struct{ enc *json.Encoder }

func newJSON(o Options) *jsonWriter {
	enc := json.NewEncoder(o.Out)
	enc.SetEscapeHTML(false)
	return &jsonWriter{enc: enc}
}

// rawPath is the path byte by byte, where it is not UTF-8 and JSON cannot
// hold it.
func rawPath(path string) []byte {
	if utf8.ValidString(path) {
		return nil
	}
	return []byte(path)
}

func (w *jsonWriter) Finding(f candor.Finding) error {
	return w.enc.Encode(struct {
		Type string `json:"type"`
		candor.Finding
		PathBytes []byte `json:"path_bytes,omitempty"`
	}{"finding", f, rawPath(f.Path)})
}

func (w *jsonWriter) Failure(f scan.Failure) error {
	return w.enc.Encode(struct {
		Type      string `json:"type"`
		Path      string `json:"path"`
		Reason    string `json:"reason"`
		PathBytes []byte `json:"path_bytes,omitempty"`
	}{"error", f.Path, f.Err.Error(), rawPath(f.Path)})
}

func (w *jsonWriter) End(s Summary) error {
	return w.enc.Encode(struct {
		Type string `json:"type"`
		Summary
	}{"summary", s})
}
