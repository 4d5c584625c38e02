package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/v2"

	"candor"
)

// Options say where a configuration comes from; later ones go over earlier.
type Options struct {
	File    string            // path of a YAML file; empty for none
	Environ []string          // as os.Environ gives it; variables that begin with CANDOR_ count
	Ignore  []string          // variables that begin so and are no configuration
	Flags   map[string]string // by key (listen.addr), as they were typed
}

// Load reads a configuration and checks it. The error is Problems, all of them
// at once, or says that the file cannot be read.
func Load(o Options) (*Config, error) {
	var text []byte
	if o.File != "" {
		var err error
		if text, err = readFile(o.File, mostBytes+1); err != nil {
			return nil, candor.WithHint(fmt.Errorf("configuration: %w", err), "Check the path, and that this user may read the file.")
		}
	}
	return load(o, text)
}

// Parse reads a configuration file's text by itself. The name stands in errors.
func Parse(name string, text []byte) (*Config, error) {
	return load(Options{File: name}, text)
}

// loading is a configuration on its way.
type loading struct {
	k        *koanf.Koanf
	origin   map[string]string // by key: where it was set
	lines    map[string]int    // by key: line of the file
	problems Problems
}

func load(o Options, text []byte) (*Config, error) {
	l := &loading{k: koanf.New("."), origin: map[string]string{}}
	if err := errors.Join(l.file(o.File, text), l.environment(o.Environ, o.Ignore), l.flags(o.Flags)); err != nil {
		return nil, fmt.Errorf("configuration: %w: %w", candor.ErrInvalid, err)
	}
	if len(l.problems) > 0 {
		return nil, l.problems.sorted()
	}
	c, err := l.decode()
	if err != nil {
		return nil, fmt.Errorf("configuration: %w: %w", candor.ErrInvalid, err)
	}
	l.secrets(reflect.ValueOf(c).Elem(), "")
	k := &checker{loading: l, c: c}
	k.check()
	if len(l.problems) > 0 {
		return nil, l.problems.sorted()
	}
	return c, nil
}

func (l *loading) file(name string, text []byte) error {
	s := &sheet{file: name, lines: map[string]int{}}
	l.lines = s.lines
	root := s.parse(text)
	l.problems = append(l.problems, s.problems...)
	for key, line := range s.lines {
		l.origin[key] = fmt.Sprintf("%s:%d", name, line)
	}
	if root == nil || len(s.problems) > 0 {
		return nil
	}
	return l.k.Load(bytesOf(text), yaml.Parser())
}

// bytesOf and mapOf are sources of koanf.
type bytesOf []byte

func (b bytesOf) ReadBytes() ([]byte, error)    { return b, nil }
func (b bytesOf) Read() (map[string]any, error) { return nil, errors.ErrUnsupported }

type mapOf map[string]any

func (m mapOf) ReadBytes() ([]byte, error)    { return nil, errors.ErrUnsupported }
func (m mapOf) Read() (map[string]any, error) { return m, nil }

// environment takes the variables that begin with CANDOR_.
func (l *loading) environment(environ, ignore []string) error {
	known := map[string]leaf{}
	var names []string
	for _, f := range leaves(reflect.TypeFor[Config](), "") {
		known[variable(f.key)] = f
		names = append(names, variable(f.key))
	}
	take := func(name, text string) (string, any) {
		if slices.Contains(ignore, name) {
			return "", nil
		}
		f, ok := known[name]
		if !ok {
			hint := "Remove it."
			if like := nearest(name, names); like != "" {
				hint = "Did you mean " + like + "?"
			}
			l.problems = append(l.problems, Problem{Where: name, What: "nobody knows this variable", Hint: hint})
			return "", nil
		}
		return l.text(name, f, text)
	}
	return l.k.Load(env.Provider(".", env.Opt{Prefix: prefix, TransformFunc: take, EnvironFunc: func() []string { return environ }}), nil)
}

