"""Packs the images of the catalogue into a folder from which the registry serves them; what is unchanged stays."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import re
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab import catalogue
from tests.lab.catalogue import TOOLS, Image
from tests.lab.process import locked

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = TOOLS / "images"
INDEX = "index.json"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
EMPTY = {"/tmp": 0o1777, "/etc": 0o755, "/run": 0o755, "/var": 0o755, "/proc": 0o755, "/sys": 0o755, "/dev": 0o755}
COMMON = {"/etc/passwd": catalogue.ACCOUNTS, "/etc/group": catalogue.GROUPS, "/etc/nsswitch.conf": "hosts: files dns\n"}


def build(folder: Path = FOLDER) -> dict[str, str]:
    """Pack what has changed and return the index: pattern of a name -> digest of its manifest."""
    with locked(folder / "lock"):
        return _build(folder)


def _build(folder: Path) -> dict[str, str]:
    blobs = folder / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    done = _done(folder)
    index: dict[str, str] = {}
    inputs: dict[str, str] = {}
    for image in catalogue.images():
        want = _inputs(image)
        digest = done.get(want, "")
        if not digest or not (blobs / digest).exists():
            digest = _pack(image, blobs)
        inputs[want] = digest
        index.update(dict.fromkeys(image.names, digest))
    _write(folder / INDEX, json.dumps({"names": index, "inputs": inputs}, indent=1).encode())
    _sweep(blobs, set(inputs.values()))
    return index


def _done(folder: Path) -> dict[str, str]:
    path = folder / INDEX
    done: dict[str, str] = json.loads(path.read_bytes())["inputs"] if path.exists() else {}
    return done


def _inputs(image: Image) -> str:
    """Return a digest of all that an image is made of; of a file its size and time of change."""
    stats = [(path, str(file), *_stat(file)) for path, file in sorted(image.files.items())]
    text = repr((image, stats, Path(__file__).read_text(), Path(catalogue.__file__).read_text()))
    return hashlib.sha256(text.encode()).hexdigest()


def _stat(file: Path) -> tuple[int, int]:
    stat = file.stat()
    return stat.st_size, stat.st_mtime_ns


def _pack(image: Image, blobs: Path) -> str:
    new = blobs / "layer.new"
    with tarfile.open(new, "w") as tar:
        for name, content in _entries(image):
            _add(tar, name, content)
    with new.open("rb") as file:
        layer = hashlib.file_digest(file, "sha256").hexdigest()
    size = new.stat().st_size
    new.rename(blobs / layer)
    config = _blob(blobs, _config(image, layer))
    parts = {"config": (CONFIG, *config), "layers": (LAYER, layer, size)}
    described = {k: {"mediaType": m, "digest": f"sha256:{d}", "size": s} for k, (m, d, s) in parts.items()}
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, **described, "layers": [described["layers"]]}
    return _blob(blobs, manifest)[0]


def _config(image: Image, layer: str) -> dict[str, object]:
    settings = {"Entrypoint": list(image.entrypoint) or None, "User": image.user, "WorkingDir": "/", "Env": [PATH]}
    return {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]},
        "config": settings,
    }


def _entries(image: Image) -> Iterator[tuple[str, Path | bytes | str | int]]:
    """Yield what the layer holds: files (Path or bytes), links (str) and folders (mode), parents first."""
    files: dict[str, Path | bytes | str | int] = {path: text.encode() for path, text in COMMON.items()}
    for path, file in image.files.items():
        files[path] = file
        files.update({library: Path(library) for library in _libraries(file)})
    files.update(image.links)
    folders = EMPTY | image.folders
    for path in files:
        folders = {str(parent): 0o755 for parent in reversed(Path(path).parents) if parent != Path("/")} | folders
    yield from sorted(folders.items())
    yield from sorted(files.items())


def _libraries(file: Path) -> list[str]:
    with file.open("rb") as opened:
        if opened.read(4) != b"\x7fELF":
            return []
    done = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False)
    return re.findall(r"(?:=> |^\s+)(/\S+)", done.stdout, re.MULTILINE)


def _add(tar: tarfile.TarFile, name: str, content: Path | bytes | str | int) -> None:
    info = tarfile.TarInfo(name.lstrip("/"))
    info.mode = 0o755
    match content:
        case int():
            info.type, info.mode = tarfile.DIRTYPE, content
            tar.addfile(info)
        case str():
            info.type, info.linkname = tarfile.SYMTYPE, content
            tar.addfile(info)
        case bytes():
            info.mode, info.size = 0o644, len(content)
            tar.addfile(info, io.BytesIO(content))
        case Path():
            with content.open("rb") as file:
                info.size = os.fstat(file.fileno()).st_size
                tar.addfile(info, file)


def _blob(blobs: Path, thing: dict[str, object]) -> tuple[str, int]:
    data = json.dumps(thing).encode()
    digest = hashlib.sha256(data).hexdigest()
    _write(blobs / digest, data)
    return digest, len(data)


def _write(path: Path, data: bytes) -> None:
    new = path.with_name(path.name + ".new")
    new.write_bytes(data)
    new.rename(path)


def _sweep(blobs: Path, manifests: set[str]) -> None:
    """Remove the blobs that no image of the index has any more."""
    kept = set(manifests)
    for digest in manifests:
        manifest = json.loads((blobs / digest).read_bytes())
        kept |= {part["digest"].removeprefix("sha256:") for part in (manifest["config"], *manifest["layers"])}
    for blob in blobs.iterdir():
        if blob.name not in kept:
            blob.unlink()
