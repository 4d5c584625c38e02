package stix

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gowebpki/jcs"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
)

// hashNames are the algorithms by the length of the hash in hexadecimal.
var hashNames = map[int]string{32: "MD5", 40: "SHA-1", 64: "SHA-256", 96: "SHA-384", 128: "SHA-512"}

// kinds gives what is compared as a kind of ours; ok is false for what we have no
// word for.
func kinds(object string, path []string) (kind intake.Kind, ok bool) {
	last := ""
	for _, step := range path {
		if !strings.HasPrefix(step, "[") {
			last = step
		}
	}
	switch {
	case len(path) > 1 && (object == "file" || object == "artifact") && path[0] == "hashes":
		return intake.Hash, true
	case last != "value":
		return "", false
	case len(path) == 1:
		return valued(object)
	}
	switch path[0] {
	case "dst_ref", "src_ref", "resolves_to_refs":
		return intake.Address, true // or a name: see indicator
	case "from_ref", "sender_ref":
		return intake.Mail, object == "email-message"
	}
	return "", false
}

func valued(object string) (intake.Kind, bool) {
	switch object {
	case "ipv4-addr", "ipv6-addr":
		return intake.Address, true
	case "domain-name":
		return intake.Domain, true
	case "url":
		return intake.URL, true
	case "email-addr":
		return intake.Mail, true
	}
	return "", false
}

// indicator makes an indicator of a value; what is written as an address may be a
// network, or the name of a host.
func indicator(kind intake.Kind, value string) (intel.Indicator, error) {
	try := []intake.Kind{kind}
	if kind == intake.Address {
		try = []intake.Kind{intake.Address, intake.Network, intake.Domain}
	}
	var first error
	for _, k := range try {
		i, err := intel.NewIndicator(k, value)
		if err == nil {
			return i, nil
		}
		if first == nil {
			first = err
		}
	}
	return intel.Indicator{}, first
}

// Indicators gives what comparisons name that is enough to know a threat by, each
// once. Those that only hold together with others have a Confidence of 50 at most.
func Indicators(cs []Comparison) []intel.Indicator {
	var out []intel.Indicator
	for _, c := range cs {
		kind, ok := kinds(c.Object, c.Path)
		if !ok || c.Negated || c.Operator != "=" && c.Operator != "IN" && (c.Operator != "ISSUBSET" || kind != intake.Address) {
			continue
		}
		for _, v := range c.Values {
			i, err := indicator(kind, v)
			if err != nil || slices.ContainsFunc(out, func(o intel.Indicator) bool { return o.Kind == i.Kind && o.Value == i.Value }) {
				continue
			}
			if !c.Alone {
				i.Confidence = 50
			}
			out = append(out, i)
		}
	}
	return out
}

// observable gives a value as a cyber-observable object of STIX, without its id: of
// which type, and its properties that tell it from others. ok is false for what
// STIX has no object for.
func observable(i intel.Indicator) (object string, properties map[string]any, ok bool) {
	switch i.Kind {
	case intake.Address, intake.Network:
		object = "ipv4-addr"
		if strings.Contains(i.Value, ":") {
			object = "ipv6-addr"
		}
	case intake.Domain:
		object = "domain-name"
	case intake.URL:
		object = "url"
	case intake.Mail:
		object = "email-addr"
	case intake.Hash:
		name := hashNames[len(i.Value)]
		return "file", map[string]any{"hashes": map[string]any{name: i.Value}}, name != "" && name != "SHA-384"
	}
	return object, map[string]any{"value": i.Value}, object != ""
}

// observableID names a cyber-observable as the specification says (STIX 2.1, 2.9):
// a UUID of version 5 of the canonical JSON of the properties.
func observableID(object string, properties map[string]any) (string, error) {
	plain, err := json.Marshal(properties)
	if err != nil {
		return "", err
	}
	canonical, err := jcs.Transform(plain)
	if err != nil {
		return "", err
	}
	return object + "--" + string(intel.Name(intel.Observables, string(canonical))), nil
}

// pattern gives the pattern that matches an indicator.
func pattern(i intel.Indicator) (string, error) {
	if name := hashNames[len(i.Value)]; i.Kind == intake.Hash && name != "" {
		if name != "MD5" {
			name = quote(name)
		}
		return "[file:hashes." + name + " = " + quote(i.Value) + "]", nil
	}
	object, _, ok := observable(i)
	if !ok {
		return "", fmt.Errorf("no pattern for %s: %w", i.Kind, candor.ErrInvalid)
	}
	op := " = "
	if i.Kind == intake.Network {
		op = " ISSUBSET "
	}
	return "[" + object + ":value" + op + quote(i.Value) + "]", nil
}
