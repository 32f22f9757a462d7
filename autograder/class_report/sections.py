"""The sections of the page that name nobody, each from what was counted to HTML."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import chain
from statistics import mean, median

from autograder.class_report.gather import ClassRecord
from autograder.class_report.plots import histogram, legend, single_bar, stacked_bar
from autograder.class_report.similarity import Pair
from autograder.class_report.statistics import (
    FEWEST_CORRELATED,
    OUTCOMES,
    STRONG,
    ExerciseStatistics,
    Mistake,
    score_shares,
    was_read,
)
from autograder.class_report.tables import Cell, code, number, section, table, text
from cs_utils.verdicts import PARTLY, WRONG

# The widest bar is of this many students at least: one student fills no bar.
_WIDEST = 5
_Exercises = Mapping[str, Sequence[ExerciseStatistics]]


def overview(
    record: ClassRecord, exercises: _Exercises, found: Sequence[Mistake], alike: Sequence[Pair]
) -> str:
    """What stands out, and where it is."""
    students = len({result.student for result in record.results})
    read = sum(map(was_read, record.results))
    known = [mistake for mistake in found if mistake.name]
    doubtful = [one for one in chain(*exercises.values()) if one.signs]
    frequent = ", ".join(
        f"<a href='#{_anchor(one)}'>{escape(one.name)}</a> ({len(one.students)})"
        for one in known[:3]
        if len(one.students) > 1
    )
    lines = [
        f"<a href='#scores'>Scores</a>: {_count(read, 'hand-in')} that could be read,"
        f" of {_count(students, 'student')}, in {_count(len(record.lessons), 'lesson')}",
        f"<a href='#exercises'>Exercises</a>: {sum(map(len, exercises.values()))}, with pass rate,"
        " discrimination and time",
        "<a href='#misconceptions'>Misconceptions</a>:"
        f" {len(known)} recognised" + (f"; most frequent: {frequent}" if frequent else ""),
        f"<a href='#broken'>Exercises that look broken</a>: {len(doubtful)}",
        f"<a href='#pairs'>Pairs to look at</a>: {len(alike)}",
        f"<a href='#repaired'>Repaired, late and flagged</a>: {len(record.late)} late,"
        f" {sum(bool(result.remarks) for result in record.results)} with remarks",
    ]
    return (
        "<p>For instructors. Examples of code are without names; the two last sections name"
        f" students.</p>{_notes(record)}<nav aria-label='Sections'><ul>"
        f"{''.join(f'<li>{line}</li>' for line in lines)}</ul></nav>"
    )


def scores(record: ClassRecord) -> str:
    """A histogram for each lesson."""
    figures = []
    for lesson in record.lessons:
        results = record.of(lesson)
        shares = score_shares(results)
        absent = len(results) - len(shares)
        others = f"; {absent} not handed in or not readable" if absent else ""
        if shares:
            words = (
                f"{_count(len(shares), 'hand-in')}, median {median(shares):.0%},"
                f" mean {mean(shares):.0%}{others}"
            )
            plot = histogram(shares, f"{lesson}: {words}")
        else:
            words, plot = f"no hand-in could be read{others}", ""
        figures.append(
            f"<figure><h3>{escape(lesson)}</h3>{plot}"
            f"<figcaption>{escape(words)}</figcaption></figure>"
        )
    note = (
        "<p>Points as the checks give them, before those by hand and those lost by being late.</p>"
    )
    return section("scores", "Scores", f"{note}<div class='lessons'>{''.join(figures)}</div>")


def exercises(found: _Exercises) -> str:
    """For each lesson what became of its exercises, and a table of numbers."""
    parts = [_WORDS_ON_EXERCISES, legend(OUTCOMES)]
    for lesson, all_of_it in found.items():
        bars = "".join(
            f"{code(one.name).html}"
            f"{stacked_bar([one.outcomes[name] for name in OUTCOMES], OUTCOMES, one.name)}"
            for one in all_of_it
        )
        rows = [
            (
                code(one.name),
                number(one.points),
                number(one.judged),
                number(one.pass_rate, ".0%"),
                number(one.outcomes["right"] / one.written if one.written else None, ".0%"),
                number(one.mean_share if one.judged else None, ".0%"),
                number(one.discrimination, ".2f"),
                number(one.seconds, ".2f"),
                number(one.slowest, ".2f"),
                text(one.mistake),
            )
            for one in all_of_it
        ]
        parts.append(
            f"<h3>{escape(lesson)}</h3><div class='bars'>{bars}</div>"
            f"{table(f'{lesson}: exercises in numbers', _EXERCISE_HEADS, rows)}"
        )
    return section("exercises", "Exercises", "".join(parts))


_EXERCISE_HEADS = (
    "exercise",
    "points",
    "hand-ins",
    "right",
    "right, of those written",
    "mean points",
    "discrimi\u00adnation",
    "median time (s)",
    "longest time (s)",
    "most frequent known mistake",
)
_WORDS_ON_EXERCISES = f"""<p><b>Right</b> is the share of all hand-ins that could be read.
<b>Discrimination</b> says whether those who have this exercise right are also those who earn many
points in the rest of the lesson. It is the correlation of the two (point-biserial, the exercise's
own points left out), from \u22121 to 1. By a common rule of thumb 0.3 and more tells strong from
weak students well, and under 0.2 hardly; below 0 weaker students do better, and the exercise
should be looked at. There is none for fewer than {FEWEST_CORRELATED} hand-ins, nor where all or
nobody has it right. <b>Time</b> is how long the grader waited for the answers to all cases, again
on working parts where the student's own were wrong; functions not written are left out.</p>"""
_MISTAKE_HEADS = ("mistake", "students", "of those who wrote it", "exercise", "lesson")


