package inventory

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// The ecosystems of libraries, as OSV names them.
const (
	Packagist = "Packagist"
	NPM       = "npm"
)

// mostNested is how deep packages are installed within others.
const mostNested = 20

// libraries gives what package managers put into a folder: what is installed where
// they tell that, and what their locks name otherwise.
func (t *tree) libraries(folder string, have map[string]bool) (all []Item) {
	read := func(name string, parse func([]byte) ([]Item, error)) bool {
		data := t.whole(join(folder, name))
		if data == nil {
			return false
		}
		items, err := parse(data)
		t.missed(err)
		for _, i := range items {
			i.Place = folder
			all = append(all, i)
		}
		return true
	}
	_ = have["vendor"] && read("vendor/composer/installed.json", composer) || have["composer.lock"] && read("composer.lock", composer)
	_ = have["node_modules"] && read("node_modules/.package-lock.json", npmInstalled) || have["package-lock.json"] && read("package-lock.json", npmLocked)
	return all
}

// magento are packages of Composer that say which Magento it is.
var magento = map[string]bool{"magento/product-community-edition": true, "magento/product-enterprise-edition": true}

// composer reads composer.lock, or installed.json of Composer 1 and 2.
func composer(data []byte) (all []Item, err error) {
	type entry struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	var doc struct {
		Packages []entry `json:"packages"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		if json.Unmarshal(data, &doc.Packages) != nil {
			return nil, err
		}
	}
	for _, p := range doc.Packages {
		i := Item{Kind: Library, Ecosystem: Packagist, Name: wordOf(strings.ToLower(p.Name)), Version: bare(p.Version)}
		if i.Name == "" {
			continue
		}
		if all = append(all, i); magento[i.Name] {
			all = append(all, Item{Kind: Application, Name: "magento", Version: i.Version})
		}
		if len(all) > MostItems {
			return all, errBound
		}
	}
	return all, nil
}

// bare is a version without the letter that tags begin with.
func bare(version string) string {
	return strings.TrimPrefix(versionOf(version), "v")
}

// npmInstalled reads .package-lock.json of node_modules, and npmLocked a
// package-lock.json: what is for development is not installed by that.
func npmInstalled(data []byte) ([]Item, error) { return npm(data, true) }
func npmLocked(data []byte) ([]Item, error)    { return npm(data, false) }

func npm(data []byte, development bool) (all []Item, err error) {
	type entry struct {
		Name         string                     `json:"name"`
		Version      string                     `json:"version"`
		Dev          bool                       `json:"dev"`
		Link         bool                       `json:"link"`
		Dependencies map[string]json.RawMessage `json:"dependencies"`
	}
	var doc struct {
		Packages     map[string]entry `json:"packages"`
		Dependencies map[string]entry `json:"dependencies"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	add := func(name string, e entry) {
		if i := (Item{Kind: Library, Ecosystem: NPM, Name: wordOf(name), Version: versionOf(e.Version)}); i.Name != "" && !e.Link && (development || !e.Dev) {
			all = append(all, i)
		}
	}
	for _, at := range slices.Sorted(maps.Keys(doc.Packages)) { // in order: what is cut is always the same
		e := doc.Packages[at]
		if n := strings.LastIndex(at, "node_modules/"); n >= 0 {
			name := at[n+len("node_modules/"):]
			if e.Name != "" {
				name = e.Name // installed under another name
			}
			add(name, e)
		}
		if len(all) > MostItems {
			return all, errBound
		}
	}
	if doc.Packages != nil {
		return all, nil
	}
	// Version 1 of the lock nests what is installed below others.
	type level map[string]entry
	now := []level{doc.Dependencies}
	for depth := 0; len(now) > 0; depth++ {
		if depth > mostNested {
			return all, errBound
		}
		var next []level
		for _, l := range now {
			for _, name := range slices.Sorted(maps.Keys(l)) {
				e := l[name]
				add(name, e)
				inner := level{}
				for n, raw := range e.Dependencies {
					var x entry
					if json.Unmarshal(raw, &x) == nil {
						inner[n] = x
					}
				}
				if len(inner) > 0 {
					next = append(next, inner)
				}
				if len(all) > MostItems {
					return all, errBound
				}
			}
		}
		now = next
	}
	return all, nil
}
