"""Wheels of a yt-dlp that has not come out yet, for an index that is a folder."""

from importlib import metadata, util
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

DUMMY = {"yt_dlp/__init__.py": "", "yt_dlp/extractor/__init__.py": ""}
SOUND = {
    "yt_dlp/version.py": "__version__ = {version!r}\n",
    "yt_dlp/__init__.py": "from yt_dlp import version\n",
    "yt_dlp/__main__.py": "from yt_dlp.version import __version__\nprint(__version__)\n",
    "yt_dlp/extractor/youtube.py": "class YoutubeIE: pass\n",
}
BROKEN = {**SOUND, "yt_dlp/extractor/youtube.py": "import a_module_that_nobody_has\n"}
LYING = {**SOUND, "yt_dlp/__main__.py": "print('2099.01.01')\n"}


def index(folder: Path) -> tuple[str, ...]:
    """What makes pip take packages from there, and nowhere else."""
    return ("--no-index", "--find-links", str(folder))


def dummy(folder: Path, version: str, sources: dict[str, str] = SOUND) -> None:
    """A yt-dlp that knows its version and no more, and what it needs."""
    filled = {name: source.replace("{version!r}", repr(version)) for name, source in (DUMMY | sources).items()}
    _wheel(
        folder, "yt_dlp", version, filled, "Provides-Extra: default\nRequires-Dist: yt-dlp-ejs; extra == 'default'\n"
    )
    _wheel(folder, "yt_dlp_ejs", "0.9.0", {"yt_dlp_ejs/__init__.py": ""}, "")


def whole(folder: Path, version: str) -> None:
    """The real one, under another version."""
    sources, old = _sources("yt_dlp"), metadata.version("yt-dlp")
    assert repr(old) in sources["yt_dlp/version.py"]
    sources["yt_dlp/version.py"] = sources["yt_dlp/version.py"].replace(repr(old), repr(version))
    _wheel(
        folder, "yt_dlp", version, sources, "Provides-Extra: default\nRequires-Dist: yt-dlp-ejs; extra == 'default'\n"
    )
    _wheel(folder, "yt_dlp_ejs", "0.9.0", _sources("yt_dlp_ejs"), "")


def _sources(name: str) -> dict[str, str]:
    """Without importing it."""
    spec = util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    files = [path for path in package.rglob("*") if path.suffix in (".py", ".js")]
    return {f"{name}/{path.relative_to(package)}": path.read_text(encoding="utf-8") for path in files}


def _wheel(folder: Path, name: str, version: str, sources: dict[str, str], needs: str) -> None:
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n{needs}"
    tag = "Wheel-Version: 1.0\nGenerator: rig\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {**sources, f"{info}/METADATA": metadata, f"{info}/WHEEL": tag}
    files[f"{info}/RECORD"] = "".join(f"{each},,\n" for each in (*files, f"{info}/RECORD"))
    with ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w", ZIP_STORED) as archive:
        for each, text in files.items():
            archive.writestr(each, text)
