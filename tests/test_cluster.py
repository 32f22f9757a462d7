"""The same class graded by one worker, by two, and by a Dask cluster: the same grades."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from course_folders import QUIET, contents, options, small_class
from distributed import LocalCluster

from autograder import grading
from autograder.cluster import ClusterError, DaskPool
from autograder.runs import grade


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster


def test_the_same_grades_whoever_grades(cluster: LocalCluster, tmp_path: Path) -> None:
    hand_ins = small_class(tmp_path / "hand_ins", unreadable=2)
    ways = {
        "one": options(sandbox=True, jobs=1),
        "two": options(sandbox=True, jobs=2),
        "cluster": options(sandbox=True, dask=cluster.scheduler_address),
    }
    found = {}
    for name, way in ways.items():
        for results in ("results", "feedback", "autograded", "submitted"):
            shutil.rmtree(tmp_path / "course" / results, ignore_errors=True)
        assert grade(hand_ins, tmp_path / "course", way, QUIET) == []
        found[name] = contents(tmp_path / "course")
    one, two, dask = found.values()
    assert one["grades.csv"].count(b"\n") > 4 * 20
    assert one == two == dask


def test_workers_with_another_version_of_the_course(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.cluster.course_code", lambda: "another")
    with pytest.raises(ClusterError, match="another version of the course"):
        DaskPool(cluster.scheduler_address, sandboxed=False, device="cpu")


def test_a_cluster_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.cluster._PATIENCE", 0.5)
    with pytest.raises(ClusterError, match=r"No Dask cluster with a worker answers at tcp://"):
        DaskPool("tcp://127.0.0.1:9", sandboxed=False, device="cpu")


def test_the_code_is_known_by_its_text() -> None:
    assert len(grading.course_code()) == 16
