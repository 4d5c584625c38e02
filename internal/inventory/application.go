package inventory

import (
	"slices"
	"strings"

	"candor/internal/regex"
)

// application is how a web application is known: by names in its folder, and a
// file that tells its version.
type application struct {
	name  string
	names []string // that are all in its folder
	tells []source // the first that is there and tells it
	parts []part
}

// source is a file that tells a version. One that has not the mark is of something
// else.
type source struct {
	file    string
	mark    string // a text in it; any file if empty
	version *regex.Regexp
}

var applications = []application{
	{name: "wordpress", names: []string{"wp-includes"}, tells: []source{{"wp-includes/version.php", "$wp_version", regex.Of(`(?m)^\s*\$wp_version\s*=\s*['"]([^'"]{1,100})['"]`)}},
		parts: []part{{Plugin, "wp-content/plugins", pluginHeader}, {Plugin, "wp-content/mu-plugins", pluginHeader}, {Theme, "wp-content/themes", themeHeader}}},
	{name: "joomla", names: []string{"administrator"}, tells: []source{{"administrator/manifests/files/joomla.xml", "files_joomla", regex.Of(`<version>\s*([^<\s]{1,100})\s*</version>`)}},
		parts: []part{{Plugin, "administrator/components", componentManifest}}},
	{name: "drupal", names: []string{"core"}, tells: []source{{"core/lib/Drupal.php", "class Drupal", regex.Of(`const\s+VERSION\s*=\s*['"]([^'"]{1,100})['"]`)}},
		parts: []part{{Plugin, "modules/contrib", moduleInfo}, {Plugin, "modules", moduleInfo}, {Theme, "themes/contrib", moduleInfo}}},
	{name: "drupal", names: []string{"includes", "misc", "modules"}, tells: []source{{"includes/bootstrap.inc", "Drupal", regex.Of(`define\(\s*['"]VERSION['"]\s*,\s*['"]([^'"]{1,100})['"]`)}},
		parts: []part{{Plugin, "sites/all/modules", moduleInfo}, {Plugin, "sites/all/modules/contrib", moduleInfo}, {Theme, "sites/all/themes", moduleInfo}}},
	{name: "mediawiki", names: []string{"includes"}, tells: []source{
		{"includes/Defines.php", "MW_VERSION", regex.Of(`define\(\s*['"]MW_VERSION['"]\s*,\s*['"]([^'"]{1,100})['"]`)},
		{"includes/DefaultSettings.php", "$wgVersion", regex.Of(`(?m)^\s*\$wgVersion\s*=\s*['"]([^'"]{1,100})['"]`)}},
		parts: []part{{Plugin, "extensions", extensionManifest}, {Theme, "skins", extensionManifest}}},
	{name: "phpmyadmin", names: []string{"libraries"}, tells: []source{
		{"libraries/classes/Version.php", "PhpMyAdmin", regex.Of(`const\s+VERSION\s*=\s*['"]([^'"]{1,100})['"]`)},
		{"libraries/classes/Config.php", "PMA_VERSION", regex.Of(`set\(\s*['"]PMA_VERSION['"]\s*,\s*['"]([^'"]{1,100})['"]`)},
		{"libraries/Config.class.php", "PMA_VERSION", regex.Of(`set\(\s*['"]PMA_VERSION['"]\s*,\s*['"]([^'"]{1,100})['"]`)}}},
	{name: "roundcube", names: []string{"program"}, tells: []source{{"program/include/iniset.php", "RCMAIL_VERSION", regex.Of(`define\(\s*['"]RCMAIL_VERSION['"]\s*,\s*['"]([^'"]{1,100})['"]`)}}},
	{name: "nextcloud", names: []string{"version.php", "apps"}, tells: []source{{"version.php", "nextcloud", regex.Of(`\$OC_VersionString\s*=\s*['"]([^'"]{1,100})['"]`)}},
		parts: []part{{Plugin, "apps", appInfo}, {Plugin, "custom_apps", appInfo}}},
	{name: "opencart", names: []string{"index.php", "catalog", "system"}, tells: []source{{"index.php", "DIR_SYSTEM", regex.Of(`define\(\s*['"]VERSION['"]\s*,\s*['"]([^'"]{1,100})['"]`)}}},
	{name: "prestashop", names: []string{"config", "classes"}, tells: []source{
		{"app/AppKernel.php", "class AppKernel", regex.Of(`const\s+VERSION\s*=\s*['"]([^'"]{1,100})['"]`)},
		{"src/Core/Version.php", "PrestaShop", regex.Of(`const\s+VERSION\s*=\s*['"]([^'"]{1,100})['"]`)},
		{"config/settings.inc.php", "_PS_VERSION_", regex.Of(`define\(\s*['"]_PS_VERSION_['"]\s*,\s*['"]([^'"]{1,100})['"]`)}}},
}

// here tells whether the names in a folder may be the application's.
func (a application) here(have map[string]bool) bool {
	for _, n := range a.names {
		if !have[n] {
			return false
		}
	}
	return true
}

// version gives the version of the application in a folder: empty if the file that
// tells it is there and does not. ok is false if none is there.
func (a application) version(t *tree, folder string) (version string, ok bool) {
	for _, s := range a.tells {
		text := string(t.head(join(folder, s.file), mostHead))
		if text == "" || !strings.Contains(text, s.mark) {
			continue
		}
		if m := s.version.FindStringSubmatch(text); m != nil {
			return m[1], true
		}
		ok = true
	}
	return "", ok
}

// Applications are the names of the web applications that are known here.
func Applications() (all []string) {
	for _, a := range applications {
		if !slices.Contains(all, a.name) {
			all = append(all, a.name)
		}
	}
	return append(all, "magento")
}
