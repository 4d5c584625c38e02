package ui

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/internal/phrase"
)

// at gives the context of a page at an address, in English.
func at(t *testing.T, address string) context.Context {
	t.Helper()
	texts, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return With(phrase.With(context.Background(), texts.For("en")), View{URL: u})
}

func TestVariant(t *testing.T) {
	ctx := at(t, "https://elsewhere.example/cases?state=new&after=x&sort=due")
	for _, tt := range []struct{ name, value, want string }{
		{"sort", "-due", "/cases?sort=-due&state=new"},
		{"sort", "", "/cases?state=new"},
		{"after", "y&z", "/cases?after=y%26z&sort=due&state=new"},
	} {
		if got := Variant(ctx, tt.name, tt.value); got != tt.want {
			t.Errorf("%s=%s: %s, want %s", tt.name, tt.value, got, tt.want)
		}
	}
	if got := Variant(at(t, "//elsewhere.example//x"), "a", "b"); got != "/x?a=b" {
		t.Errorf("an address of somebody else became %s", got)
	}
	if got := Variant(context.Background(), "a", "b"); got != "/?a=b" {
		t.Errorf("without a view: %s", got)
	}
}

func TestSortLink(t *testing.T) {
	ctx := at(t, "/cases")
	title, opened := Column{Key: "title"}, Column{Key: "opened", Largest: true}
	for _, tt := range []struct {
		sort       string
		column     Column
		link, aria string
	}{
		{"", title, "title", "none"},
		{"title", title, "-title", "ascending"},
		{"-title", title, "title", "descending"},
		{"", opened, "-opened", "none"},
		{"-opened", opened, "opened", "descending"},
		{"opened", opened, "-opened", "ascending"},
	} {
		table := Table{Sort: tt.sort}
		if got, want := table.sortLink(ctx, tt.column), "/cases?sort="+tt.link; got != want {
			t.Errorf("sorted %q, %s: %s, want %s", tt.sort, tt.column.Key, got, want)
		}
		if got := table.sortedAs(tt.column); got != tt.aria {
			t.Errorf("sorted %q, %s: %s, want %s", tt.sort, tt.column.Key, got, tt.aria)
		}
	}
}

func TestFilters(t *testing.T) {
	ctx := at(t, "/cases?state=new&state=%3Cb%3E&q=&sort=due&after=c")
	filters := []Filter{{Name: "q", Label: "Words"}, {Name: "state", Label: "State", Kind: Many, Options: []Option{{Value: "new", Label: "New"}}}}
	want := []chip{
		{"State", "New", "/cases?q=&sort=due&state=%3Cb%3E"},
		{"State", "<b>", "/cases?q=&sort=due&state=new"},
	}
	if d := cmp.Diff(want, chips(ctx, filters), cmp.AllowUnexported(chip{})); d != "" {
		t.Error(d)
	}
	if got := cleared(ctx, filters); got != "/cases?sort=due" {
		t.Errorf("cleared: %s", got)
	}
	if d := cmp.Diff([]Option{{Value: "due", Label: "sort"}}, kept(ctx, filters)); d != "" {
		t.Error(d)
	}
	var b strings.Builder
	if err := FilterBar(filters).Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<b>") {
		t.Error("a value is not escaped")
	}
}

func TestCursorWords(t *testing.T) {
	ctx := at(t, "/cases")
	for want, c := range map[string]Cursor{
		"1 result":              {Total: 1},
		"more than 1,000":       {Total: 1000, AtLeast: true},
		"":                      {},
		"51–100":                {From: 51, To: 100},
		"51–100 of 2,000":       {From: 51, To: 100, Total: 2000},
		"1–50 of more than 900": {From: 1, To: 50, Total: 900, AtLeast: true},
	} {
		if got := cursorWords(ctx, c); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}

// TestHostile renders texts of strangers.
func TestHostile(t *testing.T) {
	ctx := at(t, "/")
	evil := `"><script>x</script>`
	var b strings.Builder
	table := Table{Columns: []Column{{Label: evil}}, Rows: []Row{{Key: evil, Label: evil, Href: "javascript:x", Cells: nil}}, Bulk: &Bulk{}}
	table.Rows[0].Cells = append(table.Rows[0].Cells, Anchor(Link{evil, "javascript:x"}), FilePath(evil), Digest(evil), Text("more cells than columns"))
	if err := List(table).Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	chart := Chart{ID: "c", Title: evil, Labels: []string{evil}, Series: []Series{{Name: evil, Values: []float64{1}, Hrefs: []string{"javascript:x"}}}}
	if err := ChartFigure(chart).Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "javascript:"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("%q got through", bad)
		}
	}
}
