"""What a hand-in costs the coordinating process as the class grows: part of ``make bench``.

    python -m tests.benchmarks.growth [--hand-ins 30] [--large 3000] [--out PAGE]

The classes are replays of the same hand-ins of the first lesson. Writes
``docs/benchmarks_growth.md``. The machine must have nothing else to do.
"""

import argparse
import datetime
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from tests.benchmarks.grading_page import machine
from tests.benchmarks.hand_ins import write_hand_ins
from tests.benchmarks.markdown import markdown_table
from tests.replay import Replay

_LESSON = "01_vector_backprop"
_PAGE = Path(__file__).parents[2] / "docs" / "benchmarks_growth.md"
_HEADING = ("hand-ins", "seconds", "ms for each more", "memory, MB")
_INTRODUCTION = """# A larger class

Made by `python -m tests.benchmarks.growth` on {date}, with nothing else running, on {machine}.

What a larger class costs the coordinating process: classes of hand-ins of the first lesson, made of
{count}. Their results were computed once and are sent again by the workers; all else is done as
always: reading, keeping, recording, writing. A worker needs for each hand-in what it needs for any
other. *For each more* is what a hand-in adds, by the difference to the class before: if it stays
the same, a hundred times as many hand-ins take a hundred times as long. Seconds are those of the
whole command, with its start; memory is the most that the process had.
"""

Growth = dict[int, tuple[int, float]]


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hand-ins", type=int, default=30, help="of which the classes are made")
    parser.add_argument("--large", type=int, default=3000, help="the largest class")
    parser.add_argument("--out", type=Path, default=_PAGE)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        growth = _measured(Path(name), arguments.hand_ins, arguments.large)
    introduction = _INTRODUCTION.format(
        date=datetime.date.today().isoformat(),
        machine=machine(),
        count=arguments.hand_ins,
    )
    table = markdown_table(_HEADING, _lines(growth))
    arguments.out.write_text(f"{introduction}\n{table}\n", encoding="utf-8")
    Console().print(f"Written: {arguments.out}", soft_wrap=True)


def _measured(folder: Path, count: int, large: int) -> Growth:
    """Bytes and seconds by the size of the class."""
    hand_ins = write_hand_ins(folder / "hand_ins", _LESSON, count)
    (folder / "replay").mkdir()
    replay = Replay(folder / "replay", hand_ins, _LESSON)
    # Once for nothing: the first time files and libraries are read from the disk.
    replay.of(large // 100)
    return {size: replay.of(size) for size in (large // 100, large // 10, large)}


def _lines(growth: Growth) -> Iterator[list[str]]:
    """What the start takes is in the first line: each more is by the difference to the last."""
    smaller, earlier = 0, 0.0
    for size, (memory, seconds) in growth.items():
        each = (seconds - earlier) / (size - smaller) * 1e3
        more = f"{each:.1f}" if smaller else ""
        yield [str(size), f"{seconds:.1f}", more, f"{memory / 1e6:.0f}"]
        smaller, earlier = size, seconds


if __name__ == "__main__":
    main()
