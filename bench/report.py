"""The table of a run lives here."""

ROWS = (
    ("JSON, 64 connections: requests/s", "c64", "rps", "{:,.0f}"),
    ("JSON, 64 connections: CPU per request, µs", "c64", "cpu_us_per_req", "{:.1f}"),
    ("JSON, 64 connections: p50, µs", "c64", "p50_us", "{:,.0f}"),
    ("JSON, 64 connections: p99, µs", "c64", "p99_us", "{:,.0f}"),
    ("JSON, 1 connection: p50, µs", "c1", "p50_us", "{:,.0f}"),
    ("JSON, 1 connection: p99, µs", "c1", "p99_us", "{:,.0f}"),
    ("streams, 16 connections, flat out: chunks/s", "sse_yield", "chunks_per_s", "{:,.0f}"),
    ("streams, 16 connections, flat out: CPU per chunk, µs", "sse_yield", "cpu_us_per_chunk", "{:.1f}"),
    ("512 streams at 50 chunks/s: chunks/s", "sse_20ms", "chunks_per_s", "{:,.0f}"),
    ("512 streams at 50 chunks/s: transit p50, µs", "sse_20ms", "transit_p50_us", "{:,.0f}"),
    ("512 streams at 50 chunks/s: transit p99, µs", "sse_20ms", "transit_p99_us", "{:,.0f}"),
    ("512 streams at 50 chunks/s: stalls over 250 ms", "sse_20ms", "stalls", "{:.0f}"),
    ("memory idle, MiB (PSS)", None, "pss_idle", "{:.0f}"),
    ("memory loaded, MiB (PSS)", None, "pss_loaded", "{:.0f}"),
)


def table(results):
    """A Markdown table of all targets, and the hub's share of nginx's throughput."""
    good = [r for r in results if "failed" not in r]
    names = [r["name"] for r in good]
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for title, suite, field, form in ROWS:
        found = [(r.get(suite, {}) if suite else r).get(field) for r in good]
        if any(value is not None for value in found):
            cells = ["" if value is None else form.format(value) for value in found]
            lines.append(f"| {title} | " + " | ".join(cells) + " |")
    errors = [sum(part.get("errors") or 0 for part in r.values() if isinstance(part, dict)) for r in good]
    lines.append("| errors, all suites | " + " | ".join(map(str, errors)) + " |")
    by_name = {r["name"]: r for r in good}
    if {"hub", "nginx"} <= by_name.keys():
        for suite, field in (("c64", "rps"), ("sse_yield", "chunks_per_s")):
            ours, theirs = (by_name[name].get(suite, {}).get(field) for name in ("hub", "nginx"))
            if ours and theirs:
                lines.append(f"\nhub / nginx, {suite} {field}: {ours / theirs:.2f}")
    return "\n".join(lines)
