package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/internal/inventory"
)

// plant writes files below a folder, by name.
func plant(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		at := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func look(t *testing.T, folder string) inventory.List {
	t.Helper()
	l, err := inventory.Site(t.Context(), []string{folder}, inventory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Check(); err != nil {
		t.Errorf("the list does not pass its own check: %v", err)
	}
	return l
}

// words are the items of a list, in short.
func words(l inventory.List) (all []string) {
	for _, i := range l.Items {
		all = append(all, strings.Join([]string{string(i.Kind), i.Of, i.Name, i.Version, i.Title, i.Place}, "|"))
	}
	return all
}

func TestApplications(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"wordpress": {map[string]string{
			"wp-includes/version.php":                      "<?php\n/**\n * @global string $wp_version\n */\n$wp_version = '6.4.2';\n$wp_db_version = 56657;\n",
			"wp-content/plugins/akismet/a.php":             "<?php // nothing",
			"wp-content/plugins/akismet/akismet.php":       "<?php\n/**\n * Plugin Name: Akismet Anti-spam\n * Version: 5.3 */\n",
			"wp-content/plugins/broken/broken.php":         "<?php\n/* Plugin Name: Broken\n Version: @version@ */",
			"wp-content/plugins/hello.php":                 "<?php\n/*\nPlugin Name: Hello Dolly\nVersion: 1.7.2\n*/",
			"wp-content/plugins/index.php":                 "<?php // Silence is golden.",
			"wp-content/themes/twentytwentyfour/style.css": "/*\nTheme Name: Twenty Twenty-Four\nVersion: 1.0\n*/",
		}, []string{"application||wordpress|6.4.2||.", "plugin|wordpress|akismet|5.3|Akismet Anti-spam|wp-content/plugins", "plugin|wordpress|broken||Broken|wp-content/plugins",
			"plugin|wordpress|hello|1.7.2|Hello Dolly|wp-content/plugins", "theme|wordpress|twentytwentyfour|1.0|Twenty Twenty-Four|wp-content/themes"}},
		"below":          {map[string]string{"shop/blog/wp-includes/version.php": "<?php\n$wp_version = \"5.9\";"}, []string{"application||wordpress|5.9||shop/blog"}},
		"too deep":       {map[string]string{"a/b/c/d/e/wp-includes/version.php": "<?php\n$wp_version = '5.9';"}, nil},
		"no version":     {map[string]string{"wp-includes/version.php": "<?php\n$wp_version = getenv('X');"}, []string{"application||wordpress|||."}},
		"something else": {map[string]string{"wp-includes/version.php": "<?php // nothing"}, nil},
		"joomla": {map[string]string{"administrator/manifests/files/joomla.xml": "<extension><name>files_joomla</name><version>5.0.1</version></extension>",
			"administrator/components/com_akeeba/akeeba.xml": `<extension type="component"><name>Akeeba</name><version>9.8.2</version></extension>`, "administrator/components/com_empty/x": ""},
			[]string{"application||joomla|5.0.1||.", "plugin|joomla|com_akeeba|9.8.2|Akeeba|administrator/components"}},
		"drupal": {map[string]string{"core/lib/Drupal.php": "<?php\nclass Drupal {\n  const VERSION = '10.2.1';\n", "modules/contrib/token/token.info.yml": "name: Token\ntype: module\nversion: '8.x-1.13'\n",
			"modules/own/own.info.yml": "name: Own\n"}, []string{"application||drupal|10.2.1||.", "plugin|drupal|token|8.x-1.13|Token|modules/contrib"}},
		"drupal 7": {map[string]string{"includes/bootstrap.inc": "<?php // Drupal\ndefine('VERSION', '7.98');", "misc/x": "", "modules/x": "", "sites/all/modules/views/views.info": "name = Views\nversion = \"7.x-3.28\"\n"},
			[]string{"application||drupal|7.98||.", "plugin|drupal|views|7.x-3.28|Views|sites/all/modules"}},
		"mediawiki": {map[string]string{"includes/Defines.php": "define( 'MW_VERSION', '1.39.6' );", "extensions/Cite/extension.json": `{"name":"Cite","version":"1.0"}`},
			[]string{"application||mediawiki|1.39.6||.", "plugin|mediawiki|Cite|1.0||extensions"}},
		"phpmyadmin": {map[string]string{"libraries/classes/Version.php": "namespace PhpMyAdmin;\n    public const VERSION = '5.2.1' . VERSION_SUFFIX;"}, []string{"application||phpmyadmin|5.2.1||."}},
		"roundcube":  {map[string]string{"program/include/iniset.php": "define('RCMAIL_VERSION', '1.6.5');"}, []string{"application||roundcube|1.6.5||."}},
		"nextcloud": {map[string]string{"version.php": "<?php\n$OC_VersionString = '28.0.1';\n$vendor = 'nextcloud';", "apps/mail/appinfo/info.xml": "<info><id>mail</id><name>Mail</name><version>3.5.0</version></info>"},
			[]string{"application||nextcloud|28.0.1||.", "plugin|nextcloud|mail|3.5.0|Mail|apps"}},
		"opencart":   {map[string]string{"index.php": "<?php\ndefine('VERSION', '3.0.3.8');\nrequire_once(DIR_SYSTEM . 'startup.php');", "catalog/x": "", "system/x": ""}, []string{"application||opencart|3.0.3.8||."}},
		"prestashop": {map[string]string{"config/x": "", "classes/x": "", "app/AppKernel.php": "class AppKernel {\n    const VERSION = '8.1.2';"}, []string{"application||prestashop|8.1.2||."}},
		"composer": {map[string]string{"composer.lock": `{"packages":[{"name":"monolog/monolog","version":"9.9.9"}]}`,
			"vendor/composer/installed.json": `{"packages":[{"name":"Monolog/Monolog","version":"v3.5.0"},{"name":"a/b","version":"dev-main"},{"name":"magento/product-community-edition","version":"2.4.6-p3"}]}`},
			[]string{"application||magento|2.4.6-p3||.", "library||a/b|||.", "library||magento/product-community-edition|2.4.6-p3||.", "library||monolog/monolog|3.5.0||."}},
		"composer 1": {map[string]string{"vendor/composer/installed.json": `[{"name":"twig/twig","version":"v1.2.0"}]`}, []string{"library||twig/twig|1.2.0||."}},
		"npm": {map[string]string{"package-lock.json": `{"packages":{"":{"version":"1.0.0"},"node_modules/a":{"version":"1.0.0","dev":true},"node_modules/@x/y":{"version":"2.1.0"},"node_modules/z":{"link":true},"node_modules/q/node_modules/alias":{"name":"real","version":"3.0.0"}}}`},
			[]string{"library||@x/y|2.1.0||.", "library||real|3.0.0||."}},
		"npm 1":     {map[string]string{"package-lock.json": `{"dependencies":{"a":{"version":"1.0.0","dependencies":{"b":{"version":"2.0.0"}}}}}`}, []string{"library||a|1.0.0||.", "library||b|2.0.0||."}},
		"installed": {map[string]string{"package-lock.json": `{"packages":{"node_modules/a":{"version":"9.0.0"}}}`, "node_modules/.package-lock.json": `{"packages":{"node_modules/a":{"version":"1.0.0","dev":true}}}`}, []string{"library||a|1.0.0||."}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			plant(t, folder, c.files)
			l := look(t, folder)
			if d := cmp.Diff(c.want, words(l)); d != "" || l.Gap != inventory.Complete {
				t.Errorf("gap %q, %s", l.Gap, d)
			}
		})
	}
}

