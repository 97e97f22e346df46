"""Prints what compare.py has measured."""

from __future__ import annotations

import math
import statistics
from typing import Any

OURS = "modelconv"
Rows = dict[str, dict[str, Any]]

# Two latencies are told apart when they differ by more than this and more than two runs of the same file do.
LATENCY_NOISE = 0.05

ALLOWED_PRIVATE = 100e6
ALLOWED_SHARE_OF_FILE = 0.1


def problem(row: dict[str, Any]) -> str:
    """Why a result does not count; empty: it is sound."""
    return row.get("failed") or row.get("wrong") or row.get("interface") or row.get("invalid") or ""


def own_problem(row: dict[str, Any]) -> str:
    """More is asked of modelconv: a peer may fix a dynamic dimension whose size it knows."""
    return problem(row) or row.get("fixed", "")


def is_sound(row: dict[str, Any]) -> bool:
    return "nodes" in row and not problem(row)


def cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "-"
    mark = "" if is_sound(row) else "!"
    return f"{row.get('nodes', 'fail')}{mark}"


def print_nodes(models: dict[str, Rows], peers: list[str]) -> None:
    print("\nNodes (! failed, invalid, other interface or other outputs: does not count)\n")
    print("| model | before | modelconv | " + " | ".join(peers) + " |\n" + "| --- " * (3 + len(peers)) + "|")
    for name, rows in models.items():
        cells = [cell(rows.get(tool)) for tool in (OURS, *peers)]
        print(f"| {name} | {rows.get('original', {}).get('nodes', '?')} | " + " | ".join(cells) + " |")


def print_costs(models: dict[str, Rows], peers: list[str]) -> None:
    print("\nProcessor seconds / peak private MB of the whole process\n")
    print("| model | modelconv | " + " | ".join(peers) + " |\n" + "| --- " * (2 + len(peers)) + "|")
    for name, rows in models.items():
        cells = [
            f"{rows[tool]['cpu']:.2f} / {rows[tool]['private'] / 1e6:.0f}" if "cpu" in rows.get(tool, {}) else "-"
            for tool in (OURS, *peers)
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")


def print_latencies(models: dict[str, Rows], peers: list[str]) -> None:
    timed = {name: rows for name, rows in models.items() if "milliseconds" in rows.get(OURS, {})}
    if not timed:
        return
    print("\nLatency in ONNX Runtime, one thread: least processor milliseconds; noise: one file measured twice\n")
    print("| model | before | modelconv | " + " | ".join(peers) + " | noise |\n" + "| --- " * (4 + len(peers)) + "|")
    for name, rows in timed.items():
        cells = [f"{rows.get(tool, {}).get('milliseconds', math.nan):.2f}" for tool in ("original", OURS, *peers)]
        print(f"| {name} | " + " | ".join(cells) + f" | {100 * noise(rows):.1f} % |")


def noise(rows: Rows) -> float:
    if "milliseconds" not in rows.get("again", {}):
        return 0.0
    return abs(rows["again"]["milliseconds"] / rows[OURS]["milliseconds"] - 1.0)


def summarise(models: dict[str, Rows], peers: list[str]) -> None:
    sound = {
        name: rows for name, rows in models.items() if is_sound(rows.get(OURS, {})) and not own_problem(rows[OURS])
    }
    print(f"\nmodelconv: {len(sound)} of {len(models)} results valid, same interface, equal outputs")
    for name, rows in models.items():
        if name not in sound:
            print(f"  {name}: {own_problem(rows.get(OURS, {})) or 'not checked'}")
    for peer in peers:
        failures = [name for name, rows in models.items() if peer in rows and not is_sound(rows[peer])]
        print(f"{peer}: {len(models) - len(failures)} of {len(models)}")
    best: dict[str, tuple[int, str]] = {}
    for name, rows in sound.items():
        counts = [(rows[peer]["nodes"], peer) for peer in peers if is_sound(rows.get(peer, {}))]
        if counts:
            best[name] = min(counts)
    if not best:
        return
    few = [name for name, (nodes, _) in best.items() if sound[name][OURS]["nodes"] <= nodes]
    print(f"fewest nodes: {len(few)} of {len(best)} models ({100 * len(few) / len(best):.0f} %)")
    for name in sorted(best.keys() - set(few)):
        print(f"  {name}: {sound[name][OURS]['nodes']}, {best[name][1]} {best[name][0]}")
    summarise_costs(sound, peers)
    summarise_latencies(sound, peers)


def summarise_costs(models: dict[str, Rows], peers: list[str]) -> None:
    """Against the fastest peer of each model; memory against what is allowed."""
    fastest = {
        name: min(taken)
        for name, rows in models.items()
        if (taken := [rows[peer]["cpu"] for peer in peers if is_sound(rows.get(peer, {}))])
    }
    ratios = [taken / models[name][OURS]["cpu"] for name, taken in fastest.items()]
    print(
        f"time against the fastest peer of each model: median {statistics.median(ratios):.1f} x faster, "
        f"least {min(ratios):.1f} x, most {max(ratios):.1f} x"
    )
    nodes, largest = max((rows["original"]["nodes"], name) for name, rows in models.items())
    theirs = fastest.get(largest, math.nan)
    print(f"largest graph: {largest}, {nodes} nodes, {models[largest][OURS]['cpu']:.2f} s; fastest peer {theirs:.2f} s")
    allowed = {
        name: ALLOWED_PRIVATE + ALLOWED_SHARE_OF_FILE * rows["original"]["bytes"] for name, rows in models.items()
    }
    within = [name for name, rows in models.items() if rows[OURS]["private"] <= allowed[name]]
    most = max(rows[OURS]["private"] for rows in models.values())
    memory = f"{len(within)} of {len(models)}, most {most / 1e6:.0f} MB"
    print(f"private memory within 100 MB and a tenth of the file: {memory}")


def summarise_latencies(models: dict[str, Rows], peers: list[str]) -> None:
    slower, ratios = [], []
    for name, rows in models.items():
        timed = {
            rows[peer]["milliseconds"]: peer
            for peer in peers
            if is_sound(rows.get(peer, {})) and "milliseconds" in rows[peer]
        }
        if "milliseconds" not in rows[OURS] or not timed:
            continue
        ratio = rows[OURS]["milliseconds"] / min(timed)
        ratios.append(ratio)
        if ratio > 1 + max(LATENCY_NOISE, 2 * noise(rows)):
            slower.append(f"{name}: {ratio:.2f} x {timed[min(timed)]}")
    if ratios:
        print(f"latency against the fastest result: median {statistics.median(ratios):.3f}; above noise: {len(slower)}")
        for line in slower:
            print(f"  {line}")


def print_tables(models: dict[str, Rows], peers: list[str]) -> None:
    print_nodes(models, peers)
    print_costs(models, peers)
    print_latencies(models, peers)
    summarise(models, peers)
