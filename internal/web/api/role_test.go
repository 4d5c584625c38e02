package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/consent/campaign"
	"candor/internal/directory"
	"candor/internal/drill"
	"candor/internal/flow/archive/archivetest"
	"candor/internal/house"
	"candor/internal/intake/format/xarf"
	"candor/internal/intake/forward"
	"candor/internal/intake/freetext"
	"candor/internal/intake/holder"
	"candor/internal/intel"
	"candor/internal/intel/bulletin"
	"candor/internal/intel/group"
	"candor/internal/phrase"
	"candor/internal/respond/submit"
	"candor/internal/store"
	"candor/internal/store/storetest"
	"candor/internal/web/api"
)

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

type object = map[string]any

// fill makes a request for an operation about what belongs to a customer.
func (w *world) fill(op api.Operation, e estate) (path string, body any, headers []string) {
	id := map[string]string{
		"dismiss-finding": string(e.finding.ID), "get-finding": string(e.finding.ID), "change-task": string(e.task.ID), "get-scan": string(e.scan.ID),
		"enrol-agent": string(e.server.ID), "revoke-agent": string(e.agent.ID), "get-response": string(e.responses[2].ID), "approve-response": string(e.responses[0].ID), "refuse-response": string(e.responses[1].ID), "undo-response": string(e.responses[2].ID), "keep-response": string(e.responses[2].ID), "rest-response": string(e.responses[2].ID),
		"use-generation": sum("none"), "get-terms": string(w.terms.ID), "end-terms": string(w.terms.ID), "replace-terms": string(candor.NewID(w.now)), "delete-terms": string(candor.NewID(w.now)), "publish-terms": string(candor.NewID(w.now)), "get-receipt": string(e.said), "get-consent-scan": string(e.said), "answer-question": string(candor.NewID(w.now)), "get-campaign": string(w.campaign.ID), "list-asked": string(w.campaign.ID), "start-campaign": string(candor.NewID(w.now)), "stop-campaign": string(candor.NewID(w.now)), "delete-webhook": string(e.hook), "list-deliveries": string(e.hook), "get-record": string(candor.NewID(w.now)),
		"get-exposure": "CVE-2026-1207", "warn-exposed": "CVE-2026-1207", "get-report": string(w.report), "get-report-message": string(w.report), "get-report-sender": string(w.report), "get-profile": string(w.report), "forget-profile": string(w.report), "decide-report": string(candor.NewID(w.now)), "dismiss-report": string(candor.NewID(w.now)), "find-holders": string(w.report), "pass-on-forward": string(candor.NewID(w.now)), "refuse-forward": string(candor.NewID(w.now)), "withdraw-reporter-consent": string(candor.NewID(w.now)),
		"invite-again": string(w.people["auditor"].who.User), "change-user": string(w.people["subscriber"].who.User), "revoke-token": string(candor.NewID(w.now)), "delete-view": string(candor.NewID(w.now)),
	}[op.ID]
	if id == "" {
		switch {
		case strings.HasPrefix(op.Path, "/api/v1/cases/"):
			id = string(e.cases[0].ID)
			if op.ID == "propose-response" {
				id = string(e.cases[1].ID)
			}
		case strings.HasPrefix(op.Path, "/api/v1/directory/"):
			id = string(w.lab().ID)
		case strings.HasPrefix(op.Path, "/api/v1/groups/"):
			id = string(w.sharing().ID)
		case strings.HasPrefix(op.Path, "/api/v1/bulletins/"):
			id = string(w.told(op).ID)
		case slices.Contains([]string{"add-vendor-answer", "look-for-samples", "hand-in-samples", "ask-for-verdict"}, op.ID):
			id = string(e.responses[2].ID)
		case strings.HasPrefix(op.Path, "/api/v1/tickets/"):
			id = string(e.ticket.ID)
		case strings.HasPrefix(op.Path, "/api/v1/notices/"):
			id = string(e.notice.ID)
		case strings.HasPrefix(op.Path, "/api/v1/parties/"):
			id = string(e.party.ID)
		default:
			id = string(e.assets[0].ID)
		}
	}
	path = strings.NewReplacer("{id}", id, "{agreement}", string(e.spare.ID), "{index}", "0", "{waiver}", string(e.waiver.ID), "{number}", "1", "{sha256}", e.finding.SHA256, "{hash}", sum("none"), "{product}", "toolbar", "{name}", "kev").Replace(op.Path)
	path += map[string]string{"search": "?q=" + e.party.Name, "get-admission": "?host=nobody.example", "list-views": "?page=cases", "get-consistency": "?from=0&to=1", "get-basis": "?party=" + string(e.party.ID) + "&action=quarantine", "import": "?rehearse=true", "offer-share": "?group=" + string(w.sharing().ID)}[op.ID]
	return path, w.body(op, e), map[string][]string{"import": {"Content-Type", "text/csv"}, "import-directory": {"Content-Type", "application/yaml"}, "take-bounce": {"Content-Type", "message/rfc822"}, "take-report": {"Content-Type", "message/rfc822"}}[op.ID]
}