def misconceptions(
    found: Sequence[Mistake],
    examples: Mapping[Mistake, Sequence[str]],
    exercises: _Exercises,
) -> str:
    """Known mistakes by how many students show them, then examples of each."""
    written = {(one.lesson, one.name): one.written for one in chain(*exercises.values())}
    known = [one for one in found if one.name]
    unknown = [one for one in found if not one.name]
    most = max((len(one.students) for one in known), default=1)
    widest = max(most, _WIDEST)
    parts = [
        "<p>A wrong answer is a known mistake when it is just what that mistake gives on the same"
        " input. A student may show several. Each row leads to examples of code.</p>"
    ]
    if known:
        rows = [
            (*_who(one, one.name, written), Cell(_student_bar(len(one.students), widest)))
            for one in known
        ]
        parts.append(table("Known mistakes", (*_MISTAKE_HEADS, ""), rows))
    else:
        parts.append("<p>No known mistake was recognised.</p>")
    if unknown:
        unknown_rows = [_who(one, "see examples", written) for one in unknown]
        parts.append("<p>Wrong answers that fit no known mistake may hide one worth adding:</p>")
        parts.append(table("Wrong in a way that is not known", _MISTAKE_HEADS, unknown_rows))
    if found:
        parts.append(_WORDS_ON_EXAMPLES)
        for lesson, all_of_it in exercises.items():
            order = {one.name: index for index, one in enumerate(all_of_it)}
            here = [one for one in found if one.lesson == lesson]
            here.sort(key=lambda one: order[one.exercise])
            parts.append(f"<h4>{escape(lesson)}</h4>" if here else "")
            parts += [_examples(one, examples.get(one, ())) for one in here]
    return section("misconceptions", "Misconceptions", "".join(parts))


_WORDS_ON_EXAMPLES = """<h3>Examples</h3><p>Students' code of the exercise. Comments, docstrings and
texts of more than one word are left out, the layout is made anew, and the words of three letters or
more in all students' ids and names are replaced by <code>student</code> wherever they are a whole
word of a name or a text. Names of variables are otherwise the student's own: read before you show
it around.</p>"""


def _who(
    one: Mistake, words: str, written: Mapping[tuple[str, str], int]
) -> tuple[Cell, Cell, Cell, Cell, Cell]:
    wrote = written.get((one.lesson, one.exercise), 0)
    return (
        Cell(f"<a href='#{_anchor(one)}'>{escape(words)}</a>"),
        number(len(one.students)),
        number(len(one.students) / wrote if wrote else None, ".0%"),
        code(one.exercise),
        text(one.lesson),
    )


def _student_bar(students: int, widest: int) -> str:
    return single_bar(students / widest, _count(students, "student"))


def _examples(one: Mistake, examples: Sequence[str]) -> str:
    shown = "".join(f"<pre>{escape(source)}</pre>" for source in examples)
    hint = f"<p>Hint that they got: {escape(one.hint)}</p>" if one.hint else ""
    name = escape(one.name or "not a known mistake")
    return (
        f"<details id='{_anchor(one)}'><summary><code>{escape(one.exercise)}</code>: {name}"
        f" ({_count(len(one.students), 'student')})</summary>{hint}"
        f"{shown or '<p>There is no code that can be shown.</p>'}</details>"
    )


def broken(found: _Exercises) -> str:
    """Exercises that may be at fault themselves, and why."""
    rows = [
        (code(one.name), text(one.lesson), Cell("<br>".join(map(escape, one.signs))))
        for one in chain(*found.values())
        if one.signs
    ]
    words = (
        "<p>Signs that an exercise or its check, and not the students, may be at fault. A hard"
        f" exercise can show them, too. Strong students have {STRONG:.0%} and more of the lesson's"
        " other points.</p>"
    )
    heads = ("exercise", "lesson", "what speaks for it")
    shown = table("Exercises that look broken", heads, rows) if rows else "<p>There is none.</p>"
    return section("broken", "Exercises that look broken", words + shown)


def _notes(record: ClassRecord) -> str:
    """What to know before one reads on."""
    notes = []
    if record.unfinished:
        notes.append("Grading was begun and has not ended: some results are of an earlier run.")
    if record.damaged:
        notes.append(
            f"These results cannot be read, and are left out: {', '.join(record.damaged)}."
        )
    rows = (row for result in record.results for row in result.rows)
    if any(row.verdict in (WRONG, PARTLY) and not row.failed for row in rows):
        notes.append(
            "Some results are from before the misconceptions were kept:"
            f" autograder regrade {record.root} adds them."
        )
    if len({result.course for result in record.results if result.files}) > 1:
        notes.append(
            "The results were made by different versions of the course's code:"
            f" autograder regrade {record.root} makes them comparable."
        )
    return "".join(f"<p class='note'>{escape(note)}</p>" for note in notes)


def _anchor(one: Mistake) -> str:
    name = re.sub(r"\W+", "-", one.name or "unknown")
    return escape(f"{one.lesson}-{one.exercise}-{name}", quote=True)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
