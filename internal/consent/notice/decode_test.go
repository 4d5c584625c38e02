package notice

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tweaked gives the sample of a shop with one edit made to its text.
func tweaked(t testing.TB, old, by string) []byte {
	t.Helper()
	data := sampleData(t, "shop")
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("the sample holds no %q", old)
	}
	return bytes.Replace(data, []byte(old), []byte(by), 1)
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ old, by, pointer, code string }{
		{`"schema_version": "notice-1"`, `"schema_version": "notice-2"`, "/schema_version", "word"},
		{`"schema_version": "notice-1",`, ``, "", "missing"},
		{`"notice_id": "shop"`, `"notice_id": "shop", "a/b~c": 1`, "/a~1b~0c", "unknown"},
		{`"notice_id": "shop"`, `"notice_id": "shop", "notice_id": "shop"`, "/notice_id", "duplicate"},
		{`"notice_id": "shop"`, `"notice_id": "Shop"`, "/notice_id", "form"},
		{`"notice_id": "shop"`, `"notice_id": ""`, "/notice_id", "short"},
		{`"notice_id": "shop"`, `"notice_id": 5`, "/notice_id", "type"},
		{`"version": "1.0"`, `"version": null`, "/version", "type"},
		{`"en": "Linden Tea Shop"`, `"en": "` + strings.Repeat("x", mostProse+1) + `"`, "/title/en", "long"},
		{`"en": "Linden Tea Shop"`, `"en": "Linden\u202eTea"`, "/title/en", "form"},
		{`"en": "Linden Tea Shop"`, `"en": "Linden\u0000Tea"`, "/title/en", "form"},
		{`"en": "Linden Tea Shop"`, `"en": "\ud800"`, "/title/en", "form"},
		{`"en": "Linden Tea Shop"`, `"english": "Linden Tea Shop"`, "/title/english", "tag"},
		{`"before_consent": true`, `"before_consent": "yes"`, "/code/scripts/0/before_consent", "type"},
		{`"origin": "self"`, `"origin": "javascript:alert(1)"`, "/code/scripts/0/origin", "form"},
		{`"party_url": "https://paywell.example/privacy"`, `"party_url": "javascript:alert(1)"`, "/party_identification/1/party_url", "form"},
		{`"pii_type": "name"`, `"pii_type": "soul"`, "/purposes/0/pii_information/0/pii_type", "word"},
		{`"sites": [`, `"sites": ["a.example", "a.example",`, "/applies_to/sites/1", "twice"},
		{`{`, `[`, "", "json"},
		{`"notice_id": "shop"`, `"notice_id": [[[[[[[[[[1]]]]]]]]]]`, "/notice_id/0/0/0/0/0/0/0", "depth"},
		{`"notice_id": "shop"`, "\"notice_id\": \"sh\xffop\"", "", "json"},
		{`"notice_id": "shop"`, `"notice_id": "shop"` + strings.Repeat(" ", MostBytes), "", "size"},
	} {
		n, problems := Decode(tweaked(t, tt.old, tt.by))
		if n != nil || len(problems) != 1 || problems[0].Pointer != tt.pointer || problems[0].Code != tt.code || problems[0].Severity != Fault {
			t.Errorf("%.60s: %v, want %s at %q", tt.by, problems, tt.code, tt.pointer)
		}
	}
	if n, problems := Decode(append(sampleData(t, "shop"), `{}`...)); n != nil || problems[0].Code != "json" {
		t.Error("two documents were taken for one")
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		old, by, pointer, code string
		severity               Severity
	}{
		{`"effective_date": "2026-11-01"`, `"effective_date": "2026-02-30"`, "/effective_date", "date", Fault},
		{`"language": "en"`, `"language": "fr"`, "/title", "language", Fault},
		{`"zh": "菩提茶店",`, `"de": "Teeladen", "zh": "菩提茶店",`, "/summary", "language", Advice},
		{`"party_role": "controller"`, `"party_role": "processor"`, "/party_identification", "controller", Fault},
		{`"party_id": "pay"`, `"party_id": "shop"`, "/party_identification/1/party_id", "twice", Fault},
		{`"purpose_id": "pay"`, `"purpose_id": "order"`, "/purposes/1/purpose_id", "twice", Fault},
		{`"post"
			]`, `"nobody"
			]`, "/purposes/0/recipient_third_parties/0", "reference", Fault},
		{`"law": "eu-gdpr:A6-1-b"`, `"law": "eu-gdpr:A6-1-f"`, "/purposes/0/lawful_basis/law", "law", Fault},
		{`"pii_type": "name"`, `"pii_type": "health"`, "/purposes/0/lawful_basis", "sensitive", Advice},
		{`"before_consent": false`, `"before_consent": true`, "/code/scripts/2/before_consent", "early", Fault},
		{`"*.shop.example"`, `"*.example"`, "/applies_to/sites/1", "broad", Fault},
		{`"name": "_visit_*"`, `"name": "**"`, "/code/storage/2/name", "broad", Fault},
		{`"host": "*.visits.example"`, `"host": "*.example"`, "/code/requests/1/host", "broad", Fault},
		{`"https://js.paywell.example"`, `"http://js.paywell.example"`, "/code/scripts/1/origin", "unsafe", Advice},
		{`"party_id": "dsb",`, `"party_id": "dsb2", "party_country": "DE", "party_name": "X", "party_role": "processor"}, {"party_id": "dsb",`, "/party_identification/4", "unused", Advice},
	} {
		n, problems := Decode(tweaked(t, tt.old, tt.by))
		if n == nil {
			t.Errorf("%.60s: %v", tt.by, problems)
			continue
		}
		if !slices.ContainsFunc(n.Validate(), func(p Problem) bool {
			return p.Pointer == tt.pointer && p.Code == tt.code && p.Severity == tt.severity
		}) {
			t.Errorf("%.60s: no %s %s at %s in %v", tt.by, tt.severity, tt.code, tt.pointer, n.Validate())
		}
	}
}

