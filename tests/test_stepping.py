"""Pictures stepped through by hand: every step has its alt text, the slider shows them, and without
widgets there is a still picture."""

from html import escape

import numpy as np
import pytest
from rooms import solved

from cs_utils import plots
from cs_utils.demonstrations import Note
from cs_utils.plots import stepping

IMAGE = np.array([[2, 2, 3], [0, 1, 3], [2, 3, 0]])
KERNEL = np.array([[2, 0], [-1, 1]])


def students_functions():
    """The functions of the solved notebooks that the pictures need."""
    names = {"np": np}
    wanted = {
        "01_vector_backprop": ["neuron_forward", "neuron_backward"],
        "03_convolution": ["conv_output_size", "zero_pad", "conv_forward_naive", "im2col"],
    }
    for lesson, functions in wanted.items():
        for cell in solved(lesson).cells:
            if cell.id in functions:
                exec(cell.source, names)
    return names


@pytest.fixture(scope="module")
def stories():
    functions = students_functions()
    neuron = functions["neuron_forward"], functions["neuron_backward"]
    return {
        "neuron": plots.neuron_graph(*neuron, [2, -3, -3], [-1, -2]),
        "convolution": plots.convolution_steps(
            functions["conv_forward_naive"], IMAGE, KERNEL, 1, 1
        ),
        "columns": plots.column_steps(functions["im2col"], IMAGE, 2),
    }


@pytest.mark.parametrize("name", ["neuron", "convolution", "columns"])
def test_every_step_says_what_is_new(stories, name):
    steps = stories[name]
    alts = [steps.picture(step).alt for step in range(steps.count)]
    assert len(set(alts)) == steps.count > 3
    assert all(len(alt) > 40 for alt in alts)
    with pytest.raises(IndexError):
        steps.picture(steps.count)


def test_values_come_first_and_gradients_after(stories):
    first, middle, last = (stories["neuron"].picture(step).alt for step in (0, 4, 9))
    assert "out" not in first and "none yet" in first
    assert "out = 0.73" in middle and "none yet" in middle
    assert "w0: -0.20" in last and "x1: -0.59" in last


def test_each_place_is_computed_as_pytorch_does(stories):
    import torch

    x, w = torch.tensor(IMAGE)[None, None].double(), torch.tensor(KERNEL)[None, None].double()
    right = torch.nn.functional.conv2d(x, w, padding=1).flatten().tolist()
    steps = stories["convolution"]
    assert steps.count == len(right)
    for step, value in enumerate(right):
        assert f"their sum is {value:g}." in steps.picture(step).alt
        assert f"Your output there is {value:g}." in steps.picture(step).alt


def test_each_window_becomes_its_column(stories):
    steps = stories["columns"]
    for step in range(steps.count):
        i, j = divmod(step, 2)
        window = IMAGE[i : i + 2, j : j + 2].flatten()
        assert f"becomes column {step}: {' '.join(map(str, window))}." in steps.picture(step).alt


def test_the_slider_shows_the_step_it_stands_on(stories):
    slider, _hint, shown = stories["columns"].with_slider().children
    for step in (3, 1):
        slider.value = step
        assert escape(stories["columns"].picture(step).alt) in shown.value
    assert (slider.min, slider.max) == (0, stories["columns"].count - 1)


def test_without_a_kernel_there_is_a_still_picture(stories):
    bundle = stories["columns"]._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "<img alt='" in bundle["text/html"]


def test_in_a_kernel_the_slider_comes_with_the_still_picture(stories, monkeypatch):
    monkeypatch.setattr(stepping, "_in_a_kernel", lambda: True)
    bundle = stories["columns"]._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert "<img alt='" in bundle["text/html"]


def test_a_function_not_written_yet_is_named():
    def unwritten(*arguments):
        raise NotImplementedError

    for story in (
        plots.convolution_steps(unwritten, IMAGE, KERNEL),
        plots.column_steps(unwritten, IMAGE),
    ):
        assert isinstance(story, Note) and "not written yet" in repr(story)
