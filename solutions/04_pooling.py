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
# # 4. Strides, pooling and what networks see
#
# Your filters see five pixels at a time; a cat has 90,000. So how does a network ever see a cat? This
# lesson makes the windows take bigger steps and the maps smaller, until one number has seen the whole
# picture. Then it opens a network that has learned from a million photos, and looks at what it saw. On
# the way your code
#
# * measures how much of a photo its neighbours already tell, and how much a stride throws away;
# * computes what an output of VGG or ResNet can see, to the pixel;
# * pools by maximum and by average, forward and backward, and then a hundred times faster;
# * becomes a convolutional network in NumPy that reads handwriting.
#
# You write sixteen functions, 47 points in all. As before, `check(...)` under each tells you what is
# wrong on the smallest example that goes wrong, and a mistake costs points only in its own exercise.
# NumPy is all you need until section 10.

# %% nbgrader={"grade": false, "grade_id": "set-up", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="set-up"
import numpy as np

from cs_utils import Claim, check, claims, datasets, plots, training
from cs_utils.earlier import conv_output_size, filter2d  # yours, of lesson 3
from cs_utils.photos import photo

# %% [markdown] name="neighbours-story"
# ## 1. Neighbours are alike
#
# The lecture's slide *Strides & Pooling* begins with a wish, and gives two reasons why it may be
# granted:
#
# > The receptive field must grow faster!
# >
# > 1. Pixels are locally correlated: neighbouring pixels, as a rule, do not differ much.
# > 2. If we convolve with a stride, we save computing power and lose no information.
#
# A picture is a measurement. How alike are two pixels, one step apart, or ten? Take *all* pairs of
# pixels that lie $d$ apart in a row: $a$ is the left one, $b$ the right one. Their **correlation** is
#
# $$r = \frac{\sum (a - \bar a)(b - \bar b)}{\sqrt{\sum (a - \bar a)^2 \; \sum (b - \bar b)^2}} ,$$
#
# where $\bar a$ is the mean of all left ones and $\bar b$ that of all right ones. 1 means that you can
# tell one from the other, 0 that you can't.
#
# **A worked number.** The picture `[[1, 2, 3], [2, 4, 6]]` and $d = 1$: the pairs are (1, 2), (2, 3),
# (2, 4), (4, 6), with $\bar a = 2.25$ and $\bar b = 3.75$. Above stands 6.25, below $\sqrt{4.75 \cdot
# 8.75}$: $r = 0.97$.

# %% [markdown] name="exercise-local-correlation"
# ### Exercise 1: local_correlation
# Difficulty: ●●○○○, about 8 minutes, 2 points
#
# `image` is a grey picture (H, W), of any dtype; `distance` is 0 or more. Return $r$ for all pairs of
# pixels so far apart in a row.
#
# Think about: what does `image[:, :-distance]` give for distance 0? And what is `200 + 100` in 8 bits?


# %% nbgrader={"grade": false, "grade_id": "local_correlation", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="local_correlation"
def local_correlation(image, distance):
    """Correlation of all pairs of pixels that lie so far apart in a row.

    image: (H, W), any dtype, left unchanged; distance: in pixels, 0 to W - 2.
    Returns a number from -1 to 1.

    Lecture: Strides & Pooling, "pixels are locally correlated".
    """
    ### BEGIN SOLUTION
    image = image.astype(float)
    left = image[:, : image.shape[1] - distance].ravel()
    right = image[:, distance:].ravel()
    return np.corrcoef(left, right)[0, 1]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-local_correlation", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-local_correlation"
check(local_correlation)

# %% nbgrader={"grade": false, "grade_id": "correlations", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="correlations"
plots.local_correlations(local_correlation)

# %% nbgrader={"grade": false, "grade_id": "correlation-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="correlation-claims"
cat = photo("chelsea").mean(axis=2)
grass = photo("grass")[..., 0].astype(float)
shuffled = np.random.default_rng(0).permutation(cat.ravel()).reshape(cat.shape)
claims(
    Claim(
        "the worked number",
        0.97,
        lambda: local_correlation(np.array([[1, 2, 3], [2, 4, 6]]), 1),
    ),
    Claim("a cat's neighbours", 0.96, lambda: local_correlation(cat, 1)),
    Claim("her pixels, shuffled", 0, lambda: local_correlation(shuffled, 1)),
    Claim("blades of grass, 4 pixels apart", 0.09, lambda: local_correlation(grass, 4)),
    Claim(
        "neighbours differ by, of 255, mean over the cat",
        5.6,
        lambda: np.abs(np.diff(cat, axis=1)).mean(),
        digits=1,
    ),
    Claim(
        "and over the grass",
        23.2,
        lambda: np.abs(np.diff(grass, axis=1)).mean(),
        digits=1,
    ),
)

# %% [markdown] name="correlation-lesson"
# The slide is right, and the plot says where. In a photo of a cat or a cup a pixel tells nearly all of
# its neighbour, and a good deal of one ten pixels away. In bricks and grass it is over after three or
# four. And it is the *order* that does it: the same pixels shuffled tell nothing of each other. A fully
# connected network can't know that; everything below makes use of it.

# %% [markdown] name="stride-story"
# ## 2. Bigger steps
#
# A **stride** of $s$ lets a window move $s$ pixels at a time. You know the size from lesson 3, $(N -
# F)/s + 1$; the slide draws it for a 7x7 input and a 3x3 filter, "5x5 output volume" with stride 1 and
# "3x3 output volume" with stride 2. "A very aggressive strategy of making the picture smaller", says the
# lecture: $s$ in both directions leaves one output in $s^2$.
#
# What does it cost? Let's keep every $s$-th pixel of a picture and draw it again from those, with
# straight lines in between, as well as one can who has nothing else.

# %% nbgrader={"grade": false, "grade_id": "strided", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="strided"
stripes = np.tile([255.0, 0.0], (90, 65))
eye = cat[55:145, 85:215]
plots.strided_photos({"cat": eye, "grass": grass[:90, :130], "stripes": stripes})


# %% nbgrader={"grade": false, "grade_id": "stride-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="stride-claims"
def products(side, stride):
    return 9 * conv_output_size(side, 3, stride) ** 2


claims(
    Claim("7x7 input, 3x3 filter, stride 1", 5, lambda: conv_output_size(7, 3, 1)),
    Claim("7x7 input, 3x3 filter, stride 2", 3, lambda: conv_output_size(7, 3, 2)),
    Claim(
        "we save computing power: products left at stride 2, 7x7",
        0.36,
        lambda: products(7, 2) / products(7, 1),
    ),
    Claim(
        "products left at stride 2, 225x225",
        0.25,
        lambda: products(225, 2) / products(225, 1),
    ),
    Claim(
        "we lose no information: the stripes are still there",
        True,
        lambda: stripes[::2, ::2].std() > 0,
        instead=False,
    ),
    Claim(
        "a stride of 2 into four times the channels: numbers kept",
        1,
        lambda: 4 * stripes[::2, ::2].size / stripes.size,
    ),
)

# %% [markdown] name="stride-lesson"
# "We save computing power": yes, three quarters of it at stride 2, on large pictures. "And lose no
# information": not quite. What was correlated comes back nearly unharmed, and the cat's eye can spare
# three pixels in four. But what is as fine as the step is gone: stripes of one pixel each become a white
# wall at stride 2, and at stride 3 they come back as *wider* stripes that were never there. (That is
# called **aliasing**; it is why wheels turn backwards in films.) The claim holds as far as neighbours
# are alike, and no further.
#
# Networks get away with it twice over. The layers before a stride blur, as your kernels did, so little
# that is finer than the step is left; and they nearly always take more channels where they make the maps
# smaller. With four times the channels no number need be lost at all.

# %% [markdown] name="field-story"
# ## 3. How much of the picture does it see?
#
# The pixels that an output depends on are its **receptive field**. One 3x3 layer sees 3 pixels in a row.
# A second one sees 3 outputs of the first, which lie next to each other and share pixels: 5. So each
# layer adds $k - 1$ outputs of the layer below, and an output below may be further than one pixel from
# its neighbour: that distance in the picture is called the **jump**, and every stride multiplies it.
#
# **A worked number.** A 3x3 layer with stride 2, then a 3x3 layer with stride 1. The first sees 3
# pixels, and its outputs are 2 pixels apart. The second sees three of those, and so 3 + 2 + 2 = 7
# pixels; its own outputs are still 2 apart. Size 7, jump 2.

# %% [markdown] name="exercise-receptive-field"
# ### Exercise 2: receptive_field
# Difficulty: ●●○○○, about 8 minutes, 3 points
#
# `layers` is a list of pairs `(kernel_size, stride)`, from the picture on. Return `(size, jump)` of the
# last layer's outputs, two ints: how many pixels in a row one of them sees, and how many pixels lie
# between the fields of two neighbours.
#
# Think about: which stride makes a layer's window wider, its own or those before it?


