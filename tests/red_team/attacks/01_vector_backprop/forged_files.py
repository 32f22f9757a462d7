"""Puts files of its own in the place of its answers: pickles, links, folders, pipes, shapes that
promise terabytes, arrays of objects, arrays that run backwards, megabytes of nothing.

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
import json
import os
import pathlib
import pickle
import struct

from cs_utils import exchange, kernel_side


class Trap:
    def __reduce__(self):
        return exec, ("import os; os._exit(0)",)


def forged_bytes(structure, arrays=b""):
    text = json.dumps(structure).encode()
    return struct.pack("<Q", len(text)) + text + arrays


def answer_of(array):
    outputs = {"dict": {"dx": {"array": array}, "x": {"array": array}}}
    return {"dict": {"outputs": outputs, "problem": {"value": None}, "inputs": outputs}}


nested = {"value": 1}
for _ in range(900):
    nested = {"list": [nested]}


def forge(name, path):
    if name == "numerical_gradient":
        path.write_bytes(pickle.dumps(Trap()))
    elif name == "neuron_forward":
        path.symlink_to("/etc/passwd")
    elif name == "numerical_jacobian":
        path.mkdir()
    elif name == "relu_jacobian":
        os.mkfifo(path)
    elif name == "relu_forward":
        path.write_bytes(forged_bytes(answer_of(["<f8", [10**12]]), bytes(8)))
    elif name == "sigmoid_forward":
        path.write_bytes(forged_bytes(answer_of(["|O", [1]]), bytes(16)))
    elif name == "softmax_forward":
        with open(path, "wb") as file:
            file.truncate(40 * 2**20)
    elif name == "cross_entropy_forward":
        path.write_bytes(forged_bytes(nested))
    elif name == "perceptron_update":
        path.write_bytes(forged_bytes({"list": [{"array": ["<f8", [-1]]}] * 20000}, bytes(2**20)))
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
