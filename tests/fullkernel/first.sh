#!/bin/sh
# The guest's first process: lays this machine's files, the packages that it lacks and the kernel's modules over each other, all read-only,
# with a layer in memory on top, and goes on in there with /fk/init.
export PATH=/bin
for name in mount umount mkdir cat insmod switch_root pivot_root chroot reboot poweroff ln mknod; do
    [ -e /bin/$name ] || busybox ln -s busybox /bin/$name
done
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
fail() {
    echo "cannot mount $*" >/dev/console
    poweroff -f
}
if [ -e /uml ]; then
    . /uml
    share() { mount -t hostfs none "$2" -o "$3" || fail "$1"; [ "$4" = rw ] || mount -o remount,ro "$2"; }
else
    while read -r module; do insmod "/mod/$module" || echo "cannot load $module" >/dev/console; done </mod/order
    share() {
        if [ "$4" = rw ]; then how=cache=none; else how=ro,cache=loose; fi
        mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$how" "$1" "$2" || fail "$1"
    }
fi
share root /ro "${ROOT-}" ro
share lay /lay "${LAY-}" ro
share mods /mods "${MODS-}" ro
mount -t tmpfs -o size=75% rw /rw
mkdir -p /rw/u /rw/w
mount -t overlay -o lowerdir=/mods:/lay:/ro,upperdir=/rw/u,workdir=/rw/w,xino=off,metacopy=off root /new || fail overlay
cd /new || fail /new
mkdir -p proc sys dev run tmp var/tmp fk
share ctl /new/fk "${CTL-}" rw
mount --move /proc proc
mount --move /sys sys
mount --move /dev dev
mkdir -p dev/pts dev/shm dev/net
mknod dev/net/tun c 10 200 2>/dev/null
mount -t devpts -o ptmxmode=666,mode=620,gid=5 pts dev/pts
mount -t tmpfs shm dev/shm
mount -t tmpfs run run
mkdir -p run/lock run/netns
mount -t cgroup2 cg sys/fs/cgroup 2>/dev/null
ln -sf /proc/self/fd dev/fd
ln -sf fd/0 dev/stdin
ln -sf fd/1 dev/stdout
ln -sf fd/2 dev/stderr
[ -e /uml ] || exec switch_root /new /bin/bash /fk/init
mkdir -p oldroot
pivot_root . oldroot
export PATH=/usr/sbin:/usr/bin:/sbin:/bin # from here on the machine's own programs
exec chroot . /bin/bash -c 'umount -l /oldroot; rmdir /oldroot; exec /bin/bash /fk/init'
