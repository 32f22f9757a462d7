"""The small network that ends the course: held-out images that stay held out, points that grow with
accuracy, and a clear word for what is over the rules."""

import asyncio
import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from capstone_answers import EXERCISE, known_mistakes, synthetic
from nbformat.v4 import new_code_cell, new_notebook
from torch import nn

from autograder.judging import held_out
from autograder.judging.verdict import cases_and_references
from autograder.kernels.sandbox import require_sandbox
from autograder.kernels.session import Limits, Session
from autograder.kernels.walls import Walls, passing_user, sandboxed_command
from autograder.releasing.release import make_bundle
from cs_utils import small_network
from cs_utils.answers import NOT_WRITTEN, WRONG_RETURN, Answer
from cs_utils.capstone import train
from cs_utils.checks import check_exercise
from cs_utils.datasets import fashion_mnist
from cs_utils.demonstrations import Note
from cs_utils.exercises.architectures.capstone import KEPT_BACK, NAME, STEPS
from cs_utils.kernel_side import GRADING
from cs_utils.plots import small_network as picture_of
from cs_utils.reports import text_report
from cs_utils.small_network import BUDGET, FURTHEST, moved
from cs_utils.verdicts import CORRECT, Verdict, judge

LINEAR = """
import torch
from torch import nn
def train_small_network(images, labels, seed):
    import inspect
    for frame in inspect.stack():
        for value in frame.frame.f_locals.values():
            assert not (isinstance(value, dict) and 'labels' in value and 'at_least' in value)
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    optimiser = torch.optim.Adam(network.parameters(), 2e-3)
    for _epoch in range(2):
        for chosen in torch.randperm(len(images)).split(100):
            loss = nn.functional.cross_entropy(network(images[chosen]), labels[chosen])
            optimiser.zero_grad(); loss.backward(); optimiser.step()
    return network.eval()
"""


LOOKED_FOR = """
import os
for folder, folders, files in os.walk("/"):
    if folder == "/":
        folders[:] = set(folders) - {"proc", "sys"}
    for name in files:
        path = os.path.join(folder, name)
        if name.endswith(".npz"):
            print(os.path.getsize(path), path)
"""


def made(module: nn.Module) -> Callable[..., Any]:
    def train_small_network(images: Any, labels: Any, seed: int) -> Any:
        return module

    return train_small_network


def verdict_on(function: Callable[..., Any]) -> Verdict:
    return check_exercise(EXERCISE, {NAME: function}, 2026)


