package xarf

import (
	"encoding/json"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"
)

// mostYAML is how many bytes of YAML are read: it is taken apart as a whole.
const mostYAML = 4 << 20

func (t *taking) yaml(body io.Reader) error {
	d := yaml.NewDecoder(io.LimitReader(body, mostYAML))
	for {
		var n yaml.Node
		err := d.Decode(&n)
		if errors.Is(err, io.EOF) && t.n > 0 {
			return nil
		}
		if err != nil {
			return t.wrong("", err.Error())
		}
		c := conversion{left: 200_000}
		doc := c.value(&n, 0)
		if c.left <= 0 {
			return t.wrong("", "it has too many values")
		}
		list, ok := doc.([]any)
		if !ok {
			list = []any{doc}
		}
		for _, one := range list {
			if err := t.one(one); err != nil {
				return err
			}
		}
	}
}

// conversion makes of YAML what encoding/json would make of the same in JSON.
// Times stay as they stand there, so that a zone is not made up. Aliases count
// each time, so that small files stay small.
type conversion struct{ left int }

func (c *conversion) value(n *yaml.Node, depth int) any {
	if c.left--; c.left <= 0 || depth > 100 {
		return nil
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) > 0 {
			return c.value(n.Content[0], depth+1)
		}
	case yaml.AliasNode:
		return c.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		list := []any{}
		for _, one := range n.Content {
			list = append(list, c.value(one, depth+1))
		}
		return list
	case yaml.MappingNode:
		m := make(map[string]any)
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = c.value(n.Content[i+1], depth+1)
		}
		return m
	case yaml.ScalarNode:
		return scalar(n)
	}
	return nil
}

func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case "!!int", "!!float":
		return json.Number(n.Value)
	}
	return n.Value
}
