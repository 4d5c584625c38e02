package office

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/directory"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// entryForm is the form of an entry.
type entryForm struct {
	form
	action, cancel          string
	kinds, takes, archives  []ui.Option
	chosen, taken           []string
	verbs, bodies, contents []ui.Option // of an API
	presets                 []ui.Link   // organisations whose API the program knows how to fill in
	described               bool        // it says how an API takes samples
}

var entryFields = []string{"name", "archive", "password", "most", "languages", "hours", "source", "looked", "edition"}

// mebi is the unit in which people give limits of mails.
const mebi = 1 << 20

func (o *office) newEntry(r *web.Request) (web.View, error) {
	e, err := preset(r)
	if err != nil {
		return web.View{}, err
	}
	return entryFormView(r, entryForm{form: entryGiven(e), action: "/directory/new", cancel: "/directory", chosen: plainWords(e.Kinds), taken: plainWords(e.Takes)}, directory.Entry{})
}

// preset is the entry that comes with the program whose name the address gives;
// an empty one if it gives none.
func preset(r *web.Request) (directory.Entry, error) {
	all, err := directory.Starter()
	i := slices.IndexFunc(all, func(e directory.Entry) bool { return e.Name == r.Query("like") && e.Interface != nil })
	if err != nil || i < 0 {
		return directory.Entry{}, err
	}
	return all[i], nil
}

func (o *office) editEntry(r *web.Request) (web.View, error) {
	v, err := o.entryOf(r)
	if err != nil {
		return web.View{}, err
	}
	e := v.Entry
	like, err := preset(r)
	if err != nil {
		return web.View{}, err
	}
	if like.Interface != nil {
		e.Interface = like.Interface
	}
	f := entryGiven(e)
	return entryFormView(r, entryForm{form: f, action: entryPath(e.ID) + "/edit", cancel: entryPath(e.ID), chosen: plainWords(e.Kinds), taken: plainWords(e.Takes)}, e)
}

// entryGiven is the form of an entry as it is kept.
func entryGiven(e directory.Entry) form {
	channels := make([]string, len(e.Channels))
	for i, c := range e.Channels {
		channels[i] = string(c.Way) + " " + c.Address
	}
	most := ""
	if e.MostBytes > 0 {
		most = strconv.FormatFloat(float64(e.MostBytes)/mebi, 'f', -1, 64)
	}
	f := given("name", e.Name, "channels", strings.Join(channels, "\n"), "key", e.Key, "archive", string(e.Archive), "password", e.Password, "most", most, "languages", strings.Join(e.Languages, " "),
		"hours", e.Hours, "classes", joinedWords(e.Classes), "source", e.Source, "looked", e.Looked, "note", e.Note, "edition", strconv.FormatInt(e.Edition, 10))
	giveInterface(f.values, e.Interface)
	return f
}

func plainWords[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = string(w)
	}
	return out
}

func joinedWords[T ~string](all []T) string { return strings.Join(plainWords(all), "\n") }

func entryFormView(r *web.Request, f entryForm, e directory.Entry) (web.View, error) {
	f.kinds, f.takes = web.Options(r, "office.directory.kind.", directory.Kinds()), web.Options(r, "office.directory.goods.", directory.AllGoods())
	f.archives = []ui.Option{{Label: r.T("office.directory.archive.none")}, {Value: "zip", Label: r.T("office.directory.archive.zip")}, {Value: "zip-aes", Label: r.T("office.directory.archive.zip-aes")}}
	if err := offerInterfaces(r, &f, e); err != nil {
		return web.View{}, err
	}
	p := ui.Page{Title: r.T("office.directory.new"), Active: "directory", Crumbs: []ui.Link{{Text: r.T("office.directory"), Href: "/directory"}}}
	if e.ID != "" {
		p.Title = r.T("office.edit", phrase.Args{"name": e.Name})
		p.Crumbs = append(p.Crumbs, ui.Link{Text: e.Name, Href: entryPath(e.ID)})
	}
	v := web.View{Page: p, Body: entryFormPage(f)}
	if f.bad() {
		v = v.Again()
	}
	return v, nil
}

func (o *office) addEntry(r *web.Request) (web.View, error) {
	return o.saveEntry(r, directory.Entry{}, "/directory/new", "/directory")
}

func (o *office) changeEntry(r *web.Request) (web.View, error) {
	v, err := o.entryOf(r)
	if err != nil {
		return web.View{}, err
	}
	return o.saveEntry(r, v.Entry, entryPath(v.Entry.ID)+"/edit", entryPath(v.Entry.ID))
}

func (o *office) saveEntry(r *web.Request, old directory.Entry, action, cancel string) (web.View, error) {
	f := entryForm{form: typed(r, slices.Concat(entryFields, interfaceFields)...), action: action, cancel: cancel, chosen: r.Lines("kinds"), taken: r.Lines("takes")}
	for _, name := range slices.Concat([]string{"channels", "classes", "note"}, interfaceTexts) {
		f.values[name] = r.Text(name)
	}
	f.values["key"] = r.LongText("key", directory.MostKey)
	e := f.read(r)
	e.ID = old.ID
	if !f.bad() {
		saved, err := o.house.SaveEntry(r.Context(), r.Who, e)
		if err == nil {
			return web.See(entryPath(saved.ID)).Say(ui.Good, r.T("ui.saved")), nil
		}
		if errors.Is(err, candor.ErrChanged) {
			f.failed = r.T("office.directory.changed")
		} else if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
	}
	return entryFormView(r, f, old)
}

