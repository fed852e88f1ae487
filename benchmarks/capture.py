"""Capture beside nginx: redirects a second, a new connection per request, each server pinned to one core, wrk on another.

    python -m benchmarks.capture [--rounds 5] [--seconds 3] [--connections 200] [--json]

Needs root (it works in a network namespace of its own), nginx and wrk. Rounds alternate, so what else the machine does hits both alike.
Exits 1 when the bar is missed: 4,000 requests/s, a third of nginx, p99 60 ms.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct, structs

from hotspot.portal.capture import CaptureServer

LOCATION = "http://portal.hall.example/"
PORTS = {"capture": 18_080, "nginx": 18_081}
BAR_RATE, BAR_RATIO, BAR_P99_MS = 4_000.0, 1 / 3, 60.0
INSIDE = "BENCHMARK_CAPTURE_INSIDE"
"""Environment variable that tells the process that it runs in its own network namespace."""

NGINX = """\
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; server_tokens off; keepalive_timeout 0; default_type text/html;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    add_header Cache-Control no-store always;
    return 302 {location};
  }}
}}
"""


class Round(Struct, frozen=True):
    """What wrk saw in one round."""

    server: str
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """Time on the processor that the server took for one request, in user and kernel space; where wrk is the bottleneck this tells more."""
    failures: int
    """Connections or answers that went wrong."""


class Result(Struct, frozen=True):
    """Medians over all rounds, and the bar."""

    command: str
    capture_per_second: float
    nginx_per_second: float
    ratio: float
    capture_p50_ms: float
    capture_p99_ms: float
    nginx_p99_ms: float
    capture_cpu_us: float
    nginx_cpu_us: float
    capture_bytes: int
    """Length of one answer."""
    nginx_bytes: int
    failures: int
    passed: bool


async def serve(port: int) -> None:
    """Runs the real listener until SIGTERM."""
    listener = socket.create_server(("127.0.0.1", port), backlog=4_096)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    counts: dict[str, int] = {}

    def count(family: str) -> None:
        counts[family] = counts.get(family, 0) + 1

    async with CaptureServer([listener], LOCATION, count):
        await stop.wait()


def answer_size(port: int, patience: float = 5.0) -> int:
    """Bytes of one answer; waits up to ``patience`` seconds for the server to listen."""
    deadline = time.monotonic() + patience
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
                client.sendall(b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\nConnection: close\r\n\r\n")
                with client.makefile("rb") as answer:
                    return len(answer.read())
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@contextmanager
def running(command: Sequence[str], core: int) -> Iterator[int]:
    """A process pinned to one core, ended on leaving; gives its process id."""
    process = subprocess.Popen(["taskset", "-c", str(core), *command])
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def milliseconds(text: str) -> float:
    """``4.90ms``, ``870.00us`` or ``1.20s`` -> ms."""
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1_000.0}[unit]


def cpu_seconds(process_id: int) -> float:
    """Processor time of a process so far, from proc(5) ``stat`` fields 14 and 15."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(server: str, process_id: int, seconds: int, connections: int, core: int) -> Round:
    """One round of wrk, a new connection for every request."""
    cpu_before = cpu_seconds(process_id)
    said = subprocess.run(
        [
            *("taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-H", "Connection: close"),
            *("-H", "Host: connectivitycheck.gstatic.com", f"http://127.0.0.1:{PORTS[server]}/generate_204"),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = {key: re.search(rf"{key}:?\s+([\d.]+[a-z]*)", said) for key in ("50%", "99%", "Requests/sec")}
    values = {key: match[1] for key, match in found.items() if match is not None}
    failed = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    other = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    cpu = cpu_seconds(process_id) - cpu_before
    rate = float(values["Requests/sec"])
    failures = (sum(map(int, failed.groups())) if failed else 0) + (int(other[1]) if other else 0)
    cpu_us = round(cpu * 1e6 / (rate * seconds), 1)
    return Round(server, rate, milliseconds(values["50%"]), milliseconds(values["99%"]), cpu_us, failures)


def compare(rounds: int, seconds: int, connections: int, command: str) -> tuple[list[Round], Result]:
    """Both servers up, rounds in turn."""
    cores = sorted(os.sched_getaffinity(0))
    server_core, client_core = cores[0], cores[-1]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-capture-")))
        configuration = folder / "nginx.conf"
        configuration.write_text(NGINX.format(folder=folder, port=PORTS["nginx"], location=LOCATION))
        commands = {
            "capture": [sys.executable, "-P", "-m", "benchmarks.capture", "--serve", str(PORTS["capture"])],
            "nginx": ["nginx", "-p", str(folder), "-c", str(configuration)],
        }
        ids = {server: stack.enter_context(running(commands[server], server_core)) for server in PORTS}
        sizes = {server: answer_size(port) for server, port in PORTS.items()}
        for server in PORTS:
            measure(server, ids[server], 1, connections, client_core)  # warms up, not counted
        seen = [measure(server, ids[server], seconds, connections, client_core) for _ in range(rounds) for server in PORTS]

    def median(server: str, field: str) -> float:
        values: list[float] = [getattr(one, field) for one in seen if one.server == server]
        return round(statistics.median(values), 3)

    rate, other = median("capture", "requests_per_second"), median("nginx", "requests_per_second")
    p99 = median("capture", "p99_ms")
    return seen, Result(
        command=command,
        capture_per_second=rate,
        nginx_per_second=other,
        ratio=round(rate / other, 3),
        capture_p50_ms=median("capture", "p50_ms"),
        capture_p99_ms=p99,
        nginx_p99_ms=median("nginx", "p99_ms"),
        capture_cpu_us=median("capture", "cpu_us"),
        nginx_cpu_us=median("nginx", "cpu_us"),
        capture_bytes=sizes["capture"],
        nginx_bytes=sizes["nginx"],
        failures=sum(one.failures for one in seen if one.server == "capture"),
        passed=rate >= BAR_RATE and rate >= other * BAR_RATIO and p99 <= BAR_P99_MS,
    )


def show(seen: Sequence[Round], result: Result) -> None:
    """The table for a person."""
    print(f"{'server':10}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'cpu us':>10}{'failures':>10}")
    for one in seen:
        print(f"{one.server:10}{one.requests_per_second:12,.0f}{one.p50_ms:10.2f}{one.p99_ms:10.2f}{one.cpu_us:10.1f}{one.failures:10}")
    medians = {
        "capture": (result.capture_per_second, result.capture_p99_ms, result.capture_cpu_us, result.capture_bytes),
        "nginx": (result.nginx_per_second, result.nginx_p99_ms, result.nginx_cpu_us, result.nginx_bytes),
    }
    for server, (rate, p99, cpu, size) in medians.items():
        print(f"median {server:8}{rate:8,.0f} requests/s, p99 {p99:.1f} ms, {cpu:.1f} us of its core, answers of {size} bytes")
    print(f"ratio {result.ratio:.2f} (bar {BAR_RATIO:.2f}), bar {BAR_RATE:,.0f} requests/s and p99 {BAR_P99_MS:.0f} ms:", end=" ")
    print("passed" if result.passed else "MISSED")


def main() -> int:
    """Entry point; enters a namespace of its own first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capture", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    parser.add_argument("--serve", type=int, metavar="PORT", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve is not None:
        asyncio.run(serve(arguments.serve))
        return 0
    missing = [tool for tool in ("nginx", "wrk", "ip", "unshare", "taskset") if shutil.which(tool) is None]
    if missing:
        print(f"cannot measure: {', '.join(missing)} not found (Debian: nginx-light wrk iproute2 util-linux)", file=sys.stderr)
        return 2
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, "-P", "-m", "benchmarks.capture", *sys.argv[1:]])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    command = " ".join(["python -m benchmarks.capture", *sys.argv[1:]])
    seen, result = compare(arguments.rounds, arguments.seconds, arguments.connections, command)
    if arguments.json:
        print(json.dumps({**structs.asdict(result), "rounds": [structs.asdict(one) for one in seen]}))
    else:
        show(seen, result)
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
