#!/bin/bash
# Sourced by run.sh: finds, fetches and builds what a guest needs, each once, below $cache. Debian packages are unpacked there, never
# installed.
# shellcheck disable=SC2154  # cache, package, engine … are run.sh's

host=$cache/host # programs that this machine lacks

fetch() { # fetch FOLDER PACKAGE...: unpack packages and what they need, as far as this machine lacks it
    local folder=$1 apt each
    shift
    say "fetching $*"
    apt=$folder.apt
    rm -rf "$apt" "$folder.new"
    mkdir -p "$apt/archives/partial" "$folder.new/usr"
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dir::Cache::archives="$apt/archives" -o Debug::NoLocking=1 -o APT::Sandbox::User= \
        --no-install-recommends --download-only install "$@" >"$folder.log" 2>&1 ||
        cannot_fetch "$folder.log" "$*"
    for each in "$apt"/archives/*.deb; do
        [ ! -e "$each" ] || dpkg-deb --fsys-tarfile "$each" | tar -x -C "$folder.new" --no-same-owner || die "cannot unpack $each"
    done
    for each in bin sbin lib lib64; do # bookworm's packages still ship /bin, /sbin and /lib: merge them
        if [ -d "$folder.new/$each" ] && [ ! -L "$folder.new/$each" ]; then
            mkdir -p "$folder.new/usr/$each"
            cp -a "$folder.new/$each/." "$folder.new/usr/$each/"
            rm -rf "${folder:?}.new/$each"
        fi
    done
    rm -rf "$folder" "$apt"
    mv "$folder.new" "$folder"
}
download() { # one package, into this folder
    apt-get -qq -o APT::Sandbox::User= download "$@" >/dev/null 2>"$cache/download.log" || cannot_fetch "$cache/download.log" "$*"
}
cannot_fetch() { # cannot_fetch LOG WHAT: ends the run, with a status of its own where nobody answers
    sed 's/^/fullkernel: /' "$1" | tail -5 >&2
    if grep -qE 'Temporary failure resolving|Could not resolve|Could not connect|Network is unreachable|timed out' "$1"; then
        say "cannot fetch $2: no package registry answers"
        exit 123
    fi
    die "cannot fetch $2: see apt-get's words above (apt-get update first?)"
}
run_fetched() { LD_LIBRARY_PATH=$host/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$@"; }
tool() { # tool NAME: its path, on this machine or fetched
    command -v "$1" && return
    local each
    for each in "$host/usr/bin/$1" "$host/usr/sbin/$1"; do [ -x "$each" ] && { echo "$each"; return; }; done
    return 1
}
run_depmod() {
    local depmod
    depmod=$(command -v depmod) || { ln -sfn kmod "$host/usr/bin/depmod"; depmod=$host/usr/bin/depmod; }
    run_fetched "$depmod" "$@"
}

copy_busybox() { # into the folder $1, with the libraries it is linked to: nothing else is there when the guest starts
    mkdir -p "$1/bin"
    cp -L "$busybox" "$1/bin/busybox"
    ldd "$busybox" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$1$(dirname "$library")"
        cp -L "$library" "$1$library"
    done
}

built_uml=$cache/uml-$(md5sum <"$here/uml.config" | cut -c1-8)
find_uml() { # prints the folder of the user-mode kernel, nothing when there is none
    local each
    if [ -n "${FULLKERNEL-}" ]; then
        for each in "$FULLKERNEL" "$FULLKERNEL"/uml-*; do [ -x "$each/linux" ] && [ -d "$each/mods" ] && { readlink -f "$each"; return; }; done
        die "cannot use FULLKERNEL=$FULLKERNEL: expected a folder with linux and mods/, or one with such a folder named uml-* in it"
    fi
    [ ! -e "$built_uml/ready" ] || echo "$built_uml"
}
uml_version() { for each in "$uml"/mods/usr/lib/modules/*; do basename "$each"; done; }
build_uml() { # sets uml: one executable of 10 MB with everything in it
    command -v gcc >/dev/null && command -v make >/dev/null || die "building a kernel needs gcc and make"
    local build=$cache/build tools=$cache/buildtools source version source_package=linux-source-6.12
    apt-cache show "$source_package" >/dev/null 2>&1 || source_package=linux-source
    [ -d "$tools" ] || fetch "$tools" flex bison bc m4 xz-utils
    [ -d "$host" ] || fetch "$host" kmod zstd xz-utils
    rm -rf "$build"
    mkdir -p "$build/o"
    say "fetching $source_package"
    (cd "$build" && { [ "$source_package" != linux-source ] || source_package=$(apt-cache depends linux-source | sed -n 's/^ *Depends: //p' | head -1); } &&
        download "$source_package") || exit
    dpkg-deb --fsys-tarfile "$build"/linux-source-*.deb | tar -x -C "$build" --wildcards './usr/src/*.tar.*' || die "cannot unpack the source"
    tar -x -f "$build"/usr/src/linux-source-*.tar.* -C "$build" --wildcards --exclude='*/arch/arm*/boot/*' --exclude='*/drivers/gpu/drm/amd/include/*' ||
        die "cannot unpack the source"
    source=$(echo "$build"/linux-source-*/)
    say "building (about 10 minutes on two cores)"
    (
        export PATH=$tools/usr/bin:$PATH BISON_PKGDATADIR=$tools/usr/share/bison M4
        M4=$(command -v m4)
        make -s -C "$source" ARCH=um O="$build/o" KCONFIG_ALLCONFIG="$here/uml.config" allnoconfig &&
            make -s -C "$source" ARCH=um O="$build/o" -j"$(nproc)" linux
    ) >"$cache/build.log" 2>&1 || { tail -20 "$cache/build.log" >&2; die "the build failed: $cache/build.log"; }
    uml=$built_uml
    version=$(cat "$build/o/include/config/kernel.release")
    rm -rf "$uml"
    mkdir -p "$uml/mods/lib" "$uml/mods/usr/lib/modules/$version"
    strip -o "$uml/linux" "$build/o/linux"
    cp "$build/o/.config" "$uml/config"
    cp "$build/o/modules.builtin" "$build/o/modules.builtin.modinfo" "$uml/mods/usr/lib/modules/$version/"
    : >"$uml/mods/usr/lib/modules/$version/modules.order"
    ln -sfn ../usr/lib/modules "$uml/mods/lib/modules"
    run_depmod -b "$uml/mods" "$version"
    rm -rf "$uml/mods/lib" "$build"
    : >"$uml/ready"
}