func TestValidateWhole(t *testing.T) {
	for code, edit := range map[string]func(*Notice){
		"withdrawal": func(n *Notice) { n.Consent = nil },
		"removal": func(n *Notice) {
			n.Code.Workers = []Worker{{Path: "/w.js", Scope: "/", Use: Use{Purposes: []string{"order"}}}}
		},
		"retention": func(n *Notice) { n.Purposes[4].Note = nil },
		"contact": func(n *Notice) {
			n.Parties[0].Email, n.Parties[0].Phone, n.Parties[0].Address = "", "", ""
		},
		"whose": func(n *Notice) { n.Code.Requests[0].Party = "" },
		"unused": func(n *Notice) {
			n.Purposes = append(n.Purposes, Purpose{ID: "idle", Type: "service", Description: n.Title})
		},
		"reference": func(n *Notice) { n.Code.Scripts[0].Purposes = []string{"none"} },
	} {
		n := sample(t, "shop")
		edit(n)
		if !slices.ContainsFunc(n.Validate(), func(p Problem) bool { return p.Code == code }) {
			t.Errorf("no %s: %v", code, n.Validate())
		}
	}
}

// TestReading makes sure that the limits of the short notice can be passed.
func TestReading(t *testing.T) {
	c := texts(t)
	hard := map[string]string{
		"en": "Notwithstanding applicable contractual considerations, organisational responsibilities necessitate comprehensive documentation of individually identifiable information, particularly regarding international transfers, administrative proceedings and subsequent commercial utilisation by affiliated undertakings, intermediaries and professional representatives, irrespective of jurisdictional characteristics, technological peculiarities, infrastructural dependencies and organisational restructurings undertaken periodically.",
		"zh": "在不违反适用法律法规及监管要求的前提下本公司及其关联企业可基于业务运营客户关系管理风险控制市场推广产品研发统计分析以及其他与上述目的直接或间接相关的合理需要而收集存储使用加工传输提供公开您的各类个人信息",
		"ar": "بالاستناد للاعتبارات التعاقدية والمسؤوليات المؤسساتية والالتزامات القانونية المستوجبة، فالاستخدامات المستقبلية للمعلومات الشخصية المستخلصة والاستثمارات التكنولوجية والمستلزمات الإدارية والاستراتيجيات التسويقية المتخصصة والمعالجات الإلكترونية المتواصلة تستوجب الموافقات الاستثنائية والاستشارات المتخصصة والاتفاقيات الاستراتيجية والمراسلات المستعجلة والاحتياطات الاستباقية والمسؤوليات المتبادلة والاستعدادات المستمرة والاحتمالات المستقبلية.",
		"es": "Sin perjuicio de las consideraciones contractuales aplicables, las responsabilidades organizativas correspondientes requieren la documentación exhaustiva de informaciones individualmente identificables, particularmente respecto de transferencias internacionales, procedimientos administrativos y posteriores utilizaciones comerciales por sociedades vinculadas, intermediarios y representantes profesionales, independientemente de características jurisdiccionales, peculiaridades tecnológicas y peculiaridades infraestructurales.",
		"fr": "Nonobstant les considérations contractuelles applicables, les responsabilités organisationnelles correspondantes nécessitent la documentation exhaustive des informations individuellement identifiables, particulièrement concernant les transmissions internationales, procédures administratives et utilisations industrielles ultérieures par sociétés affiliées, mandataires et représentants professionnels, indépendamment des caractéristiques juridictionnelles, particularités technologiques et dépendances infrastructurelles.",
		"ru": "Независимо от применимых договорных обязательств организационная ответственность предусматривает исчерпывающее документирование индивидуально идентифицируемой информации, преимущественно относительно международной передачи, административного производства и последующего коммерческого использования аффилированными организациями, посредниками и профессиональными представителями вследствие территориальных особенностей, технологических обстоятельств, инфраструктурных зависимостей, законодательных преобразований, периодических реорганизаций, непредвиденных обстоятельств.",
	}
	for _, lang := range c.Languages() {
		n := sample(t, "shop")
		n.Language, n.Summary = lang, Text{lang: hard[lang]}
		for i := range n.Purposes {
			n.Purposes[i].Description, n.Purposes[i].Note = Text{lang: "—"}, nil
		}
		n.Consent.Ask, n.Consent.Withdrawal = Text{lang: "—"}, Text{lang: "—"}
		problems := n.CheckShort(c)
		i := slices.IndexFunc(problems, func(p Problem) bool { return p.Code == "hard" && p.Args["tag"] == lang })
		if i < 0 {
			t.Errorf("%s: not too hard: %+v", lang, n.Short(c.For(lang)).Reading())
			continue
		}
		if where := problems[i].Args["where"].(string); !strings.HasPrefix(where, "/summary/"+lang) {
			t.Errorf("%s: the hardest are %s", lang, where)
		}
		n.Summary = Text{lang: strings.Repeat(hard[lang]+" ", 15)}
		if !slices.ContainsFunc(n.CheckShort(c), func(p Problem) bool { return p.Code == "wordy" && p.Args["tag"] == lang }) {
			t.Errorf("%s: not too long", lang)
		}
	}
	n := sample(t, "shop")
	n.Summary = Text{"en": "Tea."}
	for i := range n.Purposes {
		n.Purposes[i].Description = Text{"zh": "茶"}
	}
	for _, s := range n.Short(c.For("en")).prose {
		if strings.Contains(s.text, "茶") {
			t.Errorf("a text in Chinese was judged as English: %+v", s)
		}
	}
}

