"""Puts files of its own in the place of its answers: pickles, links, folders, pipes, headers that
promise terabytes, bombs, gigabytes.

numerical_gradient: any broken, 0
neuron_forward: any broken, 0
numerical_jacobian: any broken, 0
relu_jacobian: any broken, 0
relu_forward: any broken, 0
sigmoid_forward: any broken, 0
softmax_forward: any broken, 0
cross_entropy_forward: any broken, 0
perceptron_update: any broken, 0
adaline_update: any broken, 0
jacobian_backward: any broken, 0
"""

# %%
import io
import json
import os
import pathlib
import zipfile

import numpy as np

from cs_utils import exchange, kernel_side


class Trap:
    def __reduce__(self):
        return exec, ("import os; os._exit(0)",)


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def structured(structure):
    return npz(structure=np.frombuffer(json.dumps(structure).encode(), dtype=np.uint8))


def header(shape, kind="<f8"):
    text = str({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    return b"\x93NUMPY\x01\x00" + (len(text) + 1).to_bytes(2, "little") + text + b"\n"


def zipped(members, how=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


nested = {"value": 1}
for _ in range(900):
    nested = {"list": [nested]}


def forge(name, path):
    if name == "numerical_gradient":
        path.write_bytes(npz(structure=np.array([Trap()], dtype=object)))
    elif name == "neuron_forward":
        path.symlink_to("/etc/passwd")
    elif name == "numerical_jacobian":
        path.mkdir()
    elif name == "relu_jacobian":
        os.mkfifo(path)
    elif name == "relu_forward":
        path.write_bytes(zipped([("structure.npy", header((10**12,)))]))
    elif name == "sigmoid_forward":
        path.write_bytes(zipped([("structure.npy", header((2**25,)) + bytes(2**28))]))
    elif name == "softmax_forward":
        with open(path, "wb") as file:
            file.truncate(40 * 2**20)
    elif name == "cross_entropy_forward":
        path.write_bytes(structured(nested))
    elif name == "perceptron_update":
        path.write_bytes(zipped([(f"{n}.npy", b"") for n in range(20000)], zipfile.ZIP_STORED))
    elif name == "adaline_update":
        answer = {"outputs": {}, "inputs": {}, "problem": ["correct", "\ud800", "all is right"]}
        path.write_bytes(exchange.pack(answer))
    else:
        path.write_bytes(b"correct")


honest = kernel_side.answer_request
forged = {
    "numerical_gradient",
    "neuron_forward",
    "numerical_jacobian",
    "relu_jacobian",
    "relu_forward",
    "sigmoid_forward",
    "softmax_forward",
    "cross_entropy_forward",
    "perceptron_update",
    "adaline_update",
    "jacobian_backward",
}


def answer_request(folder, namespace):
    folder = pathlib.Path(folder)
    exercise = exchange.unpack((folder / kernel_side.REQUEST).read_bytes())["exercise"]
    if exercise not in forged:
        return honest(folder, namespace)
    for index in range(20):
        forge(exercise, folder / kernel_side.answer_file(index))


kernel_side.answer_request = answer_request
