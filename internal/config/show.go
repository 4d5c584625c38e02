package config

import (
	"bytes"
	_ "embed"
	"encoding"
	"fmt"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

//go:embed example.yml
var example []byte

// Example gives a configuration file with every key and what it is for. What
// is set in it is the default; the rest is commented out.
func Example() []byte { return slices.Clone(example) }

// Redacted gives what is in force as YAML, without secrets.
func (c *Config) Redacted() ([]byte, error) {
	n, err := node(reflect.ValueOf(c).Elem())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return b.Bytes(), nil
}

// node writes a value with the keys and words of the file.
func node(v reflect.Value) (*yaml.Node, error) {
	n := &yaml.Node{}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		if err != nil {
			return nil, err
		}
		return n, n.Encode(string(text))
	}
	switch v.Kind() {
	case reflect.Struct:
		n.Kind = yaml.MappingNode
		for i, f := range fieldsOf(v) {
			value, err := node(v.Field(i))
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: f.Tag.Get("koanf")}, value)
		}
		return n, nil
	case reflect.Slice:
		n.Kind = yaml.SequenceNode
		for i := range v.Len() {
			value, err := node(v.Index(i))
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, value)
		}
		return n, nil
	}
	return n, n.Encode(v.Interface())
}