lay_packages() { # sets layer: programs over the guest's root that this machine lacks
    local want=$programs
    [ $engine = uml ] || want="$want kmod" # its modules are files
    layer=$cache/layer-none
    [ -n "$want" ] || { mkdir -p "$layer"; return; }
    # shellcheck disable=SC2086  # a list of names
    layer=$cache/layer-$(dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' $want 2>/dev/null | md5sum | cut -c1-12)
    # shellcheck disable=SC2086
    [ -d "$layer" ] || fetch "$layer" $want
}

find_qemu() { # sets qemu, qemu_data, qemu_libraries
    qemu=$(command -v qemu-system-x86_64) qemu_data=() qemu_libraries=
    [ -z "$qemu" ] || return 0
    local folder=$cache/qemu
    [ -x "$folder/usr/bin/qemu-system-x86_64" ] || fetch "$folder" qemu-system-x86
    qemu=$folder/usr/bin/qemu-system-x86_64 qemu_libraries=$folder/usr/lib/x86_64-linux-gnu
    qemu_data=(-L "$folder/usr/share/qemu" -L "$folder/usr/share/seabios")
}

needless="drivers/gpu drivers/media drivers/scsi drivers/infiniband drivers/iio drivers/hwmon drivers/staging drivers/ata drivers/usb drivers/input
    drivers/mtd drivers/comedi drivers/md drivers/platform drivers/i2c drivers/mmc drivers/isdn drivers/target drivers/firewire drivers/hid
    drivers/message drivers/edac drivers/power drivers/leds drivers/thunderbolt drivers/nvme drivers/crypto drivers/dma drivers/mfd
    drivers/pinctrl drivers/watchdog drivers/video drivers/spi drivers/rtc drivers/regulator drivers/accel drivers/soundwire drivers/ufs sound
    fs/btrfs fs/xfs fs/ocfs2 fs/gfs2 fs/ceph fs/smb fs/cifs fs/nfs fs/nfsd fs/jfs fs/f2fs fs/ubifs fs/reiserfs fs/afs fs/orangefs fs/nilfs2
    fs/bcachefs net/ceph net/sunrpc net/rds net/tipc net/bluetooth"

find_debian_kernel() { # sets kernel and version; a package like linux-image-amd64 stands for the one that it depends on
    local name version_file
    [ -d "$host" ] || fetch "$host" kmod zstd xz-utils
    name=$(apt-cache depends --important "$package" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-.*\)$/\1/p' | head -1)
    kernel=$cache/kernel-${name:-$package} version_file=$kernel/version
    if [ ! -e "$kernel/ready" ]; then
        say "fetching ${name:-$package}"
        rm -rf "$kernel"
        mkdir -p "$kernel/dl" "$kernel/tree" "$kernel/mods/usr/lib" "$kernel/mods/lib"
        (cd "$kernel/dl" && download "${name:-$package}") || exit
        dpkg-deb -x "$kernel"/dl/*.deb "$kernel/tree" || die "cannot unpack ${name:-$package}"
        rm -rf "$kernel/dl"
        mv "$kernel"/tree/lib/modules "$kernel/mods/usr/lib/" 2>/dev/null || mv "$kernel"/tree/usr/lib/modules "$kernel/mods/usr/lib/"
        version=$(ls "$kernel/mods/usr/lib/modules")
        # What a network test can need stays; 400 MB of other drivers go.
        # shellcheck disable=SC2086
        (cd "$kernel/mods/usr/lib/modules/$version/kernel" && rm -rf $needless &&
            find drivers/net/ethernet drivers/net/wireless -name '*.ko*' ! -name 'mac80211_hwsim*' -delete 2>/dev/null)
        python3 "$here/initrd.py" kernel "$kernel/tree/boot/vmlinuz-$version" "$kernel/vmlinux" "$(tool zstd)" || die "cannot unpack the kernel"
        rm -rf "$kernel/tree"
        echo "$version" >"$version_file"
        find "$kernel/mods" -name '*.ko.xz' -print0 | xargs -0r -n64 -P"$(nproc)" "$(tool xz)" -d # cheaper to load, and for depmod
        ln -sfn ../usr/lib/modules "$kernel/mods/lib/modules"
        run_depmod -b "$kernel/mods" "$version" 2>/dev/null || die "depmod failed"
        rm -rf "$kernel/mods/lib"
        : >"$kernel/ready"
    fi
    version=$(cat "$version_file")
}

make_initrd() { # sets initrd: busybox, first.sh and the modules that reach the files of this machine
    initrd=$kernel/initrd.cpio
    [ -e "$initrd" ] && [ "$initrd" -nt "$here/first.sh" ] && [ "$initrd" -nt "$kernel/ready" ] && return
    local tree
    tree=$(mktemp -d)
    mkdir -p "$tree"/{mod,dev,proc,sys,ro,lay,mods,rw,new}
    copy_busybox "$tree"
    ln -s busybox "$tree/bin/sh"
    install -m 755 "$here/first.sh" "$tree/init"
    python3 "$here/initrd.py" initrd "$kernel/mods/usr/lib/modules/$version" "$tree" "$initrd.new" || die "cannot make the initial root"
    rm -rf "$tree"
    mv "$initrd.new" "$initrd"
}
