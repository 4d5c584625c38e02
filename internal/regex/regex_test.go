package regex_test

import (
	"reflect"
	"regexp"
	"sync"
	"testing"

	"candor/internal/regex"
)

// TestSame holds each method against that of package regexp.
func TestSame(t *testing.T) {
	const text, word = "to: 10, from: 7; to: 3", `(?P<word>\w+): (?P<number>\d+)`
	of, is := reflect.ValueOf(regex.Of(word)), reflect.ValueOf(regexp.MustCompile(word))
	for i := range of.NumMethod() {
		m := of.Type().Method(i)
		var in []reflect.Value
		for n := 1; n < m.Type.NumIn(); n++ {
			switch m.Type.In(n).Kind() {
			case reflect.Int:
				in = append(in, reflect.ValueOf(2))
			case reflect.Slice:
				in = append(in, reflect.ValueOf([]byte(text)))
			case reflect.Func:
				in = append(in, reflect.ValueOf(func(s string) string { return "<" + s + ">" }))
			default:
				in = append(in, reflect.ValueOf(text))
			}
		}
		got, want := of.Method(i).Call(in)[0].Interface(), is.MethodByName(m.Name).Call(in)[0].Interface()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives %v, not %v", m.Name, got, want)
		}
	}
	if regex.Of(word).SubexpIndex("number") != 2 {
		t.Error("number is not the second")
	}
}

// TestWrong has what cannot be compiled panic once it is used, and not before.
func TestWrong(t *testing.T) {
	r := regex.Of("(")
	defer func() {
		if recover() == nil {
			t.Error("it did not panic")
		}
	}()
	r.MatchString("x")
}

// TestTogether uses one for the first time from many sides.
func TestTogether(t *testing.T) {
	r := regex.Of(`^a+$`)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if !r.MatchString("aaa") || r.MatchString("ab") {
				t.Error("it does not match as it should")
			}
		})
	}
	all.Wait()
}
