"""A class graded: hand-ins go to worker processes, results come back to the one gradebook."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context, parent_process
from threading import Thread

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.collect import HandIn
from autograder.gradebook import CourseFolder
from autograder.grading import Result, Task, grade_hand_in
from autograder.verdict import fresh_seed


def grade_class(
    hand_ins: Sequence[HandIn],
    course: CourseFolder,
    jobs: int,
    sandboxed: bool,
    device: str,
    console: Console,
) -> list[Result]:
    """Grade all hand-ins into the course folder, ``jobs`` at a time, and write ``grades.csv``.

    All hand-ins of a run get the same secret cases. device: where PyTorch's references are
    computed.
    """
    seed = fresh_seed()
    course.prepare({hand_in.lesson for hand_in in hand_ins}, seed, sandboxed)
    for hand_in in hand_ins:
        course.keep_originals(hand_in.student, hand_in.lesson, hand_in.files)
    tasks = [_task(hand_in, course, seed, sandboxed, device) for hand_in in hand_ins]
    results = []
    with _progress(console) as progress:
        bar = progress.add_task("grading", total=len(tasks))
        for result in _graded(tasks, jobs):
            course.record(result)
            results.append(result)
            progress.advance(bar)
    course.write_grades(results)
    return results


def _task(hand_in: HandIn, course: CourseFolder, seed: int, sandboxed: bool, device: str) -> Task:
    return Task(
        student=hand_in.student,
        lesson=hand_in.lesson,
        files=tuple(str(path) for path in hand_in.files if path.is_file()),
        remarks=tuple(hand_in.remarks),
        release=str(course.release(hand_in.lesson)),
        seed=seed,
        sandboxed=sandboxed,
        device=device,
    )


def _graded(tasks: Sequence[Task], jobs: int) -> Iterator[Result]:
    """Results as they come. Workers are started anew, so that none inherits an open database."""
    workers = min(jobs, len(tasks))
    with ProcessPoolExecutor(workers, get_context("spawn"), _end_with_the_grader) as pool:
        for done in as_completed([pool.submit(grade_hand_in, task) for task in tasks]):
            yield done.result()


def _end_with_the_grader() -> None:
    """A worker whose grader was killed ends too, and its kernel with it."""

    def watch() -> None:
        grader = parent_process()
        if grader is not None:
            grader.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )
