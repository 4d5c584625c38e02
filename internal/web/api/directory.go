package api

import (
	"bytes"
	"context"
	"mime"
	"net/http"

	"candor"
	"candor/internal/access"
	"candor/internal/directory"
	"candor/internal/house"
)

// readsOnlyParties keeps customers out: the directory is the provider's own.
var readsOnlyParties = []access.Permission{access.ReadParties}

type directoryQuery struct {
	Kind  directory.Kind  `query:"kind" enum:"anti-virus,anti-spyware,cert,partner,software-vendor,law-enforcement,hotline,registry,sharing,regulator"`
	Class candor.Class    `query:"class" maxLength:"100" doc:"That it takes."`
	State directory.State `query:"state" enum:"failing,due,fresh,retired" doc:"All but those that are retired if missing."`
	Takes directory.Goods `query:"takes" enum:"samples,hashes,urls,reports"`
	Text  string          `query:"text" maxLength:"200" doc:"Words in its name or an address."`
}

// directoryWritten is what somebody says of an organisation.
type directoryWritten struct {
	Name      string               `json:"name" minLength:"1" maxLength:"200"`
	Kinds     []directory.Kind     `json:"kinds" nullable:"false" doc:"What the organisation is: anti-virus, anti-spyware, cert, partner, software-vendor, law-enforcement, hotline, registry, sharing, regulator."`
	Channels  []directory.Channel  `json:"channels" nullable:"false" doc:"How it is reached."`
	Key       string               `json:"key,omitempty" maxLength:"65536" doc:"Its public OpenPGP key, armoured. What is mailed to it is encrypted."`
	Archive   directory.Archive    `json:"archive,omitempty" enum:"zip,zip-aes" doc:"How samples are packed."`
	Password  string               `json:"password,omitempty" maxLength:"60" doc:"Of archives. It is no secret."`
	MostBytes int64                `json:"most_bytes,omitempty" minimum:"0" doc:"Of a mail with a sample; missing if it is not known."`
	Languages []string             `json:"languages,omitempty" doc:"BCP 47."`
	Hours     string               `json:"hours,omitempty" maxLength:"200"`
	Classes   []candor.Class       `json:"classes,omitempty" doc:"That it takes; all if missing."`
	Takes     []directory.Goods    `json:"takes" nullable:"false" doc:"samples, hashes, urls, reports."`
	Source    string               `json:"source,omitempty" maxLength:"500" doc:"The page on which the organisation says so."`
	Looked    string               `json:"looked,omitempty" doc:"The day on which that page was looked at." example:"2026-11-27"`
	Note      string               `json:"note,omitempty" maxLength:"4000"`
	API       *directory.Interface `json:"api,omitempty" doc:"How its API takes samples."`
	Edition   int64                `json:"edition,omitempty" doc:"That you changed; 409 if it is another by now. Not looked at if missing."`
}

func (w directoryWritten) entry(id candor.ID) directory.Entry {
	return directory.Entry{ID: id, Name: w.Name, Kinds: w.Kinds, Channels: w.Channels, Key: w.Key, Archive: w.Archive, Password: w.Password, MostBytes: w.MostBytes, Languages: w.Languages,
		Hours: w.Hours, Classes: w.Classes, Takes: w.Takes, Source: w.Source, Looked: w.Looked, Note: w.Note, Interface: w.API, Edition: w.Edition}
}

type newDirectoryEntry struct{ Body directoryWritten }

type changedDirectoryEntry struct {
	ID   candor.ID `path:"id"`
	Body directoryWritten
}

type verifiedDirectoryEntry struct {
	ID   candor.ID `path:"id"`
	Body struct {
		How string `json:"how" minLength:"1" maxLength:"1000" doc:"How somebody made sure of it, in words."`
	}
}

type retiredDirectoryEntry struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Retired bool `json:"retired" doc:"Whether it is out of use."`
	}
}

type keyedDirectoryEntry struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Secret string `json:"secret" maxLength:"4096" doc:"The key; empty takes it away. Nothing gives it back."`
	}
}

type directoryImport struct {
	Replace string `query:"replace" enum:"true,false" doc:"Replace entries whose names are there already; they are left alone otherwise."`
}

type (
	directoryEntryAnswer struct{ Body directory.Entry }
	directoryViewAnswer  struct{ Body house.EntryView }
	directoryImported    struct{ Body house.DirectoryImported }
)