func TestSyllables(t *testing.T) {
	for _, tt := range []struct {
		lang, words string
		want        string
	}{
		{"en", "the data agree table wanted used pages sites nation special browser video you", "1 2 2 2 2 1 2 1 2 2 2 3 1"},
		{"es", "datos publicidad país aire cuenta ciudad leer quiere guerra", "2 4 2 2 2 2 2 2 2"},
		{"fr", "données site lisible accord nous pages vraiment peuvent", "2 1 2 2 1 1 2 1"},
		{"ru", "данные сайт согласие мы", "3 1 4 1"},
	} {
		var got []string
		for _, w := range strings.Fields(tt.words) {
			got = append(got, string(rune('0'+syllables([]rune(w), tt.lang))))
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %s\n%s, want\n%s", tt.lang, tt.words, s, tt.want)
		}
	}
	for text, want := range map[string][2]int{
		"One. Two! Three? Four": {4, 4}, "See example.net now.": {1, 3}, "我们卖茶。您买茶！": {2, 7}, "مرحبا. نعم؟": {2, 2}, "": {0, 0}, "…": {0, 0},
	} {
		if c := countText(text, "en"); c.sentences != want[0] || c.words != want[1] {
			t.Errorf("%s: %+v, want %v", text, c, want)
		}
	}
}

// TestCanonical pins the digest of one notice: if it changes, every notice out
// there has another name.
func TestCanonical(t *testing.T) {
	n := sample(t, "forum")
	data, err := n.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	again, problems := Decode(data)
	if again == nil {
		t.Fatal(problems)
	}
	if d := cmp.Diff(n, again); d != "" {
		t.Error(d)
	}
	second, _ := again.Canonical()
	if !bytes.Equal(data, second) {
		t.Error("the canonical form of the canonical form is another")
	}
	a, _ := n.Digest()
	var shuffled map[string]any
	if err := json.Unmarshal(sampleData(t, "forum"), &shuffled); err != nil {
		t.Fatal(err)
	}
	other, _ := json.Marshal(shuffled)
	m, _ := Decode(other)
	if b, _ := m.Digest(); a != b {
		t.Error("the order of members changes the digest")
	}
	m.Version = "1.1"
	if b, _ := m.Digest(); a == b {
		t.Error("another version has the same digest")
	}
}

