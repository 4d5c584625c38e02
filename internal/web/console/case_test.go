package console_test

import (
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/desk/calendar"
	"candor/internal/house"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
	"candor/internal/store"
	"candor/internal/web/webtest"
)

// TestStory reads a case from top to bottom.
func TestStory(t *testing.T) {
	w := newWorld(t)
	w.agree(t, w.Party.ID)
	f := webtest.Shell(w.PartyAsset, evil+".php")
	f.Rule, f.Description = evil, evil
	f.Strings = []candor.Occurrence{{Name: "$a" + evil, Offset: 12345, Length: 300, Data: []byte(evil + "\x00\xff\u202e")}}
	c := w.File(t, w.PartyAsset, f)
	path := "/cases/" + string(c.ID)
	page := w.get(t, path)
	has(t, page, c.Label(), "1 finding, 1 still there", "at byte 12,345", `\x00\xff\xe2\x80\xae…`, "Likely", "acme.example", "li@acme.example", "Acceptable use", "First look by somebody", "Look at it", "opened the case",
		"candor verify "+c.Label()+"-evidence.zip", path+"/evidence.zip")
	hasNot(t, page, "<script>alert", "<img src=x", "[console.")

	page = w.post(t, path+"/comment", "comment", evil, "audience", "public")
	has(t, page, "the customer can read it", "The customer can read this", "&lt;script&gt;")
	hasNot(t, page, "<script>alert")
	a := w.Post(t, w.As(candor.RoleAnalyst), path+"/comment", form("comment", "  ", "audience", "public"))
	if a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), `aria-invalid="true"`) || !strings.Contains(a.Text(), `value="public" checked`) {
		t.Errorf("an empty comment: %d", a.Status)
	}

	w.post(t, path+"/assign", "assignee", string(w.People[candor.RoleAnalyst].ID))
	has(t, w.get(t, path), "assigned the case to Test analyst", "Test analyst (you)")
	has(t, w.post(t, path+"/assign", "assignee", string(w.People[candor.RoleCustomer].ID)), "That was not done")
	has(t, w.post(t, path+"/recheck"), "will be looked at again", "asked for another look")
}

// TestTasks ticks boxes, with the script and without it.
func TestTasks(t *testing.T) {
	w := newWorld(t)
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	path := "/cases/" + string(c.ID)
	has(t, w.post(t, path+"/task", "task", "Call them"), "Call them", "The task was added")
	tasks, err := w.House.Store.Tasks(t.Context(), c.ID)
	if err != nil || len(tasks) != 2 {
		t.Fatal(tasks, err)
	}
	has(t, w.post(t, path+"/tasks", "task", string(tasks[0].ID), "task", string(tasks[1].ID), "done", string(tasks[1].ID)), "did a task: Call them")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+path+"/tasks", strings.NewReader(form("task", string(tasks[1].ID)).Encode()))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Origin": w.URL, "HX-Request": "true"} {
		r.Header.Set(k, v)
	}
	if a := w.Do(t, w.As(candor.RoleAnalyst), r); a.Status != http.StatusOK || strings.Contains(a.Text(), "<html") || !strings.Contains(a.Text(), "hx-post") {
		t.Errorf("a part: %d %s", a.Status, a.Text())
	}
	if tasks, err = w.House.Store.Tasks(t.Context(), c.ID); err != nil || !tasks[1].Done.IsZero() {
		t.Errorf("the task is done at %v, %v", tasks[1].Done, err)
	}
	other := w.File(t, w.OtherAsset, webtest.Shell(w.OtherAsset, "a.php"))
	w.post(t, "/cases/"+string(other.ID)+"/tasks", "task", string(tasks[0].ID), "done", string(tasks[0].ID))
	if tasks, err = w.House.Store.Tasks(t.Context(), c.ID); err != nil || !tasks[0].Done.IsZero() {
		t.Error("a task was done by way of another case")
	}
}

