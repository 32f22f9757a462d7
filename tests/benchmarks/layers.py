"""The reference layers beside PyTorch's: ``python -m tests.benchmarks.layers``.

Forward and backward in float32, on the CPU with equally many threads on both sides, in turn, after
a warm-up, the best of the rounds, their ratio, and its geometric mean; with what bounds each layer
beside the machine's own rates. Then the lesson's loops against im2col, and on a GPU torch_layers
against cuDNN. ``--write 1 2`` puts the tables for so many threads into docs/benchmarks_layers.md.
"""

import argparse
import datetime
import os
import subprocess
import sys
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from tests.benchmarks.convolution import convolution_rows, gpu_rows, loops_beside_im2col
from tests.benchmarks.markdown import markdown_table
from tests.benchmarks.measuring import Row, geometric_mean, machine, rates, start_again
from tests.benchmarks.pooling import pooling_rows

_PAGE = Path(__file__).parents[2] / "docs" / "benchmarks_layers.md"
_CONVOLUTION = ("way", "operations a byte", "product, ms", "memory, ms", "bound by")
_GPU = ("torch_layers, MiB", "cuDNN, MiB")
_INTRODUCTION = """# The reference layers beside PyTorch's

Made by `python -m tests.benchmarks.layers --write {threads}` on {date}. Forward and backward in
float32, equally many threads on both sides, both in turn, after a warm-up, the best of {rounds}
rounds: of
the processor's time for one thread, of the wall clock for more. A ratio under 1 says that NumPy is
faster. Results agree to a thousandth of the largest number before anything is timed. Threads
wait for each other and for every other program: where the load average says that the machine was
not idle, their figures are only a sign.

The convolution layer is `solutions/fast_convolution.py`. Its *way* is `pointwise` (a 1x1 kernel:
one matrix product), `tiles` (Winograd's convolution in tiles of 4x4 or 2x2 outputs, which saves
multiplications), or `columns` (im2col). *Operations a byte* is what the layer itself must multiply
and add, divided by the bytes of its inputs and outputs, forward and backward. *Product* is the
least time of the way's matrix products at the measured rate, *memory* the least time of all arrays
that it writes and reads at the measured bandwidth; the larger of the two bounds it. Both are least
times: thin matrices reach a part of the rate, rearranged arrays a part of the bandwidth. The
pooling layers multiply next to nothing: memory bounds them all. With two threads only NumPy's
matrix products use both; it copies and adds on one, where PyTorch uses both for everything. So with
two threads NumPy gains less than PyTorch does.
"""


def main() -> None:
    """Measure and print, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--write",
        type=int,
        nargs="+",
        metavar="THREADS",
        help="write docs/benchmarks_layers.md, measured with so many threads; on an idle machine",
    )
    parser.add_argument("--markdown", action="store_true", help="print the page's tables")
    arguments = parser.parse_args()
    if arguments.write:
        _write(arguments.write, arguments.rounds)
        return
    start_again("tests.benchmarks.layers", arguments.threads)
    _print(arguments.threads, arguments.rounds, arguments.markdown)


def _write(thread_counts: list[int], rounds: int) -> None:
    text = _INTRODUCTION.format(
        date=datetime.date.today().isoformat(),
        rounds=rounds,
        threads=" ".join(map(str, thread_counts)),
    )
    for threads in thread_counts:
        command = [sys.executable, "-m", "tests.benchmarks.layers", "--markdown"]
        command += ["--threads", str(threads), "--rounds", str(rounds)]
        tables = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        heading = "One thread" if threads == 1 else f"{threads} threads"
        text += f"\n## {heading}\n\n{tables.strip()}\n"
    _PAGE.write_text(text, encoding="utf-8")


def _print(threads: int, rounds: int, markdown: bool) -> None:
    console = Console()
    show = _print_markdown if markdown else _print_table
    measured = rates()
    for line in (machine(threads), str(measured)):
        console.print(f"{line[0].upper()}{line[1:]}.\n", soft_wrap=True, highlight=False)
    rows = convolution_rows(rounds, measured)
    show(console, "Convolution", ("NumPy", "PyTorch", *_CONVOLUTION), rows)
    show(console, "Pooling", ("NumPy", "PyTorch"), pooling_rows(rounds))
    if threads == 1:
        console.print(f"{loops_beside_im2col()}.\n", soft_wrap=True, highlight=False)
    if torch.cuda.is_available():
        title = f"{torch.cuda.get_device_name()}, without TF32, batches 16 times as large"
        show(console, title, ("torch_layers", "cuDNN", *_GPU), gpu_rows(rounds))
    else:
        console.print("No GPU here: torch_layers were not measured.", soft_wrap=True)


def _cells(columns: tuple[str, ...], rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    ours, theirs, *notes = columns
    heading = ["layer", f"{ours}, ms", f"{theirs}, ms", "ratio", *notes]
    cells = [
        [row.name, f"{row.own * 1e3:.2f}", f"{row.other * 1e3:.2f}", f"{row.ratio:.2f}", *row.notes]
        for row in rows
    ]
    mean = ["geometric mean", "", "", f"{geometric_mean(rows):.2f}", *[""] * len(notes)]
    return heading, [*cells, mean]


def _print_table(console: Console, title: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    heading, cells = _cells(columns, rows)
    table = Table(title=title)
    table.add_column(heading[0])
    for name in heading[1:]:
        table.add_column(name, justify="right")
    for line in cells:
        table.add_row(*line)
    console.print(table)


def _print_markdown(
    console: Console, title: str, columns: tuple[str, ...], rows: list[Row]
) -> None:
    heading, cells = _cells(columns, rows)
    console.print(f"**{title}**\n", soft_wrap=True, highlight=False)
    console.print(
        markdown_table(heading, cells) + "\n", soft_wrap=True, highlight=False, markup=False
    )


if __name__ == "__main__":
    main()
