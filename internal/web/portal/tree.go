package portal

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// tree is the draft of a notice as JSON, read and changed by pointers (RFC
// 6901) whose steps need no escapes.
type tree struct{ root map[string]any }

func readTree(draft []byte) (tree, error) {
	t := tree{map[string]any{}}
	if len(draft) == 0 {
		return t, nil
	}
	err := json.Unmarshal(draft, &t.root)
	return t, err
}

func steps(pointer string) []string {
	return strings.Split(strings.TrimPrefix(pointer, "/"), "/")
}

// at gives what a pointer points at; nil if there is nothing.
func (t tree) at(pointer string) any {
	var here any = t.root
	if pointer == "" {
		return here
	}
	for _, step := range steps(pointer) {
		switch x := here.(type) {
		case map[string]any:
			here = x[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			here = x[i]
		default:
			return nil
		}
	}
	return here
}

func (t tree) text(pointer string) string { s, _ := t.at(pointer).(string); return s }
func (t tree) flag(pointer string) bool   { b, _ := t.at(pointer).(bool); return b }

func (t tree) list(pointer string) []any { l, _ := t.at(pointer).([]any); return l }

// texts are the strings of a list.
func (t tree) texts(pointer string) (all []string) {
	for _, v := range t.list(pointer) {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// set puts a value at a pointer. An empty text, list or object is taken away.
// Rows of lists must be there.
func (t tree) set(pointer string, v any) {
	all := steps(pointer)
	here := t.root
	for i := 0; i < len(all)-1; i++ {
		if rows, ok := here[all[i]].([]any); ok {
			n, err := strconv.Atoi(all[i+1])
			if err != nil || n < 0 || n >= len(rows) {
				return
			}
			row, ok := rows[n].(map[string]any)
			if !ok {
				return
			}
			here = row
			i++
			continue
		}
		next, ok := here[all[i]].(map[string]any)
		if !ok {
			next = map[string]any{}
			here[all[i]] = next
		}
		here = next
	}
	last := all[len(all)-1]
	if empty(v) {
		delete(here, last)
		return
	}
	here[last] = v
}

func empty(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return v == nil
}

// add puts a row to the end of a list.
func (t tree) add(pointer string, row map[string]any) {
	t.set(pointer, append(slices.Clone(t.list(pointer)), row))
}

// remove takes a row out of a list.
func (t tree) remove(pointer string, i int) {
	if rows := t.list(pointer); i >= 0 && i < len(rows) {
		t.set(pointer, slices.Delete(slices.Clone(rows), i, i+1))
	}
}

// json writes the tree.
func (t tree) json() ([]byte, error) { return json.Marshal(t.root) }