// TestStates moves a case, and tells who was slower that it had moved.
func TestStates(t *testing.T) {
	w := newWorld(t)
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	path := "/cases/" + string(c.ID)
	version := strconv.FormatInt(c.Version, 10)
	has(t, w.get(t, path+"/state"), "acme can read the state", "1 open finding is dismissed", `name="version" value="`+version+`"`)
	has(t, w.post(t, path+"/state", "version", version, "state", "triaged", "note", "seen"), c.Label()+": Triaged")
	a := w.Post(t, w.As(candor.RoleAnalyst), path+"/state", form("version", version, "state", "closed", "note", "typed before"))
	if a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), "typed before") || !strings.Contains(a.Text(), `role="alert"`) {
		t.Errorf("an old version: %d", a.Status)
	}
	if got := w.theCase(t, c.ID).State; got != candor.CaseTriaged {
		t.Errorf("the case is %s", got)
	}
	if a := w.Post(t, w.As(candor.RoleAnalyst), path+"/state", form("state", "new")); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("back to new: %d", a.Status)
	}
	// The way back that is offered works.
	page := w.post(t, path+"/state", "version", "0", "state", "resolved")
	undo := between(page, `action="`+path+`/state" class="action">`, "</form>")
	has(t, w.post(t, path+"/state", "version", between(undo, `name="version" value="`, `"`), "state", between(undo, `name="state" value="`, `"`)), c.Label()+": Triaged")
	// The same form twice is one step.
	once := form("version", "0", "state", "contained", "once", "k")
	for range 2 {
		if a := w.Post(t, w.As(candor.RoleAnalyst), path+"/state", once); a.Status != http.StatusSeeOther {
			t.Errorf("%d", a.Status)
		}
	}
}

// TestAuthorities starts clocks, ends one, and links a case.
func TestAuthorities(t *testing.T) {
	w := newWorld(t)
	c, other := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php")), w.File(t, w.OtherAsset, webtest.Shell(w.OtherAsset, "b.php"))
	path := "/cases/" + string(c.ID)
	a := w.Post(t, w.As(candor.RoleAnalyst), path+"/aware", form("aware", "2027-01-01T00:00"))
	if a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), "2027-01-01T00:00") {
		t.Errorf("aware in the future: %d", a.Status)
	}
	for _, bad := range []string{"", "rubbish"} {
		if a := w.Post(t, w.As(candor.RoleAnalyst), path+"/aware", form("aware", bad)); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("aware at %q: %d", bad, a.Status)
		}
	}
	has(t, w.post(t, path+"/aware", "aware", w.Clock().Format("2006-01-02T15:04")), "NIS2 early warning", "GDPR breach notification", "Mark a report as submitted")
	has(t, w.get(t, path+"/submitted?rule=nis2-notification"), `value="nis2-notification" selected`)
	has(t, w.post(t, path+"/submitted", "rule", "nis2-notification"), "noted as submitted", "NIS2 final report")
	if a := w.Post(t, w.As(candor.RoleAnalyst), path+"/submitted", form("rule", "acknowledgement")); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a deadline of no report: %d", a.Status)
	}
	has(t, w.post(t, path+"/link", "other", strings.ToLower(other.Label())), "Linked with "+other.Label(), "Linked cases")
	for _, bad := range []string{"C-99", c.Label(), "x"} {
		if a := w.Post(t, w.As(candor.RoleAnalyst), path+"/link", form("other", bad)); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), `value="`+bad+`"`) {
			t.Errorf("link with %s: %d", bad, a.Status)
		}
	}
}