# %% nbgrader={"grade": false, "grade_id": "receptive_field", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="receptive_field"
def receptive_field(layers):
    """What an output sees of the picture.

    layers: list of (kernel_size, stride), the first is the one on the picture.
    Returns (size, jump) in pixels: how wide the receptive field is, and how far it moves from one
    output to the next.

    Lecture: Strides & Pooling, receptive field; VGGNet.
    """
    ### BEGIN SOLUTION
    size, jump = 1, 1
    for kernel_size, stride in layers:
        size = size + (kernel_size - 1) * jump
        jump = jump * stride
    return size, jump
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-receptive_field", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-receptive_field"
check(receptive_field)

# %% nbgrader={"grade": false, "grade_id": "field-growth", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="field-growth"
plots.field_growth(
    receptive_field,
    {
        "3x3, stride 1": [(3, 1)],
        "7x7, stride 1": [(7, 1)],
        "3x3, every third with stride 2": [(3, 1), (3, 1), (3, 2)],
        "3x3, all with stride 2": [(3, 2)],
    },
)

# %% [markdown] name="field-steps-text"
# The same on a photo, for the 18 layers of VGG-16, a network of lesson 5: 13 convolutions of 3x3, and five
# poolings of 2x2 with stride 2. Move the slider from layer to layer. Where does it begin to grow fast?

# %% nbgrader={"grade": false, "grade_id": "field-steps", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="field-steps"
layers_of_vgg16 = [layer for count in (2, 2, 3, 3, 3) for layer in [*[(3, 1)] * count, (2, 2)]]
plots.field_steps(receptive_field, layers_of_vgg16)

# %% [markdown] name="field-lesson"
# "The receptive field must grow faster!": this is the picture to the wish. Without strides it grows by
# addition, a few pixels a layer, and it would take 112 layers of 3x3 to see a 224x224 picture whole.
# Each stride *doubles* what all later layers add.
#
# Now real networks. VGG-16 has blocks of 3x3 layers with a 2x2 pooling of stride 2 behind each. By hand:
# 5, then 6 behind the first pooling; 14, 16; 40, 44; 92, 100; 196, and 212 at the end. In a ResNet-50
# the longest way goes through sixteen blocks of 1x1, 3x3 and 1x1 layers.

# %% nbgrader={"grade": false, "grade_id": "field-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="field-claims"
pool = (2, 2)
vgg16 = [layer for count in (2, 2, 3, 3, 3) for layer in [*[(3, 1)] * count, pool]]
alexnet = [(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)]


def resnet50(stride_in):
    """The stride of each stage stands in its first block's 1x1 layer or 3x3."""
    layers = [(7, 2), (3, 2)]
    for blocks, stride in ((3, 1), (4, 2), (6, 2), (3, 2)):
        for block in range(blocks):
            s = stride if block == 0 else 1
            first, second = (s, 1) if stride_in == "1x1" else (1, s)
            layers += [(1, first), (3, second), (1, 1)]
    return layers


claims(
    Claim("the worked number", (7, 2), lambda: receptive_field([(3, 2), (3, 1)])),
    Claim(
        "three 3x3 layers see what one 7x7 sees",
        True,
        lambda: (
            tuple(receptive_field([(3, 1)] * 3)) == tuple(receptive_field([(7, 1)]))
        ),
    ),
    Claim(
        "AlexNet, after its last pooling", (195, 32), lambda: receptive_field(alexnet)
    ),
    Claim("VGG-16, its last 3x3 layer", 196, lambda: receptive_field(vgg16[:-1])[0]),
    Claim("VGG-16, after its last pooling", (212, 32), lambda: receptive_field(vgg16)),
    Claim(
        "ResNet-50, as its authors built it",
        (483, 32),
        lambda: receptive_field(resnet50("1x1")),
    ),
    Claim(
        "ResNet-50, as PyTorch's torchvision builds it",
        (427, 32),
        lambda: receptive_field(resnet50("3x3")),
    ),
    Claim(
        "3x3 layers of stride 1 until 224 pixels are seen",
        112,
        lambda: next(n for n in range(200) if receptive_field([(3, 1)] * n)[0] >= 224),
    ),
)

# %% [markdown] name="gradient-text"
# (Two ResNets of one name? Its authors let the first 1x1 layer of a stage take the stride, which so
# *skips* three quarters of its input unseen; most programs of today let the 3x3 layer take it. It
# changes what is seen by 56 pixels.)
#
# Is it true, though? PyTorch can tell. A gradient says which pixels move an output. We ask for it in the
# middle of random networks, and lay your square on it:

# %% nbgrader={"grade": false, "grade_id": "field-of-gradient", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="field-of-gradient"
plots.field_of_gradient(
    receptive_field,
    {
        "three 3x3": [(3, 1)] * 3,
        "ten 3x3": [(3, 1)] * 10,
        "3x3, 2nd and 4th stride 2": [(3, 1), (3, 2), (3, 1), (3, 2), (3, 1)],
    },
)

# %% [markdown] name="gradient-lesson"
# The gradient ends where your square ends. But look at the ten layers: the rim is dark. There is one way
# for a corner pixel to reach the output, and there are thousands for a pixel in the middle. So the field
# that *matters* is smaller than the one that you compute (Luo and others, 2016, called it the effective
# receptive field); five layers with two strides see more evenly than ten without.

# %% [markdown] name="max-story"
# ## 4. Max pooling
#
# "Inside a window we compute the maximum or the average, and fold the dimension, making use of the local
# correlation": the slide's **pooling layer**. It slides a window like a convolution, over every channel
# by itself, and has nothing to learn.
#
# $$\text{out}[n, c, i, j] = \max_{0 \le a, b < k} x[n, c,\; iS + a,\; jS + b]$$
#
# With $k = S$ the windows lie side by side; AlexNet let 3x3 windows overlap, $k = 3$, $S = 2$. Where a
# last window would stick out, it is left out, as PyTorch does: the size is $\lfloor (H - k)/S \rfloor +
# 1$.

# %% nbgrader={"grade": false, "grade_id": "worked-numbers", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="worked-numbers"
worked = np.array([[1, 3, -2, 1], [2, -2, 5, 4], [0, -4, -3, -1], [-2, -6, -5, -7]])

# %% [markdown] name="exercise-max-pool-forward"
# ### Exercise 3: max_pool_forward
# Difficulty: ●●○○○, about 8 minutes, 3 points
#
# `x` has shape (N, C, H, W). Return `(out, cache)`; the cache is your own business. Loops are fine.
#
# Think about: all values of a window may be negative.


