"""HDF5 files as h5py writes them, in every form that the library has, read again by h5py and by modelconv."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import modelconv as mc
import numpy as np
import pytest
from modelconv import _core
from support.hdf5_comparison import compare

LIBVERS: list[Any] = ["earliest", ("earliest", "v108"), ("v108", "v110"), "latest"]
ORDERED = ["i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]
NUMBERS = ["?", "i1", "u1", *(order + kind for order in "<>" for kind in ORDERED)]


def written(write: Callable[[Any], None], **settings: Any) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **settings) as file:
        write(file)
    return buffer.getvalue()


def write_numbers(file: Any) -> None:
    for dtype in NUMBERS:
        array = np.arange(-3, 21).reshape(2, 3, 4).astype(dtype)
        file[f"contiguous{dtype[-2:]}/{dtype}"] = array
        file.attrs[f"array{dtype}"] = array
        file.attrs[f"scalar{dtype}"] = array[0, 0, 0]
        file[f"scalar/{dtype}"] = array[1, 1, 1]
        file.create_dataset(f"none/{dtype}", (3, 0), dtype)
    file["null"] = h5py.Empty("f4")
    file.attrs["null"] = h5py.Empty("f4")
    file["enumeration"] = np.array([1, 2], h5py.enum_dtype({"A": 1, "B": 2}, "i2"))
    file["committed"] = np.dtype("<f4")
    file.create_dataset("typed", (2, 2), file["committed"], data=np.ones((2, 2)))
    file.attrs.create("typed", np.ones(3), dtype=file["committed"])


def write_texts(file: Any) -> None:
    texts = ["", "kernel", "größe", "文字" * 500]
    file["scalar"] = "größe"
    file["any"] = texts
    file["fixed"] = np.array([b"a", b"", b"abcd", b"ab\0c"])
    file["two"] = np.array([["a", "b"], ["c", ""]], dtype=object)
    file.create_dataset("never", (3,), h5py.string_dtype())
    file.create_dataset("packed", (300,), h5py.string_dtype(), data=[str(i) for i in range(300)], compression="gzip")
    for name, dataset in list(file.items()):
        file.attrs[name] = dataset[()]
    file.attrs["bytes"] = np.bytes_(b"abc")
    file.attrs["none"] = np.zeros(0, "S3")
    file.attrs["größe"] = 1
    for padding in range(3):
        kind = h5py.h5t.C_S1.copy()
        kind.set_size(6)
        kind.set_strpad(padding)
        space = h5py.h5s.create_simple((2,))
        attribute = h5py.h5a.create(file.id, f"padded{padding}".encode(), kind, space)
        attribute.write(np.array([b"ab    ", b"abcde"], "S6"), mtype=kind)


def write_chunks(file: Any) -> None:
    random = np.random.default_rng(0)
    shapes: list[tuple[tuple[int, ...], tuple[int, ...], Any]] = [
        ((7,), (3,), None),
        ((7,), (3,), (20,)),  # a fixed array, larger than the dataset
        ((4000,), (1,), None),  # with pages
        ((5, 9), (2, 4), (None, 9)),
        ((5, 9), (2, 4), (5, None)),
        ((3000, 2), (1, 1), (None, 2)),  # an extensible array, up to its secondary blocks
        ((5, 9, 2), (2, 4, 2), (None, None, 2)),
        ((60, 60), (2, 1), (None, None)),  # a tree with several levels
        ((4, 4), (4, 4), None),  # one chunk
        ((3,), (8,), (None,)),  # a chunk larger than the dataset
    ]
    filters: list[dict[str, Any]] = [
        {},
        {"compression": "gzip"},
        {"compression": "gzip", "shuffle": True, "fletcher32": True},
        {"shuffle": True},
        {"fletcher32": True},
    ]
    for i, (shape, chunks, largest) in enumerate(shapes):
        array = random.integers(0, 50, shape).astype("<f4" if i % 2 else ">i2")
        for j, settings in enumerate(filters[: 3 if array.size > 2000 else 5]):
            file.create_dataset(f"{i}/{j}", data=array, chunks=chunks, maxshape=largest, **settings)
    file.create_dataset("partly", (40, 40), "f4", chunks=(4, 4), fillvalue=2.5)[5:7, 9:30] = 1
    file.create_dataset("filled", (4, 4), "f8", chunks=(2, 2), fillvalue=7)
    file.create_dataset("late", (10,), "i8", fillvalue=-1)
    file.create_dataset("noise", data=random.integers(0, 255, 5000, "u1"), chunks=(100,), compression=1)
    shrunk = file.create_dataset("shrunk", data=np.arange(100.0).reshape(10, 10), chunks=(3, 3), maxshape=(None, None))
    shrunk.resize((4, 5))


def write_low_level_layouts(file: Any) -> None:
    """What h5py has no words for: elements in the header, chunks without an index."""
    space = h5py.h5s.create_simple((6, 5))
    array = np.arange(30, dtype="f4").reshape(6, 5)
    for name, layout, early in (("compact", h5py.h5d.COMPACT, False), ("implicit", h5py.h5d.CHUNKED, True)):
        settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        settings.set_layout(layout)
        if layout == h5py.h5d.CHUNKED:
            settings.set_chunk((2, 2))
        if early:
            settings.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        dataset = h5py.h5d.create(file.id, name.encode(), h5py.h5t.IEEE_F32LE, space, settings)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, array)


def write_many(file: Any) -> None:
    many, member = file.create_group("many").id, file.create_group("member").id
    for i in range(10_000):
        many.links.create_hard(f"a member with the number {i * 7919 % 10_000}".encode(), member, b".")
    described = file.create_group("described")
    for i in range(600):
        described.attrs[f"attribute {i}"] = np.arange(i)
    if file.libver[0] != "earliest":
        described.attrs["large"] = np.arange(50_000.0)
    described.attrs["text"] = "x" * 60_000
    some = file.create_group("some", track_order=True)
    for i in range(20):
        some[f"{i}"] = i
        some.attrs[f"{i}"] = i


def write_links(file: Any) -> None:
    file["a/b/c"] = np.arange(3)
    file["a/again"] = file["a/b"]
    file["a/b/up"] = file["a"]
    file["soft"] = h5py.SoftLink("/a/b/c")
    file["a/external"] = h5py.ExternalLink("other.h5", "/x")


CONTENTS: dict[str, Callable[[Any], None]] = {
    "empty": lambda file: None,
    "numbers": write_numbers,
    "texts": write_texts,
    "chunks": write_chunks,
    "layouts": write_low_level_layouts,
    "many": write_many,
}


@pytest.mark.parametrize("libver", LIBVERS, ids=str)
@pytest.mark.parametrize("name", CONTENTS)
def test_contents(name: str, libver: Any) -> None:
    content = written(CONTENTS[name], libver=libver)
    assert compare(content) > (0 if name == "empty" else 1) - 1


@pytest.mark.parametrize("settings", [{"userblock_size": 1024}, {"track_order": True}], ids=str)
@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_forms_of_files(settings: dict[str, Any], libver: str) -> None:
    for name in ("numbers", "texts", "chunks"):
        assert compare(written(CONTENTS[name], libver=libver, **settings)) > 10


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_links(libver: str, tmp_path: Path) -> None:
    root = _core.Hdf5File(written(write_links, libver=libver)).root()
    assert root.links() == ["a", "soft"]
    assert root.link("soft") == "/a/b/c"
    assert root.link("none") is None
    a = root.link("a")
    assert isinstance(a, _core.Hdf5Object)
    assert a.links() == ["again", "b", "external"]
    assert a.link("external") is False
    again, b = a.link("again"), a.link("b")
    assert isinstance(again, _core.Hdf5Object)
    assert isinstance(b, _core.Hdf5Object)
    assert again.address == b.address
    (tmp_path / "m.h5").write_bytes(written(write_links, libver=libver))
    assert [*mc.load(tmp_path / "m.h5").weights] == ["a/b/c"]


def test_arrays_are_views_that_outlive_the_file() -> None:
    content = written(lambda file: file.create_dataset("x", data=np.arange(1000.0)))
    x = _core.Hdf5File(content).root().link("x")
    assert isinstance(x, _core.Hdf5Object)
    array = x.array()
    del x
    assert np.shares_memory(array, np.frombuffer(content, "u1"))
    assert not array.flags.writeable
    assert array.sum() == 499500


REFUSED: dict[str, tuple[Callable[[Any], None], str]] = {
    "compound": (lambda file: file.create_dataset("x", (2,), [("a", "f4"), ("b", "i4")]), "compound"),
    "complex": (lambda file: file.create_dataset("x", data=np.ones(2, "c8")), "compound"),
    "opaque": (lambda file: file.create_dataset("x", data=np.zeros(2, "V3")), "opaque"),
    "list": (lambda file: file.create_dataset("x", (2,), h5py.vlen_dtype("i4")), "lists"),
    "references": (lambda file: file.create_dataset("x", (2,), h5py.ref_dtype), "references"),
    "arrays": (lambda file: file.create_dataset("x", (2,), np.dtype(("f4", (2, 2)))), "arrays"),
    "lzf": (lambda file: file.create_dataset("x", data=np.ones(99), compression="lzf"), "the filter lzf"),
    "scale": (lambda file: file.create_dataset("x", data=np.ones(99, "i4"), scaleoffset=2), "the filter scaleoffset"),
    "external": (
        lambda file: file.create_dataset("x", (2,), "f4", external=[("elsewhere", 0, 8)]),
        "it lies in another file",
    ),
    "virtual": (
        lambda file: file.create_virtual_dataset("x", h5py.VirtualLayout((2,), "f4")),
        "it lies in another file",
    ),
    "no data": (lambda file: file.create_dataset("x", (1 << 20, 1 << 20), "f4", chunks=(64, 64)), "it has no data"),
    "no data at all": (lambda file: file.create_dataset("x", (1 << 20,), "f4"), "it has no data"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name: str, tmp_path: Path) -> None:
    write, message = REFUSED[name]
    (tmp_path / "m.h5").write_bytes(written(lambda file: (file.create_dataset("y", data=np.ones(3)), write(file))[0]))
    with pytest.raises(mc.MalformedModelError, match=message) as caught:
        mc.load(tmp_path / "m.h5")
    assert "weight '/x' cannot be read" in str(caught.value)
    assert "m.h5" in str(caught.value)
