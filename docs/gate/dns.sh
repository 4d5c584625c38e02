#!/bin/bash
# Publishes the address of a site in the DNS as the gate says: with PowerDNS, or
# by dynamic updates (RFC 2136) to BIND, Knot or another server.
#
#   dns.sh HOST ZONE ADDRESS    publishes HOST if it may be reached, and withdraws
#                               it if it may not
#
# It fails closed: nothing is published unless the desk says so. If the desk
# cannot be asked nothing changes, and the status is 2: have it tried again.
#
# Settings, from the environment:
#   CANDOR      the program; candor
#   CANDOR_URL  the desk, and CANDOR_TOKEN: see docs/gate.md
#   SERVER      powerdns, or update; powerdns
#   PDNSUTIL    the program of PowerDNS; pdnsutil
#   NSUPDATE    the program for updates, with its key; "nsupdate -k /etc/candor/dns.key"
#   TTL         seconds; 300, so that a site that is suspended is soon gone
#
# Exit status: 0 published, 1 withdrawn, 2 something could not be done.
set -u

candor=${CANDOR:-candor}
server=${SERVER:-powerdns}
pdnsutil=${PDNSUTIL:-pdnsutil}
nsupdate=${NSUPDATE:-nsupdate -k /etc/candor/dns.key}
ttl=${TTL:-300}

host=${1:-} zone=${2:-} address=${3:-}
case "$host$zone" in
'' | *[!a-zA-Z0-9.-]*)
	echo "usage: dns.sh HOST ZONE ADDRESS" >&2
	exit 2
	;;
esac
case $address in
'' | *[!0-9a-fA-F.:]*)
	echo "dns.sh: '$address' is no address" >&2
	exit 2
	;;
*:*) type=AAAA ;;
*) type=A ;;
esac

# The name below its zone, as PowerDNS wants it: @ for the zone itself.
case $host in
"$zone") label=@ ;;
*".$zone") label=${host%".$zone"} ;;
*)
	echo "dns.sh: $host is not in the zone $zone" >&2
	exit 2
	;;
esac

publish() {
	case $server in
	powerdns) $pdnsutil replace-rrset "$zone" "$label" "$type" "$ttl" "$address" ;;
	update) printf 'zone %s\nupdate delete %s. %s\nupdate add %s. %s %s %s\nsend\n' "$zone" "$host" "$type" "$host" "$ttl" "$type" "$address" | $nsupdate ;;
	*) return 1 ;;
	esac
}

withdraw() {
	case $server in
	powerdns) $pdnsutil delete-rrset "$zone" "$label" "$type" ;;
	update) printf 'zone %s\nupdate delete %s. %s\nsend\n' "$zone" "$host" "$type" | $nsupdate ;;
	*) return 1 ;;
	esac
}

"$candor" gate check --quiet "$host"
case $? in
0)
	publish >&2 || exit 2
	echo "published $host"
	;;
1)
	withdraw >&2 || exit 2
	echo "withdrew $host"
	exit 1
	;;
*) exit 2 ;;
esac
