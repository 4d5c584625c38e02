package terms

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func comparison(t testing.TB, old, new *Document, language string) *Comparison {
	t.Helper()
	c, err := Compare(old, new, texts(t), language)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestReconstruct lays texts over each other that were cut and mixed at random,
// and wants both back from the edits.
func TestReconstruct(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var all []string
	for _, name := range Library() {
		d := libraryDocument(t, name)
		for _, c := range d.Clauses {
			for _, tag := range d.Languages {
				all = append(all, c.Text[tag])
			}
		}
	}
	changed := 0
	for range 2000 {
		old := tokens(Blocks(all[random.IntN(len(all))]))
		next := slices.Clone(old)
		for range random.IntN(6) {
			at := random.IntN(len(next))
			end := min(len(next), at+random.IntN(8))
			other := tokens(Blocks(all[random.IntN(len(all))]))
			from := random.IntN(len(other))
			next = slices.Replace(next, at, end, other[from:min(len(other), from+random.IntN(8))]...)
		}
		if len(next) == 0 || !next[0].begins {
			next = append([]token{{begins: true}}, next...)
		}
		edits := compare(old, next)
		if !slices.Equal(old, side(edits, Added)) {
			t.Fatal(cmp.Diff(old, side(edits, Added), cmp.AllowUnexported(token{})))
		}
		if !slices.Equal(next, side(edits, Taken)) {
			t.Fatal(cmp.Diff(next, side(edits, Taken), cmp.AllowUnexported(token{})))
		}
		if !slices.Equal(old, next) {
			changed++
		}
		passages(edits)
	}
	if changed < 1000 {
		t.Errorf("only %d texts were changed", changed)
	}
}

// said gives a text of two versions as plain marks.
func said(old, new string) string {
	var out []string
	for _, p := range passages(compare(tokens(Blocks(old)), tokens(Blocks(new)))) {
		out = append(out, marked(p.Pieces))
	}
	return strings.Join(out, " / ")
}

func TestWords(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{"We keep it for 30 days.", "We keep it for 90 days.", "We keep it for [-30-]{+90+} days."},
		{"We keep it for 30 days.", "We keep it for 8 weeks.", "We keep it for [-30 days-]{+8 weeks+}."},
		{"我们保存30天。", "我们将保存90天。", "我们{+将+}保存[-30-]{+90+}天。"},
		{"You can't.", "You can.", "You [-can't-]{+can+}."},
		{"a b\n\nc d", "a b c d", "a b / {+ +}c d"},
		{"- a\n- b", "- b", "[-a-] / b"},
		{"It is so.", "It **is** so.", "It [-is-]{+is+} so."},
		{"", "New.", "{+New.+}"},
		{"We may stop it at once, and tell you why.", "You can end it whenever you like, and tell us why.",
			"[-We may stop it at once-]{+You can end it whenever you like+}, and tell [-you-]{+us+} why."},
		{"我们不出售这些数据。", "我们可以出售这些数据。", "我们[-不-]{+可以+}出售这些数据。"},
	} {
		if got := said(tt.old, tt.new); got != tt.want {
			t.Errorf("%q, %q: %s, want %s", tt.old, tt.new, got, tt.want)
		}
	}
}

// TestLines changes the small document in one way each, and wants it said.
func TestLines(t *testing.T) {
	old := smallDocument(t)
	for name, tt := range map[string]struct {
		change []string
		want   string
		reason Reason
	}{
		"nothing":   {nil, "Nothing changed.", ""},
		"number":    {[]string{"7 days", "14 days", "7 天", "14 天"}, "In clause “Scans”: 7 → 14.", Numbers},
		"allowed":   {[]string{"[submit]", "[submit, isolate]"}, "We may now cut a line or a device off from the network for a time, if you say yes to clause “Samples”.", Allowed},
		"mandatory": {[]string{"optional: true", "optional: false"}, "You can no longer say no: we may send samples of harmful software to security vendors. See clause “Samples”.\nYou can no longer say no to clause “Samples” alone.", Mandatory},
		"stopped":   {[]string{"[submit]", "[]"}, "We may no longer send samples of harmful software to security vendors. Clause “Samples” allowed it before.", ""},
		"renamed":   {[]string{"id: share", "id: give"}, "Clause “Samples” was taken out.\nClause “Samples” is new. You can say no to it.", Gone},
		"words":     {[]string{"We look at files", "We look at all files"}, "The words of clause “Scans” changed.", ""},
		"negation":  {[]string{"We look at files", "We do not look at files"}, "The words of clause “Scans” changed.", Negation},
		"effective": {[]string{"2027-01-01T00:00:00+08:00", "2027-02-01T00:00:00+08:00"}, "The new version is in force from 1 Feb 2027, 00:00 UTC+8.", ""},
		"provider":  {[]string{"Tea Ltd", "Coffee Ltd"}, "The provider was Tea Ltd and is now Coffee Ltd.", Offered},
		"contact":   {[]string{"help@", "hello@"}, "The new contact is hello@tea.test.", ""},
		"kind":      {[]string{"kind: hosting-terms", "kind: acceptable-use"}, "", OtherKind},
	} {
		c := comparison(t, old, smallDocument(t, tt.change...), "en")
		if got := strings.Join(c.Lines(), "\n"); got != tt.want {
			t.Errorf("%s: %s\nwant %s", name, got, tt.want)
		}
		reasons := slices.Clone(c.Reasons)
		for _, x := range c.Clauses {
			reasons = append(reasons, x.Reasons...)
		}
		if (tt.reason == "") != (len(reasons) == 0) || tt.reason != "" && !slices.Contains(reasons, tt.reason) {
			t.Errorf("%s: reasons %v, want %q", name, reasons, tt.reason)
		}
		if c.Material() != (tt.reason != "") {
			t.Errorf("%s: material %v", name, c.Material())
		}
	}
}

