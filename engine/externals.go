package engine

import (
	"fmt"
	"slices"
	"strings"

	"candor/engine/module"
)

// external is a declared external variable with its default value.
type external struct {
	name  string
	value module.Value
}

func externals(m map[string]any) []external {
	var out []external
	for name, v := range m {
		if value, ok := externalValue(v); ok {
			out = append(out, external{name, value})
		}
	}
	slices.SortFunc(out, func(a, b external) int { return strings.Compare(a.name, b.name) })
	return out
}

func externalValue(v any) (module.Value, bool) {
	switch v := v.(type) {
	case bool:
		return module.BoolValue(v), true
	case int:
		return module.IntValue(int64(v)), true
	case int64:
		return module.IntValue(v), true
	case float64:
		return module.FloatValue(v), true
	case string:
		return module.StringValue(v), true
	}
	return module.Value{}, false
}

// externalValues applies what a file overrides. The values are valid until the
// next call.
func (s *Scanner) externalValues(over map[string]any) ([]module.Value, error) {
	for i, x := range s.rules.externs {
		s.extern[i] = x.value
		v, ok := over[x.name]
		if !ok {
			continue
		}
		if text, is := v.(string); is && x.value.Kind == module.String {
			s.texts[i] = append(s.texts[i][:0], text...)
			s.extern[i] = module.BytesValue(s.texts[i])
			continue
		}
		value, ok := externalValue(v)
		if !ok || value.Kind != x.value.Kind {
			return nil, fmt.Errorf("external variable %s: %v is not of the kind it was declared with", x.name, v)
		}
		s.extern[i] = value
	}
	return s.extern, nil
}
