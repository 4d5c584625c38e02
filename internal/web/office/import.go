package office

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// mostImport is how much is taken at a time, in bytes. A form may be smaller by
// the bound that is set for all requests.
const mostImport = 16 << 20

// addImport adds the pages of the import.
func (o *office) addImport() {
	s := o.site
	s.Page("GET /import", manageParties, func(r *web.Request) (web.View, error) {
		return importView(r, importForm{form: given("format", "csv")}), nil
	})
	s.Action("POST /import", manageParties, o.rehearseImport)
	s.Action("POST /import/confirm", manageParties, o.confirmImport)
	s.Page("GET /import/sample.csv", manageParties, func(*web.Request) (web.View, error) { return text("candor-sample.csv", []byte(sampleCSV)), nil })
	s.Page("GET /import/sample.json", manageParties, func(*web.Request) (web.View, error) { return text("candor-sample.json", []byte(sampleJSON)), nil })
}

// The samples show every column once, and can be imported as they are if the
// folders may be scanned.
const (
	sampleCSV = `type,kind,reference,name,language,time_zone,contacts,owner_kind,owner,roots,hosts,software,observe_only,every
party,customer,K-1001,Example Shop Ltd,en,Europe/London,abuse:abuse@shop.example;technical:admin@shop.example,,,,,,,
party,subscriber,L-2001,Li Wei,zh,Asia/Shanghai,li.wei@example.cn;+86 10 5555 0100,,,,,,,
asset,site,S-1,shop.example,,,,customer,K-1001,/srv/www/shop/public,shop.example;www.shop.example,wordpress,false,24h
asset,line,L-2001-1,Line of Li Wei,,,,subscriber,L-2001,,,,true,
`
	sampleJSON = `{"type":"party","kind":"customer","reference":"K-1001","name":"Example Shop Ltd","language":"en","time_zone":"Europe/London","contacts":["abuse:abuse@shop.example","technical:admin@shop.example"]}
{"type":"party","kind":"subscriber","reference":"L-2001","name":"Li Wei","language":"zh","time_zone":"Asia/Shanghai","contacts":["li.wei@example.cn","+86 10 5555 0100"]}
{"type":"asset","kind":"site","reference":"S-1","name":"shop.example","owner_kind":"customer","owner":"K-1001","roots":["/srv/www/shop/public"],"hosts":["shop.example","www.shop.example"],"software":"wordpress","every":"24h"}
{"type":"asset","kind":"line","reference":"L-2001-1","name":"Line of Li Wei","owner_kind":"subscriber","owner":"L-2001","observe_only":true}
`
)

// columns are the fields of a row, in order, as the page documents them.
var columns = []string{"type", "kind", "reference", "name", "language", "time_zone", "contacts", "owner_kind", "owner", "roots", "hosts", "software", "observe_only", "every", "vital"}

func importFrame(r *web.Request, title string) ui.Page {
	return ui.Page{Title: title, Active: "parties", Lead: r.T("office.import.lead"), Crumbs: []ui.Link{{Text: r.T("office.parties"), Href: "/parties"}}}
}

func importView(r *web.Request, f importForm) web.View {
	f.columns = columnTable(r)
	v := web.View{Page: importFrame(r, r.T("office.import")), Body: importPage(f)}
	if f.bad() || len(f.done.Errors) > 0 {
		v = v.Again()
	}
	return v
}

func columnTable(r *web.Request) ui.Table {
	t := ui.Table{ID: "columns", Caption: r.T("office.import.columns"), Columns: []ui.Column{column("name", r.T("office.import.column")), wide(column("text", r.T("office.import.meaning")))}}
	for _, c := range columns {
		t.Rows = append(t.Rows, ui.Row{Key: c, Cells: cells(ui.Mono(c), ui.Text(r.Printer.T("office.import.column."+c)))})
	}
	return t
}

// rehearseImport says what an import would do. Only what went well can be
// confirmed: the page carries it along.
func (o *office) rehearseImport(r *web.Request) (web.View, error) {
	f := importForm{form: typed(r, "format")}
	data, err := r.File("file", mostImport)
	if err != nil {
		return web.View{}, err
	}
	if len(data) == 0 {
		data = []byte(r.PostForm.Get("text"))
	}
	f.text = strings.ToValidUTF8(string(data), "\uFFFD")
	if format := guess(data); f.values["format"] == "" {
		f.values["format"] = format
	}
	if len(bytes.TrimSpace(data)) == 0 {
		f.refuse("text", r.T("office.import.empty"))
		return importView(r, f), nil
	}
	if f.done, err = o.house.Import(r.Context(), r.Who, f.values["format"], bytes.NewReader(data), true); err != nil {
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
	}
	if len(f.done.Errors) > 0 || f.bad() {
		return importView(r, f), nil
	}
	packed, err := pack(data)
	return web.View{Page: importFrame(r, r.T("office.import.rehearsed")), Body: importConfirm(f.done, f.values["format"], packed)}, err
}

// guess tells JSON from CSV by how it begins.
func guess(data []byte) string {
	if data = bytes.TrimSpace(data); len(data) > 0 && data[0] == '{' {
		return "json"
	}
	return "csv"
}

func (o *office) confirmImport(r *web.Request) (web.View, error) {
	data, err := unpack(r.PostForm.Get("data"))
	if err != nil {
		return web.View{}, err
	}
	done, err := o.house.Import(r.Context(), r.Who, r.Line("format"), bytes.NewReader(data), false)
	if err != nil {
		return web.View{}, err
	}
	if len(done.Errors) > 0 { // somebody has changed something since the rehearsal
		f := importForm{form: given("format", r.Line("format")), text: string(data), done: done}
		return importView(r, f), nil
	}
	return web.See("/parties").SayAll(ui.Message{Tone: ui.Good, Title: r.T("office.import.done"), Text: importWords(r.Printer, done)}), nil
}

// pack makes what was rehearsed fit into a field of a form.
func pack(data []byte) (string, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		return "", err
	}
	err := z.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes()), err
}

// unpack reads what pack wrote, bounded.
func unpack(packed string) ([]byte, error) {
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(packed)))
	if err != nil {
		return nil, damaged(err)
	}
	data, err := io.ReadAll(io.LimitReader(z, mostImport+1))
	if err == nil && len(data) > mostImport {
		err = errors.New("it is too large")
	}
	if err != nil {
		return nil, damaged(err)
	}
	return data, nil
}

func damaged(err error) error {
	return candor.WithHint(fmt.Errorf("what was rehearsed came back damaged: %w: %w", candor.ErrInvalid, err), "Begin again on the page of the import.")
}

// importForm is the form with what came of a rehearsal.
type importForm struct {
	form
	text    string
	done    house.Imported
	columns ui.Table
}

// rowWords is what is wrong with a row without the name of the error's kind.
func rowWords(e string) string {
	for _, kind := range []error{candor.ErrInvalid, candor.ErrNotFound} {
		e = strings.Replace(e+" ", ": "+kind.Error()+" ", ". ", 1)
	}
	return strings.TrimSpace(e)
}

func typedText(f importForm, label, hint string) ui.Input {
	in := f.input("text", label, hint)
	in.Value = f.text
	return in
}

// importWords says what an import did, or would do.
func importWords(p phrase.Printer, done house.Imported) string {
	return p.T("office.import.words", phrase.Args{"added": done.Added, "changed": done.Changed, "same": done.Same})
}
