package terms

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"candor"
	"candor/internal/x1207"
)

func TestCover(t *testing.T) {
	c := Cover([]*Document{smallDocument(t), smallDocument(t, "serves: [2.2f, 2.1c]", "serves: [3.2c]", "version: 1.0", "version: 1.1")})
	rows := map[string]Row{}
	var order []int
	for _, r := range c.Rows {
		rows[r.Requirement] = r
		order = append(order, slices.Index(x1207.IDs(), r.Requirement))
	}
	if !slices.IsSorted(order) || slices.Contains(order, -1) {
		t.Errorf("the order is %v", order)
	}
	for id, want := range map[string]State{"2.2f": Covered, "2.1c": Covered, "2.1b": ByChoice, "2.2g": Missing, "3.2c": Covered} {
		if rows[id].State != want {
			t.Errorf("%s: %+v, want %s", id, rows[id], want)
		}
	}
	if rows["3.2c"].Expected || len(rows["2.1b"].Clauses) != 2 || rows["2.1b"].Clauses[1] != (Carriage{"tea", "1.1", "share", true}) {
		t.Errorf("%+v", rows)
	}
	if c.Covered != 3 || c.Asked != len(Expected()) || c.Whole() {
		t.Errorf("%d of %d", c.Covered, c.Asked)
	}
	for _, id := range Expected() {
		if !slices.Contains(x1207.IDs(), id) {
			t.Errorf("X.1207 has no %s", id)
		}
	}
	first, _ := json.Marshal(c)
	if again, _ := json.Marshal(Cover([]*Document{smallDocument(t), smallDocument(t, "serves: [2.2f, 2.1c]", "serves: [3.2c]", "version: 1.0", "version: 1.1")})); string(again) != string(first) {
		t.Error("the report differs from itself")
	}
}

func TestSource(t *testing.T) {
	if _, err := Source("../library"); !errors.Is(err, candor.ErrNotFound) || candor.Hint(err) == "" {
		t.Error(err)
	}
}
