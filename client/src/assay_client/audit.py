"""`assay audit`: have a model version measured, and wait for what came out."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from typing import Any

from assay_client import lookup, oidc, outcomes
from assay_client.api import Deadline, Service, segment
from assay_client.config import settings
from assay_client.outcomes import Unusable
from assay_client.progress import Progress
from assay_client.register import json_object
from assay_client.terminal import Terminal, clean

RUNNING = ("queued", "running")
EXITS = {
    "passed": outcomes.ALLOWED,
    "failed": outcomes.DENIED,
    "insufficient": outcomes.INSUFFICIENT,
    "errored": outcomes.BAD_INPUT,
    "cancelled": outcomes.BAD_INPUT,
}
KINDS = {"passed": "allowed", "insufficient": "insufficient"}
# A poll may fail now and then while the service restarts; this many in a row mean that it is gone.
PATIENCE = 5
PAUSES = (0.5, 1.0, 2.0, 3.0, 5.0)


def run(args: argparse.Namespace, environ: Mapping[str, str], terminal: Terminal) -> int:
    """Start the audit; with --wait, follow it to its end and answer with its outcome."""
    chosen = settings(vars(args), environ, insecure=args.insecure)
    mapping = json_object(args.mapping, "mapping")
    service = oidc.connect(
        args.oidc, chosen, environ, Deadline(args.timeout * 0.95, each=30), insecure=args.insecure
    )
    version = lookup.version_id(service, args.version, args.system)
    dataset = _dataset(service, args.dataset, version, args.organisation)
    started = service.post(
        f"/model-versions/{segment(version)}/runs", {"dataset_version": dataset, "mapping": mapping}
    )
    if not args.wait:
        _show(started, outcomes.ALLOWED, args.json, terminal)
        return outcomes.ALLOWED
    ended = _followed(service, started, terminal)
    code = EXITS[str(ended.get("state"))]
    _show(ended, code, args.json, terminal)
    return code


def _dataset(service: Service, given: str, version: str, organisation: str | None) -> str:
    """A dataset version given by its id, or as name@version in the system of the model version."""
    if "@" not in given:
        return given
    slug = service.get(f"/model-versions/{segment(version)}").get("system")
    return lookup.dataset_version(service, lookup.system(service, str(slug), organisation), given)


def _followed(service: Service, started: Mapping[str, Any], terminal: Terminal) -> Mapping[str, Any]:
    """The run as it ended, or Unusable when it did not end in time."""
    path, run, progress = f"/runs/{segment(started.get('id'))}", started, Progress(terminal)
    failures = polls = 0
    while run.get("state") in RUNNING:
        percent = run.get("progress")
        shown = float(percent) if isinstance(percent, (int, float)) else 0.0
        progress.show(str(run.get("step") or run.get("state")), shown)
        if service.deadline.passed:
            raise Unusable(
                "audit.timeout", f"The audit is still running; it goes on by itself: {_where(started, path)}"
            )
        time.sleep(min(PAUSES[min(polls, len(PAUSES) - 1)], service.deadline.left()))
        polls += 1
        try:
            run, failures = service.get(path), 0
        except Unusable:
            failures += 1
            if failures >= PATIENCE and not service.deadline.passed:
                raise
    if run.get("id") != started.get("id"):
        raise Unusable(
            "answer.run", "The service answered about another audit than the one that was started."
        )
    if str(run.get("state")) not in EXITS:
        raise Unusable("answer.state", "The audit is in a state that this client does not know.")
    return run


def _where(run: Mapping[str, Any], path: str) -> str:
    url = run.get("url")
    return clean(url) if isinstance(url, str) and url else path


def _show(run: Mapping[str, Any], code: int, as_json: bool, terminal: Terminal) -> None:
    if as_json:
        terminal.document({**run, "exit_code": code})
        return
    state = str(run.get("state"))
    if state in RUNNING:
        terminal.answer("insufficient", f"audit requested: {segment(run.get('id'))}")
    else:
        terminal.answer(KINDS.get(state, "blocked"), f"audit {state}: {segment(run.get('id'))}")
    checks = run.get("checks")
    for check in (checks if isinstance(checks, list) else [])[:200]:
        if isinstance(check, dict):
            verdict = clean(str(check.get("verdict")))
            text = check.get("sentence") or check.get("name") or check.get("check")
            terminal.answer(KINDS.get(verdict, "blocked"), f"{verdict}: {clean(str(text))}")
    url = run.get("url")
    if isinstance(url, str) and url:
        terminal.line(f"  details: {clean(url)}")