func (l *loading) flags(flags map[string]string) error {
	given := map[string]any{}
	for _, f := range leaves(reflect.TypeFor[Config](), "") {
		text, ok := flags[f.key]
		if !ok {
			continue
		}
		if key, value := l.text("flag", f, text); key != "" {
			given[key] = value
		}
	}
	for key := range flags {
		if !slices.Contains(Keys(), key) {
			return fmt.Errorf("flag for the unknown key %q", key)
		}
	}
	nested := koanf.New(".")
	for key, value := range given {
		if err := nested.Set(key, value); err != nil {
			return err
		}
	}
	return l.k.Load(mapOf(nested.Raw()), nil)
}

// text takes the value of a key from a variable or a flag. The key is empty
// where there is a problem.
func (l *loading) text(where string, f leaf, text string) (string, any) {
	value, err := read(text, f.typ)
	if err != nil {
		l.problems = append(l.problems, Problem{Where: where, Key: f.key, What: message(err), Hint: candor.Hint(err)})
		return "", nil
	}
	l.origin[f.key] = where
	delete(l.lines, f.key)
	return f.key, value
}

// decode puts what was set over the defaults. A list replaces all of a default
// list.
func (l *loading) decode() (*Config, error) {
	c := Defaults()
	for _, f := range leaves(reflect.TypeFor[Config](), "") {
		if f.typ.Kind() == reflect.Slice && l.k.Get(f.key) != nil {
			at(reflect.ValueOf(c).Elem(), f.key).SetZero()
		}
	}
	return c, l.k.Unmarshal("", c)
}

// at gives the place of a key.
func at(v reflect.Value, key string) reflect.Value {
	for word := range strings.SplitSeq(key, ".") {
		v = v.FieldByIndex(index(v.Type(), word))
	}
	return v
}

func index(t reflect.Type, word string) []int {
	for f := range t.Fields() {
		if f.Tag.Get("koanf") == word {
			return f.Index
		}
	}
	panic("no key " + word) // keys come from the type itself
}

// secrets reads the files that hold secrets.
func (l *loading) secrets(v reflect.Value, prefix string) {
	for i, f := range fieldsOf(v) {
		key := prefix + f.Tag.Get("koanf")
		switch field := v.Field(i); {
		case f.Type == reflect.TypeFor[Secret]():
			file := v.FieldByName(f.Name + "File").String()
			if file == "" {
				continue
			}
			if field.String() != "" {
				l.problem(key+"_file", "both it and "+key+" are set", "Remove one of them.")
				continue
			}
			text, err := readFile(file, 64<<10)
			if err != nil {
				l.problem(key+"_file", "the file cannot be read: "+message(err), "Check the path, and that this user may read the file.")
				continue
			}
			field.Set(reflect.ValueOf(Secret(strings.TrimRight(string(text), "\r\n"))))
		case f.Type.Kind() == reflect.Struct:
			l.secrets(field, key+".")
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			for n := range field.Len() {
				l.secrets(field.Index(n), fmt.Sprintf("%s[%d].", key, n+1))
			}
		}
	}
}

func fieldsOf(v reflect.Value) (all []reflect.StructField) {
	for f := range v.Type().Fields() {
		all = append(all, f)
	}
	return all
}

// problem tells what is wrong with the value of a key, at the place where it
// was set or, if it was not, where what holds it was.
func (l *loading) problem(key, what, hint string) {
	p := Problem{Key: key, What: what, Hint: hint}
	for k := key; k != "" && p.Where == ""; k = k[:max(strings.LastIndexAny(k, ".["), 0)] {
		p.Where, p.line = l.origin[k], l.lines[k]
	}
	l.problems = append(l.problems, p)
}

// message is an error without its kind, for a line of its own.
func message(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return strings.TrimSuffix(err.Error(), ": "+candor.ErrInvalid.Error())
}

func readFile(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}
