# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] name="title"
# # 5. Architectures
#
# You have all the parts: convolutions, pooling, linear layers, and gradients through each of them. What is
# left is to put them together, and this is where the history is. Five networks, from 1998 to 2015, each of
# them a handful of ideas that you can now read off its table. In this lesson you
#
# * build LeNet-5, AlexNet, VGG-16, GoogLeNet and ResNet, layer by layer, from their papers' tables;
# * count their weights and their work, and find numbers on the slides that do not hold;
# * train the first of them on handwritten digits, and find out what the last of them is for.
#
# From here on PyTorch's layers are yours to use: `nn.Conv2d`, `nn.MaxPool2d`, `nn.Linear` and all others.
# You write sixteen functions and classes, 59 points in all. A check of a network goes through it layer by
# layer and names the first one that is not as in the table; and it gives your network parameters that nobody
# can know beforehand, and compares what comes out. A mistake costs points only in its own exercise.

# %% nbgrader={"grade": false, "grade_id": "set-up", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="set-up"
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from cs_utils import Claim, check, claims
from cs_utils import plots
from cs_utils.datasets import mnist
from cs_utils.layer_tables import layer_table, lecture_table
from cs_utils.module_training import train_module

# %% [markdown] name="module-story"
# ## 1. The simplest CNN: LeNet-5
#
# A network in PyTorch is a class on `nn.Module`. Its `__init__` makes the layers that have weights, its
# `forward` says how a batch goes through them; the gradients are PyTorch's business. This one has a single
# convolution and a single linear layer:
#
# ```python
# class Small(nn.Module):
#     def __init__(self, num_classes=10):
#         super().__init__()
#         self.conv = nn.Conv2d(1, 4, kernel_size=3, padding=1)
#         self.linear = nn.Linear(4 * 14 * 14, num_classes)
#
#     def forward(self, x):                         # x: (N, 1, 28, 28)
#         x = F.max_pool2d(F.relu(self.conv(x)), 2)  # (N, 4, 14, 14)
#         return self.linear(x.flatten(1))           # (N, num_classes)
# ```
#
# `nn.Sequential(nn.Conv2d(...), nn.ReLU(), ...)` is a shorter way to write layers that simply follow each
# other. Both ways, and any mixture, are fine everywhere in this lesson.
#
# Now the lecture's *simplest CNN*: "LeNet-5 (1998) for the recognition of handwritten digits". Yann LeCun,
# Léon Bottou, Yoshua Bengio and Patrick Haffner built it at AT&T to read cheques. The letters are theirs: C
# for convolution, S for subsampling, F for fully connected.

# %% nbgrader={"grade": false, "grade_id": "lenet-volumes", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="lenet-volumes"
plots.network_volumes("LeNet5")

# %% [markdown] name="exercise-lenet5"
# ### Exercise 1: LeNet5
# Difficulty: ●●○○○, about 12 minutes, 3 points
#
# | layer | what | output | behind it |
# |---|---|---|---|
# | C1 | convolution 5x5 to 6 channels, padding 2 | 28x28x6 | tanh |
# | S2 | average pooling 2x2, stride 2 | 14x14x6 | |
# | C3 | convolution 5x5 to 16 channels, no padding | 10x10x16 | tanh |
# | S4 | average pooling 2x2, stride 2 | 5x5x16 | |
# | C5 | linear, 400 to 120 | 120 | tanh |
# | F6 | linear, 120 to 84 | 84 | tanh |
# | output | linear, 84 to `num_classes` | 10 | |
#
# All weighted layers have a bias. Return the **logits**: no softmax at the end, `F.cross_entropy` has it
# inside.
#
# This is LeNet-5 as it is written today. The original took 32x32 pixels, hence the padding. Its C3 left out
# some of the connections from S2 to save work, its subsampling had a weight and a bias for each channel,
# and its output measured distances. Together it had exactly 60,000 parameters; yours has a few more.


# %% nbgrader={"grade": false, "grade_id": "LeNet5", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="LeNet5"
class LeNet5(nn.Module):
    """LeNet-5 for images of 28x28 grey values.

    Lecture: The simplest CNN: LeNet-5.
    """

    def __init__(self, num_classes=10):
        """num_classes: how many logits come out."""
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv3 = nn.Conv2d(6, 16, 5)
        self.fc5 = nn.Linear(16 * 5 * 5, 120)
        self.fc6 = nn.Linear(120, 84)
        self.out = nn.Linear(84, num_classes)
        ### END SOLUTION

    def forward(self, x):
        """x: (N, 1, 28, 28). Returns logits of shape (N, num_classes)."""
        ### BEGIN SOLUTION
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(self.conv3(x)), 2)
        x = torch.tanh(self.fc5(x.flatten(1)))
        x = torch.tanh(self.fc6(x))
        return self.out(x)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-LeNet5", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-LeNet5"
check(LeNet5)

# %% [markdown] name="lenet-table-text"
# Your network, as the check sees it. PyTorch has a device called `meta`, where tensors have a shape and no
# numbers: to follow a network of any size from layer to layer costs nothing there. An *operation* is a
# multiplication with a weight, for one image.

# %% nbgrader={"grade": false, "grade_id": "lenet-table", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="lenet-table"
layer_table(LeNet5)


# %% nbgrader={"grade": false, "grade_id": "lenet-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="lenet-claims"
def parameters(network, **arguments):
    with torch.device("meta"):
        module = network(**arguments)
    return sum(one.numel() for one in module.parameters())


claims(
    Claim("parameters of your LeNet-5", 61_706, lambda: parameters(LeNet5)),
    Claim(
        "C1, S2, C3, S4, C5, F6 of 1998: 60,000 free parameters",
        60_000,
        # C3: 6 maps see 3 maps each, 9 see 4, and 1 sees all 6.
        lambda: (
            6 * 26
            + 6 * 2
            + (6 * 3 + 9 * 4 + 6) * 25
            + 16
            + 16 * 2
            + 120 * 401
            + 84 * 121
        ),
    ),
    Claim(
        "a linear layer from 28x28 to 28x28x6 instead of C1: times as many parameters",
        23_671,
        lambda: (784 * 4704 + 4704) / 156,
        digits=0,
    ),
)

# %% [markdown] name="lenet-train-text"
# ### Experiment: reading digits
#
# 10,000 digits of MNIST to learn from, 2,000 to be tried on. The authors turned and stretched their digits
# a little while they trained, so that the network never saw the same one twice; so do we. Eight rounds
# take about a quarter of a minute. (The cells that train use a GPU where there is one; on Colab *Runtime,
# Change runtime type* offers one, before you begin. Everything here runs without, too.)

# %% nbgrader={"grade": false, "grade_id": "lenet-train", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="lenet-train"
reading = train_module(lambda: LeNet5(), mnist(), epochs=8)
plots.training_curves(reading)

# %% nbgrader={"grade": false, "grade_id": "lenet-mistakes", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="lenet-mistakes"
plots.mistaken_digits(reading, mnist())

# %% [markdown] name="lenet-lesson"
# More than 98 of 100 digits it has never seen are right, from a sixth of MNIST's 60,000 examples, and the
# mistakes are of the kind that people make, too. With all of MNIST the authors report 99.05 %, and 99.2 %
# with distorted digits. The idea was complete in 1998. What was missing was data, and computers.

# %% [markdown] name="imagenet-story"
# ## 2. ImageNet, and how to measure
#
# The data came in 2009. The *ImageNet Large Scale Visual Recognition Challenge* (ILSVRC), in the lecture's
# words:
#
# > 1.2M colour images. 1K classes (ImageNet-1k). Data from the internet (flickr), annotated by Amazon MTurk.
#
# Precisely, 1,281,167 images to learn from, 50,000 to validate and 100,000 to test, of 1,000 classes,
# more than a hundred breeds of dogs among them. Two numbers say how good a network is:
#
# * **top-1 accuracy**, the share of images for which the class with the highest score is right;
# * **top-5 accuracy**, the share for which the right class is among the five highest.
#
# Why five? Many photos show more than one thing, and only one of them is the label. Here are three of the
# course's photos, and what the small network of the last lesson, which learned from ImageNet, says. Its
# favourites are right for the cat and the coffee. A rocket on its launch pad shows that five guesses may be
# wrong, too, and in an interesting way.

# %% nbgrader={"grade": false, "grade_id": "top-five", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="top-five"
plots.top_five(("chelsea", "coffee", "rocket"))

# %% [markdown] name="top-k-worked"
# **A worked number.** Four images, three classes, $k = 2$:
#
# | scores | right class | its rank | among the best 2? |
# |---|---|---|---|
# | 0.1, **0.5**, 0.4 | 1 | first | yes |
# | **0.3**, 0.3, 0.4 | 0 | second | yes |
# | 0.2, 0.7, **0.1** | 2 | third | no |
# | 0.6, 0.1, **0.3** | 2 | second | yes |
#
# Top-2 accuracy $3/4 = 0.75$. In the second row two classes are equal. Such a **tie** has to be broken
# somehow, or a network that gives all classes the same score would have 100 %. The rule here: of equal
# scores, the class with the lower number ranks first, as `argmax` has it.

# %% [markdown] name="exercise-top-k-accuracy"
# ### Exercise 2: top_k_accuracy
# Difficulty: ●●○○○, about 8 minutes, 2 points
#
# `scores` has shape (N, C), `labels` (N,), in NumPy. Return a number from 0 to 1. Where `k` is less than 1
# or larger than C, raise a `ValueError`.
#
# Think about: `np.argsort` sorts upwards. What becomes of ties if you turn its result round? (It has an
# argument `kind="stable"`.)