// addDirectory adds the directory of those to whom incidents and samples are
// passed on.
func (s *server) addDirectory() {
	const tag = "Directory"
	entry := func(e directory.Entry, err error) (*directoryEntryAnswer, error) {
		return &directoryEntryAnswer{e}, err
	}
	add(s, operation{id: "list-directory", method: http.MethodGet, path: "/api/v1/directory", tag: tag, needs: readsOnlyParties, summary: "List those to whom incidents and samples are passed on", about: "By name."},
		func(ctx context.Context, who candor.Principal, in *directoryQuery) (*whole[house.EntryView], error) {
			return wholeOf(s.House.Directory(ctx, who, directory.Filter{Kind: in.Kind, Class: in.Class, State: in.State, Takes: in.Takes, Words: in.Text}))
		})
	add(s, operation{id: "export-directory", method: http.MethodGet, path: "/api/v1/directory.yaml", tag: tag, needs: readsOnlyParties, summary: "Get the directory as a file", answers: "application/yaml",
		about: "Without what is this provider's own: verifications, and what was seen of channels. An import takes it."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*text, error) {
			all, err := s.House.Directory(ctx, who, directory.Filter{})
			if err != nil {
				return nil, err
			}
			entries := make([]directory.Entry, len(all))
			for i, v := range all {
				entries[i] = v.Entry
			}
			var b bytes.Buffer
			err = directory.WriteYAML(&b, entries)
			return &text{Type: "application/yaml", Name: `attachment; filename="directory.yaml"`, Body: b.Bytes()}, err
		})
	add(s, operation{id: "get-directory-entry", method: http.MethodGet, path: "/api/v1/directory/{id}", tag: tag, needs: readsOnlyParties, summary: "Get an entry of the directory, and what was seen of its channels"},
		func(ctx context.Context, who candor.Principal, in *one) (*directoryViewAnswer, error) {
			v, err := s.House.DirectoryEntry(ctx, who, in.ID)
			return &directoryViewAnswer{v}, err
		})
	add(s, operation{id: "add-directory-entry", method: http.MethodPost, path: "/api/v1/directory", tag: tag, needs: managesThem, status: http.StatusCreated, summary: "Add an organisation", about: "It is verified by nobody yet."},
		func(ctx context.Context, who candor.Principal, in *newDirectoryEntry) (*directoryEntryAnswer, error) {
			return entry(s.House.SaveEntry(ctx, who, in.Body.entry("")))
		})
	add(s, operation{id: "replace-directory-entry", method: http.MethodPut, path: "/api/v1/directory/{id}", tag: tag, needs: managesThem, summary: "Replace what is said of an organisation", about: "With another channel or key it counts as verified no longer."},
		func(ctx context.Context, who candor.Principal, in *changedDirectoryEntry) (*directoryEntryAnswer, error) {
			return entry(s.House.SaveEntry(ctx, who, in.Body.entry(in.ID)))
		})
	s.addDirectoryActs(tag, entry)
}

func (s *server) addDirectoryActs(tag string, entry func(directory.Entry, error) (*directoryEntryAnswer, error)) {
	add(s, operation{id: "verify-directory-entry", method: http.MethodPost, path: "/api/v1/directory/{id}/verification", tag: tag, needs: managesThem, summary: "Say that you made sure of an entry", about: "It counts for 180 days."},
		func(ctx context.Context, who candor.Principal, in *verifiedDirectoryEntry) (*directoryEntryAnswer, error) {
			return entry(s.House.VerifyEntry(ctx, who, in.ID, in.Body.How))
		})
	add(s, operation{id: "retire-directory-entry", method: http.MethodPut, path: "/api/v1/directory/{id}/retirement", tag: tag, needs: managesThem, summary: "Take an entry out of use, or back into it"},
		func(ctx context.Context, who candor.Principal, in *retiredDirectoryEntry) (*directoryEntryAnswer, error) {
			return entry(s.House.RetireEntry(ctx, who, in.ID, in.Body.Retired))
		})
	add(s, operation{id: "set-directory-key", method: http.MethodPut, path: "/api/v1/directory/{id}/key", tag: tag, needs: managesThem, summary: "Give the key that opens the API of an entry",
		about: "It is kept sealed, goes to the host that the entry names now and to no other, and is never shown again."},
		func(ctx context.Context, who candor.Principal, in *keyedDirectoryEntry) (*directoryViewAnswer, error) {
			v, err := s.House.SetAPIKey(ctx, who, in.ID, in.Body.Secret)
			return &directoryViewAnswer{v}, err
		})
	add(s, operation{id: "probe-directory-entry", method: http.MethodPost, path: "/api/v1/directory/{id}/probe", tag: tag, needs: managesThem, summary: "Look now whether the channels of an entry are alive",
		about: "Whether the domain takes mail, a page answers, the key can encrypt for 30 days more, and whether the last mail came back. Nothing is sent to anybody."},
		func(ctx context.Context, who candor.Principal, in *one) (*directoryViewAnswer, error) {
			v, err := s.House.ProbeEntry(ctx, who, in.ID)
			return &directoryViewAnswer{v}, err
		})
	add(s, operation{id: "import-directory", method: http.MethodPost, path: "/api/v1/directory/import", tag: tag, needs: managesThem, body: directory.MostRead, raw: []string{"application/yaml", "text/csv"}, summary: "Add entries from a file", about: "All of them, or none."},
		func(ctx context.Context, who candor.Principal, in *directoryImport) (*directoryImported, error) {
			if err := access.Require(who, access.ManageParties); err != nil {
				return nil, err
			}
			read := directory.ReadYAML
			if media, _, _ := mime.ParseMediaType(header(ctx, "Content-Type")); media == "text/csv" {
				read = directory.ReadCSV
			}
			entries, err := read(bytes.NewReader(requestOf(ctx).body))
			if err != nil {
				return nil, err
			}
			did, err := s.House.ImportDirectory(ctx, who, entries, in.Replace == "true")
			return &directoryImported{did}, err
		})
	add(s, operation{id: "import-starter-directory", method: http.MethodPost, path: "/api/v1/directory/starter", tag: tag, needs: managesThem, summary: "Add the entries that come with the program", about: "Public channels of well-known organisations, verified by nobody. Names that are there already are left alone."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*directoryImported, error) {
			entries, err := directory.Starter()
			if err != nil {
				return nil, err
			}
			did, err := s.House.ImportDirectory(ctx, who, entries, false)
			return &directoryImported{did}, err
		})
}