func (w *world) body(op api.Operation, e estate) any {
	n := must2(w.house.Store.Notice(w.t.Context(), candor.Everything, e.notice.ID))(w.t)
	text := object{"text": "Which file is it?"}
	party := object{"kind": "customer", "name": e.party.Name, "reference": e.party.Reference, "note": staffNote}
	asset := object{"kind": "site", "owner": e.party.ID, "name": "another.example", "every": "24h"}
	body, ok := map[string]any{
		"change-case": object{"state": "triaged", "note": "seen"}, "warn-exposed": object{"all": true}, "comment-case": text, "add-task": text, "change-task": object{"done": true},
		"link-case": object{"case": e.cases[2].ID}, "note-awareness": object{}, "note-submission": object{"rule": "nis2-early-warning"},
		"recheck-case": nil, "say-fixed": object{}, "ask-question": text, "contest-case": text, "dismiss-finding": object{},
		"propose-response": object{"method": "quarantine", "reason": staffNote}, "approve-response": nil, "refuse-response": object{}, "undo-response": object{"reason": "by mistake"}, "keep-response": object{"reason": "it is a shell"}, "rest-response": object{"basis": object{"kind": "law", "terms": "NIS2"}, "reason": "harm"},
		"create-party": object{"kind": "customer", "name": "new"}, "replace-party": party, "replace-asset": object{"kind": "site", "owner": e.party.ID, "name": "renamed.example", "every": "24h", "roots": e.assets[0].Roots},
		"add-agreement": object{"terms": "hosting", "version": "4", "allows": []string{"quarantine"}, "accepted": w.now.Add(-time.Minute)},
		"import":        "type,kind,reference,name\nparty,customer,K-9,Nine\n", "take-bounce": "From: a@example.org\n\nback", "take-report": "From: a@example.org\n\n192.0.2.1 attacks",
		"decide-report": object{"version": 1, "decisions": []any{object{"state": "foreign", "kind": "address", "value": "192.0.2.1"}}}, "dismiss-report": object{"version": 1},
		"pass-on-forward": object{"ground": "asked", "version": 1}, "refuse-forward": object{"version": 1}, "add-reporter-consent": object{"reporter": "@cert.example", "ground": "agreement 7"},
		"create-asset": asset, "set-policy": object{"rules": []any{}}, "rehearse-policy": object{"rules": []any{object{"severity": "high", "confidence": 1, "method": "quarantine"}}},
		"save-view": object{"page": "cases", "name": "mine", "query": "open=true"}, "invite": object{"name": "Eve", "mail": "eve@desk.example", "role": "analyst"},
		"add-software": object{"id": "p" + string(candor.NewID(w.now)), "name": "Toolbar", "publisher": "Example", "asset": w.product.ID}, "declare-build": object{"declaration": w.declaration()},
		"take-statement": object{"statement": w.statement}, "ask-standing": object{"question": w.question},
		"add-terms": object{"text": w.termsText("9")}, "replace-terms": object{"text": w.termsText("8")}, "end-terms": object{"at": w.now.Add(time.Hour)},
		"ask-gate": nil, "take-back-gate": nil, "decide-gate": nil, "waive-check": object{"check": "notice", "reason": staffNote, "until": w.now.Add(time.Hour)},
		"set-gate-policy": object{"grace": "24h", "stale": "48h", "longest_waiver": "240h", "not_required": []any{object{"check": "updates", "reason": staffNote}}},
		"give-consent":    object{"terms": w.terms.ID, "act": "agreed", "language": "en", "how": "paper"}, "ask-about-terms": object{"kind": "complaint", "text": "Why?"}, "answer-question": object{"answer": "Because."},
		"create-notice":  object{"party": e.party.ID, "name": "another", "document": object{}},
		"replace-notice": object{"name": e.party.Name, "sites": []candor.ID{e.assets[0].ID}, "edition": n.Edition, "document": w.document(fmt.Sprint(n.Edition))},
		"publish-notice": object{"edition": n.Edition, "pin": true}, "pin-notice": object{"site": e.assets[0].ID, "number": 1},
		"add-campaign": object{"terms": w.asks.ID, "silence": "keep", "policy": object{"en": "It stays."}, "reminders": []int{7}, "deadline": w.now.Add(30 * 24 * time.Hour)}, "stop-campaign": object{"reason": "a mistake"},
		"add-directory-entry": labOf("new" + string(candor.NewID(w.now))), "replace-directory-entry": labOf("Lab"), "verify-directory-entry": object{"how": "called"}, "retire-directory-entry": object{"retired": false},
		"import-directory": "schema: candor-directory-1\n", "send-samples": object{"entry": w.lab().ID}, "add-vendor-answer": object{"verdict": "clean"}, "set-directory-key": object{"secret": ""}, "hand-in-samples": object{},
		"add-bulletin": w.bulletinOf("new" + string(candor.NewID(w.now))), "replace-bulletin": w.bulletinOf("Practice of " + op.ID), "publish-bulletin": object{"edition": w.toldEdition(op)}, "withdraw-bulletin": object{"reason": "a mistake"},
		"add-group": groupOf("new" + string(candor.NewID(w.now))), "replace-group": groupOf("ISAC"), "retire-group": object{"retired": false}, "share-case": object{"group": w.sharing().ID},
		"open-ticket": object{"kind": "question", "subject": "Why?", "text": "Why?", "way": "phone"}, "say-in-ticket": text, "answer-ticket": object{"text": "So.", "state": "solved"}, "note-in-ticket": object{"text": staffNote}, "move-ticket": object{"state": "closed"},
		"ask-hash":            object{"hash": sum("none")[:32]},
		"decide-content":      object{"decision": "dismiss", "reason": staffNote},
		"make-reporter-token": object{"reporter": "abuse@cert.example", "name": "feed"},
		"change-user":         object{"language": "fr"}, "make-token": object{"name": "ci", "scopes": []string{"read"}}, "add-webhook": object{"url": "https://in.example/x", "kinds": []string{"case.opened"}},
		"file-findings": object{"sensor": "edge-waf", "findings": []any{object{"path": "/x", "rule": "r", "class": "fraud/phishing", "severity": "low"}}},
	}[op.ID]
	if !ok {
		return nil
	}
	return body
}