# %% nbgrader={"grade": false, "grade_id": "top_k_accuracy", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="top_k_accuracy"
def top_k_accuracy(scores, labels, k):
    """Share of the images whose right class is among the k with the highest scores.

    scores: (N, C); labels: (N,), whole numbers; k: from 1 to C.
    Of equal scores, the class with the lower number ranks first. Returns a float from 0 to 1.
    Raises ValueError for any other k.

    Lecture: ImageNet, metrics.
    """
    ### BEGIN SOLUTION
    if not 1 <= k <= scores.shape[1]:
        raise ValueError(f"k is {k}, there are {scores.shape[1]} classes")
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.mean((best == labels[:, None]).any(axis=1))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-top_k_accuracy", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-top_k_accuracy"
check(top_k_accuracy)


# %% nbgrader={"grade": false, "grade_id": "top-k-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="top-k-claims"
def always_the_same(k):
    scores = np.tile(np.random.default_rng(0).normal(size=1000), (1000, 1))
    return 100 * top_k_accuracy(scores, np.arange(1000), k)


claims(
    Claim(
        "the worked example",
        0.75,
        lambda: top_k_accuracy(
            np.array([[0.1, 0.5, 0.4], [0.3, 0.3, 0.4], [0.2, 0.7, 0.1], [0.6, 0.1, 0.3]]),
            np.array([1, 0, 2, 2]),
            2,
        ),
    ),
    Claim(
        "1000 classes, and always the same answer: top-1, %",
        0.1,
        lambda: always_the_same(1),
        digits=1,
    ),
    Claim("top-5, %", 0.5, lambda: always_the_same(5), digits=1),
    Claim(
        "all scores equal, ten classes, top-5, %",
        50,
        lambda: 100 * top_k_accuracy(np.zeros((1000, 10)), np.arange(1000) % 10, 5),
    ),
)

# %% [markdown] name="alexnet-story"
# ## 3. AlexNet
#
# In 2012 Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton entered the challenge with a convolutional
# network. The best of the others had a top-5 error of 26.2 %; theirs had 15.3 %. It is LeNet's idea, with
# everything larger, and four things new:
#
# * **ReLU** instead of tanh. In their experiment a network learned six times faster with it.
# * **Overlapping pooling**: windows of 3x3 that move by 2. It took 0.4 percentage points off the top-1
#   error.
# * **Dropout** of one half in the first two linear layers, against learning by heart.
# * **Two GPUs**, because 3 GB of memory were not enough for one. Half of the channels live on each, and conv2,
#   conv4 and conv5 see only their own half. In PyTorch that is `nn.Conv2d(..., groups=2)`.

# %% nbgrader={"grade": false, "grade_id": "alexnet-volumes", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="alexnet-volumes"
plots.network_volumes("AlexNet")

# %% [markdown] name="alexnet-worked"
# **A worked number.** conv1 has 96 filters of 11x11 and moves by 4. The paper says that images have 224x224
# pixels; then $(224 - 11)/4 + 1 = 54.25$, which doesn't fit. With 227 it does: $(227 - 11)/4 + 1 = 55$. So
# 227 it is, here and nearly everywhere.

# %% [markdown] name="exercise-alexnet"
# ### Exercise 3: AlexNet
# Difficulty: ●●●○○, about 20 minutes, 5 points
#
# | layer | what | output at 227x227 | behind it |
# |---|---|---|---|
# | conv1 | 11x11 to 96 channels, stride 4 | 55x55x96 | ReLU |
# | pool1 | max 3x3, stride 2 | 27x27x96 | |
# | conv2 | 5x5 to 256, padding 2, **groups** | 27x27x256 | ReLU |
# | pool2 | max 3x3, stride 2 | 13x13x256 | |
# | conv3 | 3x3 to 384, padding 1 | 13x13x384 | ReLU |
# | conv4 | 3x3 to 384, padding 1, **groups** | 13x13x384 | ReLU |
# | conv5 | 3x3 to 256, padding 1, **groups** | 13x13x256 | ReLU |
# | pool5 | max 3x3, stride 2 | 6x6x256 | |
# | fc6 | linear to 4096 | 4096 | ReLU, dropout 0.5 |
# | fc7 | linear to 4096 | 4096 | ReLU, dropout 0.5 |
# | fc8 | linear to `num_classes` | 1000 | |
#
# The arguments: `groups` is for the three layers marked, 1 for a single tower, 2 for the paper's two GPUs.
# `image_size` is the side of the images; how many numbers arrive at fc6 depends on it. (A check that had to
# carry 60 million weights would be slow; a small `image_size` makes it quick.) The paper's *local response
# normalisation* behind conv1 and conv2 is left out: it has no parameters, and two years later the VGG paper
# found that it does not help.
#
# Think about: convolutions don't care how large a picture is. Why do you have to know `image_size`?


# %% nbgrader={"grade": false, "grade_id": "AlexNet", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="AlexNet"
class AlexNet(nn.Module):
    """AlexNet, without local response normalisation.

    Lecture: AlexNet (Krizhevsky et al., 2012).
    """

    def __init__(self, num_classes=1000, image_size=227, groups=1):
        """num_classes: logits; image_size: side of the square images, in pixels;
        groups: of conv2, conv4 and conv5, 1 or 2.
        """
        super().__init__()
        ### BEGIN SOLUTION
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 11, stride=4),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, padding=2, groups=groups),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 384, 3, padding=1, groups=groups),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1, groups=groups),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
        )
        side = (image_size - 11) // 4 + 1
        for _ in range(3):
            side = (side - 3) // 2 + 1
        self.classifier = nn.Sequential(
            nn.Linear(256 * side * side, 4096),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(4096, num_classes),
        )
        ### END SOLUTION

    def forward(self, x):
        """x: (N, 3, image_size, image_size). Returns logits of shape (N, num_classes)."""
        ### BEGIN SOLUTION
        return self.classifier(self.features(x).flatten(1))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-AlexNet", "locked": true, "points": 5, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-AlexNet"
check(AlexNet)

# %% nbgrader={"grade": false, "grade_id": "alexnet-table", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="alexnet-table"
layer_table(AlexNet)

# %% nbgrader={"grade": false, "grade_id": "alexnet-work", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="alexnet-work"
plots.weights_and_work(AlexNet)

# %% [markdown] name="alexnet-work-text"
# Look at the two halves of the plot. Nearly all *weights* are in the linear layers, nearly all *work* is in
# the convolutions: a convolution's few weights are used at thousands of places, a linear layer's only once.
# Whoever wants a smaller file works on the right end of the network, whoever wants speed on the left.
#
# The lecture's slide says: "60M parameters", "GPU (50x speedup)", "1 week of training on 2 GPUs". Let's see.


# %% nbgrader={"grade": false, "grade_id": "alexnet-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="alexnet-claims"
def alexnet_operations(groups):
    from cs_utils.layer_tables import network_rows

    return sum(row.operations for row in network_rows(AlexNet, (3, 227, 227), groups=groups))


def days_at_peak():
    # 90 rounds of 1.2M images. Backward costs twice the forward pass: dL/dx and dL/dw.
    # A multiplication and an addition are 2 operations; a GTX 580 does at most 1.58e12 a second.
    operations = 90 * 1.2e6 * 3 * 2 * alexnet_operations(groups=2)
    return operations / (2 * 1.58e12) / (24 * 3600)


claims(
    Claim("places of conv1 at 224 pixels", 55, lambda: (224 - 11) / 4 + 1, instead=54.25),
    Claim("places of conv1 at 227 pixels", 55, lambda: (227 - 11) / 4 + 1),
    Claim(
        "the slide's 60M parameters, in tens of millions",
        6,
        lambda: parameters(AlexNet, groups=2) / 1e7,
        digits=0,
    ),
    Claim(
        "parameters in two groups, in millions",
        60.97,
        lambda: parameters(AlexNet, groups=2) / 1e6,
    ),
    Claim(
        "parameters in one tower, in millions",
        62.38,
        lambda: parameters(AlexNet, groups=1) / 1e6,
    ),
    Claim(
        "operations in two groups, in millions",
        724,
        lambda: alexnet_operations(groups=2) / 1e6,
        digits=0,
    ),
    Claim(
        "share of the operations that the groups save, %",
        36,
        lambda: 100 * (1 - alexnet_operations(2) / alexnet_operations(1)),
        digits=0,
    ),
    Claim("days on two GPUs that are never idle", 1.7, days_at_peak, digits=1),
)

# %% [markdown] name="alexnet-lesson"
# * **60M parameters**: 60.97 million with the paper's two groups; one tower has 62.38 million. Both are
#   "about 60M", and both are called AlexNet, so say which one you mean.
# * **1 week on 2 GPUs**: the paper says "five to six days on two NVIDIA GTX 580". Our last line says what
#   these chips could have done at best, by their data sheet: 1.7 days. So they were busy computing about a
#   third of the time, which was a masterpiece in 2012.
# * **50x**: neither the paper nor our computers can confirm it. It depends on both chips and on the code for
#   each; in lesson 3 you measured it on yours.

# %% [markdown] name="vgg-story"
# ## 4. VGG
#
# Karen Simonyan and Andrew Zisserman, 2014, asked one question: what if the kernels are as small as they
# can be, and there are simply more layers? "3x3 convolutions. More layers", says the slide. And then: "3
# convolutions of 3x3 have a receptive field like one of 7x7. Fewer parameters, the network can be made
# deeper."
#
# You know the first half: three layers of 3x3 with stride 1 see $1 + 2 + 2 + 2 = 7$ pixels. The second is
# counting. With $C$ channels in and out, and biases left aside, one layer of 3x3 has $C$ filters of
# $3 \cdot 3 \cdot C$ weights:
#
# $$3 \cdot 9\,C^2 = 27\,C^2 \quad\text{against}\quad 49\,C^2$$
#
# and with a ReLU behind each, three layers can do things that one can't.

