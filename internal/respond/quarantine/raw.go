package quarantine

import (
	"encoding/json"
	"unicode/utf8"

	"candor"
)

// Raw is a name of the file system: any bytes but NUL. In JSON it is a string
// if it is valid UTF-8, and otherwise an object {"base64": "…"}.
type Raw string

type encoded struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON writes the name.
func (r Raw) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(r)) {
		return json.Marshal(string(r))
	}
	return json.Marshal(encoded{[]byte(r)})
}

// UnmarshalJSON reads either form.
func (r *Raw) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var e encoded
		if err := json.Unmarshal(data, &e); err != nil {
			return candor.WithHint(candor.ErrInvalid, "A name that is not UTF-8 is an object with the member base64.")
		}
		*r = Raw(e.Base64)
		return nil
	}
	var s string
	err := json.Unmarshal(data, &s)
	*r = Raw(s)
	return err
}
