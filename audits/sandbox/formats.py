"""Which stored models may be opened at all, decided by name, first bytes and digest before anything is parsed."""

import hashlib
import os
from contextlib import ExitStack
from pathlib import Path

from audits.sandbox import launch
from audits.sandbox.errors import SandboxRefused
from audits.sandbox.limits import MIB, SandboxLimits
from audits.sandbox.results import ModelRef

XGBOOST_JSON = "xgboost_json"
OPENABLE = (XGBOOST_JSON,)

# Names under which files arrive whose very opening runs the code inside them.
_RUNS_CODE = {
    "pickle",
    "pkl",
    "joblib",
    "cloudpickle",
    "dill",
    "torch",
    "pt",
    "pth",
    "h5",
    "hdf5",
    "keras",
    "npy",
}
_SIGNATURES = (
    (b"\x80", "a pickle"),
    (b"PK", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x93NUMPY", "a NumPy file"),
    (b"\x89HDF", "an HDF5 file"),
)
# Binary JSON begins with a brace too; text goes on with a space, a name or the end.
_AFTER_BRACE = b' \t\r\n"}'
_HOW = "Save the model with booster.save_model('model.json') and register that file as xgboost_json."
_CHUNK = 1024 * 1024


def check(model: ModelRef, limits: SandboxLimits) -> None:
    """Refuse a model that must not, or need not, reach the child."""
    if model.format not in OPENABLE:
        why = ", because opening one runs the code inside it" if model.format.lower() in _RUNS_CODE else ""
        raise SandboxRefused(
            "format.unsafe", f"A model stored as {model.format!r} is never opened{why}. {_HOW}"
        )
    with ExitStack() as stack:
        descriptor = launch.open_regular("model", Path(model.path), stack)
        size = os.fstat(descriptor).st_size
        if size > limits.model_bytes:
            most = limits.model_bytes // MIB
            raise SandboxRefused(
                "model.too_large", f"The model has {size} bytes; at most {most} MiB can be opened."
            )
        _check_first_bytes(os.pread(descriptor, 16, 0))
        digest = _digest(descriptor)
    if digest != model.digest:
        raise SandboxRefused(
            "model.digest",
            f"The stored model has the digest {digest}, not {model.digest} as registered; it was changed after that."
            " Do not use it, and look for who changed it.",
        )


def _check_first_bytes(first: bytes) -> None:
    if first[:1] == b"{" and first[1:2] in [bytes([byte]) for byte in _AFTER_BRACE]:
        return
    kind = next((name for signature, name in _SIGNATURES if first.startswith(signature)), "not JSON text")
    raise SandboxRefused(
        "format.mismatch", f"The file is registered as XGBoost JSON but is {kind}; it was not opened. {_HOW}"
    )


def _digest(descriptor: int) -> str:
    hasher = hashlib.sha256()
    offset = 0
    while piece := os.pread(descriptor, _CHUNK, offset):
        hasher.update(piece)
        offset += len(piece)
    return f"sha256:{hasher.hexdigest()}"