# %% [markdown] name="exercise-stack-parameters"
# ### Exercise 4: stack_parameters
# Difficulty: ●○○○○, about 3 minutes, 1 point
#
# `kernel_sizes` lists the layers of a stack, as `(3, 3, 3)`; each has `channels` in and out. Return how many
# parameters they have in all, an int; the biases count only where `bias` is True.


# %% nbgrader={"grade": false, "grade_id": "stack_parameters", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="stack_parameters"
def stack_parameters(kernel_sizes, channels, bias=False):
    """Parameters of convolutions that follow each other.

    kernel_sizes: sides of the square kernels, a layer each; channels: in and out of every layer;
    bias: whether each filter has one. Returns an int.

    Lecture: VGGNet, fewer parameters.
    """
    ### BEGIN SOLUTION
    weights = sum(size * size * channels * channels for size in kernel_sizes)
    return weights + (len(kernel_sizes) * channels if bias else 0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-stack_parameters", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-stack_parameters"
check(stack_parameters)


# %% nbgrader={"grade": false, "grade_id": "stack-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="stack-claims"
def pixels_seen(*kernel_sizes):
    """Side of the part of the input that the middle output depends on, by PyTorch's gradient."""
    x = torch.zeros(1, 1, 31, 31, requires_grad=True)
    y = x
    for size in kernel_sizes:
        y = F.conv2d(y, torch.ones(1, 1, size, size), padding=size // 2)
    y[0, 0, 15, 15].backward()
    return int((x.grad[0, 0, 15] != 0).sum())


claims(
    Claim("three 3x3 layers see, in pixels", 7, lambda: pixels_seen(3, 3, 3)),
    Claim("one 7x7 layer sees", 7, lambda: pixels_seen(7)),
    Claim("three 3x3 layers, times C^2", 27, lambda: stack_parameters((3, 3, 3), 1)),
    Claim("one 7x7 layer, times C^2", 49, lambda: stack_parameters((7,), 1)),
    Claim(
        "weights saved at 512 channels, in millions",
        5.77,
        lambda: (stack_parameters((7,), 512) - stack_parameters((3, 3, 3), 512)) / 1e6,
    ),
    Claim(
        "saved, %",
        45,
        lambda: 100 * (1 - stack_parameters((3, 3, 3), 64) / stack_parameters((7,), 64)),
        digits=0,
    ),
)

# %% nbgrader={"grade": false, "grade_id": "vgg-volumes", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="vgg-volumes"
plots.network_volumes("VGG16")

# %% [markdown] name="exercise-vgg16"
# ### Exercise 5: VGG16
# Difficulty: ●●○○○, about 15 minutes, 4 points
#
# Configuration D of the paper, called VGG-16 for its 16 layers with weights:
#
# | block | convolutions | channels | output at 224x224 |
# |---|---|---|---|
# | 1 | 2 | 64 | 112x112x64 |
# | 2 | 2 | 128 | 56x56x128 |
# | 3 | 3 | 256 | 28x28x256 |
# | 4 | 3 | 512 | 14x14x512 |
# | 5 | 3 | 512 | 7x7x512 |
#
# All convolutions are 3x3 with padding 1, each with a bias and a ReLU behind it; each block ends with a max
# pooling of 2x2 and stride 2. Then fc6, fc7 and fc8, with ReLU and dropout as in AlexNet. `image_size` is a
# multiple of 32, or is cut down to one by the poolings, which round down.
#
# Think about: thirteen convolutions are five lines in a loop.


# %% nbgrader={"grade": false, "grade_id": "VGG16", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="VGG16"
class VGG16(nn.Module):
    """VGG-16, configuration D.

    Lecture: VGGNet (Simonyan and Zisserman, 2014).
    """

    def __init__(self, num_classes=1000, image_size=224):
        """num_classes: logits; image_size: side of the square images, 32 pixels at least."""
        super().__init__()
        ### BEGIN SOLUTION
        layers, channels = [], 3
        for count, width in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]:
            for _ in range(count):
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
            layers.append(nn.MaxPool2d(2))
        side = image_size // 32
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(512 * side * side, 4096),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(4096, num_classes),
        )
        ### END SOLUTION

    def forward(self, x):
        """x: (N, 3, image_size, image_size). Returns logits of shape (N, num_classes)."""
        ### BEGIN SOLUTION
        return self.classifier(self.features(x).flatten(1))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-VGG16", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-VGG16"
check(VGG16)

# %% nbgrader={"grade": false, "grade_id": "vgg-table", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="vgg-table"
layer_table(VGG16)

# %% nbgrader={"grade": false, "grade_id": "vgg-work", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="vgg-work"
plots.weights_and_work(VGG16)

# %% nbgrader={"grade": false, "grade_id": "vgg-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="vgg-claims"
claims(
    Claim("parameters of your VGG-16", 138_357_544, lambda: parameters(VGG16)),
    Claim(
        "the slide's 140M parameters, in tens of millions",
        14,
        lambda: parameters(VGG16) / 1e7,
        digits=0,
    ),
    Claim(
        "memory for the parameters in float32, in MiB",
        528,
        lambda: 4 * parameters(VGG16) / 2**20,
        digits=0,
    ),
    Claim(
        "fc6 alone: share of the parameters, %",
        74,
        lambda: 100 * (7 * 7 * 512 * 4096 + 4096) / parameters(VGG16),
        digits=0,
    ),
)

# %% [markdown] name="vgg-lesson"
# VGG came second in 2014, with a top-5 error of 7.3 %, half of AlexNet's. It is the plainest of all large
# networks, and for that it has been loved ever since. But three quarters of its weights are in *one* layer,
# fc6, and it needs twenty times AlexNet's work.
#
# "Trained in stages", says the slide: a deep network wouldn't start to learn, so the authors first trained
# one with 11 layers and used its weights to start the deeper ones. A later version of their paper
# adds that a better initialisation (Glorot and Bengio's, your `xavier_init`) makes the stages unnecessary.

# %% [markdown] name="inception-story"
# ## 5. GoogLeNet
#
# Christian Szegedy and eight colleagues won the challenge of 2014, just before VGG, with the opposite idea:
# don't decide how large the kernels are. Take 1x1, 3x3, 5x5 and a pooling **side by side**, let each look at
# the same input, and stack all their maps. They called it *inception*, after a film in which somebody says
# "We need to go deeper".

# %% nbgrader={"grade": false, "grade_id": "inception-modules", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="inception-modules"
plots.inception_modules()

# %% [markdown] name="inception-work-text"
# "Computational complexity?", asks the slide about the module on the left, and counts its *Conv Ops*, the
# multiplications: for each number of the output, one for each weight of its filter.
#
# **A worked number.** The slide's first line, `[1x1 conv, 128] 28x28x128x1x1x256`: the output has
# $28 \cdot 28 \cdot 128$ numbers, each needs $1 \cdot 1 \cdot 256$ multiplications; $25{,}690{,}112$ in all.

# %% [markdown] name="exercise-conv-ops"
# ### Exercise 6: conv_ops
# Difficulty: ●○○○○, about 2 minutes, 1 point
#
# Return the number of multiplications, an int. The arguments stand in the slide's order; `height` and
# `width` are those of the output. Biases are added, not multiplied: they don't count.


# %% nbgrader={"grade": false, "grade_id": "conv_ops", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="conv_ops"
def conv_ops(height, width, out_channels, kernel_size, in_channels):
    """Multiplications of a convolution layer for one image.

    height, width: of the output maps; out_channels: how many maps; kernel_size: side of the square
    kernels; in_channels: their depth. Returns an int.

    Lecture: GoogLeNet, Conv Ops.
    """
    ### BEGIN SOLUTION
    return height * width * out_channels * kernel_size * kernel_size * in_channels
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-conv_ops", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-conv_ops"
check(conv_ops)


# %% nbgrader={"grade": false, "grade_id": "ops-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="ops-claims"
def ops(*layers):
    """Multiplications of convolutions on 28x28 maps, in total; each (out, kernel_size, in)."""
    return sum(conv_ops(28, 28, *layer) for layer in layers)


naive = [(128, 1, 256), (192, 3, 256), (96, 5, 256)]
reductions = [(64, 1, 256), (64, 1, 256), (64, 1, 256)]
reduced = [(128, 1, 256), (192, 3, 64), (96, 5, 64), *reductions]
claims(
    Claim("the naive module, in millions", 854, lambda: ops(*naive) / 1e6, digits=0),
    Claim(
        "with dimension reduction, in millions",
        358,
        lambda: ops(*reduced) / 1e6,
        instead=271,
        digits=0,
    ),
    Claim("the six products exactly", 271_351_808, lambda: ops(*reduced)),
    Claim(
        "with the 3x3 branch counted twice, in millions",
        358,
        lambda: ops(*reduced, (192, 3, 64)) / 1e6,
        digits=0,
    ),
    Claim(
        "the naive module: times the work",
        3.15,
        lambda: ops(*naive) / ops(*reduced),
    ),
    Claim("channels that leave the naive module", 672, lambda: 128 + 192 + 96 + 256),
    Claim("that leave the reduced one", 480, lambda: 128 + 192 + 96 + 64),
)

