#!/bin/sh
# What udhcpc runs in a phone's namespace. The name servers go to the phone's own file, $NAMES, never to this machine's.
case "$1" in
deconfig) ip -4 address flush dev "$interface" ;;
bound | renew)
    ip -4 address replace "$ip/$mask" dev "$interface"
    ip -4 route replace default via "${router%% *}" dev "$interface"
    for server in $dns; do echo "nameserver $server"; done >"$NAMES"
    ;;
esac
