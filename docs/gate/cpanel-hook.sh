#!/bin/bash
# A hook for panels that run a script around their steps, such as cPanel & WHM
# with its standardized hooks. Before an account is taken out of suspension it
# asks the gate, and refuses unless the site may be reached.
#
# Put it in place with the panel's own tool, for the event that lifts a
# suspension, at the stage "pre", blocking; the panel's guide to hooks names it
# for your version:
#   manage_hooks add script /usr/local/bin/cpanel-hook.sh --category Whostmgr \
#     --event EVENT --stage pre --blocking 1 --manual 1
#
# The panel gives the step as JSON on standard input, with the domain or the user
# in "data". It reads "1" for go on, and "0 BAILOUT reason" for refused.
#
# It fails closed: if the desk cannot be asked, the step is refused.
#
# Settings, from the environment or /etc/candor/gate.env:
#   CANDOR      the program; candor
#   CANDOR_URL  the desk, and CANDOR_TOKEN: see docs/gate.md
#   DOMAIN_OF   a command that prints the domain of a user; it reads
#               /etc/trueuserdomains, "domain: user" a line, if empty
set -u

# shellcheck disable=SC1091
[ -r /etc/candor/gate.env ] && . /etc/candor/gate.env
candor=${CANDOR:-candor}

# member NAME: the first member of that name that holds a plain word.
member() { printf '%s' "$input" | tr -d '\n' | sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([a-zA-Z0-9._-]*\)\".*/\1/p"; }

refuse() {
	echo "0 BAILOUT $1"
	exit 0
}

input=$(cat)
domain=$(member domain)
user=$(member user)
if [ -z "$domain" ] && [ -n "$user" ]; then
	if [ -n "${DOMAIN_OF:-}" ]; then
		domain=$($DOMAIN_OF "$user")
	else
		domain=$(sed -n "s/^\([a-zA-Z0-9.-]*\): $user\$/\1/p" "${TRUEUSERDOMAINS:-/etc/trueuserdomains}" | head -n 1)
	fi
fi
[ -n "$domain" ] || refuse "Candor: the step names no domain"

"$candor" gate check --quiet "$domain"
case $? in
0) echo "1 $domain may be reached" ;;
1) refuse "Candor: $domain may not be reached; see its page in the customer portal" ;;
*) refuse "Candor: the desk could not be asked about $domain; try again later" ;;
esac