# %% [markdown] name="ops-lesson"
# The slide's 854M holds. Its **358M does not**: the six products that it lists add up to 271,351,808. The
# printed number comes out if the line of the 3x3 convolution is counted twice, which is what probably
# happened. The conclusion becomes stronger for it: the reductions save two thirds of the work.
#
# And the naive module has a second problem. Its pooling branch hands on all 256 channels, so each module is
# deeper than the one before: 256, 672, and on it goes. A **1x1 convolution** mends both. It looks at one
# pixel at a time, through all channels, and makes 64 numbers of 256: "dimension reduction".

# %% [markdown] name="exercise-inceptionnaive"
# ### Exercise 7: InceptionNaive
# Difficulty: ●●○○○, about 10 minutes, 2 points
#
# The module on the left. Four branches over the same input, their channels stacked in the figure's order:
#
# 1. 1x1 to `ch1x1` channels,
# 2. 3x3 to `ch3x3`,
# 3. 5x5 to `ch5x5`,
# 4. max pooling 3x3.
#
# All of them keep height and width. Every convolution has a bias and a ReLU behind it; the pooling has none.
#
# Think about: how far does a pooling window move if height and width stay, and how much padding does it
# need? Which axis of (N, C, H, W) does `torch.cat` stack along?


# %% nbgrader={"grade": false, "grade_id": "InceptionNaive", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="InceptionNaive"
class InceptionNaive(nn.Module):
    """The naive inception module: four branches side by side.

    Lecture: GoogLeNet, naive inception module.
    """

    def __init__(self, in_channels, ch1x1, ch3x3, ch5x5):
        """in_channels: of the input; ch1x1, ch3x3, ch5x5: of the three convolutions' outputs."""
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, ch1x1, 1)
        self.conv3 = nn.Conv2d(in_channels, ch3x3, 3, padding=1)
        self.conv5 = nn.Conv2d(in_channels, ch5x5, 5, padding=2)
        ### END SOLUTION

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns (N, ch1x1 + ch3x3 + ch5x5 + in_channels, H, W)."""
        ### BEGIN SOLUTION
        pooled = F.max_pool2d(x, 3, stride=1, padding=1)
        maps = [F.relu(conv(x)) for conv in (self.conv1, self.conv3, self.conv5)]
        return torch.cat([*maps, pooled], dim=1)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-InceptionNaive", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-InceptionNaive"
check(InceptionNaive)

# %% [markdown] name="exercise-inception"
# ### Exercise 8: Inception
# Difficulty: ●●●○○, about 12 minutes, 4 points
#
# The module on the right:
#
# 1. 1x1 to `ch1x1` channels,
# 2. 1x1 to `ch3x3red`, then 3x3 to `ch3x3`,
# 3. 1x1 to `ch5x5red`, then 5x5 to `ch5x5`,
# 4. max pooling 3x3, then 1x1 to `pool_proj`.
#
# *Every* convolution has a bias and a ReLU behind it, the reductions too. (A warning: in torchvision, a
# library of ready-made networks, the third branch has a 3x3 kernel in the place of the 5x5. It is a known
# slip that nobody can mend any more, because trained weights depend on it.)


# %% nbgrader={"grade": false, "grade_id": "Inception", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="Inception"
class Inception(nn.Module):
    """The inception module with dimension reductions.

    Lecture: GoogLeNet, inception module with dimension reduction.
    """

    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        """Channels: of the input; of the 1x1; of the 3x3's reduction and of the 3x3; of the 5x5's
        reduction and of the 5x5; of the projection behind the pooling.
        """
        super().__init__()
        ### BEGIN SOLUTION
        self.branch1 = nn.Sequential(nn.Conv2d(in_channels, ch1x1, 1), nn.ReLU())
        self.branch2 = nn.Sequential(
            nn.Conv2d(in_channels, ch3x3red, 1),
            nn.ReLU(),
            nn.Conv2d(ch3x3red, ch3x3, 3, padding=1),
            nn.ReLU(),
        )
        self.branch3 = nn.Sequential(
            nn.Conv2d(in_channels, ch5x5red, 1),
            nn.ReLU(),
            nn.Conv2d(ch5x5red, ch5x5, 5, padding=2),
            nn.ReLU(),
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            nn.Conv2d(in_channels, pool_proj, 1),
            nn.ReLU(),
        )
        ### END SOLUTION

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns (N, ch1x1 + ch3x3 + ch5x5 + pool_proj, H, W)."""
        ### BEGIN SOLUTION
        branches = (self.branch1, self.branch2, self.branch3, self.branch4)
        return torch.cat([branch(x) for branch in branches], dim=1)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-Inception", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-Inception"
check(Inception)

# %% nbgrader={"grade": false, "grade_id": "inception-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="inception-claims"
claims(
    Claim(
        "parameters of the naive module",
        1_089_952,
        lambda: parameters(InceptionNaive, in_channels=256, ch1x1=128, ch3x3=192, ch5x5=96),
    ),
    Claim(
        "parameters of the reduced one",
        346_720,
        lambda: sum(
            one.numel() for one in Inception(256, 128, 64, 192, 64, 96, 64).parameters()
        ),
    ),
)

# %% [markdown] name="googlenet-story"
# Nine such modules, one behind the other, and the stem of an ordinary network before them: that is
# GoogLeNet. Two more ideas:
#
# * **Global average pooling.** At the end, each of the 1024 maps is replaced by its mean, a single number.
#   No fc6 with a hundred million weights is needed, and no `image_size` either: a mean can be taken of
#   whatever there is.
# * **Auxiliary outputs.** "Auxiliary outputs for training", says the slide. With 22 layers the gradient has a
#   long way to go. So two small classifiers sit on the side, behind 4a and 4d; in training their losses are
#   added, with a weight of 0.3, and their gradients enter half way. Afterwards they are thrown away.

# %% nbgrader={"grade": false, "grade_id": "googlenet-road", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="googlenet-road"
plots.googlenet_road()

# %% [markdown] name="exercise-googlenet"
# ### Exercise 9: GoogLeNet
# Difficulty: ●●●●○, about 30 minutes, 6 points
#
# The lecture's table, with the channels of the modules from the paper, in the order of your `Inception`:
#
# | type | patch size/stride | output size | 1x1 | 3x3 reduce | 3x3 | 5x5 reduce | 5x5 | pool proj |
# |---|---|---|---|---|---|---|---|---|
# | convolution | 7x7/2 | 112x112x64 | | | | | | |
# | max pool | 3x3/2 | 56x56x64 | | | | | | |
# | convolution | 3x3/1 | 56x56x192 | | 64 | 192 | | | |
# | max pool | 3x3/2 | 28x28x192 | | | | | | |
# | inception (3a) | | 28x28x256 | 64 | 96 | 128 | 16 | 32 | 32 |
# | inception (3b) | | 28x28x480 | 128 | 128 | 192 | 32 | 96 | 64 |
# | max pool | 3x3/2 | 14x14x480 | | | | | | |
# | inception (4a) | | 14x14x512 | 192 | 96 | 208 | 16 | 48 | 64 |
# | inception (4b) | | 14x14x512 | 160 | 112 | 224 | 24 | 64 | 64 |
# | inception (4c) | | 14x14x512 | 128 | 128 | 256 | 24 | 64 | 64 |
# | inception (4d) | | 14x14x528 | 112 | 144 | 288 | 32 | 64 | 64 |
# | inception (4e) | | 14x14x832 | 256 | 160 | 320 | 32 | 128 | 128 |
# | max pool | 3x3/2 | 7x7x832 | | | | | | |
# | inception (5a) | | 7x7x832 | 256 | 160 | 320 | 32 | 128 | 128 |
# | inception (5b) | | 7x7x1024 | 384 | 192 | 384 | 48 | 128 | 128 |
# | avg pool | 7x7/1 | 1x1x1024 | | | | | | |
# | dropout (40%) | | 1x1x1024 | | | | | | |
# | linear | | 1x1x1000 | | | | | | |
#
# * The stem: 7x7 with padding 3; then a 1x1 convolution to 64 channels and a 3x3 to 192 (that is why the
#   lecture gives this row a depth of 2). Every convolution has a bias and a ReLU behind it.
# * The max pools have no padding and **round up**: $(112 - 3)/2 + 1 = 55.5$, and the table says 56. That is
#   `ceil_mode=True`.
# * An auxiliary output, behind 4a and behind 4d: average pooling 5x5 with stride 3, 1x1 convolution to 128
#   and ReLU, linear to 1024 and ReLU, dropout 0.7, linear to `num_classes`.
# * In training return `(logits, aux1, aux2)`, in evaluation the logits alone; `self.training` says which it
#   is. With `aux_logits=False` the side branches don't exist, and only the logits are returned.
#
# The paper's local response normalisation is left out, as in AlexNet, and so is the table's softmax. If your
# `Inception` isn't right yet, this check lends you a working one.