// blind sees nothing.
type blind struct{}

func (blind) Probe(context.Context, directory.Entry) []directory.Probe { return nil }

func (blind) Generation() (string, error) { return "", nil }

func (blind) Look(context.Context, string, []byte) (string, []candor.Finding, error) {
	return "", nil, nil
}

// labOf is an entry of the directory as it is written.
func labOf(name string) object {
	return object{"name": name, "kinds": []string{"anti-virus"}, "channels": []any{object{"way": "mail", "address": "lab@lab.example"}}, "takes": []string{"hashes"}}
}

// groupOf is a sharing group as it is written.
func groupOf(name string) object { return object{"name": name, "most": "amber", "members": []any{}} }

// sharing is a sharing group.
func (w *world) sharing() group.Group {
	ctx, admin := w.t.Context(), w.people["admin"].who
	for _, v := range must2(w.house.Groups(ctx, admin))(w.t) {
		if v.Group.Name == "ISAC" {
			return v.Group
		}
	}
	return must2(w.house.SaveGroup(ctx, admin, group.Group{Name: "ISAC", Most: "amber"}))(w.t)
}

// bulletinOf is a bulletin as it is written.
func (w *world) bulletinOf(title string) object {
	return object{"texts": []any{object{"language": "en", "title": title, "body": "Close it."}}, "mark": "green", "until": w.now.Add(60 * 24 * time.Hour), "groups": []candor.ID{w.sharing().ID}}
}

// toldEdition is the edition of told; 0 for operations that have no use of it.
func (w *world) toldEdition(op api.Operation) int64 {
	if op.ID != "publish-bulletin" {
		return 0
	}
	return w.told(op).Edition
}

