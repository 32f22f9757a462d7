"""Memory of the coordinating process with a large class: part of ``make soak``.

    python -m tests.soak.large_class [--hand-ins 300]

The class is a replay of the sample class's hand-ins of the first lesson.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from replay import Replay
from rooms import LESSON
from sample_class.build import build

_LIMIT = 300 * 10**6


def main() -> None:
    """Print the most memory that the coordinator had; end with status 1 above the limit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hand-ins", type=int, default=300)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        build(Path(name) / "all")
        replay = Replay(Path(name), Path(name) / "all", LESSON)
        for count in (10, arguments.hand_ins):
            most, seconds = replay.of(count)
            print(f"{count} hand-ins: the coordinator had {most / 1e6:.0f} MB at most", end=", ")
            print(f"{seconds:.0f} s")
    sys.exit(1 if most > _LIMIT else 0)


if __name__ == "__main__":
    main()
