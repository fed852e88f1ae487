"""Tests on full kernels, in guests: what the machine's own kernel may lack (fq_codel, netem, Wi-Fi radios), and the kernels that halls run.

Read ``run.sh`` first: it runs a command under another kernel, on a view of this machine's own files. ``fetch.sh`` finds and fetches
kernels and programs, ``first.sh`` is the guest's first process, ``initrd.py`` makes what qemu boots, ``uml.config`` is what user-mode Linux
is built with. ``scenes/`` is what runs in there; ``guests`` starts it and hands its figures to the tests beside it.

Two kinds of kernel. User-mode Linux runs in virtual time: its clock skips idle time and does not notice how busy the machine is, so rates
and latencies repeat to the packet, and are tests. It is found through ``FULLKERNEL``, or built by ``make fullkernel``; where there is none,
those tests are skipped and say so. Debian's own kernels run under qemu, slowly, their clock counts the instructions that are carried out:
``FULLKERNEL_DEBIAN`` names them (default: the machine's own release, ``linux-image-amd64``).

Two guests run at a time. ``HOTSPOT_LONG=1``, which ``make test-fullkernel`` sets, measures at full length, and adds the cases that
continuous integration leaves out (bundled frames, a second line).
"""