// told is a bulletin as an operation wants it: published for its withdrawal, else a
// draft.
func (w *world) told(op api.Operation) bulletin.Bulletin {
	ctx, admin := w.t.Context(), w.people["admin"].who
	title := "Practice of " + op.ID
	for _, v := range must2(w.house.Bulletins(ctx, admin, candor.Cut{Limit: 500}))(w.t).Items {
		if b := v.Bulletin; b.Title() == title && (op.ID != "withdraw-bulletin" || b.State == bulletin.Published) && (op.ID != "publish-bulletin" || b.Changed) {
			return b
		}
	}
	d := bulletin.Draft{Texts: []intel.Text{{Language: "en", Title: title, Body: "Close it."}}, Mark: "green", Until: w.now.Add(60 * 24 * time.Hour), Groups: []candor.ID{w.sharing().ID}}
	b := must2(w.house.SaveBulletin(ctx, admin, "", d, 0))(w.t)
	if op.ID != "withdraw-bulletin" {
		return b
	}
	must2(w.house.PublishBulletin(ctx, admin, b.ID, b.Edition))(w.t)
	return must2(w.house.Bulletin(ctx, admin, b.ID, 0))(w.t).Bulletin
}

// lab is an entry of the directory.
func (w *world) lab() directory.Entry {
	ctx, admin := w.t.Context(), w.people["admin"].who
	for _, v := range must2(w.house.Directory(ctx, admin, directory.Filter{Words: "Lab"}))(w.t) {
		if v.Entry.Name == "Lab" {
			return v.Entry
		}
	}
	return must2(w.house.SaveEntry(ctx, admin, directory.Entry{Name: "Lab", Kinds: []directory.Kind{directory.AntiVirus}, Channels: []directory.Channel{{Way: directory.Mail, Address: "lab@lab.example"}}, Takes: []directory.Goods{directory.Hashes}}))(w.t)
}

// TestRoles asks for every operation as everybody.
func TestRoles(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { roles(t, storetest.SQLite) })
	t.Run("postgres", func(t *testing.T) { roles(t, storetest.Postgres) })
}

// drilled has a drill been held, and gives its name.
func (w *world) drilled() string {
	f := drill.Folder(filepath.Join(w.t.TempDir(), "drills"))
	w.house.Drills = house.Drills{Folder: f}
	return strings.TrimSuffix(filepath.Base(must2(f.Keep(drill.Report{Version: 1, Program: "v1", Begun: w.now, Ended: w.now.Add(time.Minute), Method: drill.Nftables}))(w.t)), ".jws")
}

func roles(t *testing.T, open func(testing.TB) *store.Store) {
	done, last := map[string]bool{}, map[string]string{}
	people := []string{"nobody", "admin", "analyst", "auditor", "customer", "subscriber", "admin/read", "admin/write", "admin/admin", "analyst/write", "analyst/admin", "auditor/admin", "customer/read", "customer/write", "reporter"}
	w := full(t, open(t))
	own := w.handReporter("abuse@cert.example")
	w.house.Prober, w.house.Samples = blind{}, blind{}
	w.house.Forwarding = house.Forwarding{Holders: holder.New(holder.Options{}), Writer: forward.New(must2(phrase.Load())(t), xarf.Party{})} // nobody is asked, and nothing sent
	w.house.Submit = must2(submit.New(submit.Config{Entries: w.house.Store, Phrases: must2(phrase.Load())(t), Domain: "example.net", Now: w.house.Clock}))(t)
	held := w.drilled()
	w.house.Archive = &archivetest.Memory{}
	for _, name := range people {
		who := w.people[name]
		prepared := w.prepare(name)
		prepared["get-own-report"] = "/api/v1/own-reports/" + string(own)
		prepared["get-drill"] = "/api/v1/drills/" + held
		for _, op := range api.Operations() {
			path, body, headers := w.fill(op, w.a)
			if p := prepared[op.ID]; p != "" {
				path = p
			}
			rec := w.ask(who, op.Method, path, body, headers...)
			want := allowed(op, who.who)
			refused := rec.Code == http.StatusUnauthorized || rec.Code == http.StatusForbidden
			if refused == want {
				t.Errorf("%s: %s answered %d, allowed is %v: %s", name, op.ID, rec.Code, want, rec.Body)
			}
			if name == "reporter" && (rec.Code < 300) != slices.Contains([]string{"take-report", "list-own-reports", "get-own-report"}, op.ID) && !slices.Contains(op.Permissions, api.Device) {
				t.Errorf("a token of a reporter's: %s answered %d: %s", op.ID, rec.Code, rec.Body)
			}
			if name == "nobody" && rec.Code != http.StatusUnauthorized && !want {
				t.Errorf("nobody: %s answered %d", op.ID, rec.Code)
			}
			if rec.Code >= http.StatusInternalServerError {
				t.Errorf("%s: %s answered %d: %s", name, op.ID, rec.Code, rec.Body)
			}
			if rec.Code < 300 {
				done[op.ID] = true
			}
			last[op.ID] = rec.Body.String()
			if strings.HasPrefix(name, "customer") || name == "subscriber" || name == "reporter" {
				w.checkPublic(t, name+": "+op.ID, rec)
			}
		}
	}
	for _, op := range api.Operations() {
		if slices.Contains([]string{"send-samples", "add-vendor-answer", "look-for-samples", "hand-in-samples", "ask-for-verdict"}, op.ID) {
			continue // nothing is in the vault here; package house goes the whole way
		}
		if !done[op.ID] && op.ID != "keep-response" && op.ID != "rest-response" && op.ID != "use-generation" && op.ID != "unpin-definitions" {
			t.Errorf("nobody could do %s: %s", op.ID, last[op.ID])
		}
	}
}

