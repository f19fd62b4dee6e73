"""A git repository elsewhere: a commit per checkpoint. What a protected branch has taken, nobody takes back."""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from registry.ledger.anchors.base import Kept, NotAnchored, Recall, Sent, public

# Nothing of the machine's or the user's own settings counts, and nobody is asked for a password.
_QUIET: Final = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=10",
    "LC_ALL": "C",
}
_AUTHOR: Final = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Assay"), ("EMAIL", "assay@localhost"))
}
_SECRET: Final = re.compile(r"//[^/@\s]+@")  # a name and a password in an address


class GitAnchor:
    """`git+URL` or `git+URL#BRANCH` (else `main`): a file per log, a commit for each checkpoint, never by force."""

    kind = "git"
    recall = Recall.READ
    seconds: float = 30  # for one command; a remote that hangs must not hold up the others

    def __init__(self, address: str) -> None:
        self.place = public(address)
        url, _, branch = address.removeprefix("git+").partition("#")
        parts = urlsplit(url)
        if parts.scheme not in {"https", "ssh", "file"} or not parts.path.strip("/"):
            raise ValueError(
                f"{self.place} is not the address of a repository, such as git+https://HOST/REPO.git."
            )
        self._url, self._branch = url, branch or "main"
        if branch:
            self.place += f"#{branch}"

    def put(self, sent: Sent) -> Kept:
        """Commit the note on what the remote has, and push; a push that is refused anchors nothing."""
        name = _name(sent.checkpoint.origin)
        with tempfile.TemporaryDirectory(prefix="assay-anchor-") as folder:
            git = _Git(Path(folder), self.seconds)
            before = self._fetched(git)
            if before and git.told("show", f"{before}:{name}", missing="") == sent.note:
                return Kept(f"commit {before}")
            blob = git.told("hash-object", "-w", "--stdin", input=sent.note).strip()
            if before:
                git.told("read-tree", before)
            git.told("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
            tree = git.told("write-tree").strip()
            said = f"Checkpoint of {sent.checkpoint.size} entries\n\n{sent.checkpoint.origin}\n"
            parent = ("-p", before) if before else ()
            made = git.told("commit-tree", tree, *parent, input=said).strip()
            git.told("push", "--quiet", "--", self._url, f"{made}:refs/heads/{self._branch}")
            return Kept(f"commit {made}")

    def newest(self, *origins: str) -> list[str]:
        """The notes in the last commit of the branch."""
        with tempfile.TemporaryDirectory(prefix="assay-anchor-") as folder:
            git = _Git(Path(folder), self.seconds)
            before = self._fetched(git)
            notes = [git.told("show", f"{before}:{_name(one)}", missing="") for one in origins if before]
            return [note for note in notes if note]

    def _fetched(self, git: "_Git") -> str:
        """The last commit of the branch, fetched without its history; empty where there is no such branch yet."""
        git.told("init", "--quiet", "--bare", ".")
        reference = f"refs/heads/{self._branch}"
        if not git.told("ls-remote", "--heads", "--", self._url, reference):
            return ""
        git.told("fetch", "--quiet", "--depth=1", "--no-tags", "--", self._url, reference)
        return git.told("rev-parse", "FETCH_HEAD").strip()


class _Git:
    """The command, in a repository of a moment."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._seconds = folder, seconds

    def told(self, *words: str, input: str = "", missing: str | None = None) -> str:
        """What one command prints; `missing` where it fails and that is no fault."""
        try:
            done = subprocess.run(  # noqa: S603 - our own words and the address in the settings, no shell
                ["git", *words],  # noqa: S607 - whichever git the machine has
                cwd=self._folder,
                input=input.encode(),
                capture_output=True,
                timeout=self._seconds,
                check=False,
                env={**_inherited(), **_QUIET, **_AUTHOR},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotAnchored(f"git {words[0]} did not end well ({type(error).__name__}).") from error
        if done.returncode == 0:
            return done.stdout.decode()
        if missing is not None:
            return missing
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise NotAnchored(f"git {words[0]} failed: {_SECRET.sub('//', lines[-1])[:200]}")


def _inherited() -> dict[str, str]:
    """The environment without what would lead git to another repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def _name(origin: str) -> str:
    return f"{quote(origin, safe='')}.note"