// TestFinding looks at one finding and dismisses it.
func TestFinding(t *testing.T) {
	w := newWorld(t)
	f := webtest.Shell(w.PartyAsset, "a.php")
	c := w.File(t, w.PartyAsset, f)
	g := f
	g.Path = w.OtherAsset.Roots[0] + "/" + evil
	w.File(t, w.OtherAsset, g)
	all, err := w.House.Store.FindingsOfCase(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	path := "/findings/" + string(all[0].ID)
	page := w.get(t, path)
	has(t, page, f.Rule, f.SHA256, "Same content elsewhere", "other.example", "1 place", "judges the content as a whole")
	hasNot(t, page, "<script>alert")
	for query, want := range map[string]int{"": 2, "state=open": 2, "state=gone": 0, "rule=webshell": 2, "rule=x": 0, "content=" + f.SHA256[:8]: 2, "severity=critical": 0,
		"from=2026-03-02&to=2026-03-02": 2, "from=2026-03-03": 0, "to=2026-03-01": 0, "from=2026-03-02&to=2026-03-02&zone=utc": 2, "case=" + string(c.ID): 1, "party=" + string(w.Other.ID): 1} {
		if got := strings.Count(w.get(t, "/findings?"+query), "data-row "); got != want {
			t.Errorf("%s: %d rows, want %d", query, got, want)
		}
	}
	if a := w.Get(t, w.As(candor.RoleAnalyst), "/search?q="+f.SHA256); a.Location() != "/findings?content="+f.SHA256 {
		t.Errorf("a digest leads to %q", a.Location())
	}
	has(t, w.get(t, path+"/dismiss"), "Nothing happens to the file", "This cannot be undone")
	has(t, w.post(t, path+"/dismiss", "dismiss-note", "ours"), "was dismissed", "dismissed as a false alarm")
	hasNot(t, w.get(t, path), "ask-dismiss")
}

// TestResponses proposes, approves, refuses and undoes.
func TestResponses(t *testing.T) {
	w := newWorld(t)
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	path := "/cases/" + string(c.ID)
	has(t, w.get(t, path+"/propose?method=quarantine"), "no agreement in force that allows this")
	a := w.Post(t, w.As(candor.RoleAnalyst), path+"/propose", form("method", "quarantine", "reason", "they asked"))
	if a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), "they asked") || !strings.Contains(a.Text(), "agreed to nothing that allows this") {
		t.Errorf("without a basis: %d", a.Status)
	}
	w.agree(t, w.Party.ID)
	has(t, w.get(t, path+"/propose?method=quarantine"), "would rest on the agreement")
	page := w.post(t, path+"/propose", "method", "quarantine", "reason", evil, "expires", "2026-04-01")
	has(t, page, "Something happens to acme.example.", "It is put back.", "&lt;b&gt;only&lt;/b&gt;", "Acceptable use", "2 Apr 2026")
	hasNot(t, page, "<script>alert", "<b>only")
	href := "/responses/" + between(page, `href="/responses/`, "/")
	has(t, w.get(t, href+"/approve"), "Something happens to acme.example.", "It is put back.", "It rests on: Agreement", "undone by itself")
	has(t, w.post(t, href+"/approve"), "Approved")
	if a := w.Post(t, w.As(candor.RoleAnalyst), href+"/approve", nil); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("approved twice: %d", a.Status)
	}
	id := candor.ID(strings.TrimPrefix(href, "/responses/"))
	for _, step := range []func() error{func() error { return w.House.Runner.Apply(t.Context(), id) }, func() error { return w.House.Runner.Verify(t.Context(), id) }} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	page = w.get(t, href)
	has(t, page, "Verified", "&lt;script&gt;", href+"/undo")
	hasNot(t, page, href+"/approve", href+"/refuse")
	has(t, w.post(t, href+"/undo", "undo-reason", "by mistake"), "It is being undone")
	has(t, w.get(t, path), "asked to undo: Quarantine the files", "by mistake", "Seen to hold")
	if a := w.Get(t, w.As(candor.RoleAnalyst), href+"/undo"); a.Status != http.StatusSeeOther {
		t.Errorf("undo what is being undone: %d", a.Status)
	}
}