// allowed says from the table of permissions alone who may do what.
func allowed(op api.Operation, who candor.Principal) bool {
	return slices.ContainsFunc(op.Permissions, func(p access.Permission) bool {
		return access.Allowed(who, p) || p == api.Device || p == api.SignedIn && who.User != ""
	})
}

// prepare makes what is removed or looked at by its own name.
func (w *world) prepare(name string) map[string]string {
	paths := map[string]string{"get-record": "", "erase-party": ""}
	who := w.people[name]
	spare := must2(w.house.AddNotice(w.t.Context(), w.people["admin"].who, w.a.party.ID, house.NoticeDraft{Name: "spare", Document: []byte("{}")}))(w.t)
	paths["delete-notice"] = "/api/v1/notices/" + string(spare.ID)
	if who.who.User != "" {
		ctx := w.t.Context()
		must(w.t, 0, w.house.SaveView(ctx, w.people[strings.Split(name, "/")[0]].who, "cases", "old", ""))
		views := must2(w.house.Views(ctx, who.who, "cases"))(w.t)
		paths["delete-view"] = "/api/v1/views/" + string(views[0].ID)
	}
	if owner := w.people[strings.Split(name, "/")[0]].who; access.Allowed(owner, access.HoldTokens) && who.who.Token == "" {
		_, spare, err := w.house.Access.MakeToken(w.t.Context(), owner, "spare", []string{"read"}, time.Time{})
		must(w.t, 0, err)
		paths["revoke-token"] = "/api/v1/tokens/" + string(spare.ID)
	}
	if who.who.Role.Staff() {
		records := must2(w.house.Store.Records(w.t.Context(), candor.RecordFilter{}, candor.Cut{Limit: 1}))(w.t)
		paths["get-record"] = "/api/v1/records/" + string(records.Items[0].ID)
		gone := must2(w.house.SaveParty(w.t.Context(), w.people["admin"].who, candor.Party{Kind: candor.Customer, Name: "gone"}))(w.t)
		paths["erase-party"] = "/api/v1/parties/" + string(gone.ID) + "/personal-data"
		k := candor.AgentToken{Hash: sum("agent token for " + name), Asset: w.a.server.ID, By: "system", Created: w.now, Expires: w.now.Add(time.Hour)}
		must(w.t, 0, w.house.Store.Tx(w.t.Context(), func(tx *store.Tx) error { return tx.AddAgentToken(w.t.Context(), k) }))
		_, k2, err := w.house.Access.MakeReporterToken(w.t.Context(), w.people["admin"].who, "b@cert.example", "spare", time.Time{})
		must(w.t, 0, err)
		must(w.t, 0, w.house.Access.RevokeToken(w.t.Context(), w.people["admin"].who, k2.ID))
		paths["revoke-reporter-token"] = "/api/v1/reporter-tokens/" + string(k2.ID)
		paths["revoke-agent-token"] = "/api/v1/agent-tokens/" + k.Hash
		for _, op := range []string{"replace-terms", "delete-terms", "publish-terms"} {
			v, _, err := w.house.SaveTerms(w.t.Context(), w.people["admin"].who, "", []byte(w.termsText("draft-"+strings.ReplaceAll(name, "/", "-"))))
			must(w.t, 0, err)
			paths[op] = "/api/v1/terms/" + string(v.ID) + map[string]string{"publish-terms": "/publish"}[op]
		}
		w.prepareCampaigns(paths)
		for _, op := range []string{"decide", "dismiss"} {
			paths[op+"-report"] = "/api/v1/reports/" + string(w.waiting(candor.NewID(w.now))) + "/" + op
		}
		w.prepareForwards(paths)
		w.prepareSender()
		q, err := w.house.AskAboutTerms(w.t.Context(), w.people["customer"].who, consent.Question{Kind: consent.Asks, Text: "What is this?"})
		must(w.t, 0, err)
		paths["answer-question"] = "/api/v1/questions/" + string(q.ID) + "/answer"
		paths["delete-webhook"] = "/api/v1/webhooks/" + string(w.hook)
		x := must2(w.house.Waive(w.t.Context(), w.people["admin"].who, w.a.assets[0].ID, "terms", staffNote, w.now.Add(time.Hour)))(w.t)
		paths["end-waiver"] = "/api/v1/gates/" + string(x.Asset) + "/waivers/" + string(x.ID)
	}
	return paths
}

