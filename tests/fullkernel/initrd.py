"""What qemu boots: Debian's kernel uncompressed (so that the guest has no BIOS and nothing to unpack), and an initial root with the modules
that reach this machine's files. Run by ``fetch.sh`` with the machine's own Python, before any environment is there.

``initrd.py kernel VMLINUZ OUT ZSTD`` · ``initrd.py initrd MODULES TREE OUT``
"""

import lzma
import os
import shutil
import stat
import struct
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

_NEEDED = ("virtio_pci", "9p", "9pnet_virtio", "overlay", "virtio_console", "virtio_rng")


def unpack_kernel(packed: bytes, zstd: str) -> bytes:
    """The ELF image inside a bzImage (Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length)."""
    offset, length = struct.unpack_from("<II", packed, 0x248)
    payload = packed[((packed[0x1F1] or 4) + 1) * 512 + offset :][:length]
    if payload.startswith(b"\xfd7zXZ\0"):
        image = lzma.LZMADecompressor().decompress(payload)
    elif payload.startswith(b"\x28\xb5\x2f\xfd"):  # the last four bytes are the size, not zstd's
        image = subprocess.run([zstd or "zstd", "-dcq"], input=payload[:-4], stdout=subprocess.PIPE, check=True).stdout
    else:
        raise ValueError(f"cannot unpack the kernel: {payload[:6]!r} is neither xz nor zstd")
    if not image.startswith(b"\x7fELF"):
        raise ValueError("cannot unpack the kernel: what came out is no ELF image")
    return image


def in_load_order(modules_dep: str, wanted: tuple[str, ...]) -> list[str]:
    """Paths of the wanted modules after all that they need; what is not listed is built in."""

    def name(path: str) -> str:
        return Path(path).name.partition(".")[0].replace("-", "_")

    needs = {name(path): (path, rest.split()) for path, _, rest in (line.partition(":") for line in modules_dep.splitlines())}
    order: list[str] = []

    def add(module: str) -> None:
        if module in needs and needs[module][0] not in order:
            for needed in reversed(needs[module][1]):
                add(name(needed))
            order.append(needs[module][0])

    for module in wanted:
        add(module)
    return order


def write_cpio(tree: Path, out: BinaryIO) -> None:
    """A folder as a cpio archive of the new format (Documentation/driver-api/early-userspace/buffer-format.rst), with a console."""
    number = 0

    def put(name: str, mode: int, data: bytes = b"", major: int = 0, minor: int = 0) -> None:
        nonlocal number
        number += 1
        raw = name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(raw), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        for part in (head, data):
            out.write(part + b"\0" * (-len(part) % 4))

    for root, folders, names in os.walk(tree):
        for path in (Path(root, name) for name in sorted(folders + names)):
            mode = path.lstat().st_mode
            data = bytes(path.readlink()) if stat.S_ISLNK(mode) else b"" if stat.S_ISDIR(mode) else path.read_bytes()
            put(str(path.relative_to(tree)), mode, data)
    put("dev/console", stat.S_IFCHR | 0o600, b"", 5, 1)
    put("TRAILER!!!", 0)


def main(what: str, source: Path, second: str, third: str) -> None:
    """One of the two commands."""
    if what == "kernel":
        Path(second).write_bytes(unpack_kernel(source.read_bytes(), third))
        return
    tree, order = Path(second), in_load_order((source / "modules.dep").read_text(), _NEEDED)
    for path in order:
        shutil.copy(source / path, tree / "mod")
    (tree / "mod" / "order").write_text("".join(f"{Path(path).name}\n" for path in order))
    with Path(third).open("wb") as out:
        write_cpio(tree, out)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:5])