// TestLinks makes sure that nothing outside of a root is told, and that a root that is
// a link, or is not there, is a gap.
func TestLinks(t *testing.T) {
	outside, inside := t.TempDir(), t.TempDir()
	plant(t, outside, map[string]string{"wp-includes/version.php": "<?php\n$wp_version = '6.4.2';", "version.php": "<?php\n$wp_version = '6.4.2';", "composer.lock": `{"packages":[{"name":"a/b","version":"1"}]}`})
	plant(t, inside, map[string]string{"wp-includes/x": "", "blog/x": ""})
	for from, to := range map[string]string{"wp-includes/version.php": "version.php", "composer.lock": "composer.lock", "folder": ".", "blog/wp-includes": "wp-includes"} {
		if err := os.Symlink(filepath.Join(outside, to), filepath.Join(inside, from)); err != nil {
			t.Fatal(err)
		}
	}
	if l := look(t, inside); len(l.Items) != 0 {
		t.Errorf("what lies outside is told: %q", words(l))
	}
	if l := look(t, inside); l.Gap != inventory.Unreadable {
		t.Errorf("what is behind links that lead outside is not there: gap %q", l.Gap)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(outside, link); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{link, filepath.Join(inside, "none")} {
		if l := look(t, root); l.Gap != inventory.Unreadable || len(l.Items) != 0 {
			t.Errorf("%s: gap %q, %q", root, l.Gap, words(l))
		}
	}
}

// TestLinksWithin: an application, or a plug-in of it, that a link leads to is there
// once, and so it is if links lead around.
func TestLinksWithin(t *testing.T) {
	folder := t.TempDir()
	plant(t, folder, map[string]string{"shared/wp-includes/version.php": "<?php\n$wp_version = '6.4.2';", "shared/plugins/akismet/akismet.php": "<?php\n/* plugin name: Akismet\rVersion: 5.3 */", "htdocs/wp-content/plugins/x": ""})
	for from, to := range map[string]string{"htdocs/wp-includes": "../shared/wp-includes", "htdocs/wp-content/plugins/akismet": "../../../shared/plugins/akismet", "around": ".", "htdocs/self": "self", "htdocs/none": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(folder, from)); err != nil {
			t.Fatal(err)
		}
	}
	l := look(t, folder)
	want := []string{"application||wordpress|6.4.2||htdocs", "application||wordpress|6.4.2||shared", "plugin|wordpress|akismet|5.3|Akismet|htdocs/wp-content/plugins"}
	if d := cmp.Diff(want, words(l)); d != "" || l.Gap != inventory.Complete {
		t.Errorf("gap %q, %s", l.Gap, d)
	}
	for i := range 1100 {
		if err := os.Symlink("htdocs", filepath.Join(folder, fmt.Sprintf("l%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	if l := look(t, folder); l.Gap != inventory.TooMany {
		t.Errorf("so many links: gap %q", l.Gap)
	}
}

// TestManyFiles: a plug-in whose header is in none of the files that are looked at may
// be there.
func TestManyFiles(t *testing.T) {
	folder := t.TempDir()
	files := map[string]string{"wp-includes/version.php": "<?php\n$wp_version = '6.4.2';", "wp-content/plugins/x/zzz.php": "<?php\n/* Plugin Name: X */"}
	for i := range 100 {
		files[fmt.Sprintf("wp-content/plugins/x/%d.php", i)] = "<?php"
	}
	plant(t, folder, files)
	if l := look(t, folder); l.Gap != inventory.TooMany {
		t.Errorf("gap %q, %q", l.Gap, words(l))
	}
}

// TestCut: a lock of more than a list holds gives the same list each time.
func TestCut(t *testing.T) {
	folder := t.TempDir()
	var b strings.Builder
	for i := range inventory.MostItems * 2 {
		fmt.Fprintf(&b, `,"node_modules/p%d":{"version":"1.0.0"}`, i)
	}
	plant(t, folder, map[string]string{"package-lock.json": `{"packages":{` + b.String()[1:] + `}}`})
	one, two := look(t, folder), look(t, folder)
	if one.Gap != inventory.TooMany || len(one.Items) != inventory.MostItems || one.Digest() != two.Digest() {
		t.Errorf("gap %q, %d items", one.Gap, len(one.Items))
	}
}

// TestHostile has sites that would have a look never end, or take all memory.
func TestHostile(t *testing.T) {
	folder := t.TempDir()
	deep := `{"dependencies":{"a":` + strings.Repeat(`{"version":"1.0.0","dependencies":{"a":`, 3000) + `{}` + strings.Repeat(`}}`, 3000) + `}}`
	plant(t, folder, map[string]string{"package-lock.json": deep, "x/composer.lock": "{", "y/composer.lock": strings.Repeat(" ", 17<<20),
		"wp-includes/version.php": "<?php\n$wp_version = '" + strings.Repeat("9", 99) + "\x01';"})
	if err := mkfifo(filepath.Join(folder, "x", "package-lock.json")); err != nil {
		t.Fatal(err)
	}
	l := look(t, folder)
	if l.Gap != inventory.TooMany {
		t.Errorf("gap %q", l.Gap)
	}
	if len(l.Items) == 0 || len(l.Items) > 30 {
		t.Errorf("%d items", len(l.Items))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := inventory.Site(ctx, []string{folder}, inventory.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("it ended by itself: %v", err)
	}
}

func TestDigest(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	files := map[string]string{"wp-includes/version.php": "<?php\n$wp_version = '6.4.2';", "x/composer.lock": `{"packages":[{"name":"a/b","version":"1"},{"name":"a/b","version":"1"}]}`}
	plant(t, a, files)
	plant(t, b, files)
	one, two := look(t, a), look(t, b)
	if len(one.Items) != 2 || one.Digest() != two.Digest() {
		t.Errorf("%q and %q", words(one), words(two))
	}
	plant(t, b, map[string]string{"wp-includes/version.php": "<?php\n$wp_version = '6.4.3';"})
	if two = look(t, b); one.Digest() == two.Digest() {
		t.Error("another version has the same digest")
	}
}

// TestCheck refuses lists that no look gives.
func TestCheck(t *testing.T) {
	good := inventory.Item{Kind: inventory.Plugin, Name: "akismet", Version: "5.3", Of: "wordpress", Place: "wp-content/plugins"}
	for name, change := range map[string]func(*inventory.Item){
		"kind": func(i *inventory.Item) { i.Kind = "x" }, "no name": func(i *inventory.Item) { i.Name = "" }, "long": func(i *inventory.Item) { i.Name = strings.Repeat("x", 201) },
		"sign": func(i *inventory.Item) { i.Title = "a\nb" }, "no text": func(i *inventory.Item) { i.Name = "\xff" }, "version": func(i *inventory.Item) { i.Version = "1 or 2" },
		"above": func(i *inventory.Item) { i.Place = "../x" }, "absolute": func(i *inventory.Item) { i.Place = "/etc" },
	} {
		i := good
		change(&i)
		if (inventory.List{Items: []inventory.Item{i}}).Check() == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
	if err := (inventory.List{Items: []inventory.Item{good}}).Check(); err != nil {
		t.Error(err)
	}
	if (inventory.List{Items: make([]inventory.Item, inventory.MostItems+1)}).Check() == nil {
		t.Error("a list without end is taken")
	}
}
