package inventory

import (
	"strings"
	"testing"
)

// FuzzParsers has hostile text go through all that reads files: what comes out has to
// pass the check of lists, and in bounded time.
func FuzzParsers(f *testing.F) {
	for _, seed := range []string{
		"Package: x\nStatus: install ok installed\nVersion: 1:2-3\nSource: y (4)\n\nPackage: z\n\n:\nPackage:\nSource: (((",
		"ID=debian\nVERSION_ID='12'\nPRETTY_NAME=\"a\\\"b\"", `{"packages":[{"name":"a/b","version":"v1"}]}`, `[{"name":"a/b","version":"1"}]`,
		`{"packages":{"node_modules/a":{"version":"1"}}}`, `{"dependencies":{"a":{"version":"1","dependencies":{"b":{"version":"2"}}}}}`,
		"<?php\n/*\nPlugin Name: A\nVersion: 1\n*/", "name: a\nversion: '1'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var l List
		_ = readDpkg(strings.NewReader(text), distribution(osRelease([]byte(text))), func(i Item) error { l.Items = append(l.Items, i); return nil })
		for _, parse := range []func([]byte) ([]Item, error){composer, npmInstalled, npmLocked} {
			items, _ := parse([]byte(text))
			l.Items = append(l.Items, items...)
		}
		if i, ok := plugin("slug", []byte(text)); ok {
			l.Items = append(l.Items, Item{Kind: Plugin, Name: i.Name, Title: wordOf(i.Title), Version: versionOf(i.Version)})
		}
		if name := wordOf(setting([]byte(text), "name", ":")); name != "" {
			l.Items = append(l.Items, Item{Kind: Theme, Name: name, Version: versionOf(setting([]byte(text), "version", ":"))})
		}
		for _, a := range applications {
			for _, s := range a.tells {
				if m := s.version.FindStringSubmatch(text); m != nil {
					l.Items = append(l.Items, Item{Kind: Application, Name: a.name, Version: versionOf(m[1])})
				}
			}
		}
		l.Tidy()
		if err := l.Check(); err != nil {
			t.Fatal(err)
		}
		if l.Digest() == "" {
			t.Fatal("it has no digest")
		}
	})
}
