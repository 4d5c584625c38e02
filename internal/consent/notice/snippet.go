package notice

import (
	"fmt"
	"slices"
	"strings"
)

// Servers are the programs that Snippet knows.
func Servers() []string { return []string{"nginx", "apache", "wordpress"} }

// KeptAt is where a web server finds the machine copy of a notice, unless it
// is told otherwise.
func (n *Notice) KeptAt() string { return "/var/lib/candor/notice/" + n.ID + ".json" }

// Snippet gives what serves the machine copy at the well-known address: a piece
// of configuration for nginx or Apache, which names the file that holds the
// copy, or a must-use plug-in for WordPress, which holds the copy itself.
func (n *Notice) Snippet(server, file string) (string, error) {
	digest, err := n.Digest()
	if err != nil {
		return "", err
	}
	if !slices.Contains(Servers(), server) {
		return "", fmt.Errorf("no snippet for %q: there are %s", server, strings.Join(Servers(), ", "))
	}
	copied, err := n.Canonical()
	if err != nil {
		return "", err
	}
	if server != "wordpress" && !safePath(file) {
		return "", fmt.Errorf("path %q cannot be written into a configuration: it has to be absolute, in letters, digits, spaces and ._-+/", file)
	}
	r := strings.NewReplacer(
		"{{notice}}", n.ID, "{{version}}", n.Version, "{{digest}}", digest, // their forms hold nothing that would need escapes
		"{{address}}", WellKnown, "{{type}}", MediaType, "{{file}}", file, "{{copy}}", phpString(string(copied)))
	return r.Replace(map[string]string{"nginx": nginxSnippet, "apache": apacheSnippet, "wordpress": wordpressSnippet}[server]), nil
}

// safePath tells whether a path means the same in quotes to nginx and to
// Apache: neither can escape all that they give a meaning to.
func safePath(p string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-+/"
	return strings.HasPrefix(p, "/") && strings.Trim(p, letters) == "" && strings.TrimSpace(p) == p && len(p) <= 500
}

// phpString gives a PHP literal in single quotes, in which only the quote and
// the backslash mean anything.
func phpString(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

const nginxSnippet = `# Notice {{notice}}, version {{version}}, SHA-256 {{digest}}.
# Put this into the server block of each site that the notice speaks for.
location = {{address}} {
    alias "{{file}}";
    default_type {{type}};
    types { }
    add_header X-Content-Type-Options nosniff always;
    add_header Access-Control-Allow-Origin "*" always;
    add_header Cache-Control "max-age=3600" always;
}
`

const apacheSnippet = `# Notice {{notice}}, version {{version}}, SHA-256 {{digest}}.
# Put this into the virtual host of each site that the notice speaks for.
# It needs mod_alias and, for the headers, mod_headers.
Alias "{{address}}" "{{file}}"
<Location "{{address}}">
    Require all granted
    ForceType {{type}}
    <IfModule mod_headers.c>
        Header always set X-Content-Type-Options "nosniff"
        Header always set Access-Control-Allow-Origin "*"
        Header always set Cache-Control "max-age=3600"
    </IfModule>
</Location>
`

const wordpressSnippet = `<?php
/*
Plugin Name: Candor notice
Description: Serves notice {{notice}}, version {{version}}, at {{address}}. SHA-256 {{digest}}.
*/
// Save this file as wp-content/mu-plugins/candor-notice.php.

defined( 'ABSPATH' ) || exit;

add_action( 'muplugins_loaded', static function () {
	$uri  = isset( $_SERVER['REQUEST_URI'] ) ? (string) $_SERVER['REQUEST_URI'] : '';
	$path = explode( '?', $uri, 2 )[0];
	if ( '{{address}}' !== $path ) {
		return;
	}
	header( 'Content-Type: {{type}}' );
	header( 'X-Content-Type-Options: nosniff' );
	header( 'Access-Control-Allow-Origin: *' );
	header( 'Cache-Control: max-age=3600' );
	echo {{copy}};
	exit;
} );
`