// TestBasis proposes without an agreement: on a law, on a consent, and on
// consents that are none.
func TestBasis(t *testing.T) {
	w := newWorld(t)
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	path := "/cases/" + string(c.ID) + "/propose"
	form := func(more ...string) url.Values {
		f := url.Values{"method": {"quarantine"}}
		for i := 0; i < len(more); i += 2 {
			f.Set(more[i], more[i+1])
		}
		return f
	}
	for name, bad := range map[string]url.Values{"nothing": form(), "a law without a name": form("basis", "law"), "a consent without a day": form("basis", "consent", "terms", "by telephone"),
		"a consent of tomorrow": form("basis", "consent", "terms", "by telephone", "given", "2026-03-04"), "a day that is none": form("basis", "consent", "terms", "x", "given", "soon")} {
		if a := w.Post(t, w.As(candor.RoleAnalyst), path, bad); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusForbidden {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	has(t, w.post(t, path, "method", "quarantine", "basis", "law", "terms", "Digital Services Act", "clause", "Article 9"), "Digital Services Act")
	has(t, w.post(t, path, "method", "notify", "basis", "consent", "terms", "agreed by telephone", "given", "2026-03-01"), "agreed by telephone")
}

// TestApproveSome approves several at once; one fails later, and is tried again.
func TestApproveSome(t *testing.T) {
	w := newWorld(t)
	w.agree(t, w.Party.ID)
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	var ids []string
	for _, method := range []string{"notify", "quarantine"} {
		x, err := w.House.ProposeFor(t.Context(), w.Who(candor.RoleAnalyst), house.Proposal{Case: c.ID, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, string(x.ID))
	}
	both := []string{"id", ids[0], "id", ids[1]}
	has(t, w.get(t, "/responses?state=proposed"), ids[0], ids[1])
	has(t, w.get(t, "/responses?method=notify"), ids[0])
	hasNot(t, w.get(t, "/responses?method=notify"), ids[1])
	has(t, w.post(t, "/responses/bulk", append(both, "do", "approve")...), "Approve 2 responses?", "Something happens to acme.example.")
	if _, err := w.House.Refuse(t.Context(), w.Who(candor.RoleAdmin), candor.ID(ids[0]), "no"); err != nil {
		t.Fatal(err)
	}
	has(t, w.post(t, "/responses/bulk", append(both, "do", "approve-all")...), "1 response was approved", "1 was left as it was")
	w.quarantine.err = respond.Permanent(candor.ErrInvalid)
	if err := w.House.Runner.Apply(t.Context(), candor.ID(ids[1])); err != nil {
		t.Fatal(err)
	}
	has(t, w.get(t, "/responses/"+ids[1]), "It did not work", "Try again")
	has(t, w.get(t, "/today"), "Responses that failed")
	has(t, w.post(t, "/responses/"+ids[1]+"/approve"), "Approved")
}

func TestSearch(t *testing.T) {
	w := newWorld(t)
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	for _, word := range []string{c.Label(), strings.ToLower(c.Label()), "C1"} {
		if a := w.Get(t, w.As(candor.RoleAnalyst), "/search?q="+word); a.Location() != "/cases/"+string(c.ID) {
			t.Errorf("%s leads to %q", word, a.Location())
		}
	}
	has(t, w.get(t, "/search?q=acme"), "/cases/"+string(c.ID), "/assets/"+string(w.PartyAsset.ID), "/parties/"+string(w.Party.ID))
	has(t, w.get(t, "/search"), "What are you looking for?")
	page := w.get(t, "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
	has(t, page, "Nothing holds")
	hasNot(t, page, "<script>alert")
	digest := webtest.Shell(w.PartyAsset, "a.php").SHA256
	if a := w.Get(t, w.As(candor.RoleAnalyst), "/search?q="+strings.ToUpper(digest)); !strings.HasPrefix(a.Location(), "/findings/") {
		t.Errorf("a digest leads to %q", a.Location())
	}
}

// TestChinese looks for texts that are missing.
func TestChinese(t *testing.T) {
	w := newWorld(t)
	w.agree(t, w.Party.ID)
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	if _, err := w.House.ProposeFor(t.Context(), w.Who(candor.RoleAnalyst), house.Proposal{Case: c.ID, Method: "notify"}); err != nil {
		t.Fatal(err)
	}
	path := "/cases/" + string(c.ID)
	for _, p := range []string{"/today", "/cases", path, path + "/state", path + "/propose?method=quarantine", path + "/aware", path + "/link", "/findings", "/responses", "/search?q=acme"} {
		page := w.get(t, p+map[bool]string{true: "&", false: "?"}[strings.Contains(p, "?")]+"language=zh")
		has(t, page, `lang="zh-Hans"`)
		hasNot(t, page, "[console.")
	}
	titled := c
	titled.Title = "Phishing page: acme"
	if err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.ChangeCase(t.Context(), &titled) }); err != nil {
		t.Fatal(err)
	}
	want := w.Site.Phrases.For("zh").T("playbook.phishing.title") + ": acme"
	for _, p := range []string{"/cases", path} {
		has(t, w.get(t, p+"?language=zh"), want)
		has(t, w.get(t, p+"?language=en"), titled.Title)
	}
	if n, keys := w.Site.Phrases.Missing(); n != 0 {
		t.Errorf("missing texts: %q", keys)
	}
}

// TestWords looks for texts whose keys are made of data.
func TestWords(t *testing.T) {
	w := newWorld(t)
	var keys []string
	add := func(prefix string, words ...string) {
		for _, word := range words {
			keys = append(keys, prefix+word)
		}
	}
	for _, s := range candor.CaseStates() {
		add("console.state.hint.", string(s))
	}
	for _, r := range calendar.Rules() {
		if !strings.HasPrefix(r.Name, "customer-") {
			add("console.rule.", r.Name)
		}
	}
	add("console.event.", "comment", "question", "answer", "contest", "fixed", "rescan", "linked")
	for _, s := range []candor.DeadlineState{candor.DeadlineRunning, candor.DeadlineMet, candor.DeadlineMissed, candor.DeadlineCancelled} {
		add("console.event.deadline.", string(s))
	}
	for _, s := range []candor.ResponseState{candor.ResponseProposed, candor.ResponseApproved, candor.ResponseApplied, candor.ResponseVerified, candor.ResponseFailed, candor.ResponseRefused,
		candor.ResponseUndoing, candor.ResponseUndone} {
		add("console.event.response.", string(s))
	}
	add("console.event.response.", "expired", "other", "not")
	for _, g := range candor.Gaps() {
		add("console.gap.", string(g))
	}
	add("console.event.gone.", "gone", "quarantined", "dismissed")
	for _, k := range []candor.RecordKind{candor.RecordFinding, candor.RecordGone, candor.RecordDecision, candor.RecordResponse, candor.RecordConsent, candor.RecordDeadline, candor.RecordGeneration,
		candor.RecordAccess, candor.RecordErasure, candor.RecordPolicy, candor.RecordNotice} {
		add("console.record.", string(k))
	}
	for _, s := range []candor.MessageState{candor.MessageQueued, candor.MessageSending, candor.MessageSent, candor.MessageBounced, candor.MessageFailed} {
		add("console.mail.state.", string(s))
	}
	for _, s := range []quarantine.PlaceState{quarantine.Waiting, quarantine.Kept, quarantine.Moved, quarantine.Gone, quarantine.Restored, quarantine.Failed} {
		add("console.file.", string(s))
		add("console.file.count.", string(s))
	}
	add("console.scan.ended.", string(candor.ScanComplete), string(candor.ScanPartial), string(candor.ScanFailed))
	add("quarantine.plan.", "moved", "stubs", "undo", "linked", "guarded", "missing", "unfit")
	for _, key := range keys {
		if !w.Site.Phrases.ForConsole("zh").Has(key) {
			t.Errorf("there is no text %q", key)
		}
	}
}

// TestAskedCase reads a complaint about terms, and answers it.
func TestAskedCase(t *testing.T) {
	w := newWorld(t)
	w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	q, err := w.House.AskAboutTerms(t.Context(), w.Who(candor.RoleCustomer), consent.Question{Kind: consent.Complains, Document: "hosting-terms", Clause: "fees", Text: "Why " + evil})
	if err != nil {
		t.Fatal(err)
	}
	path := "/cases/" + string(q.ID)
	list := w.get(t, "/cases?incident=no&open=yes")
	has(t, list, "Complaint about terms: hosting-terms", path)
	hasNot(t, list, "a.php", "Web shell")
	hasNot(t, w.get(t, "/cases?incident=yes"), path)
	has(t, w.get(t, "/cases?q=complaint"), path)
	has(t, w.get(t, "/today"), path)
	page := w.get(t, path)
	has(t, page, "hosting-terms", "fees", "asked a question", "Answer to what is asked about terms", `name="reply"`, html.EscapeString("Why "+evil))
	hasNot(t, page, evil, "/recheck", "/aware", "/propose", "/share", "/pack", "/samples", "What was found")
	a := w.Post(t, w.As(candor.RoleAnalyst), path+"/reply", form("reply", " "))
	if a.Status != http.StatusUnprocessableEntity {
		t.Errorf("an empty answer: %d", a.Status)
	}
	has(t, w.post(t, path+"/comment", "comment", "Ask the lawyer.", "audience", "staff"), "Ask the lawyer.")
	page = w.post(t, path+"/reply", "reply", "Because the law demands it.")
	has(t, page, "The answer was given, and the case is closed", "Because the law demands it.")
	hasNot(t, page, `name="reply"`)
	hasNot(t, w.get(t, "/cases?incident=no&open=yes"), path)
	w.At(w.Clock().Add(time.Hour))
	if err := w.House.Ask(t.Context(), w.Who(candor.RoleCustomer), q.ID, "Which law?"); err != nil {
		t.Fatal(err)
	}
	has(t, w.get(t, path), "Which law?", `name="reply"`)
	chinese := w.get(t, path+"?language=zh")
	has(t, chinese, "关于条款的投诉")
}
