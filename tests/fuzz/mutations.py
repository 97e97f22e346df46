"""Damaged copies of files that have a structure: archives, JSON, programs, HDF5, down to single bytes."""

from __future__ import annotations

import io
import json
import re
import zipfile
from random import Random
from typing import Any

import h5py

# What stands in for a value of JSON, or for a number: the edges of what readers expect.
EDGES: tuple[Any, ...] = (
    None, True, 0, 1, -1, 2**31, -(2**31), 2**63, 10**30, 0.5, -0.0, "", "x", "float32", "1e999", [], [[]], {}, [None],
    [0, -1],
)  # fmt: skip
MAX_CHANGES = 4


def mutated(content: bytes, random: Random) -> bytes:
    """`content` with some damage that its kind of file may have."""
    if content.startswith(b"PK\x03\x04") and random.random() < 0.9:
        return _mutated_archive(content, random)
    if content.startswith(b"\x89HDF") and random.random() < 0.6:
        return _mutated_hdf5(content, random)
    if content[:1] in (b"{", b"[") and random.random() < 0.9:
        return _mutated_json(content, random)
    if b"def forward" in content and random.random() < 0.9:
        return _mutated_text(content, random)
    return _mutated_bytes(content, random)


def _mutated_bytes(content: bytes, random: Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(random.randint(1, MAX_CHANGES)):
        place = random.randrange(len(damaged) + 1)
        kind = random.randrange(5)
        if kind == 0:
            del damaged[place : place + random.randint(1, 64)]
        elif kind == 1:
            damaged[place:place] = random.randbytes(random.randint(1, 8))
        elif kind == 2:
            damaged[place:place] = damaged[place : place + random.randint(1, 64)]
        elif kind == 3 and random.random() < 0.2:
            del damaged[place:]
        elif place < len(damaged):
            damaged[place] ^= random.randrange(1, 256)
    return bytes(damaged)


def _mutated_archive(content: bytes, random: Random) -> bytes:
    """One member damaged, missing, doubled or renamed; weights are chosen less often than what describes them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    places = random.choices(range(len(members)), [1 if "/data/" in name else 4 for name, _ in members])
    name, member = members[places[0]]
    kind = random.random()
    if kind < 0.05:
        del members[places[0]]
    elif kind < 0.08:
        members[places[0]] = (random.choice(members)[0], member)
    else:
        members[places[0]] = (name, mutated(member, random) if member else random.randbytes(4))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, member in dict(members).items():
            archive.writestr(name, member)
    return buffer.getvalue()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in [(value, key), *_places(value[key])]]


def _mutated_json(content: bytes, random: Random) -> bytes:
    try:
        value = json.loads(content)
    except ValueError:
        return _mutated_bytes(content, random)
    for _ in range(random.randint(1, MAX_CHANGES)):
        places = _places(value)
        if not places:
            break
        container, key = random.choice(places)
        kind = random.randrange(4)
        if kind == 0:
            container[key] = random.choice(EDGES)
        elif kind == 1:
            del container[key]
        elif kind == 2:
            other, other_key = random.choice(places)
            container[key] = json.loads(json.dumps(other[other_key]))
        elif isinstance(container, dict):
            container[random.choice(["name", "shape", "config", "target", key])] = container.pop(key)
        else:
            container.append(container[key])
    return json.dumps(value).encode()


def _mutated_text(content: bytes, random: Random) -> bytes:
    """A program with tokens of its own put in other places, removed, doubled or replaced."""
    tokens = re.findall(rb"\w+|\s+|[^\w\s]", content)
    for _ in range(random.randint(1, MAX_CHANGES)):
        place = random.randrange(len(tokens))
        kind = random.randrange(4)
        if kind == 0:
            tokens[place] = random.choice(tokens)
        elif kind == 1:
            del tokens[place : place + random.randint(1, 5)]
        elif kind == 2:
            tokens[place:place] = tokens[place : place + random.randint(1, 20)]
        else:
            tokens[place] = str(random.choice(EDGES)).encode()
        if not tokens:
            break
    return b"".join(tokens)


def _mutated_hdf5(content: bytes, random: Random) -> bytes:
    """An HDF5 file that is sound as such: attributes changed, groups and datasets missing or of another shape."""
    buffer = io.BytesIO(content)
    try:
        with h5py.File(buffer, "r+") as file:
            objects: list[Any] = [file]
            file.visititems(lambda _, item: objects.append(item))
            for _ in range(random.randint(1, 2)):
                _change_object(random.choice(objects), random)
    except (OSError, RuntimeError, KeyError, ValueError):  # changed twice, the second time in what was removed
        return _mutated_bytes(content, random)
    return buffer.getvalue()


def _change_object(item: Any, random: Random) -> None:
    if item.attrs and random.random() < 0.6:
        name = random.choice(sorted(item.attrs))
        value = item.attrs[name]
        if isinstance(value, str | bytes):
            text = value.encode() if isinstance(value, str) else value
            item.attrs[name] = mutated(text, random) if text else b"x"
        elif random.random() < 0.5:
            item.attrs[name] = random.choice([0, -1, "x", 1.5, [b"a", b"b"]])
        else:
            del item.attrs[name]
    elif isinstance(item, h5py.Dataset):
        parent, name = item.parent, item.name
        array = item[()]
        del parent[name]
        if random.random() < 0.7:
            parent[name] = random.choice([array.reshape(-1), array.astype("f8"), array[..., None], b"text"])
    elif len(item):
        del item[random.choice(sorted(item))]
