"""The image of the bootstrap job for the lab: what bootstrap/image/Dockerfile installs, from files of this machine."""

from __future__ import annotations

import re
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.catalogue import CHECKOUT, TOOLS, Image

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("registry.example.com/*mcgen-bootstrap:*",)
HOME = "/opt/mcgen"
# Where the packages lie: Debian's Python looks into other folders beside its library than Python's own.
PACKAGES = f"{HOME}/packages"
MANIFESTS = Path(__file__).parent / "manifests/mcgen-bootstrap"
REQUIREMENTS = CHECKOUT / "generator/mcgen/templates/bootstrap-requirements.txt"
PROGRAMS = ("/usr/bin/git", "/usr/bin/ssh")
# What Python brings that no program needs, and what is not of its library.
LEFT_OUT = ("__pycache__", "ensurepip", "idlelib", "lib2to3", "site-packages", "test", "tests", "tkinter", "turtledemo")


def image(links: dict[str, str]) -> Image:
    """Return the image; links: of busybox, whose shell starts ssh for Git."""
    library = f"{HOME}/lib/{python()}"
    files = {
        "/bin/busybox": Path("/bin/busybox"),
        "/usr/local/bin/mcgen": MANIFESTS / "mcgen",
        f"{HOME}/bin/python3": Path(sys.base_prefix, "bin", python()),
        **{program: Path(program) for program in PROGRAMS},
        **{f"/usr/local/bin/{name}": TOOLS / name for name in ("istioctl", "kubectl", "kubeseal")},
        **dict(below(library, Path(sys.base_prefix, "lib", python()))),
        **dict(installed(PACKAGES)),
        **dict(below(f"{PACKAGES}/mcgen", CHECKOUT / "generator/mcgen")),
        **dict(below(f"{PACKAGES}/mcgen/schemas", CHECKOUT / "schemas")),
        f"{PACKAGES}/mcgen/rules.md": CHECKOUT / "docs/rules.md",
    }
    return Image(
        names=NAMES,
        files=files,
        links=links | {"/usr/lib/git-core/git": "/usr/bin/git"},
        folders={"/usr/share/git-core/templates": 0o755},
        user="65532:65532",
    )


def python() -> str:
    """Return the name of the Python that runs this, such as python3.11."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def below(target: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of a folder, but those that are left out, by their path in the image."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not set(relative.parts) & set(LEFT_OUT):
            yield f"{target}/{relative.as_posix()}", path


def installed(target: str) -> Iterator[tuple[str, Path]]:
    """Yield the files of what the job requires, as it is installed here."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    for name in (re.split("==", line)[0] for line in lines if not line.startswith("#")):
        for file in distribution(name).files or ():
            path = Path(str(file.locate()))
            if ".." not in file.parts and "__pycache__" not in file.parts and path.is_file():
                yield f"{target}/{file.as_posix()}", path
