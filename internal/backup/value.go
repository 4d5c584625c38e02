package backup

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// In JSON, integers, floats, texts, booleans and null are themselves. Bytes,
// and texts that are not UTF-8, which SQLite may hold, are objects.
type binary64 struct {
	Bytes *string `json:"bytes,omitempty"`
	Text  *string `json:"text,omitempty"`
}

// encode gives what stands for a value that the driver gave for a column of
// that type.
func encode(v any, boolean bool) (any, error) {
	switch v := v.(type) {
	case nil, bool, float64:
		return v, nil
	case int64:
		if boolean {
			return v != 0, nil
		}
		return v, nil
	case string:
		if utf8.ValidString(v) {
			return v, nil
		}
		text := base64.StdEncoding.EncodeToString([]byte(v))
		return binary64{Text: &text}, nil
	case []byte:
		text := base64.StdEncoding.EncodeToString(v)
		return binary64{Bytes: &text}, nil
	case time.Time:
		return nil, fmt.Errorf("a time is not kept as one in any table")
	}
	return nil, fmt.Errorf("a value of type %T", v)
}

// decode gives the value that encode was given, for a column of that type.
func decode(v any, boolean bool) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil && !strings.ContainsAny(v.String(), ".eE") {
			if boolean {
				return n != 0, nil
			}
			return n, nil
		}
		return v.Float64()
	case map[string]any:
		if text, ok := v["bytes"].(string); ok {
			return base64.StdEncoding.DecodeString(text)
		}
		if text, ok := v["text"].(string); ok {
			b, err := base64.StdEncoding.DecodeString(text)
			return string(b), err
		}
		return nil, fmt.Errorf("neither bytes nor text")
	case nil, bool, string:
		return v, nil
	}
	return nil, fmt.Errorf("a value of type %T", v)
}