// read takes the fields into an entry, and says what is wrong with them. What
// only the whole can tell is the house's to say.
func (f *entryForm) read(r *web.Request) directory.Entry {
	f.name(r)
	v := f.values
	e := directory.Entry{Name: v["name"], Archive: directory.Archive(v["archive"]), Password: v["password"], Languages: strings.Fields(v["languages"]), Hours: v["hours"],
		Source: v["source"], Looked: v["looked"], Note: v["note"], Key: v["key"]}
	for _, k := range f.chosen {
		e.Kinds = append(e.Kinds, directory.Kind(k))
	}
	for _, k := range f.taken {
		e.Takes = append(e.Takes, directory.Goods(k))
	}
	for _, l := range lines(v["channels"]) {
		way, address, _ := strings.Cut(l, " ")
		e.Channels = append(e.Channels, directory.Channel{Way: directory.Way(way), Address: strings.TrimSpace(address)})
	}
	for _, l := range lines(v["classes"]) {
		c, ok := candor.ParseClass(l)
		if !ok {
			f.refuse("classes", r.T("office.directory.class.bad", phrase.Args{"class": l}))
		}
		e.Classes = append(e.Classes, c)
	}
	if v["most"] != "" {
		n, err := strconv.ParseFloat(strings.Replace(v["most"], ",", ".", 1), 64)
		if err != nil || n <= 0 || n > 1e6 {
			f.refuse("most", r.T("office.directory.most.bad"))
		}
		e.MostBytes = int64(n * mebi)
	}
	e.Interface = f.readInterface(r)
	e.Edition, _ = strconv.ParseInt(v["edition"], 10, 64) // none is not looked at
	return e
}

func (o *office) askVerify(r *web.Request) (web.View, error) {
	v, err := o.entryOf(r)
	if err != nil {
		return web.View{}, err
	}
	path := entryPath(v.Entry.ID)
	q := ui.Confirmation{ID: "verify", Title: r.T("office.directory.verify.title", phrase.Args{"name": v.Entry.Name}), What: []string{r.T("office.directory.verify.what")}, URL: path + "/verify", Page: path + "/verify",
		Back: path, Fields: r.Fields(), Submit: r.T("office.directory.verify"), Form: ui.TextArea(must(ui.Input{Name: "how", Label: r.T("office.directory.how"), Hint: r.T("office.directory.how.hint")}), 2)}
	return web.Confirm(entryFrame(r, v.Entry), q), nil
}

func entryFrame(r *web.Request, e directory.Entry) ui.Page {
	return ui.Page{Title: e.Name, Active: "directory", Crumbs: []ui.Link{{Text: r.T("office.directory"), Href: "/directory"}, {Text: e.Name, Href: entryPath(e.ID)}}}
}

func (o *office) verifyEntry(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	_, err = o.house.VerifyEntry(r.Context(), r.Who, id, r.Text("how"))
	return saidOf(r, id, r.T("office.directory.verify.done"), err)
}

// saidOf leads back to an entry with what was done, or why it was not.
func saidOf(r *web.Request, id candor.ID, text string, err error) (web.View, error) {
	if errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrUnavailable) || errors.Is(err, candor.ErrChanged) {
		return web.See(entryPath(id)).SayAll(refused(r, err)), nil
	}
	return web.See(entryPath(id)).Say(ui.Good, text), err
}

func (o *office) askRetireEntry(r *web.Request) (web.View, error) {
	v, err := o.entryOf(r)
	if err != nil {
		return web.View{}, err
	}
	path := entryPath(v.Entry.ID)
	q := ui.Confirmation{ID: "retire", Title: r.T("office.directory.retire.title", phrase.Args{"name": v.Entry.Name}), What: []string{r.T("office.directory.retire.what")}, Undo: r.T("office.directory.retire.undo"),
		URL: path + "/retire", Page: path + "/retire", Back: path, Fields: r.Fields("retired", "yes"), Submit: r.T("office.directory.retire")}
	if v.State == directory.Retired {
		q.Title, q.What, q.Undo = r.T("office.directory.restore.title", phrase.Args{"name": v.Entry.Name}), []string{r.T("office.directory.restore.what")}, r.T("office.directory.restore.undo")
		q.Submit, q.Fields = r.T("office.directory.restore"), r.Fields()
	}
	return web.Confirm(entryFrame(r, v.Entry), q), nil
}

func (o *office) retireEntry(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	_, err = o.house.RetireEntry(r.Context(), r.Who, id, r.Yes("retired"))
	return saidOf(r, id, r.T("ui.saved"), err)
}

func (o *office) probeEntry(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	_, err = o.house.ProbeEntry(r.Context(), r.Who, id)
	return saidOf(r, id, r.T("office.directory.probed"), err)
}