// prepareSender makes who vouches for a sender, and what people taught about it.
func (w *world) prepareSender() {
	ctx := w.t.Context()
	must(w.t, 0, w.house.Store.Tx(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.KeepVouch(ctx, candor.Vouch{Report: w.report, Sender: "a@example.org", By: "dkim", Domain: "example.org", Checked: w.now}),
			tx.KeepProfile(ctx, "a@example.org", freetext.Profile{Reports: 1}, w.now))
	}))
}

// prepareForwards makes what waits to be passed on, and the consent of a reporter.
func (w *world) prepareForwards(paths map[string]string) {
	ctx := w.t.Context()
	r := w.waiting(candor.NewID(w.now))
	for _, op := range []string{"pass-on", "refuse"} {
		f := candor.Forward{ID: candor.NewID(w.now), Report: r, Holder: op + "@net.example", State: candor.ForwardWaiting, Count: 1, Created: w.now, Updated: w.now}
		must(w.t, 0, w.house.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddForward(ctx, f) }))
		paths[op+"-forward"] = "/api/v1/forwards/" + string(f.ID) + "/" + op
	}
	paths["find-holders"] = "/api/v1/reports/" + string(r) + "/holders"
	c := must2(w.house.AgreeForwards(ctx, w.people["admin"].who, "@x.example", "agreement 7", false))(w.t)
	paths["withdraw-reporter-consent"] = "/api/v1/reporter-consents/" + string(c.ID) + "/withdraw"
}

// waiting makes a report that waits for a person.
func (w *world) waiting(id candor.ID) candor.ID {
	r := store.NewReport{Report: candor.Report{ID: id, Way: "api", Received: w.now, SHA256: sum("a report"), State: candor.ReportPerson, Updated: w.now}}
	must(w.t, 0, w.house.Store.Tx(w.t.Context(), func(tx *store.Tx) error { return tx.AddReports(w.t.Context(), r) }))
	return id
}

// prepareCampaigns makes a campaign to start, where none about the document runs,
// and one to stop.
func (w *world) prepareCampaigns(paths map[string]string) {
	ctx, admin := w.t.Context(), w.people["admin"].who
	for _, c := range must2(w.house.Campaigns(ctx, admin))(w.t) {
		if c.State == campaign.Running {
			must2(w.house.StopCampaign(ctx, admin, c.ID, "for the next"))(w.t)
		}
	}
	for _, op := range []string{"start", "stop"} {
		c := must2(w.house.AddCampaign(ctx, admin, w.someCampaign()))(w.t)
		paths[op+"-campaign"] = "/api/v1/campaigns/" + string(c.ID) + "/" + op
	}
}

