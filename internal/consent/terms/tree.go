package terms

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"candor/internal/phrase"
	"candor/internal/regex"
)

// The bounds of a document.
const (
	MostBytes = 512 << 10
	mostDepth = 8
)

// tree reads one YAML text, or its subset JSON, into nodes. Anchors, aliases and
// tags are refused, so that what is there is what is written.
func tree(data []byte, r *report) *yaml.Node {
	switch {
	case len(data) > MostBytes:
		r.fault("", "size", phrase.Args{"most": MostBytes >> 10})
		return nil
	case !utf8.Valid(data):
		r.fault("", "yaml", phrase.Args{"what": "UTF-8"})
		return nil
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := d.Decode(&doc); err != nil {
		r.fault("", "yaml", phrase.Args{"what": excerpt(strings.TrimPrefix(err.Error(), "yaml: "))})
		r.line(yamlLine(err))
		return nil
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		r.fault("", "several", nil)
		return nil
	}
	if len(doc.Content) != 1 || !plain(doc.Content[0], "", 0, r) {
		return nil
	}
	return doc.Content[0]
}

var lineOf = regex.Of(`line ([0-9]{1,7}):`)

func yamlLine(err error) int {
	if m := lineOf.FindStringSubmatch(err.Error()); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 0
}

// line says where the last problem is.
func (r *report) line(n int) {
	if len(r.problems) > 0 {
		r.problems[len(r.problems)-1].Line = n
	}
}

// plain refuses what would make a short text long or deep.
func plain(n *yaml.Node, at string, depth int, r *report) bool {
	switch {
	case depth > mostDepth:
		r.fault(at, "depth", phrase.Args{"most": mostDepth})
	case n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0:
		r.fault(at, "alias", nil)
	default:
		for i, c := range n.Content {
			here := at
			switch {
			case n.Kind == yaml.SequenceNode:
				here += "/" + strconv.Itoa(i)
			case n.Kind == yaml.MappingNode && i%2 == 1:
				here = under(at, n.Content[i-1].Value)
			}
			if !plain(c, here, depth+1, r) {
				return false
			}
		}
		return true
	}
	r.line(n.Line)
	return false
}

// excerpt is what a problem shows of a stranger's text.
func excerpt(s string) string {
	const most = 60
	s = strings.Map(func(c rune) rune {
		if !strconv.IsPrint(c) {
			return '·'
		}
		return c
	}, s)
	if utf8.RuneCountInString(s) > most {
		return string([]rune(s)[:most]) + "…"
	}
	return s
}
