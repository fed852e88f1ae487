"""What qemu boots, without booting it."""

import io
import lzma
import struct
import subprocess
from pathlib import Path

import pytest

from tests.fullkernel.initrd import in_load_order, unpack_kernel, write_cpio

MODULES = """\
kernel/fs/9p/9p.ko: kernel/net/9p/9pnet.ko kernel/fs/netfs/netfs.ko
kernel/net/9p/9pnet.ko:
kernel/fs/netfs/netfs.ko:
kernel/drivers/char/hw_random/virtio-rng.ko: kernel/drivers/virtio/virtio.ko
kernel/drivers/virtio/virtio.ko:
"""


def test_modules_come_after_what_they_need() -> None:
    """Dashes are underscores, and what is not listed is built in."""
    expected = ["fs/netfs/netfs.ko", "net/9p/9pnet.ko", "fs/9p/9p.ko", "drivers/virtio/virtio.ko", "drivers/char/hw_random/virtio-rng.ko"]
    assert in_load_order(MODULES, ("9p", "virtio_rng", "overlay")) == [f"kernel/{path}" for path in expected]


def test_a_kernel_comes_out_of_its_envelope() -> None:
    """The payload is found through the boot header; another compression is an error."""

    def envelope(payload: bytes) -> bytes:
        head = bytearray(1024)
        head[0x1F1] = 1  # one sector of setup code after the boot sector
        struct.pack_into("<II", head, 0x248, 0, len(payload))
        return bytes(head) + payload

    image = b"\x7fELF and so on"
    assert unpack_kernel(envelope(lzma.compress(image)), "") == image
    for payload in (b"gzip", lzma.compress(b"no ELF")):
        with pytest.raises(ValueError, match="cannot unpack"):
            unpack_kernel(envelope(payload), "")


def test_the_archive_is_one_that_cpio_reads(tmp_path: Path) -> None:
    """Files, folders, links and the console."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/busybox").write_bytes(b"program")
    (tmp_path / "bin/sh").symlink_to("busybox")
    out = io.BytesIO()
    write_cpio(tmp_path, out)
    listed = subprocess.run(["busybox", "cpio", "-t"], input=out.getvalue(), capture_output=True, check=True).stdout.decode().split()
    assert listed == ["bin", "bin/busybox", "bin/sh", "dev/console"]
