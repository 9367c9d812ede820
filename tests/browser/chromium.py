"""Find a Chromium for the browser tests, or install one where that may be done; run as a script, print where it is.

In order: the one that `CHROMIUM` names; one on the path; Playwright's own, downloaded before or now; the system's
package, where apt is there and may install it. Where none can be had, say what to install and fail.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
MAC = ("Google Chrome", "Chromium", "Microsoft Edge")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


class NoBrowserError(RuntimeError):
    """No Chromium was found, and none could be installed."""


def find() -> str | None:
    """Give the path of a Chromium that is there, or None."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    for name in MAC:
        application = Path(f"/Applications/{name}.app/Contents/MacOS/{name}")
        if application.is_file():
            return str(application)
    return playwrights_own()


def playwrights_own() -> str | None:
    """Give the path of the Chromium that Playwright downloaded before, or None."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        path = play.chromium.executable_path
    return path if Path(path).is_file() else None


def ensure() -> str:
    """Give the path of a Chromium, installing one where none is there.

    Raises:
        NoBrowserError: if none can be had; says what to install.
    """
    if path := find():
        return path
    said = []
    tries = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get"):
        admin = [] if os.name == "posix" and os.geteuid() == 0 else ["sudo", "-n"]
        tries.append([*admin, "apt-get", "update", "-qq"])
        tries.append([*admin, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"])
    for command in tries:
        print("no Chromium found; trying:", " ".join(command), file=sys.stderr)
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        except (OSError, subprocess.TimeoutExpired) as error:
            said.append(f"{' '.join(command)}: {error}")
            continue
        if done.returncode:
            said.append(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-300:]}")
        if path := find():
            return path
    raise NoBrowserError(
        "the browser tests need a Chromium and none could be had. Install one (Debian and Ubuntu: "
        "`sudo apt-get install chromium`; elsewhere: Google Chrome, or `python -m playwright install chromium`), "
        "or name one in the variable CHROMIUM.\n" + "\n".join(said)
    )


if __name__ == "__main__":
    try:
        print(ensure())
    except NoBrowserError as error:
        sys.exit(str(error))
