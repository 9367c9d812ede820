"""What can be run here: `nox -s NAME`. Each session makes its own environment from hashed pins."""

from __future__ import annotations

import socket
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["tests", "lint"]
nox.options.error_on_missing_interpreters = False

DOCTREES = "docs/_build/doctrees"
HTML = "docs/_build/html"

GROUPS = ("docs", "tests", "measure", "lint", "labs", "check", "live", "bench", "peers", "audit")
"""The dependency groups of pyproject.toml; each has its pins in requirements/."""


def prepare(session: nox.Session, group: str) -> None:
    """Install a dependency group as it is pinned, then the project itself, which brings no dependencies."""
    session.env["UV_PYTHON_DOWNLOADS"] = "never"  # the Python that runs nox is the one that is used
    session.env["UV_COMPILE_BYTECODE"] = "1"
    session.install("--require-hashes", "-r", f"requirements/{group}.txt")
    session.install("--no-deps", "-e", ".")


def free_port(wanted: int = 8000) -> int:
    """Take the wanted port, or any that is free where somebody else has it."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", wanted)) != 0:
            return wanted
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@nox.session(reuse_venv=True)
def new(session: nox.Session) -> None:
    """Begin a post: `nox -s new -- "A title"`; `--help` tells how to choose kind and address."""
    prepare(session, "docs")
    session.run("python", "-m", "folio.desk.new", *session.posargs)


@nox.session(reuse_venv=True)
def check(session: nox.Session) -> None:
    """Tell all that is wrong with the sources in one pass, without building the site."""
    prepare(session, "check")
    session.run("python", "-m", "folio.desk.check")


@nox.session(reuse_venv=True)
def live(session: nox.Session) -> None:
    """Build the site with drafts, serve it on 127.0.0.1, rebuild on every change; takes sphinx-autobuild's options."""
    prepare(session, "live")
    session.run(
        *("python", "-m", "folio.desk.live"),
        *("-b", "dirhtml", "-n", "-d", "docs/_build/live-doctrees"),
        *("--host", "127.0.0.1", "--port", str(free_port())),
        *("--watch", "src/folio", "--watch", "labs/results"),
        *session.posargs,
        "docs",
        "docs/_build/live",
        env={"FOLIO_DRAFTS": "1", "FOLIO_PREVIEW": "1"},
    )


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into docs/_build/html; any warning fails the build, after all of them have been told."""
    prepare(session, "docs")
    session.run(
        "sphinx-build",
        *("-b", "dirhtml", "-n", "-W", "--keep-going", "-j", "auto", "-d", DOCTREES),
        *session.posargs,
        "docs",
        HTML,
    )


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests, the browser's included; a browser is found, or installed where that may be done."""
    prepare(session, "tests")
    session.run("python", "tests/browser/chromium.py")
    session.run("pytest", *(session.posargs or ["-n", "2", "--dist", "loadfile"]))


@nox.session
def measure(session: nox.Session) -> None:
    """Print what a page costs its reader, and what axe, Nu and Lighthouse say of it; needs npm's registry."""
    prepare(session, "measure")
    session.run("python", "-m", "benchmarks.reading")


@nox.session
def bench(session: nox.Session) -> None:
    """Build the same posts with this site's machinery and with its peers, and print tables; needs npm's registry."""
    prepare(session, "bench")
    peers = Path(session.create_tmp(), "peers")  # an environment of their own: some want older libraries than we do
    session.run("python", "-m", "venv", "--clear", str(peers))
    install = ("-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements/peers.txt")
    session.run(str(peers / "bin" / "python"), *install, external=True)
    session.run("python", "-m", "benchmarks.building", *session.posargs, env={"FOLIO_PEERS": str(peers / "bin")})


@nox.session
def rtd(session: nox.Session) -> None:
    """Rehearse the build of Read the Docs from the last commit, then test the site that it leaves."""
    prepare(session, "tests")
    output = Path("docs/_build/read-the-docs").resolve()
    session.run("python", ".ci/read_the_docs.py", str(output), *session.posargs)
    session.run(
        *("pytest", "-q", "tests/site/test_pages.py", "tests/site/test_facts.py", "tests/site/test_published.py"),
        *("tests/site/test_validity.py", "tests/site/test_addresses.py"),
        env={"FOLIO_SITE": str(output / "html")},
    )


@nox.session(python=False)
def versions(session: nox.Session) -> None:
    """Build with every supported Python that is installed and compare the pages; the others are named."""
    session.run("python", ".ci/versions.py")


@nox.session
def lint(session: nox.Session) -> None:
    """Check format, lint, types and spelling."""
    prepare(session, "lint")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("codespell")
    session.run("rumdl", "check", ".")


@nox.session
def labs(session: nox.Session) -> None:
    """Run all labs, or those named, and store what they find; with `--check`, compare with what is stored instead."""
    prepare(session, "labs")
    session.run("python", "-m", "labs", "--jobs", "2", *session.posargs)


@nox.session
def linkcheck(session: nox.Session) -> None:
    """Check every external link; needs the network."""
    prepare(session, "docs")
    session.run(
        "sphinx-build", *("-b", "linkcheck", "-n", "-d", DOCTREES), *session.posargs, "docs", "docs/_build/linkcheck"
    )


@nox.session
def audit(session: nox.Session) -> None:
    """Look every pinned package up in PyPI's list of known vulnerabilities; needs the network."""
    session.env["UV_PYTHON_DOWNLOADS"] = "never"
    session.install("--require-hashes", "-r", "requirements/audit.txt")
    for group in GROUPS:
        # Strict: a package that could not be looked up is a failure, not a package without faults.
        session.run("pip-audit", "--strict", "--disable-pip", "--require-hashes", "-r", f"requirements/{group}.txt")


@nox.session
def pins(session: nox.Session) -> None:
    """Write requirements/ anew from pyproject.toml: one version of each package for all Pythons, with hashes."""
    session.env["UV_PYTHON_DOWNLOADS"] = "never"
    session.install("uv")
    for group in GROUPS:
        session.run(
            *(
                "uv",
                "pip",
                "compile",
                "--quiet",
                "--universal",
                "--fork-strategy",
                "fewest",
                "--python-version",
                "3.11.5",
            ),
            *("--generate-hashes", "--no-emit-index-url", "--no-header", "--group", group),
            *("-o", f"requirements/{group}.txt"),
            *session.posargs,
        )