# %% nbgrader={"grade": false, "grade_id": "max_pool_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="max_pool_forward"
def max_pool_forward(x, kernel_size, stride):
    """The largest value of every window.

    x: (N, C, H, W), left unchanged; kernel_size, stride: ints, windows are square.
    Returns (out, cache); out has shape (N, C, (H - k) // S + 1, (W - k) // S + 1).

    Lecture: Pooling layer.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    outH, outW = (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1
    out = np.zeros((N, C, outH, outW))
    for i in range(outH):
        for j in range(outW):
            top, left = i * stride, j * stride
            window = x[:, :, top : top + kernel_size, left : left + kernel_size]
            out[:, :, i, j] = window.max(axis=(2, 3))
    return out, (x, kernel_size, stride)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-max_pool_forward", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-max_pool_forward"
check(max_pool_forward)

# %% [markdown] name="max-backward-story"
# And backward? Raise the largest value of a window a little, and the output rises as much: local
# gradient 1. Raise any other a little, and nothing happens: 0. So the upstream gradient goes, whole, to
# the place where the maximum came from. What if several windows chose the same pixel? By now you know:
# it gets the sum.
#
# **Ties.** Two values of a window may be equally large; behind a ReLU whole windows are 0. There the
# derivative doesn't exist: raised, either one lifts the output, lowered, neither does. PyTorch gives
# everything to the first, row by row. Equal shares are as good. But what is handed on must add up to
# what came in: the whole gradient to *each* of them is too much.

# %% [markdown] name="exercise-max-pool-backward"
# ### Exercise 4: max_pool_backward
# Difficulty: ●●●○○, about 15 minutes, 4 points
#
# `dout` has the shape of `out`. Return `dx`, the shape of `x`.
#
# Think about: `np.argmax` gives one number for a window; `np.unravel_index` makes it two.


# %% nbgrader={"grade": false, "grade_id": "max_pool_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="max_pool_backward"
def max_pool_backward(dout, cache):
    """Backward pass of max pooling.

    dout: upstream gradient, (N, C, outH, outW), left unchanged; cache: what max_pool_forward kept.
    Returns dx of shape (N, C, H, W).

    Lecture: Pooling layer; lesson 1, upstream and local gradient.
    """
    ### BEGIN SOLUTION
    x, kernel_size, stride = cache
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dout.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + kernel_size, left : left + kernel_size]
        row, column = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, top + row, left + column] += dout[n, c, i, j]
    return dx
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-max_pool_backward", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-max_pool_backward"
check(max_pool_backward)

# %% [markdown] name="winner-steps-text"
# Your two functions at work, with AlexNet's overlapping windows: who wins, and who gets how much of the
# gradient? Before the last step say what `dx` will be.

# %% nbgrader={"grade": false, "grade_id": "winner-steps", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="winner-steps"
plots.winner_steps(
    max_pool_forward,
    max_pool_backward,
    [[1, 5, 2, 0, 3], [4, 2, 7, 1, 0], [3, 1, 2, 6, 2], [0, 8, 1, 2, 4], [2, 3, 5, 1, 9]],
    kernel_size=3,
    stride=2,
)

# %% [markdown] name="average-story"
# ## 5. Average pooling
#
# $$\text{out}[n, c, i, j] = \frac{1}{k^2} \sum_{0 \le a, b < k} x[n, c,\; iS + a,\; jS + b]$$
#
# LeNet-5 pooled nearly like this (it learned a factor and a bias for each map, too). It is a convolution
# whose weights are all $1/k^2$, each channel by itself: your blur of lesson 3, with a stride. Backward
# every entry of a window gets its share.

# %% [markdown] name="exercise-avg-pool-forward"
# ### Exercise 5: avg_pool_forward
# Difficulty: ●○○○○, about 4 minutes, 2 points
#
# Shapes as for `max_pool_forward`.


# %% nbgrader={"grade": false, "grade_id": "avg_pool_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="avg_pool_forward"
def avg_pool_forward(x, kernel_size, stride):
    """The mean of every window.

    x: (N, C, H, W), left unchanged; kernel_size, stride: ints, windows are square.
    Returns (out, cache); out has shape (N, C, (H - k) // S + 1, (W - k) // S + 1).

    Lecture: Pooling layer.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    outH, outW = (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1
    out = np.zeros((N, C, outH, outW))
    for i in range(outH):
        for j in range(outW):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            out[:, :, i, j] = x[:, :, rows, columns].mean(axis=(2, 3))
    return out, (x.shape, kernel_size, stride)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-avg_pool_forward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-avg_pool_forward"
check(avg_pool_forward)

# %% nbgrader={"grade": false, "grade_id": "pooling-example", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="pooling-example"
plots.pooling_example(max_pool_forward, avg_pool_forward, worked)

# %% [markdown] name="exercise-avg-pool-backward"
# ### Exercise 6: avg_pool_backward
# Difficulty: ●●○○○, about 8 minutes, 3 points
#
# `dout` has the shape of `out`. Return `dx`, the shape of `x`. The windows may overlap, and some pixels
# may lie in none.


# %% nbgrader={"grade": false, "grade_id": "avg_pool_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="avg_pool_backward"
def avg_pool_backward(dout, cache):
    """Backward pass of average pooling.

    dout: upstream gradient, (N, C, outH, outW), left unchanged; cache: what avg_pool_forward kept.
    Returns dx of shape (N, C, H, W).

    Lecture: Pooling layer.
    """
    ### BEGIN SOLUTION
    shape, kernel_size, stride = cache
    dx = np.zeros(shape)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            share = dout[:, :, i, j] / kernel_size**2
            dx[:, :, rows, columns] += share[:, :, np.newaxis, np.newaxis]
    return dx
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-avg_pool_backward", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-avg_pool_backward"
check(avg_pool_backward)

# %% nbgrader={"grade": false, "grade_id": "pooling-routes", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="pooling-routes"
plots.pooling_routes(
    (max_pool_forward, max_pool_backward),
    (avg_pool_forward, avg_pool_backward),
    worked,
    [[10, 20], [30, 40]],
)

# %% [markdown] name="pictures-text"
# ### What does each keep?
#
# The slide says
#
# > * Max pooling picks out the most noticeable features, such as edges and textures.
# > * Average pooling can be useful when more information about the context must be kept, and not only the
# >   highest values.
#
# A wall, and the edges that a kernel of lesson 3 finds in it, behind a ReLU; then every fourth pixel of
# both, 4x4 maxima, and 4x4 averages:

# %% nbgrader={"grade": false, "grade_id": "pooled", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="pooled"
wall = photo("brick")[:129, :185, 0].astype(float)
edge_kernel = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]])
edges = np.maximum(filter2d(wall, edge_kernel), 0)
plots.pooled_pictures(
    max_pool_forward, avg_pool_forward, {"bricks": wall, "edges": edges}
)

# %% nbgrader={"grade": false, "grade_id": "pooled-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="pooled-claims"
line = np.zeros((1, 1, 8, 8))
line[..., 3] = 1


