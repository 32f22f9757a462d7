"""The right solutions whose text is changed: the lessons' own and the references."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cs_utils.exercises import lesson_exercises
from cs_utils.exercises.specification import Exercise
from mutation.lessons import solution_cells, solved_lesson
from solutions.references import reference_functions


@dataclass(frozen=True)
class Source:
    """A right solution as text.

    origin: where it stands, in a word.
    namespace: what a hand-in's notebook holds beside it, all of it right.
    surroundings: the names that the text itself sees; None where those are the namespace.
    """

    origin: str
    text: str
    namespace: dict[str, Any]
    surroundings: dict[str, Any] | None = None

    def run(self, text: str, name: str) -> None:
        """Run such a text, as a cell is run: the function of that name is the namespace's now."""
        seen = self.namespace if self.surroundings is None else dict(self.surroundings)
        exec(compile(text, "mutant", "exec"), seen)
        self.namespace[name] = seen[name]


def sources(exercise: Exercise) -> Iterator[Source]:
    """The lesson's own solution, and the reference where it has a text of its own."""
    lesson = solved_lesson(exercise.lesson)
    yield Source("lesson", solution_cells(exercise.lesson)[exercise.name], lesson)
    reference = reference_functions(exercise.library)[exercise.name]
    # An alias stands for another exercise's text.
    if reference.__name__ == exercise.name:
        module = vars(sys.modules[reference.__module__])
        text = _text(_with_helpers(reference, module))
        yield Source("reference", text, lesson | references(exercise), module)


def references(exercise: Exercise) -> dict[str, Callable[..., Any]]:
    """The references of the exercise's lesson, which keep caches of their own."""
    known = reference_functions(exercise.library)
    names = [one.name for one in lesson_exercises(exercise.lesson)]
    return {name: known[name] for name in names if name in known}


def _with_helpers(function: Any, module: dict[str, Any]) -> list[Any]:
    """A function of the module, and the private functions and classes that it needs."""
    found: list[Any] = []

    def add(part: Any) -> None:
        for node in ast.walk(ast.parse(inspect.getsource(part))):
            helper = module.get(node.id) if isinstance(node, ast.Name) else None
            private = isinstance(node, ast.Name) and node.id.startswith("_") and callable(helper)
            if private and helper is not part and helper not in found:
                add(helper)
        found.append(part)

    add(function)
    return found


def _text(parts: list[Any]) -> str:
    """The source of these parts, each on the lines on which it stands in the file."""
    lines: list[str] = []
    for own, start in sorted(map(inspect.getsourcelines, parts), key=lambda found: found[1]):
        lines += ["\n"] * (start - 1 - len(lines)) + own
    return "".join(lines)
