#!/bin/bash
# Run a command as root under another Linux kernel, without KVM, on a read-only view of this machine's own files.
#
#   run.sh [options] [--] COMMAND [ARG...]
#   run.sh --which                   say which kernel would be used, in one line
#   run.sh --build                   build the user-mode kernel (about 10 minutes on two cores, 15 MB kept)
#
#   -e ENGINE   uml: a user-mode kernel, built from Debian's kernel source with uml.config; qemu: Debian's own kernel package under
#               software emulation; auto (default): uml where there is one, else qemu
#   -k PACKAGE  the kernel package for qemu (default linux-image-amd64)
#   -i          virtual time: the guest's clock skips idle time and does not notice how busy this machine is
#   -m MB       memory of the guest (512)          -t SECONDS  time limit in real time (600; exit status 124 when it has passed)
#   -p NAMES    Debian packages whose programs the guest needs and this machine may lack, e.g. "hostapd iw"
#   -w FOLDER   share FOLDER read-write at the same path (up to 8 times); all else that the command writes goes with the guest
#   -v          print the guest kernel's messages too
#
# The command runs in the folder this is called from, with this environment; stdin is empty, stdout and stderr come back as stdout, its
# exit status is this script's (125: the guest did not come up, or died; 123: what it needs cannot be fetched, no package registry answers).
# No network goes into the guest or out of it.
#
# The user-mode kernel is looked for in $FULLKERNEL (a folder with linux and mods/ in it or in one uml-* below), then where --build puts
# it. What is fetched or built is kept in $FULLKERNEL_CACHE (default: hotspot-fullkernel in the user's cache folder); nothing is
# installed on this machine.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cache=${FULLKERNEL_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var}/.cache}/hotspot-fullkernel}
engine=auto package=linux-image-amd64 memory=512 limit=600 verbose=0 virtual=0 only= programs= shared=()
while [ $# -gt 0 ]; do case $1 in
    -e) engine=$2; shift 2 ;; -k) package=$2; shift 2 ;; -m) memory=$2; shift 2 ;; -t) limit=$2; shift 2 ;;
    -w) shared+=("$(readlink -f "$2")"); shift 2 ;; -i) virtual=1; shift ;; -p) programs=$2; shift 2 ;;
    -v) verbose=1; shift ;;
    --which) only=which; shift ;; --build) only=build; engine=uml; shift ;; --) shift; break ;;
    -h | --help) sed -n '2,/^set /p' "$0" | sed '$d;s/^# \{0,1\}//'; exit 0 ;;
    -*) echo "fullkernel: unknown option $1 (--help)" >&2; exit 125 ;; *) break ;; esac; done
say() { echo "fullkernel: $*" >&2; }
die() { say "$*"; exit 125; }
[ -n "$only" ] || [ $# -gt 0 ] || die "no command (--help)"
[ ${#shared[@]} -le 8 ] || die "cannot share ${#shared[@]} folders: expected at most 8"
export PATH=$PATH:/usr/sbin:/sbin

# ---- 1. which kernel, and what it needs ----------------------------------------------------------------------------------------------
# shellcheck source=fetch.sh
. "$here/fetch.sh"
uml=$(find_uml) || exit 125
if [ $engine = auto ]; then if [ -n "$uml" ]; then engine=uml; else engine=qemu; fi; fi
if [ "$only" = which ]; then
    [ $engine = qemu ] && echo "$package under qemu (no user-mode kernel: FULLKERNEL is not set, and \`make fullkernel\` has built none)"
    [ $engine = uml ] && echo "user-mode Linux $(uml_version)"
    exit 0
fi
mkdir -p "$cache" || die "cannot make $cache"
exec 9>"$cache/.lock"
flock 9 # two runs at once: the second waits until the first has fetched
busybox=$(command -v busybox) || die "no busybox on this machine: install Debian's package of that name"
case $engine in
    uml) [ -n "$uml" ] || { [ "$only" = build ] || die "no user-mode kernel (FULLKERNEL, make fullkernel)"; build_uml; } ;;
    qemu) find_qemu; find_debian_kernel ;;
    *) die "no engine $engine: expected uml, qemu or auto" ;;
esac
[ "$only" = build ] && { say "the kernel is in $uml"; exit 0; }
lay_packages
if [ $engine = uml ]; then modules=$uml/mods; else modules=$kernel/mods; make_initrd; fi
flock -u 9
if [ $engine = uml ]; then used="user-mode Linux $(uml_version)"; else used="Debian's $version under qemu"; fi
if [ $virtual = 1 ]; then say "$used, virtual time"; else say "$used"; fi

