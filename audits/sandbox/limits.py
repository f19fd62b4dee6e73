"""How much of the machine one model job may use."""

from dataclasses import dataclass

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """Limits of one child; every one of them ends the job with a sentence that names it."""

    wall_seconds: float = 900.0
    cpu_seconds: int = 1800
    memory_bytes: int = 4 * GIB
    disk_bytes: int = 4 * GIB
    open_files: int = 64
    processes: int = 32
    threads: int = 2
    model_bytes: int = 512 * MIB
    result_bytes: int = 8 * MIB
    output_bytes: int = MIB
    # True where an operator would rather have no evidence than evidence made with a network in reach.
    require_isolation: bool = False
