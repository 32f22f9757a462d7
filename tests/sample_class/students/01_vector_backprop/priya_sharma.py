"""Priya Sharma: everything right, in float32, and printing while it runs."""

import numpy as np


# %%
def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype=np.float64)
    print("shape of x:", x.shape)
    gradient = np.zeros(x.shape, dtype=np.float32)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = h
        gradient[place] = (f(x + step) - f(x - step)) / (2 * h)
        print(place, gradient[place])
    return gradient


# %%
def neuron_forward(w, x):
    out = np.float32(1 / (1 + np.exp(-(w[0] * x[0] + w[1] * x[1] + w[2]))))
    print("out =", out)
    return out, (w, x)


# %%
def neuron_backward(dout, cache):
    w, x = cache
    out = 1 / (1 + np.exp(-(w[0] * x[0] + w[1] * x[1] + w[2])))
    g = dout * out * (1 - out)
    dw = np.array([g * x[0], g * x[1], g], dtype=np.float32)
    dx = np.array([g * w[0], g * w[1]], dtype=np.float32)
    print(dw, dx)
    return dw, dx


# %%
def numerical_jacobian(f, x, h=1e-5):
    x = np.array(x, dtype=np.float64)
    columns = []
    for n in range(len(x)):
        step = np.zeros(len(x))
        step[n] = h
        columns.append(((f(x + step) - f(x - step)) / (2 * h)).astype(np.float32))
        print("row", n, "is", columns[-1])
    return np.array(columns)


# %%
def relu_jacobian(x):
    return np.diag((x > 0).astype(np.float32))


# %%
def jacobian_backward(jacobian, dz):
    dx = np.dot(jacobian, dz).astype(np.float32)
    print("dx:", dx)
    return dx


# %%
def relu_forward(x):
    print("in :", x)
    z = np.clip(x, 0, None).astype(np.float32)
    print("out:", z)
    return z, x


# %%
def relu_backward(dz, cache):
    dx = dz.astype(np.float32)
    dx[cache <= 0] = 0
    return dx


# %%
def sigmoid_forward(x):
    y = (0.5 + 0.5 * np.tanh(x / 2)).astype(np.float32)
    return y, x


# %%
def sigmoid_backward(dy, cache):
    y = 0.5 + 0.5 * np.tanh(cache / 2)
    print("sigmoid:", y)
    return (dy * y * (1 - y)).astype(np.float32)


# %%
def softmax_forward(scores):
    p = np.exp(scores - scores.max())
    p = p / p.sum()
    print("sum of p is", p.sum())
    return p.astype(np.float32), p


# %%
def softmax_backward(dp, cache):
    return (cache * dp - cache * (cache @ dp)).astype(np.float32)


# %%
def linear_forward(x, W, b):
    y = np.float32(W.dot(x) + b)
    print(W.shape, "times", x.shape, "is", y.shape)
    return y, (x, W, b)


# %%
def linear_backward(dy, cache):
    x, W, b = cache
    return np.float32(W.T.dot(dy)), np.float32(np.outer(dy, x)), np.float32(dy)


# %%
def cross_entropy_forward(scores, label):
    s = scores - scores.max()
    loss = np.float32(np.log(np.exp(s).sum()) - s[label])
    print(f"loss {loss:.3f} for label {label}")
    return loss, (scores, label)


# %%
def cross_entropy_backward(dloss, cache):
    scores, label = cache
    d = np.exp(scores - scores.max())
    d = d / d.sum()
    d[label] -= 1
    return np.float32(dloss * d)


# %%
def two_layer_forward(x, W1, W2):
    h, cache1 = linear_forward(x, W1, np.zeros(len(W1)))
    z, cache2 = relu_forward(h)
    scores, cache3 = linear_forward(z, W2, np.zeros(len(W2)))
    return scores, (cache1, cache2, cache3)


# %%
def two_layer_backward(dscores, cache):
    cache1, cache2, cache3 = cache
    print("backwards ...")
    dz, dW2, _ = linear_backward(dscores, cache3)
    dh = relu_backward(dz, cache2)
    dx, dW1, _ = linear_backward(dh, cache1)
    return dx, dW1, dW2


# %%
def perceptron_update(w, x, target, learning_rate):
    y = int(w.dot(x) > 0)
    print("answer", y, "wanted", target)
    return (w + learning_rate * (target - y) * x).astype(np.float32)


# %%
def adaline_update(w, x, target, learning_rate):
    error = target - w.dot(x)
    print("error", error)
    return (w + learning_rate * error * x).astype(np.float32)
