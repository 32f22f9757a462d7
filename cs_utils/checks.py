"""``check(function)``: the one line that a test cell says."""

import inspect
import sys
from collections.abc import Callable, MutableMapping
from typing import Any

from cs_utils.answers import NOT_WRITTEN, answer_case, replaced
from cs_utils.course_progress import note
from cs_utils.exercises import find_exercise, lent_parts, stand_in_rounds, working
from cs_utils.exercises.specification import Exercise
from cs_utils.kernel_side import is_grading
from cs_utils.language import _
from cs_utils.reports import html_report, text_report
from cs_utils.verdicts import CORRECT, Verdict, best, judge

_SEED = 2026


class Points(float):
    """Points for an exercise: a float that shows why.

    Jupyter shows the HTML report; ``print(points)`` gives it as text; ``repr`` stays the bare
    number, which nbgrader reads as partial credit.
    """

    verdict: Verdict

    def __new__(cls, verdict: Verdict) -> "Points":
        points = super().__new__(cls, verdict.score)
        points.verdict = verdict
        return points

    def __str__(self) -> str:
        return text_report(self.verdict)

    def _repr_html_(self) -> str:
        return html_report(self.verdict)


def check(function: Callable[..., Any], seed: int = _SEED) -> Points | None:
    """Check the student's function and say what is wrong with it.

    function: a function or class named like its exercise, as the notebook defines it.
    seed: what the random cases are drawn from; the same seed gives the same cases.
    Returns the points, a float with a report; None in a grader's kernel, where the verdict is
    reached outside. Raises TypeError for anything that is no function
    and UnknownExerciseError for a function that no exercise is named after.
    """
    if is_grading():
        name = getattr(function, "__name__", function)
        print(_("The grader checks {name} outside the notebook.").format(name=name))
        return None
    if not callable(function) or not hasattr(function, "__name__"):
        raise TypeError(
            _(
                "check() takes the function itself, as in check(relu_forward); this is {what}."
            ).format(what=type(function).__name__)
        )
    exercise = find_exercise(function.__name__)
    namespace = _names_seen_by(function)
    if namespace.get(function.__name__) is not function:
        namespace = {**namespace, function.__name__: function}
    points = Points(check_exercise(exercise, namespace, seed))
    if _in_a_notebook():
        note(points.verdict)
    else:
        print(points)
    return points


def check_exercise(
    exercise: Exercise,
    namespace: MutableMapping[str, Any],
    seed: int = _SEED,
    find: Callable[[str], Exercise] = find_exercise,
) -> Verdict:
    """Judge an exercise on the functions of a namespace; where that is not right, once more with
    working parts in place of what it builds on. find: the exercise of such a part's name."""
    cases = exercise.draw_cases(seed)
    expected = [exercise.oracle(case.inputs) for case in cases]
    verdicts: list[Verdict] = []
    lent = lent_parts(exercise, find)
    for stand_ins in [{}, *stand_in_rounds(exercise, find)]:
        with replaced(namespace, working(lent | stand_ins, find)):
            given = [answer_case(exercise, namespace, case) for case in cases]
        verdicts.append(judge(exercise, cases, given, expected, tuple(stand_ins)))
        if verdicts[-1].status in (CORRECT, NOT_WRITTEN):
            break
    return best(verdicts)


def _names_seen_by(function: Callable[..., Any]) -> MutableMapping[str, Any]:
    """The global names that the code of a function, or of a class's methods, looks up."""
    if not isinstance(function, type):
        return getattr(function, "__globals__", {})
    methods = map(inspect.unwrap, vars(function).values())
    seen = [method.__globals__ for method in methods if hasattr(method, "__globals__")]
    # A method may come from elsewhere; the class stands among the names of its own ones.
    own = [names for names in seen if names.get(function.__name__) is function]
    return (own or seen or [vars(sys.modules[function.__module__])])[0]


def _in_a_notebook() -> bool:
    """Whether a Jupyter front end will show the rich report; a plain terminal will not."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and shell.has_trait("kernel")
