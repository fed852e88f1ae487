#!/bin/sh
# What udhcpc runs at DHCP events, inside the phone's namespace. Configures wlan0 as told and writes what the server gave into $LEASE.
# /etc/resolv.conf is the phone's own here (a bind mount of $RESOLV), so it is written in place; where it is not, it is the machine's, and
# nothing is touched.
[ /etc/resolv.conf -ef "$RESOLV" ] || {
    echo "refused $1: /etc/resolv.conf is not $RESOLV" >&2
    exit 1
}
case "$1" in
deconfig)
    ip -4 addr flush dev "$interface"
    ip link set "$interface" up
    ;;
bound | renew)
    ip -4 addr replace "$ip/${mask:-24}" dev "$interface"
    ip -4 route replace default via "${router%% *}" dev "$interface"
    { for server in $dns; do echo "nameserver $server"; done; } > /etc/resolv.conf
    {
        echo "event=$1"
        echo "ip=$ip"
        echo "mask=$mask"
        echo "router=$router"
        echo "dns=$dns"
        echo "lease=$lease"
        echo "server=$serverid"
        echo "option_114=$opt114"
    } > "$LEASE.new"
    mv "$LEASE.new" "$LEASE"
    echo "lease written: $1"
    ;;
esac
exit 0