def error(pool, picture, k=4):
    """Root mean square of the picture less its pooled one, laid over it again."""
    height, width = (n // k * k for n in picture.shape)
    part = picture[np.newaxis, np.newaxis, :height, :width]
    again = pool(part, k, k)[0].repeat(k, axis=2).repeat(k, axis=3)
    return np.sqrt(np.mean((again - part) ** 2))


claims(
    Claim(
        "a bright line, after 2x2 maxima",
        1,
        lambda: max_pool_forward(line, 2, 2)[0].max(),
    ),
    Claim("after 2x2 averages", 0.5, lambda: avg_pool_forward(line, 2, 2)[0].max()),
    Claim(
        "max pooling picks out edges: a dark line on white, too",
        True,
        lambda: max_pool_forward(1 - line, 2, 2)[0].std() > 0,
        instead=False,
    ),
    Claim(
        "the dark line, after 2x2 averages",
        0.5,
        lambda: avg_pool_forward(1 - line, 2, 2)[0].min(),
    ),
    Claim(
        "averages keep more: the wall is off by less than after maxima",
        True,
        lambda: error(avg_pool_forward, wall) < error(max_pool_forward, wall),
    ),
    Claim(
        "and the edges, too",
        True,
        lambda: error(avg_pool_forward, edges) < error(max_pool_forward, edges),
    ),
    Claim(
        "averages keep the mean brightness of the wall",
        True,
        lambda: np.isclose(
            avg_pool_forward(wall[None, None, :128, :184], 4, 4)[0].mean(),
            wall[:128, :184].mean(),
        ),
    ),
    Claim(
        "maxima raise it by, of 255",
        20.7,
        lambda: (
            max_pool_forward(wall[None, None, :128, :184], 4, 4)[0].mean()
            - wall[:128, :184].mean()
        ),
        digits=1,
    ),
)

# %% [markdown] name="pooled-lesson"
# Max pooling doesn't know what an edge is. It keeps what is *large*: in the wall it keeps the bright
# joints, and a dark line on a white ground it wipes out altogether. Behind a filter and a ReLU, large
# *means* "here is what I look for", and then the slide is right: in the lower row the maxima keep each
# edge at full strength where the averages let it fade. Pool features, not pictures.
#
# And "more information about the context" has a sharp form, too: of all numbers that could stand for a
# window the mean leaves the smallest squared error. No other way of pooling one number can beat it
# there, and the maximum doesn't.

# %% nbgrader={"grade": false, "grade_id": "compare", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="compare"
from cs_utils.compare import compare_with_pytorch

compare_with_pytorch(
    max_pool_forward, max_pool_backward, avg_pool_forward, avg_pool_backward
)

# %% [markdown] name="global-story"
# ## 6. Global average pooling
#
# GoogLeNet's slide has "Global AvgPool" at the end of the network: the window is as large as the map,
# and each channel becomes *one number*, how much of it there is. 7x7x1024 numbers shrink to 1024. A
# fully connected layer on top then needs 49 times fewer weights, takes pictures of any size, and no
# longer knows where anything was.

# %% [markdown] name="exercise-global-avg-pool-forward"
# ### Exercise 7: global_avg_pool_forward
# Difficulty: ●○○○○, about 2 minutes, 1 point
#
# `x` has shape (N, C, H, W). Return `(out, cache)` with `out` of shape (N, C).


# %% nbgrader={"grade": false, "grade_id": "global_avg_pool_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="global_avg_pool_forward"
def global_avg_pool_forward(x):
    """The mean of every map.

    x: (N, C, H, W), left unchanged. Returns (out, cache); out has shape (N, C).

    Lecture: GoogLeNet, Global AvgPool.
    """
    ### BEGIN SOLUTION
    return x.mean(axis=(2, 3)), x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-global_avg_pool_forward", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-global_avg_pool_forward"
check(global_avg_pool_forward)

# %% [markdown] name="exercise-global-avg-pool-backward"
# ### Exercise 8: global_avg_pool_backward
# Difficulty: ●○○○○, about 4 minutes, 2 points
#
# `dout` has shape (N, C). Return `dx`, the shape of `x`.


# %% nbgrader={"grade": false, "grade_id": "global_avg_pool_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="global_avg_pool_backward"
def global_avg_pool_backward(dout, cache):
    """Backward pass of global average pooling.

    dout: upstream gradient, (N, C), left unchanged; cache: what global_avg_pool_forward kept.
    Returns dx of shape (N, C, H, W).

    Lecture: GoogLeNet, Global AvgPool.
    """
    ### BEGIN SOLUTION
    x = cache
    H, W = x.shape[2:]
    return np.ones(x.shape) * dout[:, :, np.newaxis, np.newaxis] / (H * W)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-global_avg_pool_backward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-global_avg_pool_backward"
check(global_avg_pool_backward)


# %% nbgrader={"grade": false, "grade_id": "global-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="global-claims"
def weights_behind(features, classes=1000):
    return features * classes


maps = np.ones((1, 1024, 7, 7))
claims(
    Claim(
        "7x7x1024 becomes", (1, 1024), lambda: global_avg_pool_forward(maps)[0].shape
    ),
    Claim(
        "weights to 1000 classes without it, in millions",
        50.18,
        lambda: weights_behind(maps.size) / 1e6,
    ),
    Claim(
        "and with it",
        1.02,
        lambda: weights_behind(global_avg_pool_forward(maps)[0].size) / 1e6,
    ),
    Claim(
        "each pixel's share of a gradient of 1",
        0.0204,
        lambda: global_avg_pool_backward(
            np.ones((1, 1024)), global_avg_pool_forward(maps)[1]
        )[0, 0, 0, 0],
        digits=4,
    ),
)

# %% [markdown] name="fast-story"
# ## 7. Without a loop over positions
#
# Your loops visit every window, and Python takes a few microseconds for each. A batch of photos has
# millions of windows. The cure is to turn the loops inside out. There are few places *within* a window,
# and `x[:, :, a : ... : stride, b : ... : stride]` holds entry $(a, b)$ of *all* windows at once, as one
# array of the shape of `out`. For 2x2 windows four such arrays, and their maximum, element by element,
# is the layer.
#
# **A worked number.** `[[1, 3, -2, 1]]` with windows of 1x2 and stride 2: entry 0 of all windows is `[1,
# -2]`, entry 1 is `[3, 1]`; the larger ones: `[3, 1]`.

# %% [markdown] name="exercise-max-pool-forward-fast"
# ### Exercise 9: max_pool_forward_fast
# Difficulty: ●●●○○, about 12 minutes, 3 points
#
# The same layer, and no Python loop over rows, columns, windows, images or channels: only over the $k^2$
# places within a window. The check counts the steps that Python takes: on a picture with 16 times the
# pixels there must not be one more. (It counts them, and doesn't measure a time, because a count is the
# same on every computer.) That is worth half of the points.
#
# Think about: where must the slice end, so that it holds just outH rows, even where the windows don't
# fit? Is `np.maximum` the same as `np.max`?


# %% nbgrader={"grade": false, "grade_id": "max_pool_forward_fast", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="max_pool_forward_fast"
def max_pool_forward_fast(x, kernel_size, stride):
    """The largest value of every window, without a loop over positions.

    x: (N, C, H, W), left unchanged; kernel_size, stride: ints, windows are square.
    Returns (out, cache); out has shape (N, C, (H - k) // S + 1, (W - k) // S + 1).

    Lecture: Pooling layer.
    """
    ### BEGIN SOLUTION
    H, W = x.shape[2:]
    last_row, last_column = H - kernel_size, W - kernel_size
    out = None
    for a in range(kernel_size):
        for b in range(kernel_size):
            part = x[
                :, :, a : a + last_row + 1 : stride, b : b + last_column + 1 : stride
            ]
            out = part.copy() if out is None else np.maximum(out, part)
    return out, (x, out, kernel_size, stride)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-max_pool_forward_fast", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-max_pool_forward_fast"
check(max_pool_forward_fast)

# %% [markdown] name="exercise-max-pool-backward-fast"
# ### Exercise 10: max_pool_backward_fast
# Difficulty: ●●●●○, about 20 minutes, 4 points
#
# The same trick backward: which windows have their maximum at $(a, b)$? Those get `dout` added there.
# The rule of exercise 9 holds, ties are treated as in exercise 4, and half of the points are for having
# no loop.
#
# Think about: a window with a tie must not be served twice. What do you have to remember from one $(a,
# b)$ to the next?


# %% nbgrader={"grade": false, "grade_id": "max_pool_backward_fast", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="max_pool_backward_fast"
def max_pool_backward_fast(dout, cache):
    """Backward pass of max pooling, without a loop over positions.

    dout: upstream gradient, (N, C, outH, outW), left unchanged; cache: what
    max_pool_forward_fast kept.
    Returns dx of shape (N, C, H, W).

    Lecture: Pooling layer.
    """
    ### BEGIN SOLUTION
    x, out, kernel_size, stride = cache
    H, W = x.shape[2:]
    dx = np.zeros(x.shape)
    waiting = np.ones(out.shape, dtype=bool)
    for a in range(kernel_size):
        for b in range(kernel_size):
            rows = slice(a, a + H - kernel_size + 1, stride)
            columns = slice(b, b + W - kernel_size + 1, stride)
            chosen = waiting & (x[:, :, rows, columns] == out)
            dx[:, :, rows, columns] += dout * chosen
            waiting &= ~chosen
    return dx
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-max_pool_backward_fast", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-max_pool_backward_fast"
check(max_pool_backward_fast)

# %% nbgrader={"grade": false, "grade_id": "speed", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="speed"
plots.pooling_speed(
    (max_pool_forward, max_pool_backward),
    (max_pool_forward_fast, max_pool_backward_fast),
)

# %% [markdown] name="speed-lesson"
# The same layer, the same numbers, and a factor that the caption tells. Both lines rise in the end as
# the work does; the loops only pay for every window what the others pay for a whole array. And a few
# lines of NumPy keep up with PyTorch here: pooling does so little arithmetic that everybody waits for
# memory.

# %% [markdown] name="invariance-story"
# ## 8. What if the cat moves?
#
# Lesson 3 moved clothes by a few pixels. A network with convolutions stood it well, and we owed you the
# reason. A convolution alone is *equi*variant: the maps move along with the picture. At the end we want
# *in*variance: a cat on the left and a cat on the right are one answer. How far does pooling get us?
#
# Let $F$ be a layer and $T$ move a picture to the right; what leaves on the right comes in on the left.
# Measure
#
# $$\text{invariance} = 1 - \frac{\lVert F(Tx) - F(x) \rVert}{\lVert F(x) \rVert + \lVert F(Tx) \rVert} ,$$
#
# with $\lVert v \rVert$ the root of the sum of all squares. It is 1 where the output stays as it is, and
# never less than 0.
#
# **A worked number.** The layer that keeps the left half of a row, $x = (3, 0, 4, 0)$, a shift of 1. $Tx
# = (0, 3, 0, 4)$; the halves are $(3, 0)$ and $(0, 3)$. They differ by $\sqrt{18} = 4.24$ and have 3
# each: $1 - 4.24/6 = 0.29$.

# %% [markdown] name="exercise-shift-invariance"
# ### Exercise 11: shift_invariance
# Difficulty: ●●○○○, about 6 minutes, 2 points
#
# `layer` is a function: give it `x`, of shape (N, C, H, W), and it returns an array of any shape. Return
# the invariance for a shift by `shift` pixels to the right, one number for the whole batch.
#
# Think about: `np.roll` does the moving. Along which axis?


# %% nbgrader={"grade": false, "grade_id": "shift_invariance", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="shift_invariance"
def shift_invariance(layer, x, shift):
    """How little a layer's output changes when its pictures move to the right.

    layer: a function of an array (N, C, H, W); x: such an array, left unchanged; shift: in pixels;
    what leaves on the right comes in on the left.
    Returns 1 for an output that stays as it is, 0 for one turned into its opposite.

    Lecture: Strides & Pooling; lesson 3, the same thing at another place.
    """
    ### BEGIN SOLUTION
    before = layer(x)
    after = layer(np.roll(x, shift, axis=3))
    change = np.linalg.norm(after - before)
    return 1 - change / (np.linalg.norm(before) + np.linalg.norm(after))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-shift_invariance", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-shift_invariance"
check(shift_invariance)

# %% [markdown] name="invariance-text"
# The edges of the wall once more, through a stride, maxima and averages, all four-fold, and through a
# global average:

# %% nbgrader={"grade": false, "grade_id": "invariance", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="invariance"
edge_maps = edges[np.newaxis, np.newaxis, :120, :176]
ways = {
    "no pooling": lambda x: x,
    "stride 4": lambda x: x[:, :, ::4, ::4],
    "4x4 maximum": lambda x: max_pool_forward_fast(x, 4, 4)[0],
    "4x4 average": lambda x: avg_pool_forward(x, 4, 4)[0],
    "global average": lambda x: global_avg_pool_forward(x)[0],
}
plots.shift_invariances(shift_invariance, ways, edge_maps)

# %% nbgrader={"grade": false, "grade_id": "invariance-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="invariance-claims"
half = np.array([3.0, 0, 4, 0]).reshape(1, 1, 1, 4)


def shifted_by_window():
    moved = max_pool_forward_fast(np.roll(edge_maps, 4, axis=3), 4, 4)[0]
    return np.abs(
        moved - np.roll(max_pool_forward_fast(edge_maps, 4, 4)[0], 1, axis=3)
    ).max()


claims(
    Claim(
        "the worked number",
        0.29,
        lambda: shift_invariance(lambda x: x[..., :2], half, 1),
    ),
    Claim(
        "one pixel: the stride",
        0.43,
        lambda: shift_invariance(ways["stride 4"], edge_maps, 1),
    ),
    Claim(
        "one pixel: the maxima",
        0.81,
        lambda: shift_invariance(ways["4x4 maximum"], edge_maps, 1),
    ),
    Claim(
        "any shift: the global average",
        1,
        lambda: min(
            shift_invariance(ways["global average"], edge_maps, s) for s in range(9)
        ),
    ),
    Claim(
        "4 pixels move the 4x4 maxima by one place exactly; off by",
        0,
        shifted_by_window,
    ),
)

# %% [markdown] name="invariance-lesson"
# A stride changes nothing for the better: it keeps one pixel in sixteen, and after a step of one it is
# another one. Pooling has looked at all sixteen; as long as the shift is small beside the window most of
# what it saw is still there. Maximum and average are close here. But no window saves you from a shift
# that is as large as itself: then the output has moved on by one place, which is equivariance again. (In
# lesson 3 the network did better at a shift of 4 than of 3, because its steps came to 4 pixels. That is
# this.) Only the global average doesn't mind at all, and it has paid for that: it no longer knows where.

# %% [markdown] name="network-story"
# ## 9. A convolutional network in NumPy
#
# All parts are there. Three lessons of layers, in one class:
#
# $$X \to \text{conv} \to \text{ReLU} \to \text{max pool } 2 \times 2 \to \text{affine} \to \text{softmax loss}$$
#
# It shall read digits: **MNIST**, handwritten by American census workers and high-school students, 28x28
# pixels each. Yann LeCun's group made it from the collections of a standards institute, and LeNet
# learned from it.

# %% nbgrader={"grade": false, "grade_id": "digits", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="digits"
digits = datasets.mnist()
plots.image_samples(
    digits.train_images,
    digits.train_labels,
    [str(digit) for digit in range(10)],
    each=3,
)

# %% [markdown] name="earlier-text"
# The parts that you wrote in lessons 1 to 3 are imported here, ready made: values as PyTorch computes
# them, behind the signatures that you know. So a mistake back then costs nothing now. You would rather
# run on your own code? Add a cell below and paste your functions in; from there on the training uses
# yours.

# %% nbgrader={"grade": false, "grade_id": "earlier", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="earlier"
from cs_utils.earlier import (
    affine_backward,
    affine_forward,
    conv_backward_im2col,
    conv_forward_im2col,
    relu_backward,
    relu_forward,
    softmax_loss,
)

# %% [markdown] name="exercise-conv-net"
# ### Exercise 12: ConvNet
# Difficulty: ●●●○○, about 20 minutes, 6 points
#
# `__init__` is there. Write `loss`. `X` has shape (N, C, H, W). The filters `w1`, (F, C, k, k) with an
# odd k, are laid with stride 1 and the padding $(k - 1)/2$ that keeps the maps' size. Then ReLU, max
# pooling with 2x2 windows and stride 2, and the affine layer `w2`, `b2`. Without `y` return the scores,
# (N, classes). With `y` return `(loss, gradients)`, a dict with the keys `"w1"`, `"b1"`, `"w2"`, `"b2"`.
# Build on the functions above and on your fast pooling. (If it isn't right yet, this check lends you a
# working one.)
#
# Think about: forward, each cache; backward, the same list from the end.


# %% nbgrader={"grade": false, "grade_id": "ConvNet", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="ConvNet"
class ConvNet:
    """conv - ReLU - 2x2 max pool - affine - softmax loss.

    w1: filters (F, C, k, k), k odd; b1: (F,); w2: (F * H//2 * W//2, classes); b2: (classes,).

    Lecture: Convolution layer; Pooling layer; The simplest CNN.
    """

    def __init__(self, w1, b1, w2, b2):
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def loss(self, X, y=None):
        """Scores, or the loss and its gradients.

        X: images (N, C, H, W); y: the right classes, shape (N,), or None.
        Returns scores of shape (N, classes) where y is None, else (loss, gradients): the mean loss
        and a dict of the gradients for "w1", "b1", "w2" and "b2".
        """
        ### BEGIN SOLUTION
        padding = (self.w1.shape[2] - 1) // 2
        maps, conv_cache = conv_forward_im2col(X, self.w1, self.b1, 1, padding)
        active, relu_cache = relu_forward(maps)
        pooled, pool_cache = max_pool_forward_fast(active, 2, 2)
        scores, affine_cache = affine_forward(pooled, self.w2, self.b2)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dpooled, dw2, db2 = affine_backward(dscores, affine_cache)
        dactive = max_pool_backward_fast(dpooled, pool_cache)
        dmaps = relu_backward(dactive, relu_cache)
        dX, dw1, db1 = conv_backward_im2col(dmaps, conv_cache)
        return loss, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-ConvNet", "locked": true, "points": 6, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-ConvNet"
check(ConvNet)

# %% [markdown] name="training-text"
# Train it: four times through 10,000 digits, twelve filters of 5x5. The steps get smaller towards the
# end, so that it comes to rest. Guessing gets 10 %; the promise is **96 %** of 2,000 digits that it has
# never seen. (Half a minute or so.)

# %% nbgrader={"grade": false, "grade_id": "training", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="training"
X, X_test = (
    images[:, np.newaxis] / 255 for images in (digits.train_images, digits.test_images)
)


def first_weights(rng, filters=12, k=5):
    return {
        "w1": rng.uniform(-0.3, 0.3, size=(filters, 1, k, k)),
        "b1": np.zeros(filters),
        "w2": rng.uniform(-0.03, 0.03, size=(filters * 14 * 14, 10)),
        "b2": np.zeros(10),
    }


trained = training.train(
    ConvNet,
    first_weights,
    training.with_pytorch_sgd(learning_rate=0.1, momentum=0.9, steps=800),
    (X, digits.train_labels, X_test, digits.test_labels),
    epochs=4,
    batch_size=50,
)
plots.training_curves(trained)

# %% nbgrader={"grade": false, "grade_id": "digit-confusion", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="digit-confusion"
plots.confusion(
    trained, X_test, digits.test_labels, [str(digit) for digit in range(10)]
)

# %% nbgrader={"grade": false, "grade_id": "digit-features", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="digit-features"
plots.filters_and_maps(trained, X_test[0])

# %% [markdown] name="training-lesson"
# One filter has found level strokes, another slanting ones, a third the upper end of a stroke: nobody
# told them to. Not all of them have found something. A filter that is driven below zero everywhere stays
# there, because its ReLU lets no gradient through any more: it has died, and nobody notices but who
# looks. (Smaller first steps kill fewer. Try it.)

# %% [markdown] name="sees-heading"
# ## 10. What networks see
#
# The lecture's slides *What neural networks learn* show pictures from one paper: Zeiler and Fergus opened a
# network trained on 1.2 million photos and went through it layer by layer, 1 to 5. We do it too, on a
# network small enough to come with the course: **SqueezeNet**, 1,235,496 weights, 2.3 MB. It tells 1,000
# classes of things apart about as well as AlexNet, which has 60 million.
#
# | Zeiler and Fergus | here | what lies between |
# |---|---|---|
# | layer 1 | `conv1` | 3x3 filters, stride 2 |
# | layer 2 | `fire3` | a max pool, two *fire modules* |
# | layer 3 | `fire5` | a max pool, two more |
# | layer 4 | `fire7` | a max pool, two more |
# | layer 5 | `fire9` | two more; behind it `conv10`, a map for each class, and your global average pool |
#
# A fire module is a 1x1 layer with few filters, then 1x1 and 3x3 filters side by side. Everything in the
# table you have built yourself. From here on we use PyTorch, for its gradients; `network` takes pictures
# (N, 3, H, W) of 0 to 1 and gives scores (N, 1000).

# %% nbgrader={"grade": false, "grade_id": "network", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="network"
import torch

from cs_utils import looking, pretrained

device = "cuda" if torch.cuda.is_available() else "cpu"
network = pretrained.squeezenet().to(device)
cat_picture, coffee_picture = (
    pretrained.picture(name).to(device) for name in ("chelsea", "coffee")
)
EGYPTIAN_CAT, ESPRESSO = 285, 967
plots.predictions(network, ["chelsea", "coffee", "rocket"])

# %% [markdown] name="network-text"
# Nobody has shown it these photos before. It knows an espresso when it sees one. Of the cat it is sure, but
# there are three classes of such cats, and it shares its belief out among them. The rocket it doesn't know:
# it makes guesses, all of them tall. Keep that sharing in mind, for we'll need it.

# %% nbgrader={"grade": false, "grade_id": "network-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="network-claims"


def guess(picture):
    return pretrained.best_classes(network, picture, 1)[0][0]


def probability(picture, *labels):
    with torch.no_grad():
        return float(network(picture[None]).softmax(dim=1)[0, list(labels)].sum())


claims(
    Claim(
        "weights and biases",
        1_235_496,
        lambda: sum(parameter.numel() for parameter in network.parameters()),
    ),
    Claim("the cat's class", EGYPTIAN_CAT, lambda: guess(cat_picture)),
    Claim("the coffee's class", ESPRESSO, lambda: guess(coffee_picture)),
    Claim(
        "Egyptian, tabby and tiger cat together",
        1.00,
        lambda: probability(cat_picture, 285, 281, 282),
    ),
)

# %% [markdown] name="filters-text"
# ### Layer 1: the filters themselves
#
# A filter of the first layer has a weight for each pixel and colour it lies on, so it *is* a small picture.
# Zeiler and Fergus had 7x7 pixels each; here they are 3x3.

# %% nbgrader={"grade": false, "grade_id": "learned-filters", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="learned-filters"
plots.learned_filters(network)

# %% [markdown] name="filters-lesson"
# Edges in all directions, dark lines and bright points, and then colours: red against green, blue against
# orange. Hubel and Wiesel found the like in the cat's brain in 1959. Nobody told the network.
#
# ### Layers 1 to 5: the maps
#
# From the second layer on, a filter's weights lie on *maps*, and to look at them tells us nothing. But we can
# look at what they answer:

# %% nbgrader={"grade": false, "grade_id": "feature-maps", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="feature-maps"
plots.feature_maps(network, "chelsea")

# %% [markdown] name="depth-steps-text"
# One depth at a time, with more channels: which of them still know where the eyes are?

# %% nbgrader={"grade": false, "grade_id": "depth-steps", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="depth-steps"
plots.depth_steps(network, "chelsea")

# %% [markdown] name="maps-lesson"
# Row by row the cat dissolves. `conv1` still shows her, as edges and colours. In `fire5` you'd not know her.
# In `fire9` most of the map is dark, and a few units answer: some where the eyes are, some at the nose. The
# maps say less and less about *what the picture looks like*, and more about *what is there*.
#
# How much can a unit of these maps see? You have written the function:

# %% nbgrader={"grade": false, "grade_id": "depth-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="depth-claims"


def outside_the_window(layer, row, column):
    """How many pixels outside a unit's window have a part in its value."""
    picture = cat_picture.clone().requires_grad_()
    pretrained.up_to(network, layer)(picture[None])[0, :, row, column].sum().backward()
    top, left, side = pretrained.seen_by(layer, row, column)
    touched = picture.grad.abs().amax(dim=0) > 0
    touched[max(top, 0) : top + side, max(left, 0) : left + side] = False
    return int(touched.sum())


def field(layer):
    return receptive_field(pretrained.windows_up_to(layer))


claims(
    Claim(
        "conv1: a unit sees so many pixels, and the next is so far",
        (3, 2),
        lambda: field("conv1"),
    ),
    Claim("fire3", (23, 4), lambda: field("fire3")),
    Claim("fire5", (63, 8), lambda: field("fire5")),
    Claim("fire7", (143, 16), lambda: field("fire7")),
    Claim("fire9: nearly the whole picture of 227", (207, 16), lambda: field("fire9")),
    Claim(
        "pixels beyond 63 x 63 that a unit of fire5 depends on",
        0,
        lambda: outside_the_window("fire5", 14, 10),
    ),
)

# %% [markdown] name="by-depth-text"
# What "more about what is there" means can be measured. On the left: the share of units that are silent, on
# two photos. In the middle: by how much the maps change when the photo moves by 4 pixels, which changes
# nothing about *what* is there. On the right: how alike (cosine, 1 is the same) two halves of the cat's photo
# are, and the cat and the coffee, by the means of all channels.

# %% nbgrader={"grade": false, "grade_id": "by-depth", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="by-depth"
measured = looking.by_depth(network)
plots.by_depth(measured)

# %% nbgrader={"grade": false, "grade_id": "by-depth-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="by-depth-claims"
silence, change, alike = measured.values() if measured else ({}, {}, {})


def rises(values):
    return bool(np.all(np.diff(list(values)) > 0))


def gap(layer):
    cats, others = alike.values()
    return cats[layer] - others[layer]


claims(
    Claim(
        "the deeper, the more units are silent",
        True,
        lambda: all(rises(one.values()) for one in silence.values()),
    ),
    Claim(
        "... on the cat, in conv1 and in fire9",
        (0.5, 0.9),
        lambda: [silence["chelsea"][layer] for layer in ("conv1", "fire9")],
        digits=1,
    ),
    Claim(
        "a shift changes conv1 more than ten times as much as the scores",
        True,
        lambda: all(one["conv1"] > 10 * one["scores"] for one in change.values()),
    ),
    Claim(
        "cat and cat are more alike than cat and coffee; in fire9 the gap is twice that in conv1",
        True,
        lambda: gap("fire9") > 2 * gap("conv1") > 0,
    ),
)

# %% [markdown] name="patches-story"
# ## 11. What a channel waits for
#
# Zeiler and Fergus looked for the nine pictures that a channel answers most to, and cut out what its unit
# sees. To do the same you need to know where in each picture the answer is strongest.
#
# **A worked number.** Two pictures, one channel, maps of $2 \times 3$: `[[0, 5, 0], [4, 0, 0]]` and
# `[[0, 0, 0], [0, 0, 7]]`. The best of picture 0 is 5, at row 0 and column 1; the best of picture 1 is 7, at
# row 1 and column 2. Strongest first: `[[1, 1, 2], [0, 0, 1]]`.

# %% [markdown] name="exercise-strongest-units"
# ### Exercise 13: strongest_units
# Difficulty: ●●○○○, about 8 minutes, 2 points
#
# `maps` is a tensor (N, C, H, W): the maps of N pictures. Find the strongest unit of `channel` in each
# picture, one for each; then return the `count` strongest of these, strongest first, as rows (picture, row,
# column).
#
# Think about: a flattened map has H·W units in one row. `divmod(7, 3)` is `(2, 1)`.


# %% nbgrader={"grade": false, "grade_id": "strongest_units", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="strongest_units"
def strongest_units(maps, channel, count):
    """Where some pictures make a channel answer most.

    maps: activation maps (N, C, H, W), a tensor; left unchanged.
    channel: which one; count: how many units, N or fewer.
    Returns a tensor of whole numbers (count, 3): picture, row, column; at most one unit of each
    picture, strongest first.

    Lecture: What neural networks learn. Source: Zeiler and Fergus 2013.
    """
    ### BEGIN SOLUTION
    best, place = maps[:, channel].flatten(1).max(dim=1)
    order = best.argsort(descending=True)[:count]
    width = maps.shape[3]
    return torch.stack([order, place[order] // width, place[order] % width], dim=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-strongest_units", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-strongest_units"
check(strongest_units)

# %% [markdown] name="patches-text"
# Our "million photos" are five, cut into 26 tiles. Two channels at each depth:

# %% nbgrader={"grade": false, "grade_id": "strongest-patches", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="strongest-patches"
plots.strongest_patches(
    strongest_units,
    network,
    {
        "conv1": (2, 11),
        "fire3": (27, 7),
        "fire5": (60, 65),
        "fire7": (217, 318),
        "fire9": (111, 403),
    },
)

# %% [markdown] name="patches-lesson"
# Layer 1 answers to an edge, whatever has it: bright above dark, in channel 2. Layer 2 to simple patterns,
# such as light on dark, or a dark spot. In layer 3 channel 65 has found fine grain, be it of wood or of
# fur: a **texture**. In layer 4 things begin: channel 318 has picked *both eyes of the cat*, and the round
# and shiny objects that an eye is like. That is what Zeiler and Fergus saw on thousands of pictures. With five
# photos we only see a hint of it: where a channel's favourite isn't there, it makes do with something else.

# %% [markdown] name="occlusion-story"
# ## 12. Which part of the picture speaks for the class?
#
# Zeiler and Fergus asked: does the network see the *cat*, or the sofa that cats lie on? Their test is as simple
# as can be: **hide a part with a grey patch, and look what the probability does.** Slide the patch over the
# picture, note the probability at each place: a map.
#
# **A worked number.** A picture of three pixels, of which a network takes the first as the score of class 0 and
# the last as that of class 1: scores $(3, 2)$, $p_0 = \frac{e^3}{e^3 + e^2} = 0.73$. Hide the first pixel
# with a 0: scores $(0, 2)$, $p_0 = 0.12$. Hide the last: $(3, 0)$, $p_0 = 0.95$. The map is
# `[[0.12, 0.73, 0.95]]`. Low is where the class *lives*; high, where a rival does.

# %% [markdown] name="exercise-occlusion-map"
# ### Exercise 14: occlusion_map
# Difficulty: ●●○○○, about 10 minutes, 3 points
#
# `model` takes pictures (N, 3, H, W) and gives scores (N, classes); softmax makes probabilities of them.
# `image` is (3, H, W). The patch has `size` x `size` pixels, all three channels `fill`; at place (i, j) its
# upper left corner is at row i · `stride`, column j · `stride`, and it always lies inside the picture.
#
# Models of `torch.nn` have two modes. After a training they are in *train* mode, in which batchnorm and dropout
# do other things. Switch to the right one first: `model.eval()`.
#
# Think about: `with torch.no_grad():` saves time and memory. Does `image` still look as before when you're done?


# %% nbgrader={"grade": false, "grade_id": "occlusion_map", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="occlusion_map"
def occlusion_map(model, image, label, size, stride, fill=0.5):
    """A class's probability with a patch at each place of the picture.

    model: a torch module, (N, 3, H, W) to scores (N, classes), in whatever mode.
    image: (3, H, W), a tensor; left unchanged. label: the class, an int.
    size, stride: of the patch, in pixels; fill: its value.
    Returns a tensor ((H - size) // stride + 1, (W - size) // stride + 1), probabilities.

    Lecture: What neural networks learn. Source: Zeiler and Fergus 2013, section 4.2.
    """
    ### BEGIN SOLUTION
    model.eval()
    rows = []
    for top in range(0, image.shape[1] - size + 1, stride):
        row = []
        for left in range(0, image.shape[2] - size + 1, stride):
            hidden = image.clone()
            hidden[:, top : top + size, left : left + size] = fill
            with torch.no_grad():
                row.append(model(hidden[None]).softmax(dim=1)[0, label])
        rows.append(torch.stack(row))
    return torch.stack(rows)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-occlusion_map", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-occlusion_map"
check(occlusion_map)

# %% nbgrader={"grade": false, "grade_id": "occlusion", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="occlusion"
plots.occlusion(occlusion_map, network, {"chelsea": EGYPTIAN_CAT, "coffee": ESPRESSO})

# %% [markdown] name="occlusion-lesson"
# The espresso lives in the cup, in what's in it above all. On table, saucer and spoon nothing happens: the
# network really looks at the coffee.
#
# The cat is more interesting. Hide what is below her eyes, and the Egyptian cat loses. But hide her striped
# *forehead*, and it **gains**, from 0.40 to 0.69! Remember who shares the probability with it: the tabby,
# known for its striped forehead. Is that the reason? Hide it and see what each of them gets:


# %% nbgrader={"grade": false, "grade_id": "occlusion-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="occlusion-claims"
class FirstAndLast(torch.nn.Module):
    """Two classes: the first pixel is the score of one, the last that of the other."""

    def forward(self, x):
        return x[:, 0, 0, [0, -1]]


def cats(picture):
    return [probability(picture, label) for label in (285, 281, 282)]


no_forehead = cat_picture.clone()
no_forehead[:, 0:70, 60:190] = 0.5
no_cup = coffee_picture.clone()
no_cup[:, 64:112, 80:128] = 0.5
no_table = coffee_picture.clone()
no_table[:, 176:224, 0:48] = 0.5
claims(
    Claim(
        "the worked number",
        ((0.12, 0.73, 0.95),),
        lambda: occlusion_map(
            FirstAndLast(), torch.tensor([[[3.0, 0, 2]]] * 3), 0, 1, 1, 0.0
        ),
    ),
    Claim(
        "Egyptian, tabby, tiger cat",
        (0.4, 0.3, 0.3),
        lambda: cats(cat_picture),
        digits=1,
    ),
    Claim(
        "... with the forehead hidden",
        (0.8, 0.2, 0.1),
        lambda: cats(no_forehead),
        digits=1,
    ),
    Claim(
        "espresso, a patch on it: at least 0.2 lost",
        True,
        lambda: (
            probability(coffee_picture, ESPRESSO) - probability(no_cup, ESPRESSO) > 0.2
        ),
    ),
    Claim(
        "espresso, the same patch on the table: not 0.02 lost",
        True,
        lambda: (
            abs(probability(coffee_picture, ESPRESSO) - probability(no_table, ESPRESSO))
            < 0.02
        ),
    ),
)

# %% [markdown] name="occlusion-end"
# It is: the stripes spoke for the two others. **A probability falls when a class loses, and also when a rival
# gains.** Whoever reads such maps must ask which it was.

# %% [markdown] name="saliency-story"
# ## 13. What does the score hang on? Ask the gradient
#
# 144 passes for one map: that is a numerical derivative, of a kind, and you know a better way. Simonyan,
# Vedaldi and Zisserman asked backprop: **by how much does the class's score change with each pixel?** One pass
# forward, one backward, and for once the gradient isn't taken with respect to the weights, but to the picture:
#
# $$M_{ij} = \max_{c} \left| \frac{\partial S_\text{label}}{\partial \text{image}_{c\,ij}} \right|$$
#
# $S_\text{label}$ is the *score*, before the softmax. (The probability also moves when rivals do.) The maximum
# over the three channels makes one number of each pixel.
#
# **A worked number.** A 1x1 filter of 1, -2, 3 gives one map, all of it above 0; class 1 weighs its two pixels
# with -3 and 1. Then the score's gradient is $-3 \cdot (1, -2, 3)$ at pixel 0 and $(1, -2, 3)$ at pixel 1, and
# the map is `[[9, 3]]`. The pixels' own values play no part here. Do they for a deeper network?

# %% [markdown] name="exercise-saliency-map"
# ### Exercise 15: saliency_map
# Difficulty: ●●●○○, about 10 minutes, 3 points
#
# `model` and `image` as before. Leave both as they were: no gradients in the model's parameters, and the same
# result when you're called again.
#
# Think about: autograd gives the gradient for tensors with `requires_grad`. A fresh copy of the image, which
# the graph begins at, is `image.detach().clone().requires_grad_()`. And `torch.autograd.grad(y, x)` returns
# dy/dx (in a tuple) without storing anything anywhere, unlike `y.backward()`.


# %% nbgrader={"grade": false, "grade_id": "saliency_map", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="saliency_map"
def saliency_map(model, image, label):
    """How much a class's score changes with each pixel.

    model: a torch module, (N, 3, H, W) to scores (N, classes), in whatever mode.
    image: (3, H, W), a tensor; left unchanged. label: the class, an int.
    Returns a tensor (H, W): of the three channels the largest |d score / d pixel|.

    Lecture: What neural networks learn. Source: Simonyan, Vedaldi and Zisserman 2013, section 3.
    """
    ### BEGIN SOLUTION
    model.eval()
    picture = image.detach().clone().requires_grad_()
    score = model(picture[None])[0, label]
    (gradient,) = torch.autograd.grad(score, picture)
    return gradient.abs().amax(dim=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-saliency_map", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-saliency_map"
check(saliency_map)

# %% nbgrader={"grade": false, "grade_id": "saliency", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="saliency"
plots.saliency(saliency_map, network, {"chelsea": EGYPTIAN_CAT, "coffee": ESPRESSO})

# %% [markdown] name="saliency-lesson"
# Nose and eyes; the cup, and most of all the coffee in it. From one backward pass, without anybody having told
# the network where in its training pictures the things were.
#
# The map is noisy, and the two methods ask different questions: the gradient what a *tiny* change of one pixel
# does, the patch what a large one does. It has also been shown that a beautiful map needn't come from what was
# learned: some methods draw the same picture for a network with random weights. Always test that, as here:

# %% nbgrader={"grade": false, "grade_id": "saliency-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="saliency-claims"
worked_model = torch.nn.Sequential(
    torch.nn.Conv2d(3, 1, 1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(2, 2)
)
with torch.no_grad():
    worked_model[0].weight[0, :, 0, 0] = torch.tensor([1.0, -2, 3])
    worked_model[0].bias[0] = 4
    worked_model[3].weight[1] = torch.tensor([-3.0, 1])


def share_in_the_cup():
    """The cup's share of the saliency, and of the picture."""
    found = saliency_map(network, coffee_picture, ESPRESSO)
    return [float(found[20:140, 50:195].sum() / found.sum()), 120 * 145 / 227**2]


def likeness_to_an_untrained_network():
    """The correlation of two maps: of the network, and of one with random weights."""
    torch.manual_seed(0)
    untrained = pretrained.squeezenet().to(device)
    for parameter in untrained.parameters():
        if parameter.ndim > 1:
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu")
    maps = [saliency_map(one, coffee_picture, ESPRESSO) for one in (network, untrained)]
    return float(torch.corrcoef(torch.stack([one.flatten() for one in maps]))[0, 1])


claims(
    Claim(
        "the worked number",
        ((9, 3),),
        lambda: saliency_map(
            worked_model, torch.tensor([[[1.0, -1]], [[2, 1]], [[1, 1]]]), 1
        ),
    ),
    Claim(
        "the cup holds more than its share of the saliency",
        True,
        lambda: share_in_the_cup()[0] > 1.3 * share_in_the_cup()[1],
    ),
    Claim(
        "an untrained network draws another map: correlation below 0.5",
        True,
        lambda: likeness_to_an_untrained_network() < 0.5,
    ),
)

# %% [markdown] name="maximise-story"
# ## 14. What would a channel like to see?
#
# The last question turns everything round. So far you asked for the gradient, and left the picture as it was.
# Now **change the picture** as the gradient says, so that a channel answers more and more: gradient *ascent*, and
# the network's weights stay as they are. With $a(x)$ the mean of the channel's map for the picture $x$:
#
# $$g = \frac{\partial a(x)}{\partial x}, \qquad x \leftarrow R\!\left( x + \eta \, \frac{g}{\lVert g \rVert} \right)$$
#
# The gradient's length differs a hundredfold between layers; divided by it, every step is $\eta$ long. $R$ is a
# *regularisation*, without which the picture becomes glaring noise (you'll see why that is possible). Ours moves
# the picture by a few pixels, blurs it a little, draws it towards grey and keeps it between 0 and 1.
#
# **A worked number.** One pixel, $(1, 1, 1)$, and a 1x1 filter of 0, 3, 4: $a = 7$, $g = (0, 3, 4)$,
# $\lVert g \rVert = 5$. Two steps with $\eta = 1$ and no regularisation: $(1, 1.6, 1.8)$, then
# $(1, 2.2, 2.6)$, where $a = 17$.

# %% [markdown] name="exercise-maximise-activation"
# ### Exercise 16: maximise_activation
# Difficulty: ●●●●○, about 15 minutes, 4 points
#
# `model` is the part of a network up to some layer: pictures (N, 3, H, W) to maps (N, C, h, w). `regularise`
# takes a picture (3, H, W) and returns one. Take `steps` steps of the formula, `regularise` after each.
#
# A channel that doesn't answer at all has a gradient of 0, and $0/0$ is nan. A tiny number under the fraction,
# such as 1e-12, makes its step 0.
#
# Think about: each step needs the gradient at the *new* picture, and a graph of its own. What connects the new
# picture with the old graph, and which method cuts it off?


# %% nbgrader={"grade": false, "grade_id": "maximise_activation", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="maximise_activation"
def maximise_activation(model, image, channel, steps, learning_rate, regularise):
    """A picture that a channel answers to more and more: gradient ascent on the pixels.

    model: a torch module, (N, 3, H, W) to activation maps (N, C, h, w), in whatever mode; no
    gradients are left in it. image: (3, H, W), where to start; left unchanged.
    channel: its number; steps: how many; learning_rate: the length of each.
    regularise: called with the picture after each step, returns the one to go on from.
    Returns the last picture, a tensor (3, H, W).

    Lecture: What neural networks learn. Source: Simonyan, Vedaldi and Zisserman 2013, section 2;
    Yosinski et al. 2015.
    """
    ### BEGIN SOLUTION
    model.eval()
    for _step in range(steps):
        picture = image.detach().clone().requires_grad_()
        activation = model(picture[None])[0, channel].mean()
        (gradient,) = torch.autograd.grad(activation, picture)
        step = learning_rate * gradient / (gradient.norm() + 1e-12)
        image = regularise(picture.detach() + step)
    return image
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-maximise_activation", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-maximise_activation"
check(maximise_activation)

# %% nbgrader={"grade": false, "grade_id": "maximised", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="maximised"
plots.maximised(
    maximise_activation,
    network,
    {
        "conv1": (2, 20, 29, 38),
        "fire3": (27, 26, 7, 21),
        "fire5": (60, 8, 15, 104),
        "fire7": (217, 318, 101, 203),
        "conv10": (EGYPTIAN_CAT, ESPRESSO, 130, 980),
    },
)

# %% [markdown] name="maximised-lesson"
# All of them started from the same grey noise. Go down the rows, and compare with Zeiler and Fergus's layers
# (theirs come from real pictures, run backwards through the network; ours from nothing):
#
# * **Layer 1** wants stripes of one direction, or simply a colour.
# * **Layer 2** wants patterns: rows of stripes, dots, small scales.
# * **Layer 3** wants textures, the same thing over and over.
# * **Layer 4** begins to want *things*. Channel 318, the one that picked the cat's eyes, makes eyes.
# * The **classes** want whole things, or their most telling parts: a head with pointed ears, a round cup from
#   above, a flamingo's neck, a mountain that glows at the top.

# %% nbgrader={"grade": false, "grade_id": "maximise-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="maximise-claims"


def made_for(layer, channel):
    start = looking.noise(96).to(device)
    part = pretrained.up_to(network, layer)
    return maximise_activation(part, start, channel, 40, 10.0, looking.Gentle())


def gain(layer, channel):
    """How many times the best mean of 26 real pictures the made picture's mean is."""
    made, part = made_for(layer, channel), pretrained.up_to(network, layer)
    with torch.no_grad():
        real = part(looking.tiles().to(device))[:, channel].mean(dim=(1, 2)).max()
        return float(part(made[None])[0, channel].mean() / real)


one_by_one = torch.nn.Conv2d(3, 1, 1)
with torch.no_grad():
    one_by_one.weight[0, :, 0, 0] = torch.tensor([0.0, 3, 4])

claims(
    Claim(
        "the worked number",
        (1, 2.2, 2.6),
        lambda: maximise_activation(
            one_by_one, torch.ones(3, 1, 1), 0, 2, 1.0, lambda x: x
        ).flatten(),
    ),
    Claim(
        "channel 318 of fire7 likes its picture better than any of the 26 tiles",
        True,
        lambda: gain("fire7", 318) > 1,
    ),
    Claim(
        "and the class flamingo likes its own better, too",
        True,
        lambda: gain("conv10", 130) > 1,
    ),
)

# %% [markdown] name="fooled-story"
# ### One thing more
#
# Your function can start from any picture. Start from the cat, climb towards *espresso*, and let `regularise`
# allow no pixel to change by more than 2 of its 255 steps, which nobody can see:

# %% nbgrader={"grade": false, "grade_id": "fooled", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="fooled"
plots.fooled(maximise_activation, network, "chelsea", ESPRESSO)

# %% [markdown] name="fooled-lesson"
# An espresso, no doubt about it, says the network. This is an **adversarial example**. A picture has 150,000
# values, and the score is close to linear in them: if each moves by a hair in the right direction, the sum
# moves by a mile. It is also why $R$ was needed: the steepest way up leads through noise. So be careful with
# "the network sees eyes". It has found *something* in its million photos that works on photos like them, and
# what that is, we have looked at from four sides. None of them shows all of it.

# %% [markdown] name="ending"
# ## What you can do now
#
# You can say what a stride and a pooling layer do to size, cost and gradients, and what an output sees; you
# have trained a convolutional network that is yours to the last line. And you can open one that somebody else
# has trained: find what a channel answers to, what a decision hangs on, and how little it takes to turn it.
#
# This part of the lecture once more, claim by claim, recomputed with your code:

# %% nbgrader={"grade": false, "grade_id": "all-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="all-claims"
claims(
    Claim(
        "neighbouring pixels do not differ much: cat, correlation above 0.9",
        True,
        lambda: local_correlation(cat, 1) > 0.9,
    ),
    Claim(
        "... grass",
        True,
        lambda: local_correlation(grass, 1) > 0.9,
        instead=False,
    ),
    Claim(
        "with a stride we save computing power: 225x225, stride 2, products left",
        0.25,
        lambda: products(225, 2) / products(225, 1),
    ),
    Claim(
        "and lose no information",
        True,
        lambda: stripes[::2, ::2].std() > 0,
        instead=False,
    ),
    Claim("7x7, 3x3 filter, stride 1: 5x5", 5, lambda: conv_output_size(7, 3, 1)),
    Claim("7x7, 3x3 filter, stride 2: 3x3", 3, lambda: conv_output_size(7, 3, 2)),
    Claim(
        "max pooling picks out edges: of a bright line",
        True,
        lambda: max_pool_forward(line, 2, 2)[0].std() > 0,
    ),
    Claim(
        "... of a dark line",
        True,
        lambda: max_pool_forward(1 - line, 2, 2)[0].std() > 0,
        instead=False,
    ),
    Claim(
        "average pooling keeps more of the context: smaller error, wall and edges",
        True,
        lambda: all(
            error(avg_pool_forward, picture) < error(max_pool_forward, picture)
            for picture in (wall, edges)
        ),
    ),
    Claim(
        "3 3x3 layers have the receptive field of one 7x7",
        True,
        lambda: receptive_field([(3, 1)] * 3)[0] == receptive_field([(7, 1)])[0],
    ),
)

# %% [markdown] name="what-comes-next"
# **What comes next.** In *Architectures* you build the networks that made history, LeNet, AlexNet, VGG, GoogLeNet
# and ResNet, from these parts.
#
# **Sources.** A. Araujo, W. Norris and J. Sim, *Computing receptive fields of convolutional neural
# networks*, Distill (2019), and W. Luo et al., *Understanding the effective receptive field*,
# arXiv:1701.04128 (2016); R. Zhang, *Making convolutional networks shift-invariant again*,
# arXiv:1904.11486 (2019); Y. LeCun et al., *Gradient-based learning applied to document recognition*,
# Proc. IEEE 86 (1998), for MNIST and average pooling; M. Lin, Q. Chen and S. Yan, *Network in network*,
# arXiv:1312.4400 (2013), for global average pooling. M. Zeiler and R. Fergus, *Visualizing and
# understanding convolutional networks*, arXiv:1311.2901 (2013); K. Simonyan, A. Vedaldi and A.
# Zisserman, *Deep inside convolutional networks*, arXiv:1312.6034 (2013); J. Yosinski et al.,
# *Understanding neural networks through deep visualization*, arXiv:1506.06579 (2015); C. Olah, A.
# Mordvintsev and L. Schubert, *Feature visualization*, Distill (2017); J. Adebayo et al., *Sanity checks
# for saliency maps*, arXiv:1810.03292 (2018); C. Szegedy et al., *Intriguing properties of neural
# networks*, arXiv:1312.6199 (2013), and I. Goodfellow, J. Shlens and C. Szegedy, *Explaining and
# harnessing adversarial examples*, arXiv:1412.6572 (2014); F. Iandola et al., *SqueezeNet*,
# arXiv:1602.07360 (2016). The network and the photos: see `data/README.md`.