// checkPublic looks for what customers are not shown.
func (w *world) checkPublic(t *testing.T, what string, rec *httptest.ResponseRecorder) {
	t.Helper()
	// Of signed texts what they say: by chance a signature spells any short name.
	body := signed.ReplaceAllStringFunc(rec.Body.String(), func(s string) string {
		says, err := base64.RawURLEncoding.DecodeString(strings.Split(s, ".")[1])
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return string(says)
	})
	secrets := []string{staffNote, "user:", w.b.party.Name, string(w.b.party.ID), mailAnswer}
	for _, a := range w.a.assets {
		secrets = append(secrets, filepath.Dir(a.Roots[0])) // the rest of it is the customer's name
	}
	for _, name := range []string{"admin", "analyst", "auditor"} {
		secrets = append(secrets, string(w.people[name].who.User), w.people[name].who.Name)
	}
	for _, secret := range secrets {
		if strings.Contains(body, secret) && !strings.HasSuffix(what, "-user") {
			t.Errorf("%s shows %q: %.600s", what, secret, body)
		}
	}
}

// signed is a compact JWS (RFC 7515).
var signed = regexp.MustCompile(`eyJ[\w-]*\.[\w-]+\.[\w-]+`)

// TestStrangers has one customer ask for what belongs to another.
func TestStrangers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		for _, name := range []string{"stranger", "stranger/write"} {
			who := w.people[name]
			for _, op := range api.Operations() {
				if !allowed(op, who.who) {
					continue
				}
				path, body, headers := w.fill(op, w.a)
				rec := w.ask(who, op.Method, path, body, headers...)
				if strings.Contains(op.Path, "{") && rec.Code != http.StatusNotFound && op.ID != "get-terms" { // which are for all
					t.Errorf("%s: %s answered %d: %s", name, op.ID, rec.Code, rec.Body)
				}
				w.checkStrange(t, name+": "+op.ID, rec)
			}
			for _, path := range w.strangeFilters() {
				rec := w.ask(who, http.MethodGet, path, nil)
				if got := read[struct{ Items []any }](t, rec, http.StatusOK); len(got.Items) != 0 {
					t.Errorf("%s: %s gave %s", name, path, rec.Body)
				}
				w.checkStrange(t, name+": "+path, rec)
			}
		}
	})
}

// strangeFilters name what belongs to a.
func (w *world) strangeFilters() []string {
	party, asset, theCase := string(w.a.party.ID), string(w.a.assets[0].ID), string(w.a.cases[0].ID)
	return []string{
		"/api/v1/cases?party=" + party, "/api/v1/cases?asset=" + asset, "/api/v1/cases?text=acme", "/api/v1/findings?case=" + theCase, "/api/v1/findings?party=" + party,
		"/api/v1/findings?asset=" + asset, "/api/v1/findings?sha256=" + w.a.finding.SHA256, "/api/v1/findings?text=acme", "/api/v1/responses?case=" + theCase, "/api/v1/responses?party=" + party,
		"/api/v1/parties?text=acme", "/api/v1/assets?owner=" + party, "/api/v1/assets?text=acme", "/api/v1/scans?asset=" + asset, "/api/v1/search?q=acme",
	}
}

func (w *world) checkStrange(t *testing.T, what string, rec *httptest.ResponseRecorder) {
	t.Helper()
	body := rec.Body.String()
	secrets := []string{"acme", w.a.finding.SHA256, staffNote}
	if rec.Code < 300 { // an error names what was asked for
		secrets = append(secrets, string(w.a.hook), string(w.a.party.ID))
	}
	for _, secret := range secrets {
		if strings.Contains(body, secret) {
			t.Errorf("%s shows %q: %.600s", what, secret, body)
		}
	}
}

// TestPlanted makes sure that the searches for secrets can find some.
func TestPlanted(t *testing.T) {
	w := full(t, storetest.SQLite(t))
	seen := map[string]bool{}
	for _, op := range api.Operations() {
		if op.Method != http.MethodGet {
			continue
		}
		path, _, _ := w.fill(op, w.a)
		body := w.ask(w.people["admin"], op.Method, path, nil).Body.String()
		for _, secret := range []string{staffNote, "user:", "acme", string(w.a.hook), w.a.finding.SHA256, mailAnswer, w.a.assets[0].Roots[0]} {
			seen[secret] = seen[secret] || strings.Contains(body, secret)
		}
	}
	if len(seen) != 7 || slices.Contains(slices.Collect(maps.Values(seen)), false) {
		t.Errorf("of the secrets were seen %v", seen)
	}
}
