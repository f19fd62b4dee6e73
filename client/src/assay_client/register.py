"""`assay register`: put an artifact and its version into the register, once, however often it is run."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from assay_client import artifacts, lookup, oidc, strict_json
from assay_client.api import Deadline, Service, segment
from assay_client.artifacts import Artifact
from assay_client.config import settings
from assay_client.outcomes import ALLOWED, BadInput, Unusable
from assay_client.progress import Progress
from assay_client.terminal import Terminal


def run(args: argparse.Namespace, environ: Mapping[str, str], terminal: Terminal) -> int:
    """Upload the artifact and create the version; the same bytes again are fine, other bytes are not."""
    chosen = settings(vars(args), environ, insecure=args.insecure)
    training = json_object(args.training, "training") if args.training else {}
    artifact = artifacts.take(args.artifact)
    deadline = Deadline(args.upload_timeout, each=args.timeout)
    service = oidc.connect(args.oidc, chosen, environ, deadline, insecure=args.insecure)
    system = lookup.system(service, args.system, args.organisation)
    datasets = [lookup.dataset_version(service, system, name) for name in args.dataset]
    # Bytes that this system has already need not be sent again. Whether the version may stay is for the
    # service to say, which compares the whole record.
    known = [] if args.organisation else lookup.versions_of(service, artifact.digest, args.system)
    if not known:
        _upload(service, artifact, lookup.organisation_of(system), terminal)
    body = {
        "version": args.version,
        "artifact_digest": artifact.digest,
        "format": args.format,
        "training": training,
        "dataset_versions": datasets,
    }
    model = lookup.model(service, system, args.model)
    version = service.post(f"/models/{segment(model.get('id'))}/versions", body)
    if version.get("digest") != artifact.digest:
        raise Unusable("answer.digest", "The service registered another artifact than the one that was sent.")
    _show(version, version.get("id") not in [item.get("id") for item in known], args, terminal)
    return ALLOWED


def json_object(path: str, what: str) -> dict[str, Any]:
    """The JSON object in a file of the caller's."""
    try:
        document = strict_json.parse(Path(path).read_bytes())
    except strict_json.NotJson as error:
        raise BadInput(f"{what}.invalid", f"The {what} file {path!a} cannot be used: {error}.") from None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "it has no valid name"
        raise BadInput(f"{what}.unreadable", f"The {what} file {path!a} cannot be read: {cause}.") from None
    if not isinstance(document, dict):
        raise BadInput(f"{what}.invalid", f"The {what} file {path!a} does not hold a JSON object.")
    return document


def _upload(service: Service, artifact: Artifact, organisation: str | None, terminal: Terminal) -> None:
    """Stream the bytes; the service must answer with the digest that was computed here."""
    progress = Progress(terminal)
    reply = service.send(
        "POST",
        "/artifacts" + (f"?{urlencode({'organisation': organisation})}" if organisation else ""),
        artifacts.blocks(artifact, lambda sent: progress.show("uploading", 100 * sent / artifact.size)),
        artifact.size,
        headers={"Content-Type": "application/octet-stream", "X-Assay-Digest": artifact.digest},
        seconds=service.deadline.total_left(),
    )
    if service.document(reply).get("digest") != artifact.digest:
        raise Unusable("answer.digest", "The service stored other bytes than the ones that were sent.")


def _show(version: Mapping[str, Any], created: bool, args: argparse.Namespace, terminal: Terminal) -> None:
    if args.json:
        terminal.document({"model_version": version, "created": created, "exit_code": ALLOWED})
        return
    words = "registered" if created else "already registered"
    terminal.answer("allowed", f"{words}: {args.model} {args.version} in {args.system}")
    terminal.line(f"  digest: {version.get('digest')}")
    terminal.line(f"  id: {segment(version.get('id'))}")
