package notice

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"candor/internal/phrase"
)

// The bounds of a document.
const (
	MostBytes = 256 << 10
	mostDepth = 8
)

// errStop ends reading: what is wrong is reported already.
var errStop = errors.New("stop")

// tree reads JSON (RFC 8259) into maps, slices, strings, numbers, booleans and
// nil. Names that come twice, depth and size are reported.
func tree(data []byte, r *report) (any, bool) {
	if len(data) > MostBytes {
		r.fault("", "size", phrase.Args{"most": MostBytes >> 10})
		return nil, false
	}
	if !utf8.Valid(data) {
		r.fault("", "json", phrase.Args{"offset": firstInvalid(data)})
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	t := treeReader{d: d, report: r}
	v, err := t.value("", 0)
	if err == nil {
		if _, rest := d.Token(); !errors.Is(rest, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	if err != nil {
		if !errors.Is(err, errStop) {
			r.fault("", "json", phrase.Args{"offset": int(d.InputOffset())})
		}
		return nil, false
	}
	return v, !Faulty(r.problems)
}

func firstInvalid(data []byte) (at int) {
	for at < len(data) {
		c, n := utf8.DecodeRune(data[at:])
		if c == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return at
}

type treeReader struct {
	d      *json.Decoder
	report *report
}

func (t treeReader) value(at string, depth int) (any, error) {
	token, err := t.d.Token()
	if err != nil {
		return nil, err
	}
	open, is := token.(json.Delim)
	if !is {
		return token, nil
	}
	if depth == mostDepth {
		t.report.fault(at, "depth", phrase.Args{"most": mostDepth})
		return nil, errStop
	}
	if open == '{' {
		return t.object(at, depth)
	}
	list := []any{}
	for t.d.More() {
		v, err := t.value(at+"/"+strconv.Itoa(len(list)), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err = t.d.Token()
	return list, err
}

func (t treeReader) object(at string, depth int) (any, error) {
	members := map[string]any{}
	for t.d.More() {
		token, err := t.d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, errors.New("a name is no string")
		}
		if _, twice := members[name]; twice {
			t.report.fault(under(at, name), "duplicate", phrase.Args{"name": name})
		}
		if members[name], err = t.value(under(at, name), depth+1); err != nil {
			return nil, err
		}
	}
	_, err := t.d.Token()
	return members, err
}
