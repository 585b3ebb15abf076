"""Processes live here: starting them on their cores, and what they use (Linux, /proc)."""

import os
import signal
import subprocess
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PRIORITY = []  # set by --nice: a prefix that puts gateway, mocks and load ahead of other work


def tree(pid):
    """pid and all its descendants."""
    kids = {}
    for d in os.listdir("/proc"):
        if d.isdigit():
            try:
                stat = Path(f"/proc/{d}/stat").read_text()
            except OSError:
                continue
            kids.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(d))
    out, todo = [], [pid]
    while todo:
        p = todo.pop()
        out.append(p)
        todo += kids.get(p, [])
    return out


def cpu_seconds(pid):
    total = 0
    for p in tree(pid):
        try:
            f = Path(f"/proc/{p}/stat").read_text().rpartition(")")[2].split()
            total += int(f[11]) + int(f[12])
        except OSError:
            pass
    return total / TICK


def rss_mib(pid):
    """(sum of RSS, sum of PSS) of the process tree."""
    rss = pss = 0
    for p in tree(pid):
        try:
            for line in Path(f"/proc/{p}/smaps_rollup").read_text().splitlines():
                if line.startswith("Rss:"):
                    rss += int(line.split()[1])
                elif line.startswith("Pss:"):
                    pss += int(line.split()[1])
        except OSError:
            pass
    return round(rss / 1024, 1), round(pss / 1024, 1)


def core_busy(core):
    """(busy, total) ticks of one core."""
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            v = [int(x) for x in line.split()[1:9]]
            return sum(v) - v[3] - v[4], sum(v)
    raise KeyError(core)


def cores_of(spec):
    out = []
    for part in spec.split(","):
        a, _, b = part.partition("-")
        out += range(int(a), int(b or a) + 1)
    return out


class Proc:
    def __init__(self, argv, cores, log, env=None, cwd=None):
        self.log = open(log, "wb")
        self.p = subprocess.Popen(
            [*PRIORITY, "taskset", "-c", cores, *argv],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )
        self.pid = self.p.pid

    def stop(self):
        pids = tree(self.pid)
        if self.p.poll() is None:
            self.p.send_signal(signal.SIGTERM)
            try:
                self.p.wait(6)
            except subprocess.TimeoutExpired:
                pass
        for p in pids:
            try:
                os.kill(p, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.p.wait()
        self.log.close()


def render(src, dst, values):
    """Fill {name} for the known names only, so that configs may hold other braces."""
    text = Path(src).read_text()
    for k, v in values.items():
        text = text.replace("{" + k + "}", str(v))
    Path(dst).write_text(text)
