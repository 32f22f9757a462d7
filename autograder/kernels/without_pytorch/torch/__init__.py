"""Stands in PyTorch's place while a NumPy lesson is graded: it can be imported, not used."""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class _Absent(ModuleType):
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"PyTorch is switched off while a NumPy lesson is graded ({name})")


class _Finder(MetaPathFinder, Loader):
    """Lets ``import torch.nn.functional as F`` pass; using F then says why it cannot."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name.startswith("torch.") else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Absent(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class Tensor:
    """Nothing is one: SciPy asks an imported torch whether what it is given is a tensor."""


sys.meta_path.insert(0, _Finder())
sys.modules[__name__].__class__ = _Absent
