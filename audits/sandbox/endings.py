"""How a child can end without an answer, as a table of sentences."""

import signal

from audits.sandbox.errors import SandboxFailed
from audits.sandbox.limits import MIB, SandboxLimits

BROKE, OUT_OF_MEMORY, DISK_FULL, NOT_ISOLATED = 70, 71, 72, 73

SENTENCES = {
    "time": "The model job was ended after {wall_seconds:g} seconds, the most it may take. Use fewer rows or a smaller"
    " sample, or raise the limit.",
    "cpu": "The model job was ended after {cpu_seconds} seconds of computing, the most it may use. Use fewer rows or a"
    " smaller sample, or raise the limit.",
    "memory": "The model job needed more memory than the {memory_mib} MiB it may use. Use a smaller model or fewer"
    " rows at once, or raise the limit.",
    "disk": "The model job wrote more than the {disk_mib} MiB it may write, and was ended.",
    "output": "The model job printed more than the {output_kib} KiB it may print, and was ended. A model has no reason"
    " to print; treat the file as damaged or hostile.",
    "crash": "The model made the process that read it crash ({signal}). The file is damaged, hostile, or meets a fault"
    " of the library; export the model again with a current version and register that file.",
    "killed": "The model job was killed from outside, most often because the machine ran out of memory. Try again when"
    " there is room.",
    "isolation": "The machine did not allow the model job to be cut off from network and files, and this installation"
    " requires that. Allow Landlock and seccomp for the worker, or do not require isolation.",
    "broke": "The model job ended with an error: {last_line}",
}

_BY_EXIT_CODE = {OUT_OF_MEMORY: "memory", DISK_FULL: "disk", NOT_ISOLATED: "isolation"}
_BY_SIGNAL = {
    signal.SIGXCPU: "cpu",
    signal.SIGXFSZ: "disk",
    signal.SIGKILL: "killed",
    signal.SIGTERM: "killed",
}
_MEMORY_WORDS = ("bad_alloc", "MemoryError", "Cannot allocate memory", "OpenBLAS error: Memory allocation")
_LAST_LINE_LENGTH = 300


def raise_for(reason: str | None, code: int, text: str, limits: SandboxLimits) -> None:
    """Nothing when the child ended well, else the failure that names what happened."""
    if reason is None and code == 0:
        return
    code_of_failure = reason or _classify(code, text)
    lines = [line for line in text.splitlines() if line.strip()]
    sentence = SENTENCES[code_of_failure].format(
        wall_seconds=limits.wall_seconds,
        cpu_seconds=limits.cpu_seconds,
        memory_mib=limits.memory_bytes // MIB,
        disk_mib=limits.disk_bytes // MIB,
        output_kib=limits.output_bytes // 1024,
        signal=_signal_name(code),
        last_line=lines[-1][:_LAST_LINE_LENGTH] if lines else f"no message, exit code {code}",
    )
    raise SandboxFailed(f"sandbox.{code_of_failure}", sentence)


def _classify(code: int, text: str) -> str:
    if any(word in text for word in _MEMORY_WORDS):
        return "memory"
    if code < 0:
        return _BY_SIGNAL.get(signal.Signals(-code), "crash")
    return _BY_EXIT_CODE.get(code, "broke")


def _signal_name(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
