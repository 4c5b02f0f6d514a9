"""Make the bundled app: ``python packaging/bundle.py [OUT]``, or ``make bundle``. It comes to dist/Heard (OUT/Heard).

An environment of its own (build/bundle) gets the package and PyInstaller, so that nothing lands in the app that is not
in the package. It runs on the system that it was made on, and on newer ones of its kind.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYINSTALLER = "pyinstaller>=6.11,<7"
MOST_MB = 350


def main(argv: list[str]) -> int | str:
    work, out = ROOT / "build" / "bundle", Path(argv[0] if argv else ROOT / "dist").absolute()
    venv.create(work / "venv", with_pip=True, clear=True)
    python = work / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    run(python, "-m", "pip", "install", "--quiet", "--no-compile", PYINSTALLER, str(ROOT))
    spec = ROOT / "packaging" / "heard.spec"
    paths = ["--workpath", str(work / "work"), "--distpath", str(out)]
    run(python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *paths, str(spec))
    app = out / "Heard"
    if sys.platform == "linux":  # for a menu; the paths in it are for whoever installs the folder to say
        shutil.copy(ROOT / "packaging" / "heard.desktop", app)
        shutil.copy(ROOT / "app" / "window" / "widgets" / "heard.svg", app)
    for name in ("LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, app)
    if strip := shutil.which("strip") if sys.platform == "linux" else None:
        for library in (*app.glob("_internal/libpython*.so*"), *app.glob("_internal/av/**/*.so")):
            run(strip, "--strip-unneeded", library)
    size_mb = sum(path.stat().st_size for path in app.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6
    print(f"{app}: {size_mb:.0f} MB")
    return 0 if size_mb <= MOST_MB else f"{app} is larger than {MOST_MB} MB"


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