# ---- 2. this run ---------------------------------------------------------------------------------------------------------------------
run=$(mktemp -d "${TMPDIR:-/tmp}/fullkernel.XXXXXX") guest= reader=
# Only what this script started is ended: the guest is a process group of its own.
trap '[ -n "$guest" ] && kill -TERM "$guest" 2>/dev/null && wait "$guest" 2>/dev/null; rm -rf "$run"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$run/ctl"
cp "$busybox" "$run/ctl/busybox"
: >"$run/ctl/out"
export -p | grep -Ev '^declare -x (PWD|OLDPWD|SHLVL|_|LD_LIBRARY_PATH|TMPDIR)(=|$)' >"$run/ctl/env"
{
    echo 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    echo 'hostname fullkernel; ip link set lo up; ulimit -n 65536; echo 4 >/proc/sys/kernel/printk'
    number=0
    for folder in "${shared[@]-}"; do
        [ -n "$folder" ] || continue
        if [ $engine = uml ]; then printf 'mkdir -p %q; mount -t hostfs none %q -o %q\n' "$folder" "$folder" "$folder"
        else printf 'mkdir -p %q; mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=none rw%d %q\n' "$folder" $number "$folder"; fi
        number=$((number + 1))
    done
    echo '. /fk/env'
    printf 'cd %q 2>/dev/null || cd /\n' "$PWD"
    if [ $engine = uml ]; then echo 'exec </dev/null >>/fk/out 2>&1'; else echo 'exec </dev/null >/dev/hvc0 2>&1; stty -F /dev/hvc0 raw -echo -onlcr'; fi
    printf 'setsid '; printf '%q ' "$@"
    printf '\necho $? >/fk/rc; exec >/dev/console 2>&1; sync\n'
    if [ $engine = uml ]; then echo 'exec /fk/busybox poweroff -f'; else echo '/fk/busybox usleep 50000; exec /fk/busybox reboot -f'; fi
} >"$run/ctl/init"

if [ $engine = uml ]; then
    first=$run/first
    mkdir -p "$first"/{dev,proc,sys,ro,lay,mods,rw,new}
    copy_busybox "$first"
    ln -s busybox "$first/bin/sh"
    install -m 755 "$here/first.sh" "$first/init"
    printf 'ROOT=%q LAY=%q MODS=%q CTL=%q\n' / "$layer" "$modules" "$run/ctl" >"$first/uml"
    clock=()
    [ $virtual = 0 ] || clock=(time-travel=inf-cpu)
    # The guest's memory is a file: in memory where there is room for it.
    room=$(df --output=avail -B1048576 /dev/shm 2>/dev/null | tail -1)
    if [ "${room:-0}" -gt $((memory + 64)) ]; then ram=/dev/shm; else ram=$run; fi
    TMPDIR=$ram timeout -k 5 "$limit" "$uml/linux" mem="$memory"M rootfstype=hostfs rootflags="$first" rw init=/init con=null con0=null,fd:1 \
        uml_dir="$run/" umid=u quiet panic=-1 random.trust_cpu=on ifb.numifbs=0 dummy.numdummies=0 mac80211_hwsim.radios=3 "${clock[@]}" \
        </dev/null >"$run/console" 2>&1 9>&- &
    guest=$!
    tail -c +1 -f -s 0.1 --pid=$guest "$run/ctl/out" 9>&- & # in the background, so that a signal to this script is not put off
    reader=$!
else
    share=()
    add() { share+=(-fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap$3" -device "virtio-9p-pci,fsdev=$1,mount_tag=$1"); }
    add root / ,readonly=on; add lay "$layer" ,readonly=on; add mods "$modules" ,readonly=on; add ctl "$run/ctl" ''
    number=0
    for folder in "${shared[@]-}"; do [ -n "$folder" ] && { add rw$number "$folder" ''; number=$((number + 1)); }; done
    accelerator=(-accel tcg,thread=multi,tb-size=256 -smp 2) words=
    if [ $virtual = 1 ]; then accelerator=(-accel tcg,thread=single,tb-size=256 -smp 1 -icount shift=1,sleep=on,align=off) words=nohz=off; fi
    LD_LIBRARY_PATH=$qemu_libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} timeout -k 5 "$limit" "$qemu" "${qemu_data[@]}" "${accelerator[@]}" \
        -cpu max -m "$memory" -M q35,usb=off,vmport=off,hpet=off -nodefaults -no-user-config -no-reboot -display none -nic none \
        -kernel "$kernel/vmlinux" -initrd "$initrd" -append "console=ttyS0 panic=-1 oops=panic mitigations=off nokaslr tsc=reliable \
clocksource=tsc random.trust_cpu=on quiet audit=0 selinux=0 apparmor=0 nowatchdog no_timer_check 8250.nr_uarts=1 cryptomgr.notests \
ifb.numifbs=0 dummy.numdummies=0 mac80211_hwsim.radios=3 $words" \
        -serial file:"$run/console" -device virtio-serial-pci -chardev stdio,id=hvc,signal=off -device virtconsole,chardev=hvc \
        -device virtio-rng-pci "${share[@]}" </dev/null 2>"$run/qemu.err" 9>&- &
    guest=$!
fi
wait $guest
status=$?
guest=
[ -z "$reader" ] || wait $reader
[ $verbose = 0 ] || sed 's/^/[kernel] /' "$run/console" >&2
[ -s "$run/ctl/rc" ] && exit "$(cat "$run/ctl/rc")"
[ $status = 124 ] || [ $status = 137 ] && { say "the time limit of $limit s has passed"; tail -5 "$run/console" >&2; exit 124; }
say "the guest died ($engine, exit status $status)"
cat "$run/qemu.err" >&2 2>/dev/null
tail -20 "$run/console" >&2
exit 125