// TestPublished holds docs/notice against what go generate would write.
func TestPublished(t *testing.T) {
	for name, want := range map[string][]byte{SchemaVersion + ".schema.json": Schema(), SchemaVersion + ".context.jsonld": Context()} {
		got, err := os.ReadFile(filepath.Join(samples, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is out of date, run go generate here: %v", name, err)
		}
	}
}

// TestTypes holds the Go types against the shape: what the one knows, the
// other does.
func TestTypes(t *testing.T) { sameShape(t, "notice", reflect.TypeFor[Notice](), document()) }

func sameShape(t *testing.T, at string, typ reflect.Type, s *shape) {
	t.Helper()
	switch s.kind {
	case object:
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		fields := map[string]reflect.StructField{}
		for _, f := range reflect.VisibleFields(typ) {
			if !f.Anonymous {
				tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				fields[tag] = f
			}
		}
		for _, m := range s.members {
			f, ok := fields[m.name]
			if !ok {
				t.Errorf("%s: the type lacks %s", at, m.name)
				continue
			}
			if omits := strings.Contains(f.Tag.Get("json"), ",omitempty"); omits == m.required {
				t.Errorf("%s: %s is required: %v, left out if empty: %v", at, m.name, m.required, omits)
			}
			delete(fields, m.name)
			sameShape(t, at+"/"+m.name, f.Type, m.shape)
		}
		for name := range fields {
			t.Errorf("%s: the schema lacks %s", at, name)
		}
	case list:
		if typ.Kind() != reflect.Slice {
			t.Fatalf("%s: %v is no list", at, typ)
		}
		sameShape(t, at+"/0", typ.Elem(), s.item)
	case byTag:
		if typ != reflect.TypeFor[Text]() {
			t.Errorf("%s: %v is no Text", at, typ)
		}
	case text, flag:
		if want := map[kind]reflect.Kind{text: reflect.String, flag: reflect.Bool}[s.kind]; typ.Kind() != want {
			t.Errorf("%s: %v, want %v", at, typ, want)
		}
	}
}

// TestCodes holds that every code has words, in every language, and that every
// word of a notice has.
func TestCodes(t *testing.T) {
	c := texts(t)
	for _, lang := range c.Languages() {
		p := c.For(lang)
		for _, code := range Codes() {
			for _, prefix := range []string{"notice.problem.", "notice.do."} {
				if !p.Has(prefix + code) {
					t.Errorf("%s: no text %s%s", lang, prefix, code)
				}
			}
		}
		for prefix, all := range map[string][]string{
			"role": words(roles()), "purpose": words(purposes()), "data": words(categories()), "basis": words(bases()), "source": words(sources()),
			"right": words(rights()), "practice": words(practices()), "storage": storages(), "permission": permissions(),
			"extension": extensionKinds(), "change": changeKinds(), "kind": {"first", "third"}, "start": {"visitor", "site"},
		} {
			for _, w := range all {
				if !p.Has("notice." + prefix + "." + w) {
					t.Errorf("%s: no text for %s %s", lang, prefix, w)
				}
			}
		}
	}
}

// TestLinkedData looks for terms that would be read as something else, and for
// a word that is read as two terms.
func TestLinkedData(t *testing.T) {
	data, err := sample(t, "clinic").LinkedData()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Context map[string]any `json:"@context"`
		Type    string         `json:"@type"`
		Title   Text           `json:"title"`
	}
	if err := json.Unmarshal(data, &doc); err != nil || doc.Type != "dpv:PrivacyNotice" || doc.Title["ar"] == "" {
		t.Fatal(err, doc.Type)
	}
	for name, value := range doc.Context {
		if id, is := value.(string); is && !strings.HasPrefix(name, "@") && !strings.HasPrefix(id, "http") && !strings.HasPrefix(id, "urn:") {
			if prefix, _, ok := strings.Cut(id, ":"); !ok || doc.Context[prefix] == nil {
				t.Errorf("%s: %s has no prefix that is known", name, id)
			}
		}
	}
	// Every member of the schema that says something of data has a term.
	for _, name := range []string{"purpose_type", "pii_type", "basis_type", "law", "recipient_third_parties", "storage_locations", "privacy_rights", "practices", "party_role"} {
		if doc.Context[name] == nil {
			t.Errorf("%s has no term", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range sampleNames() {
		f.Add(sampleData(f, name))
	}
	f.Add([]byte(`{"title": {"en": [[[[[[[[[[]]]]]]]]]]}}`))
	c := texts(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		n, problems := Decode(data)
		if (n == nil) != Faulty(problems) {
			t.Fatalf("a notice: %v, problems %v", n != nil, problems)
		}
		if n == nil {
			for _, p := range problems {
				p.In(c.For("ar"))
			}
			return
		}
		canonical, err := n.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		again, problems := Decode(canonical)
		if again == nil {
			t.Fatalf("the canonical form is refused: %v", problems)
		}
		if d := cmp.Diff(n, again); d != "" {
			t.Fatal(d)
		}
		n.Validate()
		n.CheckShort(c)
		for _, lang := range []string{"ar", "zh"} {
			p := c.For(lang)
			if err := errors.Join(n.Full(p).HTML(io.Discard), n.Full(p).Text(io.Discard), n.Short(p).HTML(io.Discard), n.Short(p).Text(io.Discard)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