// TestJudge holds the author's marks against what seems to matter.
func TestJudge(t *testing.T) {
	old := smallDocument(t)
	digest := digestOf(t, old)
	for name, tt := range map[string]struct {
		change []string
		code   string
	}{
		"unmarked":   {[]string{"1.0", "1.1", "7 days", "14 days", "7 天", "14 天"}, "unmarked"},
		"marked":     {[]string{"1.0", "1.1", "7 days", "14 days", "7 天", "14 天", "id: scan\n", "id: scan\n    material: true\n"}, ""},
		"gone":       {[]string{"1.0", "1.1", "id: share", "material: true\n    id: give"}, "unmarked"},
		"gone, told": {[]string{"1.0", "1.1\nmaterial: true", "id: share", "material: true\n    id: give"}, ""},
		"overmarked": {[]string{"1.0", "1.1", "id: scan\n", "id: scan\n    material: true\n"}, "overmarked"},
		"label":      {[]string{"Tea terms", "Tea rules"}, "label"},
		"other":      {[]string{"document: tea", "document: coffee", "1.0", "1.1"}, "other"},
		"replaces":   {[]string{"1.0", "1.1\nreplaces: " + digest}, ""},
		"replaced":   {[]string{"1.0", "1.1\nreplaces: " + strings.Repeat("0", 64)}, "replaces"},
	} {
		var codes []string
		for _, p := range comparison(t, old, smallDocument(t, tt.change...), "en").Problems {
			codes = append(codes, p.Code)
			for _, tag := range texts(t).Languages() {
				if what, do := p.In(texts(t).For(tag)); strings.ContainsAny(what+do, "[]{}") {
					t.Errorf("%s: %s %s", name, what, do)
				}
			}
		}
		want := []string(nil)
		if tt.code != "" {
			want = []string{tt.code}
		}
		if diff := cmp.Diff(want, codes); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestMoved(t *testing.T) {
	order := func(ids string) *Document {
		d := &Document{}
		for _, id := range strings.Fields(ids) {
			d.Clauses = append(d.Clauses, Clause{ID: id})
		}
		return d
	}
	for _, tt := range []struct{ old, new, want string }{
		{"a b c d", "a b c d", ""},
		{"a b c d", "d a b c", "d"},
		{"a b c d", "a x c d", ""},
		{"a b c d", "b a d c", "a c"},
	} {
		var got []string
		for id := range moved(order(tt.old), order(tt.new)) {
			got = append(got, id)
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != tt.want && !(tt.want == "a c" && len(got) == 2) {
			t.Errorf("%s, %s: %s, want %s", tt.old, tt.new, s, tt.want)
		}
	}
}

// TestComparisonHTML holds that changes are marked for eyes and ears, and that
// texts of strangers stay texts.
func TestComparisonHTML(t *testing.T) {
	c := comparison(t, smallDocument(t), smallDocument(t, "7 days", "14 days", "Samples", "<script>alert(1)</script>"), "en")
	var b strings.Builder
	if err := c.HTML(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		`<del><span class="unseen"> [taken out: </span>7<span class="unseen"> end] </span></del>`,
		`<ins><span class="unseen"> [added: </span>14<span class="unseen"> end] </span></ins>`,
		"&lt;script&gt;", `<h3 id="change-scan">`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not in the page", want)
		}
	}
	if strings.Contains(page, "<script") {
		t.Error("a script came through")
	}
}
