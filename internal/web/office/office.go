// Package office is the part of the console that is about the provider's own
// house: sites and parties, definitions, evidence, policy, people, settings,
// health, and the catalogue of X.1207. Cases are another package's.
package office

//go:generate go tool -modfile=../../../tools/go.mod templ generate

import (
	"context"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/desk/playbook"
	"candor/internal/house"
	"candor/internal/web"
)

// Options are what the pages show or do beyond what the house knows. The zero
// Options leave those parts out, and the pages say so.
type Options struct {
	// Playbooks are shown beside the policy.
	Playbooks *playbook.Library
	// Configured is the configuration that is in force, without secrets, as YAML.
	Configured []byte
	// Invite mails a link to somebody who was invited. If it is nil or gives an
	// error, the link is shown once to whoever invites.
	Invite func(ctx context.Context, to candor.User, link string) error
	// Agents is the address at which agents on hosting servers are answered,
	// host:port; empty if they are not.
	Agents string
}

// office holds what the pages share.
type office struct {
	Options
	site  *web.Site
	house *house.House
}

// Needs of the pages.
var (
	readCases      = web.Needs{access.ReadCases}
	readParties    = web.Needs{access.ReadParties}
	manageParties  = web.Needs{access.ManageParties}
	readEvidence   = web.Needs{access.ReadEvidence}
	readPolicy     = web.Needs{access.ReadPolicy}
	managePolicy   = web.Needs{access.ManagePolicy}
	readPeople     = web.Needs{access.ReadPeople}
	managePeople   = web.Needs{access.ManagePeople}
	readSettings   = web.Needs{access.ReadSettings}
	manageSettings = web.Needs{access.ManageSettings}
)

// Register adds the pages to the site.
func Register(s *web.Site, h *house.House, options Options) {
	o := &office{Options: options, site: s, house: h}
	o.addAssets()
	o.addParties()
	o.addGate()
	o.addImport()
	o.addDirectory()
	o.addSubmissions()
	o.addPacks()
	o.addIntel()
	o.addGroups()
	o.addBulletins()
	o.addNotices()
	o.addTraffic()
	o.addFlows()
	o.addDrills()
	o.addAgents()
	o.addDefinitions()
	o.addEvidence()
	o.addPolicy()
	o.addTerms()
	o.addReports()
	o.addRepeat()
	s.Page("GET /consents", readPolicy, o.consents)
	o.addSoftware()
	o.addCampaigns()
	o.addPeople()
	o.addSettings()
	s.Page("GET /health", readSettings, o.health)
	s.Page("GET /x1207", readCases, o.catalogue)
	o.addNav()
}

func (o *office) addNav() {
	const estate, trust, system = "office.nav.estate", "office.nav.trust", "office.nav.system"
	o.site.Nav(
		web.NavEntry{Key: "reports", Text: "office.reports", Icon: "comment", Href: "/reports", Group: "console.nav.desk", Order: 14, Needs: readCases, Count: o.waitingReports},
		web.NavEntry{Key: "repeat", Text: "office.repeat", Icon: "undo", Href: repeatPath, Group: "console.nav.desk", Order: 15, Needs: readCases},
		web.NavEntry{Key: "sites", Text: "office.assets.site", Icon: "sites", Href: "/sites", Group: estate, Order: 20, Needs: readParties},
		web.NavEntry{Key: "gate", Text: "office.gate", Icon: "globe", Href: "/gate", Group: estate, Order: 20, Needs: readParties},
		web.NavEntry{Key: "parties", Text: "office.parties", Icon: "parties", Href: "/parties", Group: estate, Order: 21, Needs: readParties},
		web.NavEntry{Key: "directory", Text: "office.directory", Icon: "mail", Href: "/directory", Group: estate, Order: 22, Needs: readParties},
		web.NavEntry{Key: "intel", Text: "office.intel", Icon: "bell", Href: "/intel", Group: estate, Order: 22, Needs: readParties},
		web.NavEntry{Key: "groups", Text: "office.group", Icon: "parties", Href: groupsPath, Group: estate, Order: 22, Needs: readParties},
		web.NavEntry{Key: "bulletins", Text: "office.bulletins", Icon: "file", Href: bulletinsPath, Group: estate, Order: 22, Needs: readParties},
		web.NavEntry{Key: "notices", Text: "office.notices", Icon: "comment", Href: "/notices", Group: estate, Order: 22, Needs: readParties},
		web.NavEntry{Key: "traffic", Text: "office.traffic", Icon: "health", Href: "/traffic", Group: estate, Order: 22, Needs: readCases},
		web.NavEntry{Key: "drills", Text: "office.drills", Icon: "clock", Href: "/drills", Group: trust, Order: 36, Needs: readSettings},
		web.NavEntry{Key: "software", Text: "office.client", Icon: "download", Href: "/software", Group: estate, Order: 23, Needs: readParties},
		web.NavEntry{Key: "agents", Text: "office.agents", Icon: "key", Href: "/agents", Group: estate, Order: 23, Needs: readSettings},
		web.NavEntry{Key: "definitions", Text: "office.definitions", Icon: "definitions", Href: "/definitions", Group: trust, Order: 30, Needs: readCases},
		web.NavEntry{Key: "evidence", Text: "office.evidence", Icon: "evidence", Href: "/evidence", Group: trust, Order: 31, Needs: readEvidence},
		web.NavEntry{Key: "policy", Text: "office.policy", Icon: "policy", Href: "/policy", Group: trust, Order: 32, Needs: readPolicy},
		web.NavEntry{Key: "terms", Text: "office.terms", Icon: "file", Href: "/terms", Group: trust, Order: 33, Needs: readPolicy},
		web.NavEntry{Key: "questions", Text: "office.questions", Icon: "comment", Href: "/cases?incident=no&open=yes", Group: trust, Order: 34, Needs: readParties, Count: o.openQuestions},
		web.NavEntry{Key: "consents", Text: "office.consents", Icon: "good", Href: "/consents", Group: trust, Order: 35, Needs: readPolicy},
		web.NavEntry{Key: "campaigns", Text: "office.campaigns", Icon: "clock", Href: "/campaigns", Group: trust, Order: 36, Needs: readPolicy},
		web.NavEntry{Key: "people", Text: "office.people", Icon: "people", Href: "/people", Group: system, Order: 40, Needs: readPeople},
		web.NavEntry{Key: "settings", Text: "office.settings", Icon: "settings", Href: "/settings", Group: system, Order: 41, Needs: readSettings},
		web.NavEntry{Key: "health", Text: "office.health", Icon: "health", Href: "/health", Group: system, Order: 42, Needs: readSettings},
		web.NavEntry{Key: "x1207", Text: "office.x1207", Icon: "catalogue", Href: "/x1207", Group: system, Order: 43, Needs: readCases},
	)
}

// actCases is what work in cases asks for.
var actCases = web.Needs{access.ActCases}

// excerpt is the beginning of a text, or a dash for one that was erased.
func excerpt(text string) string {
	letters := []rune(strings.Join(strings.Fields(text), " "))
	switch {
	case len(letters) == 0:
		return "–"
	case len(letters) > 100:
		return string(letters[:99]) + "…"
	}
	return string(letters)
}
