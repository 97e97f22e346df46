"""What may not be in the repository: paths of one machine, private package hosts, files too long to read."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MACHINE_PATH = re.compile(rb"(?<![\w.:/~-])/(?:work|root|home/\w+|Users/\w+)/")
PACKAGE_HOST = re.compile(rb"(?:index-url|find-links|trusted-host)[ =]")

LONGEST = 400
# path: why it reads better in one piece
LONGER_FILES: dict[str, str] = {}


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, PACKAGE_HOST], ids=["machine path", "package host"])
def test_no_tracked_file_names_one_machine(pattern: re.Pattern[bytes]) -> None:
    wrong = [
        f"{file.relative_to(ROOT)}: {match.group().decode()}"
        for file in tracked_files()
        if file != Path(__file__) and (match := pattern.search(file.read_bytes()))
    ]
    assert wrong == []


def test_source_files_are_short() -> None:
    lengths = {
        str(file.relative_to(ROOT)): file.read_bytes().count(b"\n")
        for file in tracked_files()
        if file.suffix in {".h", ".cpp", ".py", ".pyi", ".sh"}
    }
    assert {path: length for path, length in lengths.items() if length > LONGEST and path not in LONGER_FILES} == {}
    assert [path for path in LONGER_FILES if lengths.get(path, 0) <= LONGEST] == [], "no longer an exception"