# %% nbgrader={"grade": false, "grade_id": "GoogLeNet", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="GoogLeNet"
class GoogLeNet(nn.Module):
    """GoogLeNet for images of 224x224, without local response normalisation.

    Lecture: GoogLeNet (Szegedy et al., 2014).
    """

    def __init__(self, num_classes=1000, aux_logits=True):
        """num_classes: logits; aux_logits: whether there are auxiliary outputs."""
        super().__init__()
        ### BEGIN SOLUTION
        def conv(in_channels, out_channels, kernel_size, **options):
            return nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size, **options), nn.ReLU()
            )

        def pool():
            return nn.MaxPool2d(3, stride=2, ceil_mode=True)

        def side_output(in_channels):
            return nn.Sequential(
                nn.AvgPool2d(5, stride=3),
                conv(in_channels, 128, 1),
                nn.Flatten(),
                nn.Linear(128 * 4 * 4, 1024),
                nn.ReLU(),
                nn.Dropout(0.7),
                nn.Linear(1024, num_classes),
            )

        self.until_4a = nn.Sequential(
            conv(3, 64, 7, stride=2, padding=3),
            pool(),
            conv(64, 64, 1),
            conv(64, 192, 3, padding=1),
            pool(),
            Inception(192, 64, 96, 128, 16, 32, 32),
            Inception(256, 128, 128, 192, 32, 96, 64),
            pool(),
            Inception(480, 192, 96, 208, 16, 48, 64),
        )
        self.until_4d = nn.Sequential(
            Inception(512, 160, 112, 224, 24, 64, 64),
            Inception(512, 128, 128, 256, 24, 64, 64),
            Inception(512, 112, 144, 288, 32, 64, 64),
        )
        self.until_5b = nn.Sequential(
            Inception(528, 256, 160, 320, 32, 128, 128),
            pool(),
            Inception(832, 256, 160, 320, 32, 128, 128),
            Inception(832, 384, 192, 384, 48, 128, 128),
        )
        self.dropout = nn.Dropout(0.4)
        self.linear = nn.Linear(1024, num_classes)
        self.aux_logits = aux_logits
        if aux_logits:
            self.aux1, self.aux2 = side_output(512), side_output(528)
        ### END SOLUTION

    def forward(self, x):
        """x: (N, 3, 224, 224). Returns logits of shape (N, num_classes); in training, where there
        are auxiliary outputs, (logits, aux1, aux2), all of that shape.
        """
        ### BEGIN SOLUTION
        after_4a = self.until_4a(x)
        after_4d = self.until_4d(after_4a)
        maps = self.until_5b(after_4d)
        logits = self.linear(self.dropout(maps.mean(dim=(2, 3))))
        if self.training and self.aux_logits:
            return logits, self.aux1(after_4a), self.aux2(after_4d)
        return logits
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-GoogLeNet", "locked": true, "points": 6, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-GoogLeNet"
check(GoogLeNet)

# %% [markdown] name="lecture-table-text"
# And here is the lecture's table, every number of it computed from *your* network: the depth of a row is the
# longest way through it, counted in layers with weights. The paper's table has two more columns, parameters
# and operations; the lecture leaves them out, we print them beside yours.

# %% nbgrader={"grade": false, "grade_id": "lecture-table", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="lecture-table"
lecture_table(GoogLeNet)

# %% nbgrader={"grade": false, "grade_id": "googlenet-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="googlenet-claims"
paper_column = [2.7, 112, 159, 380, 364, 437, 463, 580, 840, 1072, 1388, 1000]
claims(
    Claim(
        "parameters without auxiliary outputs, in millions",
        5,
        lambda: parameters(GoogLeNet, aux_logits=False) / 1e6,
        instead=7.0,
        digits=1,
    ),
    Claim("exactly", 6_998_552, lambda: parameters(GoogLeNet, aux_logits=False)),
    Claim("with both auxiliary outputs", 13_378_280, lambda: parameters(GoogLeNet)),
    Claim(
        "the paper's own column adds up to, in millions",
        6.8,
        lambda: sum(paper_column) / 1000,
        digits=1,
    ),
    Claim(
        "AlexNet has 12 times as many",
        12,
        lambda: parameters(AlexNet, groups=2) / parameters(GoogLeNet, aux_logits=False),
        instead=8.7,
        digits=1,
    ),
    Claim("60M parameters, a twelfth of them, in millions", 5, lambda: 60 / 12),
    Claim(
        "parameters of the first convolution (the paper: 2.7K)",
        2_700,
        lambda: 7 * 7 * 3 * 64 + 64,
        instead=9_472,
    ),
    Claim(
        "VGG-16 has times as many parameters",
        20,
        lambda: parameters(VGG16) / parameters(GoogLeNet, aux_logits=False),
        digits=0,
    ),
)

# %% [markdown] name="googlenet-lesson"
# All rows of the lecture's table hold, and so do its **22 layers**: that is the sum of the column *depth*. But
# the slide's **"~5M parameters"** does not. The module as built has **6,998,552** parameters, 13,378,280 with
# the auxiliary outputs, and the paper's own column adds up to 6.8 million. Where does the 5 come from? The
# paper's introduction says "12 times fewer parameters than the winning architecture of Krizhevsky et al.":
# 60 million through 12 is 5 million. By the tables of both papers the ratio is 8.7. (The paper's table has
# slips of its own. The 2.7K of its first row cannot be: 64 filters of 7x7x3 have 9,408 weights.)
#
# The point stands all the same. A top-5 error of 6.7 %, better than VGG's, with a twentieth of its weights
# and a tenth of its work. What is on the way to that, and what isn't, decides: no large linear layer, and
# 1x1 convolutions before everything that is expensive.

# %% [markdown] name="resnet"
# ## 6. ResNet

# %% [markdown] name="depth-story"
# "152 layers!" stands on the slides, three times over. In 2015 Kaiming He and his colleagues win ImageNet
# with a network eight times as deep as VGG. Why had nobody gone there before? The slide answers:
#
# > Simply increasing the number of layers won't help: too hard to train (optimise).
#
# That is odd, if you think about it. Take a shallow network that works, and put more layers behind each of its
# own. If the new layers learn to pass on what they get, the deep network does just what the shallow one did.
# So the best deep network can't be *worse* than the best shallow one, at least not on the training images.
# Let's see what gradient descent makes of that.
#
# Below is a plain block as in VGG, with batch normalisation: two 3x3 convolutions. We build the same small
# network with 3, 9 and 21 such blocks, so that it has 8, 20 and 44 layers with weights, and train all three in
# the same way: Fashion-MNIST, the same 160 batches of 128 images, the same learning rate and seed. (The first
# layer takes the images from 28x28 down to 7x7; that is what makes a quarter of a minute enough.)

# %% nbgrader={"grade": false, "grade_id": "plain-depths", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="plain-depths"
from cs_utils.degradation import train_depths


