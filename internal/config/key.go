package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"candor"
)

// fields gives the keys of a section, in order, with their types.
func fields(section reflect.Type) (keys []string, types map[string]reflect.Type) {
	types = map[string]reflect.Type{}
	for f := range section.Fields() {
		key := f.Tag.Get("koanf")
		keys = append(keys, key)
		types[key] = f.Type
	}
	return keys, types
}

// leaf is a key that holds one value or a list.
type leaf struct {
	key string
	typ reflect.Type
}

// leaves gives all keys outside of lists.
func leaves(section reflect.Type, prefix string) (all []leaf) {
	keys, types := fields(section)
	for _, key := range keys {
		if t := types[key]; t.Kind() == reflect.Struct {
			all = append(all, leaves(t, prefix+key+".")...)
		} else {
			all = append(all, leaf{prefix + key, t})
		}
	}
	return all
}

// Keys gives all keys that can be set by a flag or a variable.
func Keys() (keys []string) {
	for _, l := range leaves(reflect.TypeFor[Config](), "") {
		keys = append(keys, l.key)
	}
	return keys
}

// variable gives the name of a key in the environment.
func variable(key string) string {
	return prefix + strings.ToUpper(strings.NewReplacer(".", "_").Replace(key))
}

const prefix = "CANDOR_"

// read reads one value of a type from text, and says what is wrong with it.
func read(text string, t reflect.Type) (any, error) {
	if into, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		if err := into.UnmarshalText([]byte(text)); err != nil {
			return nil, err
		}
		return text, nil
	}
	var v any
	var err error
	switch t.Kind() {
	case reflect.String:
		return text, nil
	case reflect.Bool:
		if v, err = strconv.ParseBool(text); err != nil {
			err = expected("true or false")
		}
	case reflect.Int:
		if v, err = strconv.Atoi(text); err != nil {
			err = expected("a whole number")
		}
	case reflect.Float64:
		if v, err = strconv.ParseFloat(text, 64); err != nil {
			err = expected("a number")
		}
	case reflect.Slice:
		if t.Elem().Kind() != reflect.String {
			return nil, candor.WithHint(errors.New("it is a list of sections"), "Write it in the file.")
		}
		words := []string{}
		for w := range strings.SplitSeq(text, ",") {
			if w = strings.TrimSpace(w); w != "" {
				words = append(words, w)
			}
		}
		v = words
	}
	return v, err
}

func expected(what string) error {
	return candor.WithHint(fmt.Errorf("the value is not %s", what), "Write "+what+".")
}

// describe says what a type looks like in the file.
func describe(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Duration]():
		return "a duration such as 15m, 8h or 3d"
	case reflect.TypeFor[Size]():
		return "a size such as 64k, 10M or 2G"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Struct:
		return "a section with keys of its own"
	}
	return "a text"
}
