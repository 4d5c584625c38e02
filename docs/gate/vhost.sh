#!/bin/bash
# Enables and disables virtual hosts of nginx or Apache as the gate says.
#
#   vhost.sh enable HOST    enables HOST if it may be reached; else changes nothing
#   vhost.sh sync           looks at all hosts: enables those that may be reached,
#                           and disables those that may not
#
# It fails closed: nothing is enabled unless the desk says so. What is enabled
# is disabled only if the desk says that it may not be reached, and not when the
# desk cannot be asked: an outage of the desk is no reason to take sites down.
# Run "sync" from cron or a systemd timer, each few minutes, and "enable" from
# whatever writes the configuration of a new host.
#
# Settings, from the environment:
#   CANDOR       the program; candor
#   CANDOR_URL   the desk, and CANDOR_TOKEN or CANDOR_TOKEN_FILE: see docs/gate.md
#   AVAILABLE    folder of all hosts, HOST.conf each; /etc/nginx/sites-available
#   ENABLED      folder of links to those that are enabled; /etc/nginx/sites-enabled
#   TEST         checks the configuration; "nginx -t", for Apache "apachectl configtest"
#   RELOAD       "systemctl reload nginx", for Apache "systemctl reload apache2"
#
# Exit status: 0 done, 1 HOST may not be reached, 2 something could not be done.
set -u

candor=${CANDOR:-candor}
available=${AVAILABLE:-/etc/nginx/sites-available}
enabled=${ENABLED:-/etc/nginx/sites-enabled}
test=${TEST:-nginx -t}
reload=${RELOAD:-systemctl reload nginx}

if [ -n "${CANDOR_TOKEN_FILE:-}" ]; then
	CANDOR_TOKEN=$(cat "$CANDOR_TOKEN_FILE") || exit 2
	export CANDOR_TOKEN
fi

changed=no
status=0

# name HOST: a host name, and never a path.
name() {
	case $1 in
	'' | -* | .* | *[!a-zA-Z0-9.-]*)
		echo "vhost.sh: '$1' is no host name" >&2
		return 1
		;;
	esac
}

# enable HOST: links its configuration, and takes the link away again if the
# server cannot read it.
enable() {
	[ -e "$enabled/$1.conf" ] && return 0
	if [ ! -f "$available/$1.conf" ]; then
		echo "vhost.sh: there is no $available/$1.conf" >&2
		return 1
	fi
	ln -s "$available/$1.conf" "$enabled/$1.conf" || return 1
	if ! $test >&2; then
		rm -f "$enabled/$1.conf"
		echo "vhost.sh: the configuration of $1 is wrong; it was not enabled" >&2
		return 1
	fi
	changed=yes
	echo "enabled $1"
}

# disable HOST: takes the link away. A file that is no link is left alone.
disable() {
	[ -L "$enabled/$1.conf" ] || return 0
	rm -f "$enabled/$1.conf" || return 1
	changed=yes
	echo "disabled $1"
}

# look HOST: asks the gate, and does as it says.
look() {
	"$candor" gate check --quiet "$1"
	case $? in
	0) enable "$1" || status=2 ;;
	1)
		[ "$command" = sync ] && { disable "$1" || status=2; }
		[ "$command" = enable ] && status=1
		;;
	*) status=2 ;; # not known: leave all as it is
	esac
}

command=${1:-}
case $command in
enable)
	name "${2:-}" || exit 2
	look "$2"
	;;
sync)
	for file in "$available"/*.conf; do
		[ -f "$file" ] || continue
		host=$(basename "$file" .conf)
		name "$host" || { status=2; continue; }
		look "$host"
	done
	;;
*)
	echo "usage: vhost.sh enable HOST | sync" >&2
	exit 2
	;;
esac

if [ $changed = yes ]; then
	$reload || status=2
fi
exit $status
