package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v3"

	"candor"
	"candor/internal/regex"
)

// mostBytes bounds the file; what people write is far smaller.
const mostBytes = 1 << 20

// sheet is a file that is held against the sections of Config.
type sheet struct {
	file     string
	lines    map[string]int // by key, where it is set
	problems Problems
}

var yamlLine = regex.Of(`^yaml: (?:line (\d+): )?(.*)`)

// parse reads a file and tells all that is wrong with it. It is nil if there
// is nothing in it.
func (s *sheet) parse(text []byte) *yaml.Node {
	if len(text) > mostBytes {
		s.problem(0, "", "the file is larger than 1 MiB", "Name a configuration file.")
		return nil
	}
	var doc yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		m := yamlLine.FindStringSubmatch(err.Error())
		if m == nil {
			m = []string{"", "", err.Error()}
		}
		line, _ := strconv.Atoi(m[1]) // none stands for nowhere
		s.problem(line, "", m[2], "Look at the indentation, the quotes and the colons; spaces are needed where tabs are.")
		return nil
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		s.problem(0, "", "there is more than one document in it", "Remove what follows the second ---.")
	}
	if len(doc.Content) != 1 || !s.plain(doc.Content[0], 0) {
		return nil
	}
	root := doc.Content[0]
	switch {
	case root.Tag == "!!null":
		return nil
	case root.Kind != yaml.MappingNode:
		s.problem(root.Line, "", "it does not consist of keys and values", "Begin as the example does.")
		return nil
	}
	s.section(root, reflect.TypeFor[Config](), "")
	return root
}

// plain refuses what makes a short file long or deep.
func (s *sheet) plain(n *yaml.Node, depth int) bool {
	switch {
	case depth > 12:
		s.problem(n.Line, "", "it is nested too deeply", "Write it as the example does.")
		return false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		s.problem(n.Line, "", "anchors and aliases are not read", "Write the value out in both places.")
		return false
	}
	for _, c := range n.Content {
		if !s.plain(c, depth+1) {
			return false
		}
	}
	return true
}

// mostProblems are told of one file; who has more begins with these.
const mostProblems = 100

func (s *sheet) problem(line int, key, what, hint string) {
	if len(s.problems) >= mostProblems {
		return
	}
	where := s.file
	if line > 0 {
		where = fmt.Sprintf("%s:%d", s.file, line)
	}
	s.problems = append(s.problems, Problem{Where: where, Key: key, What: what, Hint: hint, line: line})
}

// section holds a map against the keys of a section.
func (s *sheet) section(n *yaml.Node, t reflect.Type, prefix string) {
	keys, types := fields(t)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		key := prefix + k.Value
		field, known := types[k.Value]
		switch {
		case !known || k.Kind != yaml.ScalarNode:
			if len(s.problems) < mostProblems {
				s.problem(k.Line, key, "nobody knows this key", suggest(k.Value, prefix, keys))
			}
		case seen[k.Value]:
			s.problem(k.Line, key, "it is set twice", "Remove one of them.")
		default:
			s.lines[key] = k.Line
			s.value(v, field, key)
		}
		seen[k.Value] = true
	}
}

// suggest says which key was perhaps meant.
func suggest(word, prefix string, siblings []string) string {
	if like := nearest(word, siblings); like != "" {
		return "Did you mean " + prefix + like + "?"
	}
	if like := nearest(prefix+word, Keys()); like != "" {
		return "Did you mean " + like + "?"
	}
	for _, key := range Keys() {
		if _, last, ok := bytes.Cut([]byte(key), []byte(".")); ok && string(last) == word {
			return "Did you mean " + key + "?"
		}
	}
	return "Remove it; candor config example shows all keys."
}

// value holds a value against a type. An empty one leaves the default.
func (s *sheet) value(n *yaml.Node, t reflect.Type, key string) {
	wrong := func() {
		s.problem(n.Line, key, "the value is not "+describe(t), "Write "+describe(t)+".")
	}
	switch {
	case n.Tag == "!!null":
	case t.Kind() == reflect.Struct:
		if n.Kind != yaml.MappingNode {
			wrong()
			return
		}
		s.section(n, t, key+".")
	case t.Kind() == reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			wrong()
			return
		}
		for i, c := range n.Content {
			element := fmt.Sprintf("%s[%d]", key, i+1)
			s.lines[element] = c.Line
			if c.Tag == "!!null" {
				s.problem(c.Line, element, "it is empty", "Remove it.")
				continue
			}
			s.value(c, t.Elem(), element)
		}
	case n.Kind != yaml.ScalarNode:
		wrong()
	default:
		s.scalar(n, t, key, wrong)
	}
}

// scalar holds a scalar against a type. YAML reads 0123 and yes as something
// other than text, so that text which looks like it must stand in quotes.
func (s *sheet) scalar(n *yaml.Node, t reflect.Type, key string, wrong func()) {
	fits := map[reflect.Kind][]string{
		reflect.String: {"!!str"}, reflect.Bool: {"!!bool"}, reflect.Int: {"!!int"}, reflect.Float64: {"!!int", "!!float"}, reflect.Int64: {"!!str", "!!int"},
	}
	ok := false
	for _, tag := range fits[t.Kind()] {
		ok = ok || n.Tag == tag
	}
	if !ok && t.Kind() == reflect.String {
		s.problem(n.Line, key, "the value is not a text to YAML", "Put it in quotes.")
		return
	}
	if !ok {
		wrong()
		return
	}
	if _, err := read(n.Value, t); err != nil {
		s.problem(n.Line, key, message(err), candor.Hint(err))
	}
}
