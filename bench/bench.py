"""Compare gateways: start the mock upstreams and one gateway at a time, load it, print a table.

    python bench/bench.py -o bench-out/results.json direct nginx hub

The gateway is pinned to --gateway-cores (default 1), mocks and load generators to --load-cores (default 0).
Needs wrk, and nginx for the JSON mock and the comparison. See README.md beside this file.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import time
import tomllib
from pathlib import Path

from loads import KIT, PYTHON, Load, calibrate, measured, med, post_once, spread
from procs import PRIORITY, Proc, cores_of, render, rss_mib
from report import table


class Bench:
    def __init__(self, a):
        self.a = a
        self.gen = Path(a.gen).resolve()
        self.gen.mkdir(parents=True, exist_ok=True)
        self.mocks = {}

    def mock(self, name):
        if name in self.mocks:
            return
        if name == "json":
            render(KIT / "mock/nginx-mock.conf", self.gen / "nginx-mock.conf", {"gen": self.gen, "json_port": 9001})
            argv = ["nginx", "-c", str(self.gen / "nginx-mock.conf"), "-e", str(self.gen / "nginx-mock.err")]
            port = 9001
        elif name.startswith("slow:"):
            port = 9005
            argv = [PYTHON, str(KIT / "mock/mock_upstream.py"), "--port", str(port), "--latency-ms", name.split(":")[1]]
        else:  # sse:<pace>
            pace, port = name.split(":")[1], {"burst": 9002, "yield": 9003}.get(name.split(":")[1], 9004)
            argv = [PYTHON, str(KIT / "mock/mock_upstream.py"), "--port", str(port), "--pace", pace]
        p = Proc(argv, self.a.load_cores, self.gen / f"mock-{name.replace(':', '-')}.log")
        for _ in range(200):
            try:
                post_once(port, "/v1/chat/completions", "x", "m", {})
                break
            except OSError:
                time.sleep(0.02)
        else:
            raise RuntimeError(f"mock {name} did not start")
        self.mocks[name] = (p, port)

    def start(self, name, t, upstream_port):
        """Start the gateway so that it forwards to upstream_port; returns (proc, port, start-up s)."""
        port = t.get("port", 8000)
        values = {
            "gen": self.gen,
            "kit": KIT,
            "port": port,
            "upstream": f"127.0.0.1:{upstream_port}",
            "upstream_port": upstream_port,
            "key": t.get("key", "sk-bench"),
            "workers": t.get("workers", 1),
            **self.a.vars,
        }

        def fill(s):
            return _fill(str(s), values)

        for src in t.get("templates", []):
            render(fill(src) if os.path.isabs(fill(src)) else KIT / fill(src), self.gen / Path(fill(src)).name, values)
        env = {**os.environ, **{k: fill(v) for k, v in t.get("env", {}).items()}}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # start-up times with compiled bytecode, as deployed
        for cmd in t.get("before", []):
            subprocess.run(fill(cmd), shell=True, check=True, env=env, stdout=subprocess.DEVNULL)
        log = self.gen / f"{name}.log"
        began = time.monotonic()
        proc = Proc(
            [fill(x) for x in t["cmd"]],
            t.get("cores", self.a.gateway_cores),
            log,
            env,
            fill(t.get("cwd", str(self.gen))),
        )
        t = dict(t)
        if "key_cmd" in t:  # a command that waits for the gateway and prints a virtual key
            for _ in range(300):
                r = subprocess.run(fill(t["key_cmd"]), shell=True, capture_output=True, text=True, env=env)
                if r.returncode == 0 and r.stdout.strip():
                    t["key"] = r.stdout.strip()
                    break
                time.sleep(0.3)
            else:
                proc.stop()
                raise RuntimeError(f"{name}: no key: {r.stderr[-500:]}")
        values["key"] = t.get("key", "sk-bench")
        t["headers"] = {k: fill(v) for k, v in t.get("headers", {}).items()}
        deadline, answer = time.monotonic() + t.get("start_timeout", 90), b""
        while time.monotonic() < deadline:
            if proc.p.poll() is not None:
                raise RuntimeError(f"{name} exited: {log.read_bytes()[-1500:].decode(errors='replace')}")
            try:
                answer = post_once(
                    port,
                    t.get("path", "/v1/chat/completions"),
                    t.get("key", "sk-bench"),
                    t.get("model", "gpt-4o-mini"),
                    t.get("headers", {}),
                )
                if answer[9:12] == b"200":
                    break
            except OSError:
                pass
            time.sleep(0.01)
        else:
            proc.stop()
            raise RuntimeError(
                f"{name}: never 200: {answer[:800]!r} {log.read_bytes()[-1500:].decode(errors='replace')}"
            )
        return proc, port, round(time.monotonic() - began, 3), t, answer

    def run(self, name, t):
        a, res = self.a, {"name": name}
        load_core = int(a.load_cores.split(",")[0].split("-")[0])
        top, streams = t.get("connections", 64), t.get("streams", a.streams)
        gw_cores = cores_of(t.get("cores", a.gateway_cores))
        suites = a.suite.split(",")
        if "json" in suites:
            self.mock("json")
            starts = []
            for i in range(a.starts):
                proc, port, took, tt, answer = self.start(name, t, 9001)
                starts.append(took)
                if i < a.starts - 1:
                    proc.stop()
            try:
                time.sleep(1)
                res["startup_s"] = round(statistics.median(starts), 2)
                res["rss_idle"], res["pss_idle"] = rss_mib(proc.pid)
                load = Load(a, tt, port)
                load.wrk(top, a.warmup)
                rows = [
                    measured(lambda: load.wrk(top, a.seconds), proc.pid, load_core, gw_cores) for _ in range(a.repeat)
                ]
                res["c64"] = {
                    "connections": top,
                    "rps": med(rows, "rps"),
                    "spread": spread(rows, "rps"),
                    "p50_us": med(rows, "p50_us"),
                    "p99_us": med(rows, "p99_us"),
                    "errors": sum(r["errors"] for r in rows),
                    "cpu_us_per_req": round(
                        statistics.median(1e6 * r["gw_cpu_s"] / max(1, r["requests"]) for r in rows), 1
                    ),
                    "gw_cpu": med(rows, "gw_cpu_frac", 2),
                    "load_core_busy": med(rows, "load_core_busy", 2),
                    "foreign": med(rows, "foreign", 3),
                }
                for c in (1, 8):
                    rows = [
                        measured(lambda: load.wrk(c, a.short), proc.pid, load_core, gw_cores) for _ in range(a.repeat)
                    ]
                    res[f"c{c}"] = {
                        "rps": med(rows, "rps"),
                        "p50_us": med(rows, "p50_us"),
                        "p99_us": med(rows, "p99_us"),
                        "errors": sum(r["errors"] for r in rows),
                        "spread": spread(rows, "p50_us"),
                    }
                res["rss_loaded"], res["pss_loaded"] = rss_mib(proc.pid)
                res["sample"] = answer[:2500].decode("latin1")
            finally:
                proc.stop()
        for pace in [s.split(":")[1] for s in suites if s.startswith("sse:")]:
            self.mock(f"sse:{pace}")
            proc, port, _, tt, _ = self.start(name, t, self.mocks[f"sse:{pace}"][1])
            try:
                load = Load(a, tt, port)
                if pace in ("burst", "yield"):
                    load.wrk(min(16, top), a.warmup, True)
                    rows = [
                        measured(lambda: load.wrk(min(16, top), a.seconds, True), proc.pid, load_core, gw_cores)
                        for _ in range(a.repeat)
                    ]
                    res[f"sse_{pace}"] = {
                        "streams_per_s": med(rows, "rps"),
                        "chunks_per_s": round(med(rows, "rps") * 67),
                        "spread": spread(rows, "rps"),
                        "errors": sum(r["errors"] for r in rows),
                        "cpu_us_per_chunk": round(
                            statistics.median(1e6 * r["gw_cpu_s"] / max(1, r["requests"] * 67) for r in rows), 2
                        ),
                        "gw_cpu": med(rows, "gw_cpu_frac", 2),
                        "load_core_busy": med(rows, "load_core_busy", 2),
                        "foreign": med(rows, "foreign", 3),
                    }
                else:
                    load.sse(8, 1.5)
                    one = [load.sse(1, 3) for _ in range(a.repeat)]
                    rows = [
                        measured(lambda: load.sse(streams, a.seconds, 1.3), proc.pid, load_core, gw_cores)
                        for _ in range(a.repeat)
                    ]
                    res[f"sse_{pace}ms"] = {
                        "streams": streams,
                        "chunks_per_s": med(rows, "chunks_per_s"),
                        "errors": sum(r["errors"] for r in rows),
                        "stalls": sum(r["stalls"] for r in rows),
                        "longest_gap_ms": max(r["longest_gap_ms"] for r in rows),
                        "ttfc_p50_us": med(rows, "ttfc_p50_us"),
                        "ttfc_p99_us": med(rows, "ttfc_p99_us"),
                        "transit_p50_us": med(rows, "transit_p50_us"),
                        "transit_p99_us": med(rows, "transit_p99_us"),
                        "cpu_us_per_chunk": round(
                            statistics.median(1e6 * r["gw_cpu_s"] / max(1, r["chunks"]) for r in rows), 2
                        ),
                        "gw_cpu": med(rows, "gw_cpu_frac", 2),
                        "load_core_busy": med(rows, "load_core_busy", 2),
                        "foreign": med(rows, "foreign", 3),
                        "c1_ttfc_p50_us": med(one, "ttfc_p50_us"),
                        "c1_transit_p50_us": med(one, "transit_p50_us"),
                        "rss_loaded": rss_mib(proc.pid)[0],
                        "last_error": rows[0]["last_error"],
                    }
            finally:
                proc.stop()
        for spec in [
            s for s in suites if s.startswith("slow:")
        ]:  # many calls in flight: slow:<latency ms>:<connections>
            _, ms, conns = spec.split(":")
            self.mock(f"slow:{ms}")
            proc, port, _, tt, _ = self.start(name, t, self.mocks[f"slow:{ms}"][1])
            try:
                load = Load(a, tt, port)
                load.wrk(int(conns), a.warmup)
                rows = [
                    measured(lambda: load.wrk(int(conns), a.seconds), proc.pid, load_core, gw_cores)
                    for _ in range(a.repeat)
                ]
                res[f"slow_{ms}ms_c{conns}"] = {
                    "rps": med(rows, "rps"),
                    "spread": spread(rows, "rps"),
                    "p50_us": med(rows, "p50_us"),
                    "p99_us": med(rows, "p99_us"),
                    "errors": sum(r["errors"] for r in rows),
                    "cpu_us_per_req": round(
                        statistics.median(1e6 * r["gw_cpu_s"] / max(1, r["requests"]) for r in rows), 1
                    ),
                    "gw_cpu": med(rows, "gw_cpu_frac", 2),
                    "load_core_busy": med(rows, "load_core_busy", 2),
                    "rss_loaded": rss_mib(proc.pid)[0],
                }
            finally:
                proc.stop()
        return res

    def direct(self):
        """The mocks without a gateway: what the load core can do at most."""
        a, res = self.a, {"name": "direct"}
        load_core = int(a.load_cores.split(",")[0].split("-")[0])
        suites = a.suite.split(",")
        if "json" in suites:
            self.mock("json")
            load = Load(a, {}, 9001)
            load.wrk(64, 1)
            for c in (64, 1, 8):
                rows = [measured(lambda: load.wrk(c, a.short), None, load_core) for _ in range(a.repeat)]
                res[f"c{c}"] = {k: med(rows, k) for k in ("rps", "p50_us", "p99_us", "load_core_busy")} | {
                    "spread": spread(rows, "rps")
                }
        for pace in [s.split(":")[1] for s in suites if s.startswith("sse:")]:
            self.mock(f"sse:{pace}")
            load = Load(a, {}, self.mocks[f"sse:{pace}"][1])
            if pace in ("burst", "yield"):
                rows = [measured(lambda: load.wrk(16, a.seconds, True), None, load_core) for _ in range(a.repeat)]
                res[f"sse_{pace}"] = {
                    "streams_per_s": med(rows, "rps"),
                    "chunks_per_s": round(med(rows, "rps") * 67),
                    "spread": spread(rows, "rps"),
                }
            else:
                one = [load.sse(1, 3) for _ in range(a.repeat)]
                rows = [measured(lambda: load.sse(a.streams, a.seconds, 1.3), None, load_core) for _ in range(a.repeat)]
                res[f"sse_{pace}ms"] = {
                    k: med(rows, k)
                    for k in (
                        "chunks_per_s",
                        "stalls",
                        "ttfc_p50_us",
                        "ttfc_p99_us",
                        "transit_p50_us",
                        "transit_p99_us",
                        "load_core_busy",
                    )
                }
                res[f"sse_{pace}ms"] |= {
                    "c1_ttfc_p50_us": med(one, "ttfc_p50_us"),
                    "c1_transit_p50_us": med(one, "transit_p50_us"),
                }
        return res

    def close(self):
        for p, _ in self.mocks.values():
            p.stop()


def _fill(s, values):
    for k, v in values.items():
        s = s.replace("{" + k + "}", str(v))
    return s


def line(r):
    out = [f"{r['name']:<34}"]
    if "c64" in r:
        c = r["c64"]
        out.append(
            f"rps {c['rps']:>8} ±{c.get('spread')} p50 {c['p50_us']} p99 {c['p99_us']} err {c.get('errors', 0)} "
            f"cpu/req {c.get('cpu_us_per_req')}us load {c.get('load_core_busy')} foreign {c.get('foreign')} "
            f"| c1 p50 {r['c1']['p50_us']} p99 "
            f"{r['c1']['p99_us']} | c8 p50 {r['c8']['p50_us']} p99 {r['c8']['p99_us']} | rss {r.get('rss_idle')}"
            f"->{r.get('rss_loaded')} up {r.get('startup_s')}s"
        )
    for k, v in r.items():
        if k.startswith(("sse_", "slow_")):
            out.append(f"\n    {k}: " + " ".join(f"{a}={b}" for a, b in v.items() if b not in ("", None)))
    return " ".join(out)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("names", nargs="*")
    p.add_argument("-t", "--targets", action="append", help="target file; may be given more than once")
    p.add_argument("-o", "--out")
    p.add_argument("--gen", default="bench-out", help="where rendered configs and logs go")
    p.add_argument(
        "--suite",
        default="json,sse:yield,sse:20",
        help="json, sse:burst, sse:yield, sse:<ms>, slow:<latency ms>:<connections>",
    )
    p.add_argument("--gateway-cores", default="1")
    p.add_argument("--load-cores", default="0")
    p.add_argument("--repeat", type=int, default=3)
    p.add_argument("--seconds", type=int, default=5)
    p.add_argument("--short", type=int, default=3)
    p.add_argument("--warmup", type=int, default=2)
    p.add_argument("--starts", type=int, default=1, help="start-ups to measure")
    p.add_argument("--streams", type=int, default=512, help="concurrent streams in the paced SSE run")
    p.add_argument("--nice", type=int, default=0, help="run everything at this nice level (negative needs root)")
    p.add_argument("--fifo", action="store_true", help="run everything ahead of all other work (needs root)")
    p.add_argument("--list", action="store_true")
    p.add_argument(
        "--var", action="append", default=[], help="NAME=VALUE, filled in as {NAME} in targets and templates"
    )
    a = p.parse_args()
    a.vars, targets = {}, {}
    for path in a.targets or [KIT / "targets.toml"]:
        conf = tomllib.loads(Path(path).read_text())
        a.vars |= conf.get("vars", {})
        targets |= conf["targets"]
    a.vars["bin"] = str(KIT.parent / a.vars.get("bin", ".venv/bin"))
    a.vars |= dict(v.split("=", 1) for v in a.var)
    if a.list:
        print("\n".join(["direct", *targets]))
        return
    if a.fifo:
        PRIORITY[:] = ["chrt", "-f", "10"]
    if a.nice:
        PRIORITY[:] = ["nice", "-n", str(a.nice)]
    bench = Bench(a)
    results = []
    try:
        for name in a.names or ["direct", *targets]:
            if name == "nginx" and not shutil.which("nginx"):
                print("nginx is not installed: left out")
                continue
            try:
                calib = calibrate(a.gateway_cores)
                r = bench.direct() if name == "direct" else bench.run(name, targets[name])
                r["calib_s"] = calib
            except Exception as e:
                r = {"name": name, "failed": f"{type(e).__name__}: {e}"}
                print(f"{name}: FAILED {r['failed'][:1500]}", flush=True)
            else:
                print(line(r), flush=True)
            results.append({**r, "at": time.strftime("%F %T"), "loadavg": os.getloadavg()[0]})
        print("\n" + table(results))
        if a.out:
            Path(a.out).parent.mkdir(parents=True, exist_ok=True)
            Path(a.out).write_text(json.dumps(results, indent=1) + "\n")
    finally:
        bench.close()


if __name__ == "__main__":
    main()
