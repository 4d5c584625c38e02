// Package document reads the small YAML or JSON texts that an operator keeps
// by hand: strictly, within bounds, and with errors that say in which file and
// line what is wrong and what to write instead.
//
// It exists beside yaml.Unmarshal because that names Go types in its errors,
// takes "no" for a boolean and lets anchors multiply a text.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"candor"
)

// Bounds of a text. What people keep by hand is far smaller.
const (
	MaxBytes = 256 << 10
	maxDepth = 12 // levels of nesting
)

// Node is one place of a text. The zero Node is a place that is not there:
// it is empty, and Found says so.
type Node struct {
	file string
	at   *yaml.Node
}

// Parse reads one text of at most MaxBytes, YAML or its subset JSON. Anchors
// and aliases are refused. The name stands in errors, which are of the kind
// candor.ErrInvalid.
func Parse(name string, text []byte) (Node, error) {
	root := Node{file: name}
	if len(text) > MaxBytes {
		return root, candor.WithHint(fmt.Errorf("%s: larger than %d KiB: %w", name, MaxBytes>>10, candor.ErrInvalid),
			"Split it into several files.")
	}
	var doc yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return root, candor.WithHint(fmt.Errorf("%s: empty: %w", name, candor.ErrInvalid), "Write at least one setting, or remove the file.")
	case err != nil:
		return root, candor.WithHint(fmt.Errorf("%s: %s: %w", name, strings.TrimPrefix(err.Error(), "yaml: "), candor.ErrInvalid),
			"Check indentation, quotes and colons; spaces are needed where tabs are.")
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return root, candor.WithHint(fmt.Errorf("%s: more than one document: %w", name, candor.ErrInvalid), "Remove what follows the second ---.")
	}
	if len(doc.Content) != 1 {
		return root, fmt.Errorf("%s: empty: %w", name, candor.ErrInvalid)
	}
	root.at = doc.Content[0]
	return root, root.bounded(0)
}

// bounded refuses what would make a short text long or deep.
func (n Node) bounded(depth int) error {
	switch {
	case depth > maxDepth:
		return n.Error("Write it flatter.", "nested deeper than %d levels", maxDepth)
	case n.at.Kind == yaml.AliasNode || n.at.Anchor != "":
		return n.Error("Write the text out in both places.", "anchors and aliases are not read")
	}
	for _, c := range n.at.Content {
		if err := (Node{n.file, c}).bounded(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

// Found tells whether the place is there and holds something.
func (n Node) Found() bool { return n.at != nil && n.at.Tag != "!!null" }

// Line gives the line, counted from 1; 0 for a place that is not there.
func (n Node) Line() int {
	if n.at == nil {
		return 0
	}
	return n.at.Line
}

// Error makes an error of the kind candor.ErrInvalid that begins with file and
// line; the hint says what to do about it.
func (n Node) Error(hint, format string, values ...any) error {
	where := n.file
	if n.at != nil {
		where = fmt.Sprintf("%s, line %d", n.file, n.at.Line)
	}
	return candor.WithHint(fmt.Errorf("%s: %s: %w", where, fmt.Sprintf(format, values...), candor.ErrInvalid), hint)
}

// Pair is a name with its value.
type Pair struct {
	Key, Value Node
	Name       string // the text of Key
}

// Pairs gives a mapping in the order of the text. Names are single words or
// sentences, and none comes twice. A place that is not there has none.
func (n Node) Pairs() ([]Pair, error) {
	if !n.Found() {
		return nil, nil
	}
	if n.at.Kind != yaml.MappingNode {
		return nil, n.Error("Write one \"name: value\" a line.", "names with values are expected here")
	}
	seen := make(map[string]int)
	var pairs []Pair
	for i := 0; i+1 < len(n.at.Content); i += 2 {
		p := Pair{Key: Node{n.file, n.at.Content[i]}, Value: Node{n.file, n.at.Content[i+1]}}
		name, err := p.Key.Text()
		if err != nil {
			return nil, err
		}
		if line, ok := seen[name]; ok {
			return nil, p.Key.Error("Keep one of them.", "%q stands in line %d already", name, line)
		}
		seen[name] = p.Key.Line()
		p.Name = name
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// Fields gives the values of a mapping that has no other names than the known
// ones. What is absent is an empty Node.
func (n Node) Fields(known ...string) (map[string]Node, error) {
	pairs, err := n.Pairs()
	if err != nil {
		return nil, err
	}
	fields := make(map[string]Node, len(pairs))
	for _, p := range pairs {
		if !slices.Contains(known, p.Name) {
			return nil, p.Key.Error("Known here are: "+strings.Join(known, ", ")+".", "%q is not known", p.Name)
		}
		fields[p.Name] = p.Value
	}
	return fields, nil
}

// Items gives the members of a list; a single value is a list of one, and a
// place that is not there an empty one.
func (n Node) Items() []Node {
	switch {
	case !n.Found():
		return nil
	case n.at.Kind != yaml.SequenceNode:
		return []Node{n}
	}
	items := make([]Node, len(n.at.Content))
	for i, c := range n.at.Content {
		items[i] = Node{n.file, c}
	}
	return items
}

// Text gives a single value as it is written, without quotes and outer
// spaces; a place that is not there is an empty text.
func (n Node) Text() (string, error) {
	switch {
	case !n.Found():
		return "", nil
	case n.at.Kind != yaml.ScalarNode:
		return "", n.Error("Write a single value.", "one value is expected here, not a list or names")
	}
	return strings.TrimSpace(n.at.Value), nil
}

// Texts gives a list of single values.
func (n Node) Texts() ([]string, error) {
	var texts []string
	for _, item := range n.Items() {
		text, err := item.Text()
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}
