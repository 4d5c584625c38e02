package directory

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// IsPointer tells whether s is a JSON Pointer (RFC 6901) of moderate length. The
// empty one is: it points to the whole.
func IsPointer(s string) bool {
	if s == "" {
		return true
	}
	if len(s) > mostPointer || s[0] != '/' || !line(s, mostPointer) {
		return false
	}
	for i := range len(s) {
		if s[i] == '~' && (i+1 == len(s) || s[i+1] != '0' && s[i+1] != '1') {
			return false
		}
	}
	return true
}

// ReadJSON reads one JSON text as At takes it.
func ReadJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one JSON text")
	}
	return doc, nil
}

// At gives what a JSON Pointer points to as text: a string, a number as it is
// written, true or false. Nothing else is a value, and an empty pointer gives none.
func At(doc any, pointer string) (string, bool) {
	if pointer == "" || !IsPointer(pointer) {
		return "", false
	}
	for _, step := range strings.Split(pointer[1:], "/") {
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		switch in := doc.(type) {
		case map[string]any:
			next, ok := in[step]
			if !ok {
				return "", false
			}
			doc = next
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(in) || strconv.Itoa(n) != step {
				return "", false
			}
			doc = in[n]
		default:
			return "", false
		}
	}
	switch v := doc.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}