class PlainBlock(nn.Module):
    """Two convolutions with batchnorm and ReLU, one behind the other."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        hidden = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(hidden)))


plain_depths = train_depths(PlainBlock)
plots.degradation(plain_depths)

# %% [markdown] name="depth-lesson"
# More layers alone do not help: the more of them, the *higher* the loss. And it is the loss on the training
# images, so this is not overfitting; the deep network can't even learn what it is shown. He and his colleagues
# call it **degradation**.
#
# What this little experiment can show, and what not: it shows that after the same work the deeper plain
# network is far behind, on your machine and with other seeds too. It can't show that it never catches up; for
# that it is far too short. The paper's are not: on ImageNet the plain network of 34 layers stays worse than
# that of 18 for all of its 600,000 batches, and on CIFAR-10 it is 56 against 20 (figures 1 and 4 of the
# paper). Nor do vanishing gradients explain it, the authors say: batch normalisation keeps the signals alive in
# both directions. The deep network can be found, but not by walking downhill from a random start.

# %% [markdown] name="identity-story"
# "How not to spoil a shallow network by adding layers? **Identity blocks.**" If it is hard to *learn* to pass
# something on, build it in. The slide's residual block:
#
# $$H(x) = \mathcal{F}(x) + x \qquad\qquad H(x) = x \;\text{ if }\; \mathcal{F}(x) = 0$$
#
# The layers $\mathcal{F}$ no longer make the output; they make a *correction* to $x$, the residual. To do nothing
# they only have to be zero, which is easy: a $\gamma$ of 0 in the last batchnorm is enough.

# %% nbgrader={"grade": false, "grade_id": "residual-block", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="residual-block"
plots.residual_block()

# %% [markdown] name="residual-text"
# **A worked number.** $x = (1, 2)$ and, say, $\mathcal{F}(x) = (0.5, -3)$. The sum is $(1.5, -1)$, and behind the
# last ReLU $H(x) = (1.5, 0)$.
#
# Backwards, upstream gradient $(10, 10)$: the last ReLU lets through what was positive, $(10, 0)$. The plus is
# lesson 1's simplest node; it hands its gradient to *both* sides. So $x$ gets $(10, 0)$ on the skip, untouched,
# and whatever comes back through $\mathcal{F}$ besides:
#
# $$\frac{\partial L}{\partial x} = \frac{\partial L}{\partial s} + \left(\frac{\partial \mathcal F}{\partial x}\right)^{T} \frac{\partial L}{\partial s}, \qquad s = \mathcal{F}(x) + x$$
#
# However deep the network, there is a way for the gradient on which nobody multiplies it by a weight.

# %% [markdown] name="exercise-residual-forward"
# ### Exercise 10: residual_forward
# Difficulty: ●●○○○, about 10 minutes, 3 points
#
# The block in the picture, in NumPy, on rows: `x` is (N, D). Inside, `x @ w1`, batchnorm with `gamma1` and
# `beta1`, ReLU, `@ w2`, batchnorm with `gamma2` and `beta2`; then the plus; then ReLU. No biases: the betas are
# there. Both batchnorms work as in training. Return the output and a cache for the way back.
#
# `batchnorm_forward` and `batchnorm_backward` are those of lesson 2, working ones. In a block nobody keeps
# running statistics, so give it zeros and ones and leave what comes back:
# `out, cache, _, _ = batchnorm_forward(x, gamma, beta, zeros, ones, True)`.
#
# Think about: which three things will the backward pass want to know that are neither weights nor `x`?

# %% nbgrader={"grade": false, "grade_id": "earlier-functions", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="earlier-functions"
from cs_utils.earlier import batchnorm_backward, batchnorm_forward


# %% nbgrader={"grade": false, "grade_id": "residual_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="residual_forward"
def residual_forward(x, w1, gamma1, beta1, w2, gamma2, beta2):
    """A residual block on rows: H(x) = max(0, F(x) + x).

    x: (N, D), left unchanged; w1: (D, H); gamma1, beta1: (H,); w2: (H, D); gamma2, beta2: (D,).
    Returns (out, cache); out has shape (N, D).

    Lecture: ResNet, residual block.
    """
    ### BEGIN SOLUTION
    zeros, ones = np.zeros_like, np.ones_like
    first, cache1, _, _ = batchnorm_forward(
        x @ w1, gamma1, beta1, zeros(beta1), ones(beta1), True
    )
    hidden = np.maximum(0, first)
    second, cache2, _, _ = batchnorm_forward(
        hidden @ w2, gamma2, beta2, zeros(beta2), ones(beta2), True
    )
    out = np.maximum(0, second + x)
    return out, (x, w1, cache1, hidden, w2, cache2, out)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-residual_forward", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-residual_forward"
check(residual_forward)

# %% [markdown] name="exercise-residual-backward"
# ### Exercise 11: residual_backward
# Difficulty: ●●●●○, about 15 minutes, 5 points
#
# `dout` is the upstream gradient, (N, D). Return `dx, dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2`, in the
# shapes of the inputs. Walk the picture from the bottom up: ReLU, plus, batchnorm, `w2`, ReLU, batchnorm, `w1`,
# and don't forget who is waiting at the plus. `batchnorm_backward(dout, cache)` gives `dx, dgamma, dbeta`.


# %% nbgrader={"grade": false, "grade_id": "residual_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="residual_backward"
def residual_backward(dout, cache):
    """Gradients of the residual block.

    dout: (N, D), left unchanged; cache: from residual_forward, left unchanged.
    Returns (dx, dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2), each in its input's shape.

    Lecture: ResNet, residual block; upstream and downstream gradients.
    """
    ### BEGIN SOLUTION
    x, w1, cache1, hidden, w2, cache2, out = cache
    dsum = dout * (out > 0)
    dsecond, dgamma2, dbeta2 = batchnorm_backward(dsum, cache2)
    dhidden = dsecond @ w2.T
    dfirst, dgamma1, dbeta1 = batchnorm_backward(dhidden * (hidden > 0), cache1)
    dx = dfirst @ w1.T + dsum
    return dx, x.T @ dfirst, dgamma1, dbeta1, hidden.T @ dsecond, dgamma2, dbeta2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-residual_backward", "locked": true, "points": 5, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-residual_backward"
check(residual_backward)

# %% [markdown] name="residual-claims-text"
# The slide's two lines, on your block. `nothing` is a block whose last $\gamma$ and $\beta$ are 0, so that
# $\mathcal{F} = 0$; `x` is positive, as behind any ReLU. And the last row: fifty such blocks in a row, and
# the gradient that arrives at the bottom.

# %% nbgrader={"grade": false, "grade_id": "residual-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="residual-claims"
rng = np.random.default_rng(0)
rows, weights = rng.uniform(0.1, 2, (6, 4)), rng.normal(size=(2, 4, 4))
scale, shift = rng.uniform(0.5, 2, (2, 4)), rng.normal(size=(2, 4))
some = (weights[0], scale[0], shift[0], weights[1], scale[1], shift[1])
nothing = (*some[:4], np.zeros(4), np.zeros(4))
upstream = rng.normal(size=(6, 4))


def through_fifty():
    x, caches = rows, []
    for _block in range(50):
        x, cache = residual_forward(x, *nothing)
        caches.append(cache)
    gradient = upstream
    for cache in reversed(caches):
        gradient = residual_backward(gradient, cache)[0]
    return np.abs(gradient - upstream).max()


claims(
    Claim(
        "H(x) = x if F(x) = 0",
        True,
        lambda: np.allclose(residual_forward(rows, *nothing)[0], rows),
    ),
    Claim(
        "without F = 0 it is something else",
        True,
        lambda: not np.allclose(residual_forward(rows, *some)[0], rows),
    ),
    Claim(
        "then dx is the upstream gradient",
        True,
        lambda: np.allclose(
            residual_backward(upstream, residual_forward(rows, *nothing)[1])[0],
            upstream,
        ),
    ),
    Claim("fifty blocks with F = 0: change of the gradient", 0, through_fifty),
)

# %% [markdown] name="blocks-story"
# Now on images, in PyTorch, and with the two kinds of block that the paper's networks are made of (its figure
# 5):

# %% nbgrader={"grade": false, "grade_id": "published-blocks", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="published-blocks"
plots.published_blocks()

# %% [markdown] name="blocks-text"
# **BasicBlock**, for 18 and 34 layers: two 3x3 convolutions. **Bottleneck**, for 50 layers and more: a 1x1
# convolution makes the input narrow, a 3x3 works on the narrow maps, a 1x1 makes them four times as wide again.
# **Worked numbers:** two 3x3 convolutions on 64 channels have $2 \cdot 9 \cdot 64^2 = 73{,}728$ weights. The
# bottleneck on 256 channels has $256 \cdot 64 + 9 \cdot 64^2 + 64 \cdot 256 = 69{,}632$. Fewer, on four times
# the channels, and one layer more.
#
# Three rules hold for both.
#
# 1. A batchnorm stands behind *every* convolution, so convolutions have no bias: whatever number you add to a
#    channel, batchnorm takes away again.
# 2. The last ReLU stands *behind* the plus. In front of it $\mathcal F$ could only add.
# 3. Where $\mathcal F$ changes the channels or takes a stride, `x` doesn't fit what it is added to. Then the
#    skip is a **projection**: a 1x1 convolution with the block's stride, and its batchnorm (the paper's
#    "option B"). Everywhere else it is `x` itself.

# %% [markdown] name="exercise-basicblock"
# ### Exercise 12: BasicBlock
# Difficulty: ●●●○○, about 12 minutes, 4 points
#
# `BasicBlock(in_channels, channels, stride=1)`: two 3x3 convolutions with padding 1 to `channels` channels. The
# *first* takes the stride. The check looks at every layer, on PyTorch's `meta` device, and then compares your
# block's outputs for weights that it draws.


# %% nbgrader={"grade": false, "grade_id": "BasicBlock", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="BasicBlock"
class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a skip connection.

    in_channels: of the input; channels: of the output; stride: of the first convolution.

    Lecture: ResNet, residual block. Source: He et al. 2016, figure 5, left.
    """

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride, bias=False),
                nn.BatchNorm2d(channels),
            )
        ### END SOLUTION

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns (N, channels, H / stride, W / stride)."""
        ### BEGIN SOLUTION
        hidden = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(hidden)) + self.shortcut(x))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-BasicBlock", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-BasicBlock"
check(BasicBlock)

# %% [markdown] name="residual-depths-text"
# One line is new compared with `PlainBlock`. The same three depths again, the same batches, the same learning
# rate, and your block:

# %% nbgrader={"grade": false, "grade_id": "residual-depths", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="residual-depths"
residual_depths = train_depths(BasicBlock)
plots.degradation(plain_depths, residual_depths)

# %% [markdown] name="residual-depths-lesson"
# The order has turned round. The residual network of 44 layers is now no worse than that of 8, most often
# better; it has the same convolutions as the plain one, the same number of weights, and starts from the same
# kind of random numbers. At the beginning each block is *nearly* the identity plus a little noise, so 44 layers
# are as easy to walk through as 8. (The honest remark from above holds here, too: 160 batches show who learns
# faster. That the depth also pays in the end, ImageNet shows: see the errors at the end of this section.)

# %% [markdown] name="exercise-bottleneck"
# ### Exercise 13: Bottleneck
# Difficulty: ●●●○○, about 8 minutes, 4 points
#
# `Bottleneck(in_channels, channels, stride=1)`: convolutions 1x1 to `channels`, 3x3 with padding 1, and 1x1 to
# `4 * channels`, which is what comes out. ReLU behind the first two batchnorms, and behind the plus.
#
# Which of them takes the stride? The paper gives it to the first 1x1, its authors' later code and most
# libraries to the 3x3, which then sees all pixels before it drops any. Sizes and parameters are the same, and
# both count here.


# %% nbgrader={"grade": false, "grade_id": "Bottleneck", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="Bottleneck"
class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a skip connection.

    in_channels: of the input; channels: that the 3x3 convolution works on, 4 * channels come out;
    stride: of the 3x3 convolution (or of the first 1x1, as in the paper).

    Lecture: ResNet, 152 layers. Source: He et al. 2016, figure 5, right.
    """

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(4 * channels)
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != 4 * channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, 4 * channels, 1, stride, bias=False),
                nn.BatchNorm2d(4 * channels),
            )
        ### END SOLUTION

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns (N, 4 * channels, H / stride, W / stride)."""
        ### BEGIN SOLUTION
        hidden = F.relu(self.norm1(self.conv1(x)))
        hidden = F.relu(self.norm2(self.conv2(hidden)))
        return F.relu(self.norm3(self.conv3(hidden)) + self.shortcut(x))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-Bottleneck", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-Bottleneck"
check(Bottleneck)

# %% [markdown] name="resnet-table"
# And now all of it, the paper's table 1. Every depth begins with a 7x7 convolution to 64 channels, stride 2,
# padding 3 (224x224 becomes 112x112), its batchnorm and ReLU, and max pooling 3x3, stride 2, padding 1
# (56x56). Every depth ends with the mean of each map and a linear layer to 1000. Between them stand four stages
# of blocks:
#
# | stage | `channels` | output | 18 | 34 | 50 | 101 | 152 |
# |---|---|---|---|---|---|---|---|
# | conv2_x | 64 | 56x56 | 2 | 3 | 3 | 3 | 3 |
# | conv3_x | 128 | 28x28 | 2 | 4 | 4 | 4 | 8 |
# | conv4_x | 256 | 14x14 | 2 | 6 | 6 | 23 | 36 |
# | conv5_x | 512 | 7x7 | 2 | 3 | 3 | 3 | 3 |
# | kind of block | | | basic | basic | bottleneck | bottleneck | bottleneck |
#
# The first block of conv3_x, conv4_x and conv5_x takes stride 2. **A worked number:** 34 layers are
# $1 + 2 \cdot (3 + 4 + 6 + 3) + 1$; the pooling and the projections don't count.

# %% [markdown] name="exercise-resnet"
# ### Exercise 14: ResNet
# Difficulty: ●●●●○, about 20 minutes, 5 points
#
# `ResNet(depth, num_classes=1000, width=64)`: `depth` is 18, 34, 50, 101 or 152. `width` is the number of
# channels of conv1 and of the first stage; later stages have 2, 4 and 8 times as many (so that a small one can
# be tried quickly). The network takes (N, 3, H, W) and returns logits (N, num_classes).
#
# Think about: what changes from block to block is the number of channels that *arrive*. Keep it in a variable.


# %% nbgrader={"grade": false, "grade_id": "ResNet", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="ResNet"
class ResNet(nn.Module):
    """The residual network of a depth, 18, 34, 50, 101 or 152 layers.

    num_classes: how many logits come out; width: channels of the first stage.

    Lecture: ResNet, 152 layers. Source: He et al. 2016, table 1.
    """

    def __init__(self, depth, num_classes=1000, width=64):
        super().__init__()
        ### BEGIN SOLUTION
        counts = {
            18: (2, 2, 2, 2),
            34: (3, 4, 6, 3),
            50: (3, 4, 6, 3),
            101: (3, 4, 23, 3),
            152: (3, 8, 36, 3),
        }[depth]
        block, expansion = (BasicBlock, 1) if depth < 50 else (Bottleneck, 4)
        layers = [
            nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        ]
        arriving = width
        for stage, count in enumerate(counts):
            channels = width * 2**stage
            for number in range(count):
                stride = 2 if stage > 0 and number == 0 else 1
                layers.append(block(arriving, channels, stride))
                arriving = expansion * channels
        self.features = nn.Sequential(*layers)
        self.fc = nn.Linear(arriving, num_classes)
        ### END SOLUTION

    def forward(self, x):
        """x: (N, 3, H, W). Returns logits (N, num_classes)."""
        ### BEGIN SOLUTION
        return self.fc(self.features(x).mean(dim=(2, 3)))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-ResNet", "locked": true, "points": 5, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-ResNet"
check(ResNet)

# %% [markdown] name="resnet-claims-text"
# The last slide on ResNet, line by line: "Skip-connections. Different variants (from 34 to 152 layers).
# BatchNorm, Xavier init. Dropout isn't used." And the published numbers of parameters. All of it is counted in
# your own code, on the `meta` device, where 152 layers weigh nothing.


# %% nbgrader={"grade": false, "grade_id": "resnet-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="resnet-claims"
def count(kind, depth):
    with torch.device("meta"):
        network = ResNet(depth)
    return sum(isinstance(one, kind) for one in network.modules())


def weighted_layers(depth):
    """Convolutions but for the projections, and the linear layer."""
    projections = 4 if depth >= 50 else 3
    return count(nn.Conv2d, depth) - projections + count(nn.Linear, depth)


claims(
    Claim(
        "weights of a BasicBlock's convolutions, 64 channels",
        73_728,
        lambda: parameters(BasicBlock, in_channels=64, channels=64) - 4 * 64,
    ),
    Claim(
        "of a Bottleneck's, 256 channels",
        69_632,
        lambda: parameters(Bottleneck, in_channels=256, channels=64) - 4 * 64 - 2 * 256,
    ),
    Claim("parameters of ResNet-18", 11_689_512, lambda: parameters(ResNet, depth=18)),
    Claim("ResNet-34", 21_797_672, lambda: parameters(ResNet, depth=34)),
    Claim("ResNet-50", 25_557_032, lambda: parameters(ResNet, depth=50)),
    Claim("ResNet-101", 44_549_160, lambda: parameters(ResNet, depth=101)),
    Claim("ResNet-152", 60_192_808, lambda: parameters(ResNet, depth=152)),
    Claim("152 layers", 152, lambda: weighted_layers(152)),
    Claim(
        "the smallest of the paper's table has 34",
        34,
        lambda: weighted_layers(18),
        instead=18,
    ),
    Claim(
        "BatchNorm: convolutions of ResNet-50 without one",
        0,
        lambda: count(nn.Conv2d, 50) - count(nn.BatchNorm2d, 50),
    ),
    Claim(
        "dropout is not used: dropout layers in ResNet-152",
        0,
        lambda: count(nn.Dropout, 152),
    ),
)

# %% [markdown] name="initialisation-story"
# Two of the slide's words don't hold. The smallest network in the paper's table 1 has 18 layers, not 34; its
# table 2 is a comparison of just these two.
#
# And "Xavier init": section 3.4 of the paper says "we initialize the weights as in [13]", and [13] is He et al.
# 2015, *Delving deep into rectifiers*. You have met both in lesson 2. Xavier's variance, $1/\text{fan-in}$ for a
# layer with as many inputs as outputs, is made for layers whose slope is about 1. ReLU throws half of the
# signal away, so behind every layer the *square* of the activations is halved: $2^{-33}$ after the 33
# convolutions of ResNet-34, and the activations themselves $2^{-16.5}$, a factor of 92,682. He's variance,
# $2/\text{fan-in}$, makes up for it:

# %% nbgrader={"grade": false, "grade_id": "residual-scales", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="residual-scales"
plots.residual_scales()

# %% nbgrader={"grade": false, "grade_id": "initialisation-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="initialisation-claims"
from cs_utils.degradation import scales_through_layers

he, xavier = scales_through_layers(2.0), scales_through_layers(1.0)
claims(
    Claim(
        "activations behind 33 layers, He over Xavier",
        92_682,
        lambda: he[-1] / xavier[-1],
        digits=0,
    ),
    Claim(
        "ResNet keeps its activations with Xavier, without batchnorm",
        True,
        lambda: xavier[-1] > 0.01,
        instead=False,
    ),
    Claim("with He's", True, lambda: he[-1] > 0.01),
)

# %% [markdown] name="initialisation-lesson"
# (With batch normalisation behind every layer either start would do: it brings every scale back to 1. The
# paper's plain networks have both, and degrade all the same.)

# %% [markdown] name="retrieval-story"
# ### What a network takes for alike
#
# AlexNet's paper ends with a figure: five test images, and beside each the six training images whose *features*,
# the 4096 numbers in front of the last layer, lie nearest by Euclidean distance. Elephants come with elephants,
# whichever way they look, though pixel by pixel the pictures have nothing in common.
#
# We have clothes, and a network: your residual one of 44 layers from above. Its features are the 16 numbers in
# front of its last layer.
#
# **A worked number.** Query $(1, 1)$; features $(0, 0)$, $(3, 4)$, $(1, 0)$. The distances are $\sqrt 2$,
# $\sqrt{13}$ and $1$: the nearest has index 2, the next 0.

# %% [markdown] name="exercise-nearest-neighbours"
# ### Exercise 15: nearest_neighbours
# Difficulty: ●●○○○, about 6 minutes, 2 points
#
# `features` is (N, D), `query` (D,). Return the indices of the `k` nearest features, nearest first; of equally
# near ones the smaller index first. NumPy, no loop.
#
# Think about: pictures are often bytes. What is `np.uint8(3) - np.uint8(5)`?


# %% nbgrader={"grade": false, "grade_id": "nearest_neighbours", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="nearest_neighbours"
def nearest_neighbours(features, query, k):
    """The k features with the smallest Euclidean distance from a query.

    features: (N, D); query: (D,); numbers of any kind, left unchanged; k: at most N.
    Returns indices, shape (k,), nearest first; of equal distances the smaller index first.

    Lecture: AlexNet. Source: Krizhevsky et al. 2012, section 6.1 and figure 4.
    """
    ### BEGIN SOLUTION
    differences = features.astype(float) - query.astype(float)
    return np.argsort((differences**2).sum(axis=1), kind="stable")[:k]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-nearest_neighbours", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-nearest_neighbours"
check(nearest_neighbours)

# %% nbgrader={"grade": false, "grade_id": "alike", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="alike"
from cs_utils.datasets import FASHION_CLASSES, fashion_mnist
from cs_utils.degradation import depth_features

clothes = fashion_mnist()
images, labels = clothes.test_images, clothes.test_labels
features = depth_features(residual_depths, images, 44)
queries = [int(np.flatnonzero(labels == label)[2]) for label in (2, 3, 5, 7, 8)]
plots.alike(
    nearest_neighbours,
    images,
    labels,
    {"by pixels": images, "by features": features},
    queries,
    FASHION_CLASSES,
)

# %% nbgrader={"grade": false, "grade_id": "alike-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="alike-claims"
claims(
    Claim(
        "the worked number",
        (2, 0),
        lambda: nearest_neighbours(
            np.array([[0, 0], [3, 4], [1, 0]]), np.array([1, 1]), 2
        ),
    ),
    Claim(
        "16 features find nearly as many of the same kind as 784 pixels",
        True,
        lambda: (
            plots.same_kind(nearest_neighbours, features, labels)
            > plots.same_kind(nearest_neighbours, images, labels) - 0.1
        ),
    ),
)

# %% [markdown] name="alike-lesson"
# Look at the rows. By pixels an image is like what covers the same pixels, equally dark, be it a dress or
# trousers; by features it is often like what it *is*, dark or bright, striped or not. Pullovers, shirts and coats
# are hard for both. (On the whole pixels do well here, because these clothes all lie in the middle of their
# little pictures. On photos, where a cat may sit anywhere, they would be hopeless.) All that is left of an image
# is 16 numbers, and nobody told the network which: they are what it found useful for telling clothes apart.

# %% [markdown] name="five-story"
# ## 7. Five architectures in one picture
#
# Seventeen years in one figure: the error that the papers report, against what a network costs. For ImageNet it
# is the **top-5 error** of one network, ten crops of each validation image, so that they can be compared. LeNet-5
# never saw ImageNet; its star is its error on MNIST, another and much easier task.

# %% nbgrader={"grade": false, "grade_id": "five-architectures", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="five-architectures"
plots.five_architectures()

# %% [markdown] name="five-lesson"
# AlexNet's parameters sit in its linear layers, and VGG has even more of them. GoogLeNet reaches VGG's error with
# a twentieth of its parameters and a tenth of its work. ResNet-152 is eight times as deep as VGG-19,
# makes over a third fewer errors, and is still cheaper than VGG-16. Not *more* decided this race but *where*: small
# kernels, 1x1 convolutions, global averages in the place of linear layers, and a way past.
#
# The parameters and operations there are those of the published tables. Yours?

# %% nbgrader={"grade": false, "grade_id": "five-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="five-claims"
from cs_utils.published_errors import IMAGENET

published = {report.name: report.parameters for report in IMAGENET}
claims(
    Claim(
        "AlexNet, in two groups as published",
        published["AlexNet"],
        lambda: parameters(AlexNet, groups=2),
    ),
    Claim("VGG-16", published["VGG-16"], lambda: parameters(VGG16)),
    Claim("ResNet-152", published["ResNet-152"], lambda: parameters(ResNet, depth=152)),
    Claim(
        "ResNet-152 has fewer than VGG-16",
        True,
        lambda: parameters(ResNet, depth=152) < parameters(VGG16),
    ),
)

# %% [markdown] name="capstone-story"
# ## 8. Your own network
#
# Everything is in your hands now: layers, blocks, training, and what seventeen years have taught. Build a network
# for Fashion-MNIST. The rules:
#
# * at most **50,000 parameters**, biases and batchnorms included (AlexNet has a thousand times as many);
# * at most **60 seconds** of one processor core for the training; the grader stops it where it takes much
#   longer. Fifteen are enough for all points;
# * it learns from the 10,000 training images and nothing else, and is tried on 2,000 images that it has never
#   seen. Each of them is **moved by up to 2 pixels**, down or up and to either side, and made up to 10 % darker
#   or brighter.
#
# The check here tries your network on the course's held-out images. The grader trains it again, with another
# seed, and tries it on *other* images that are in no file that you have. So a table of right answers is of no
# use, and neither is choosing your settings by the check alone until they fit: expect the grader's number to be
# 1 or 2 % lower.
#
# | right answers, at least | 50 % | 60 % | 70 % | 76 % | 79 % | 81 % | 83 % |
# |---|---|---|---|---|---|---|---|
# | points, together | 1 | 2 | 3 | 4 | 5 | 6 | 8 |
#
# Where that takes you: a linear layer alone gets about 60 %, for moved images are strangers to it. LeNet's way,
# with a dense layer behind two convolutions, or a plain convolutional network: 72 to 74 %. A fully connected
# network whose training images were moved too: 78 %. Batch normalisation, pooling that forgets *where*, a
# residual block and moved training images: 85 %.

# %% [markdown] name="exercise-train-small-network"
# ### Exercise 16: train_small_network
# Difficulty: ●●●●●, about 45 minutes, 8 points
#
# `images` is a tensor (10000, 1, 28, 28) of numbers from 0 to 1, `labels` (10000,) of whole numbers 0 to 9.
# Build a network, train it, and return it: a module that takes (N, 1, 28, 28), numbers from 0 to 1, and gives
# scores (N, 10). Call `torch.manual_seed(seed)` first, so that you can repeat what you did.
#
# `batches(images, labels, epochs, batch_size, seed)` yields `(x, y)` in a new order every epoch and shows a bar.
# A loop is then five lines: `loss = F.cross_entropy(network(x), y)`, `optimiser.zero_grad()`,
# `loss.backward()`, `optimiser.step()`. `torch.optim.Adam` or `AdamW` with
# `torch.optim.lr_scheduler.OneCycleLR` get far quickly.
#
# Think about: what the images go through before the network sees them, new images won't, unless the network
# does it itself. And what does `network.eval()` change?

# %% nbgrader={"grade": false, "grade_id": "batches", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="batches"
from cs_utils.capstone import train
from cs_utils.training import batches


# %% nbgrader={"grade": false, "grade_id": "train_small_network", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="train_small_network"
def train_small_network(images, labels, seed):
    """A network of at most 50,000 parameters for Fashion-MNIST, trained.

    images: (N, 1, 28, 28), from 0 to 1; labels: (N,), 0 to 9; seed: an int.
    Returns a torch.nn.Module that gives scores (M, 10) for images (M, 1, 28, 28) from 0 to 1.

    Lecture: all of it.
    """
    ### BEGIN SOLUTION
    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        BasicBlock(32, 32),
        nn.AdaptiveMaxPool2d(2),
        nn.Flatten(),
        nn.Linear(128, 10),
    ).to(device)

    def moved(x):
        windows = F.pad(x, (2, 2, 2, 2)).unfold(2, 28, 1).unfold(3, 28, 1)
        down, right = torch.randint(5, (2, len(x)), device=x.device)
        return windows[torch.arange(len(x), device=x.device), :, down, right]

    epochs, batch_size = 8, 128
    adamw = torch.optim.AdamW(network.parameters())
    steps = epochs * -(-len(images) // batch_size)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adamw, 1e-2, total_steps=steps)
    images, labels = images.to(device), labels.to(device)
    for x, y in batches(images, labels, epochs, batch_size, seed):
        loss = F.cross_entropy(network(moved(x)), y)
        adamw.zero_grad()
        loss.backward()
        adamw.step()
        cycle.step()
    return network.eval()
    ### END SOLUTION


# %% [markdown] name="train-text"
# This trains your network, on one thread, as the grader does; the check below uses the result, unless you have
# changed something since.

# %% nbgrader={"grade": false, "grade_id": "train", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="train"
small = train(train_small_network)
small


# %% nbgrader={"grade": true, "grade_id": "check-train_small_network", "locked": true, "points": 8, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-train_small_network"
check(train_small_network)

# %% nbgrader={"grade": false, "grade_id": "small-network", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="small-network"
plots.small_network(small, FASHION_CLASSES)

# %% [markdown] name="small-network-lesson"
# Look at the mistakes: shirts, pullovers and coats. Would you have known? People without expertise in fashion
# get 83.5 % of such images right, says the page of the data set (as they are, not moved). If your curve falls as the images move, you know what to do; if it is low everywhere, give
# the network more to say, or more time.

# %% [markdown] name="ending"
# ## What you can do now
#
# In lesson 1 you took the derivative of one number. Now you have built LeNet-5, AlexNet, VGG, GoogLeNet and
# ResNet-152, you know what each of them costs and why it was worth it, and a network of your own tells clothes
# apart about as well as people do. Nothing in it is magic: dot products, a maximum, a plus, and the chain rule.
#
# This part of the lecture once more:

# %% nbgrader={"grade": false, "grade_id": "resnet-all-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="resnet-all-claims"
from cs_utils.degradation import final_losses


def ends_higher(depths):
    losses = final_losses(depths)
    return bool(losses[-1] > losses[0] + 0.1)


claims(
    Claim(
        "more layers alone do not help: 44 plain layers end higher than 8",
        True,
        lambda: ends_higher(plain_depths),
    ),
    Claim(
        "with skip connections they do not", False, lambda: ends_higher(residual_depths)
    ),
    Claim("152 layers", 152, lambda: weighted_layers(152)),
    Claim(
        "H(x) = x if F(x) = 0",
        True,
        lambda: np.allclose(residual_forward(rows, *nothing)[0], rows),
    ),
    Claim("variants from 34 layers", 34, lambda: weighted_layers(18), instead=18),
    Claim("dropout is not used", 0, lambda: count(nn.Dropout, 152)),
    Claim(
        "Xavier's start keeps the activations of 33 ReLU layers",
        True,
        lambda: xavier[-1] > 0.01,
        instead=False,
    ),
)

# %% [markdown] name="sources"
# **What comes next.** Residual connections stayed: transformers are made of them. The rest of deep learning is
# open to you; most of it is a new way to join layers that you have written yourself.
#
# **Sources.** K. He, X. Zhang, S. Ren and J. Sun, *Deep residual learning for image recognition*, CVPR 2016; the
# same, *Delving deep into rectifiers*, ICCV 2015; X. Glorot and Y. Bengio, *Understanding the difficulty of
# training deep feedforward neural networks*, AISTATS 2010; A. Krizhevsky, I. Sutskever and G. Hinton, *ImageNet
# classification with deep convolutional neural networks*, NIPS 2012; K. Simonyan and A. Zisserman, *Very deep
# convolutional networks for large-scale image recognition*, ICLR 2015; C. Szegedy et al., *Going deeper with
# convolutions*, CVPR 2015; Y. LeCun et al., *Gradient-based learning applied to document recognition*, Proc.
# IEEE 86 (1998); H. Xiao, K. Rasul and R. Vollgraf, *Fashion-MNIST*, arXiv:1708.07747 (2017).