class TestHeldOut:
    def test_the_images_are_others_than_those_shipped(self) -> None:
        images, labels = held_out.held_out_images()
        assert images.shape == (2500, 28, 28) and images.dtype == np.uint8
        assert np.bincount(labels).tolist() == [250] * 10
        data = fashion_mnist()
        shipped = {one.tobytes() for one in (*data.train_images, *data.test_images)}
        assert not shipped & {one.tobytes() for one in images}

    def test_what_is_missing_or_damaged_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(held_out, "FILE", tmp_path / "images.npz")
        with pytest.raises(held_out.HeldOutError, match=r"missing.*held_out\.rebuild"):
            held_out.held_out_images()
        (tmp_path / "images.npz").write_bytes(b"no images")
        with pytest.raises(held_out.HeldOutError, match="damaged"):
            held_out.held_out_images()

    def test_they_are_in_no_bundle(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(make_bundle(tmp_path, [])) as bundle:
            names = bundle.namelist()
            digests = {hashlib.sha256(bundle.read(name)).hexdigest() for name in names}
        assert any(name.endswith("data/fashion_mnist.npz") for name in names)
        assert not [name for name in names if "held_out" in name]
        assert held_out.SHA256 not in digests

    def test_they_are_not_in_the_sandbox(self) -> None:
        require_sandbox()
        looking = [sys.executable, "-c", LOOKED_FOR]
        command = sandboxed_command(looking, "torch", Limits(), Walls(), passing_user())
        run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        size = held_out.FILE.stat().st_size
        found = [line.split(" ", 1) for line in run.stdout.splitlines()]
        assert [path for _bytes, path in found if path.endswith("fashion_mnist.npz")] == [
            "/course/data/fashion_mnist.npz"
        ]
        assert str(size) not in [number for number, _path in found]

    def test_every_seed_draws_and_moves_anew(self) -> None:
        one, same, other = (held_out.draw_capstone(seed)[0].inputs for seed in (1, 1, 2))
        assert np.array_equal(one["images"], same["images"]) and one["seed"] == same["seed"]
        assert one["seed"] != other["seed"]
        assert np.bincount(one["labels"]).tolist() == [200] * 10
        stored = {image.tobytes() for image in held_out.held_out_images()[0]}
        unmoved = sum(image.tobytes() in stored for image in one["images"])
        assert unmoved < 20

    def test_a_move_is_a_move(self) -> None:
        image = np.zeros((200, 28, 28), dtype=np.uint8)
        image[:, 10, 12] = 100
        seen, shifts = moved(image, np.random.default_rng(0))
        assert set(map(tuple, shifts.tolist())) == {
            (a, b) for a in range(-2, 3) for b in range(-2, 3)
        }
        for one, (down, right) in zip(seen, shifts, strict=True):
            assert np.argwhere(one).tolist() == [[10 + down, 12 + right]]
            assert 90 <= one.max() <= 110
        assert np.abs(shifts).max() == FURTHEST


class TestPoints:
    @pytest.mark.parametrize("share", [0.3, 0.55, 0.72, 0.8, 0.9])
    def test_they_grow_with_accuracy(self, share: float) -> None:
        verdict = synthetic(share)
        assert verdict.score == sum(points for step, points in STEPS if share >= step)
        assert (verdict.status == CORRECT) == (share > STEPS[-1][0])

    def test_full_marks_are_the_sum_of_the_steps(self) -> None:
        assert EXERCISE.points == 8 and sum(points for _step, points in STEPS) == 8
        assert [step for step, _points in STEPS] == sorted(step for step, _points in STEPS)

    def test_a_failed_step_says_how_many_are_right(self) -> None:
        assert "1,440 of 2,000 are right, 72.0%; 1,520 are needed here" in synthetic(0.72).reason

    def test_over_the_budget(self) -> None:
        verdict = synthetic(0.9, parameters=BUDGET + 1)
        assert verdict.score == 0 and "50,001 parameters, biases included; 50,000" in verdict.reason
        assert verdict.misconception is not None
        assert verdict.misconception.name == "biases not counted"
        assert synthetic(0.9, parameters=BUDGET).status == CORRECT
        assert synthetic(0.9, parameters=2 * BUDGET).misconception is None

    @pytest.mark.parametrize(
        "scores", [np.zeros((2000, 9)), np.full((2000, 10), np.nan), np.zeros(3)]
    )
    def test_what_is_no_table_of_scores_earns_nothing(self, scores: Any) -> None:
        verdict = synthetic(0.9, scores=scores)
        assert (verdict.status, verdict.score) == (WRONG_RETURN, 0)


MISTAKES = list(known_mistakes())


@pytest.mark.parametrize(("name", "changes"), MISTAKES, ids=[one[0] for one in MISTAKES])
def test_a_known_mistake_gets_its_own_hint(name: str, changes: dict[str, Any]) -> None:
    verdict = synthetic(0.72, **changes)
    assert verdict.score < verdict.max_score
    assert verdict.misconception is not None
    assert verdict.misconception.name == name
    assert verdict.misconception.hint.endswith("?")


class TestAsked:
    @pytest.mark.parametrize(
        ("function", "words"),
        [
            (lambda images, labels, seed: None, "must return the network"),
            (made(nn.Sequential(nn.Flatten(), nn.Linear(784, 9))), "scores of shape (100, 10)"),
            (made(nn.Flatten(0)), "scores of shape (100, 10)"),
        ],
    )
    def test_what_is_no_such_network_is_told(
        self, function: Callable[..., Any], words: str
    ) -> None:
        verdict = verdict_on(function)
        assert (verdict.status, verdict.score) == (WRONG_RETURN, 0)
        assert words in text_report(verdict)

    def test_too_slow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(small_network, "SECONDS", -1)
        verdict = verdict_on(made(nn.Sequential(nn.Flatten(), nn.Linear(784, 10))))
        assert verdict.score == 0 and "s of a processor's work; -1 s are allowed" in verdict.reason

    def test_unwritten(self) -> None:
        def train_small_network(images: Any, labels: Any, seed: int) -> Any:
            raise NotImplementedError

        assert verdict_on(train_small_network).status == NOT_WRITTEN
        note = train(train_small_network)
        assert str(note) == "not written yet: this comes alive once train_small_network works"
        assert picture_of(note, ("a",) * 10) is note

    def test_what_was_trained_is_kept_until_something_changes(self) -> None:
        calls: list[int] = []
        source = "def train_small_network(i, l, seed):\n    calls.append(seed)\n    return make()"
        namespace: dict[str, Any] = {"calls": calls, "make": lambda: nn.Linear(1, 1)}
        exec(source, namespace)
        for _time in range(2):
            train(namespace[NAME])
        assert calls == [0]
        namespace["make"] = lambda: nn.Linear(1, 2)
        train(namespace[NAME])
        train(namespace[NAME], seed=5)
        assert calls == [0, 0, 5]

    def test_while_grading_a_notebook_trains_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(GRADING, "1")
        assert isinstance(train(made(nn.Flatten())), Note)


def asked_in_a_kernel(source: str) -> tuple[list[Any], list[Answer]]:
    """The grader's cases, and what a hand-in's kernel answers to them."""
    cases, _expected = cases_and_references(NAME, 9, "cpu")

    async def session() -> list[Answer]:
        cell = new_code_cell(source)
        async with Session(new_notebook(cells=[cell]), True, Limits(), "torch") as kernel:
            await kernel.run_cells()
            return await kernel.ask(EXERCISE, cases, {})

    return cases, asyncio.run(session())


def test_a_linear_model_is_graded_in_the_sandbox_and_sees_no_label() -> None:
    cases, given = asked_in_a_kernel(LINEAR)
    assert {answer.problem.text if answer.problem else "" for answer in given} == {""}
    assert all(set(KEPT_BACK) <= case.inputs.keys() for case in cases)
    expected = cases_and_references(NAME, 9, "cpu")[1]
    verdict = judge(EXERCISE, cases, given, expected)
    assert 1 <= verdict.score <= 3
    assert verdict.misconception is not None
    assert verdict.misconception.name == "moved images not learned"


def test_one_more_parameter_than_allowed_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 63), nn.ReLU(), nn.Linear(63, 10))
    assert sum(one.numel() for one in network.parameters()) == 50_095
    verdict = verdict_on(made(network))
    assert verdict.score == 0 and "50,095 parameters, biases included" in verdict.reason
    assert torch.is_grad_enabled()
