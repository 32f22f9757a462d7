"""What a hand-in may use: seconds, memory, processes, disk and output."""

from dataclasses import dataclass

MEGABYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """Limits of a hand-in's kernel.

    cell: seconds for one cell. notebook: seconds for all cells, and for all that comes after a
        crash. exercise: seconds for all cases of one exercise in one round; while others keep the
        machine busy, CPU seconds.
    exercise_cpu, notebook_cpu: CPU seconds of all its processes, for an exercise in one round and
        from the kernel's start to its end.
    memory: bytes for a process and for all of them together. processes: processes and threads.
    disk: bytes for each folder that can be written to, and for each file.
    output: characters of output that are kept of a cell.
    """

    cell: float = 30
    notebook: float = 240
    exercise: float = 20
    exercise_cpu: float = 60
    notebook_cpu: float = 600
    memory: int = 4096 * MEGABYTE
    processes: int = 256
    disk: int = 256 * MEGABYTE
    output: int = 2 * MEGABYTE
