"""``python -m cs_utils layers.py``: right code of any style passes, no file stops the command."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cs231n_submissions import LAYERS, OPTIM, result_of, written

from cs_utils.__main__ import main
from cs_utils.answers import RAISED, WRONG_RETURN
from cs_utils.cs231n import find, names
from cs_utils.cs231n.loading import UnreadableFileError, load
from cs_utils.exercises import UnknownExerciseError


@pytest.fixture(autouse=True)
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])


class TestRightCode:
    @pytest.mark.parametrize(
        ("path", "name"),
        [(OPTIM if f"def {one}(" in OPTIM.read_text() else LAYERS, one) for one in names()],
    )
    def test_every_function(self, path: Path, name: str) -> None:
        result = result_of(path, name)
        assert result["verdict"] == "correct", result["report"]
        assert result["score"] == result["max_score"]
        assert (result["hints"], result["notes"]) == ([], [])

    def test_dropout_of_the_early_years(self, tmp_path: Path) -> None:
        """p was the probability to drop."""
        path = written(
            tmp_path,
            ("(np.random.rand(*x.shape) < p) / p", "(np.random.rand(*x.shape) >= p) / (1 - p)"),
        )
        for name in ("dropout_forward", "dropout_backward"):
            assert result_of(path, name)["verdict"] == "correct"

    def test_equal_split_among_ties(self, tmp_path: Path) -> None:
        path = written(
            tmp_path,
            (
                "                    r, k = np.unravel_index(window.argmax(), window.shape)\n",
                "                    mask = window == window.max()\n",
            ),
            (
                "dx[n, c, i * s + r, j * s + k] += dout[n, c, i, j]",
                "mask = mask * dout[n, c, i, j] / mask.sum()\n                    "
                "dx[n, c, i * s : i * s + ph, j * s : j * s + pw] += mask",
            ),
        )
        assert result_of(path, "max_pool_backward_naive")["verdict"] == "correct"

    def test_group_norm_of_the_early_years(self, tmp_path: Path) -> None:
        path = written(
            tmp_path,
            (
                "return (dx / std).reshape(dout.shape), dgamma, dbeta",
                "return (dx / std).reshape(dout.shape), dgamma.ravel(), dbeta.ravel()",
            ),
        )
        assert result_of(path, "spatial_groupnorm_backward")["verdict"] == "correct"

    def test_cache_of_a_wrong_forward_costs_the_backward_nothing(self, tmp_path: Path) -> None:
        path = written(tmp_path, ("return out, (x, w, b, conv_param)", "return None"))
        assert result_of(path, "conv_forward_naive")["verdict"] == WRONG_RETURN
        assert result_of(path, "conv_backward_naive")["verdict"] == "correct"


class TestLoading:
    def test_absent_names_say_so_when_called(self, tmp_path: Path) -> None:
        path = written(tmp_path, ("return np.maximum(0, x), x", "return relu_forward_fast(x), x"))
        result = result_of(path, "relu_forward")
        assert (result["verdict"], result["score"]) == (RAISED, 0)
        assert "relu_forward_fast should come from cs231n.fast_layers" in result["report"]
        assert "return relu_forward_fast(x), x" in result["report"]

    def test_an_import_in_a_try_fails_as_it_expects(self, tmp_path: Path) -> None:
        path = tmp_path / "layers.py"
        path.write_text(
            "try:\n    from cs231n.im2col_cython import relu\nexcept ImportError:\n"
            "    relu = lambda x: x * (x > 0)\n"
            "def relu_forward(x):\n    return relu(x), x\n"
        )
        assert result_of(path, "relu_forward")["verdict"] == "correct"

    def test_a_file_beside_it_is_used(self, tmp_path: Path) -> None:
        folder = tmp_path / "some_package"
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        (folder / "helper.py").write_text("def relu(x):\n    return x * (x > 0)\n")
        path = folder / "layers.py"
        path.write_text("from .helper import *\ndef relu_forward(x):\n    return relu(x), x\n")
        assert result_of(path, "relu_forward")["verdict"] == "correct"

    @pytest.mark.parametrize(
        ("old", "words"),
        [
            (("db[f] += dout[n, f, i, j]", "db[f] += np.float(dout[n, f, i, j])"), "write float"),
            (
                (
                    "F, _, HH, WW = w.shape\n    xp",
                    "F, _, HH, WW = w.shape; np.product(w.shape)\n    xp",
                ),
                "np.prod",
            ),
            (
                (
                    "np.zeros_like(w), np.zeros_like(b)",
                    "np.zeros(w.shape, dtype=np.float), np.zeros_like(b)",
                ),
                "np.float is gone",
            ),
        ],
    )
    def test_old_numpy_is_no_mistake(
        self, tmp_path: Path, old: tuple[str, str], words: str
    ) -> None:
        result = result_of(written(tmp_path, old), "conv_backward_naive")
        assert result["verdict"] == "correct"
        assert words in result["notes"][0] and "it cost nothing" in result["report"]
        with pytest.raises(AttributeError):
            np.float  # type: ignore[attr-defined]  # noqa: B018

    def test_old_numpy_and_a_mistake_are_told_apart(self, tmp_path: Path) -> None:
        path = written(
            tmp_path,
            ("return np.maximum(0, x), x", "return np.abs(x).astype(np.float), x"),
        )
        result = result_of(path, "relu_forward")
        assert result["verdict"] == "wrong" and result["notes"]
        assert "absolute value" in result["hints"][0]

    def test_a_file_that_raises(self, tmp_path: Path) -> None:
        path = tmp_path / "layers.py"
        path.write_text("def relu_forward(x):\n    pass\nhere = 1 / 0\n")
        with pytest.raises(UnreadableFileError, match=r"ZeroDivisionError.*here = 1 / 0"):
            load(path)

    def test_unknown_names(self) -> None:
        with pytest.raises(UnknownExerciseError):
            find("no_such_layer")


class TestCommand:
    def test_json_and_endless_loops(self, tmp_path: Path) -> None:
        """One command for what a process costs seconds for."""
        path = tmp_path / "layers.py"
        path.write_text(
            "import os\n"
            "from cs231n.fast_layers import *\n"
            "def relu_forward(x):\n    print('noise')\n    os.system('echo noise')\n"
            "    return x * (x > 0), x\n"
            "def relu_backward(dout, cache):\n    while True:\n        pass\n"
            "def affine_forward(x, w, b):\n    os._exit(3)\n"
        )
        command = [sys.executable, "-m", "cs_utils", str(path), "--json", "--seconds", "4"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 1, done.stderr
        found = {one["function"]: one for one in json.loads(done.stdout)}
        assert set(found["relu_forward"]) >= {"function", "score", "max_score", "verdict", "hints"}
        assert found["relu_forward"]["verdict"] == "correct"
        assert found["relu_backward"]["verdict"] == "timed out"
        assert "4 s" in found["relu_backward"]["hints"][0]
        assert found["affine_forward"]["verdict"] == "crashed"

    def test_text(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "layers.py"
        path.write_text(
            "import numpy as np\n"
            "def relu_forward(x):\n    print('noise')\n    return np.maximum(0, x), x\n"
            "def relu_backward(dout, cache):\n    return np.ones(10**11)\n"
        )
        assert main([str(path)]) == 1
        text = capfd.readouterr().out
        assert "relu_forward: 1 of 1 points, correct" in text and "noise" not in text
        assert "MemoryError" in text and "far too large" in text
        assert "return np.ones(10**11)" in text
        assert "1 of 2 functions are right; 1 of 3 points." in text

    def test_all_right(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        assert main([str(OPTIM)]) == 0
        assert "4 of 4 functions are right" in capfd.readouterr().out

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"def relu_forward(x:\n    return x", "line 1"),
            (b"print 'hello'\n", "Missing parentheses"),
            (b"", "defines no function"),
            (b"import numpy as np\n", "defines no function"),
            (b"\x89PNG\r\n\x1a\n\x00\x00", "is no Python"),
            (b"PK\x03\x04" + bytes(200), "is no Python"),
            (None, "There is no file"),
        ],
    )
    def test_unreadable(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, words: str
    ) -> None:
        path = tmp_path / "layers.py"
        if content is not None:
            path.write_bytes(content)
        assert main([str(path)]) == 2
        told = capsys.readouterr()
        assert words in told.err and told.out == "" and "Traceback" not in told.err

    def test_endless_at_the_top(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "layers.py"
        path.write_text("def relu_forward(x):\n    return x, x\nwhile True:\n    pass\n")
        assert main([str(path), "--seconds", "4"]) == 2
        assert "Is there a loop outside?" in capsys.readouterr().err
