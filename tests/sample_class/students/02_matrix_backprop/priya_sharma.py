"""Priya Sharma: everything right, vectorised with einsum, in float32, caches in dicts, printing
while it runs."""

import numpy as np


# %%
def matmul_forward(x, w):
    y = np.einsum("nd,dm->nm", x, w).astype(np.float32)
    print(x.shape, "@", w.shape, "->", y.shape)
    return y, {"x": x, "w": w}


# %%
def matmul_backward(dy, cache):
    dx = np.einsum("nm,dm->nd", dy, cache["w"])
    dw = np.einsum("nm,nd->dm", dy, cache["x"])
    return dx.astype(np.float32), dw.astype(np.float32)


# %%
def matmul_jacobian_x(x, w):
    return np.einsum("ni,dm->ndim", np.eye(len(x)), w).astype(np.float32)


# %%
def jacobian_bytes(N, D, M, itemsize):
    print("numbers:", N * D * N * M, D * M * N * M)
    return [N * D * N * M * itemsize, D * M * N * M * itemsize]


# %%
def affine_forward(x, w, b):
    rows = x.reshape(x.shape[0], -1)
    out = np.einsum("nd,dm->nm", rows, w) + b[None, :]
    print("affine:", out.mean())
    return np.float32(out), {"rows": rows, "shape": x.shape, "w": w}


# %%
def affine_backward(dout, cache):
    dx = np.float32(dout @ cache["w"].T).reshape(cache["shape"])
    dw = np.float32(np.einsum("nd,nm->dm", cache["rows"], dout))
    return dx, dw, np.float32(np.einsum("nm->m", dout))


# %%
def unbroadcast(grad, shape):
    grad = np.float32(grad)
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


# %%
def softmax_loss(scores, y):
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    one_hot = np.eye(scores.shape[1])[y]
    loss = -np.einsum("nc,nc->", one_hot, log_p) / len(y)
    print("loss", loss)
    return np.float32(loss), np.float32((np.exp(log_p) - one_hot) / len(y))


# %%
def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    print("training" if training else "only looking")
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        new_mean = running_mean + momentum * (mean - running_mean)
        new_var = running_var + momentum * (x.var(axis=0, ddof=1) - running_var)
    else:
        mean, var, new_mean, new_var = running_mean, running_var, running_mean, running_var
    rate = 1 / np.sqrt(var + eps)
    normal = (x - mean) * rate
    cache = {"normal": normal, "rate": rate, "gamma": gamma, "training": training}
    return np.float32(gamma * normal + beta), cache, np.float32(new_mean), np.float32(new_var)


# %%
def batchnorm_backward(dout, cache):
    n, xhat = len(dout), cache["normal"]
    dgamma, dbeta = (dout * xhat).sum(0), dout.sum(0)
    dx = dout - (dbeta + xhat * dgamma) / n if cache["training"] else dout
    dx = dx * cache["gamma"] * cache["rate"]
    return np.float32(dx), np.float32(dgamma), np.float32(dbeta)


# %%
def dropout_forward(x, p, training, rng):
    if not training:
        return x, {"mask": None}
    mask = rng.binomial(1, 1 - p, size=x.shape).astype(np.float32) / np.float32(1 - p)
    print(mask.mean())
    return np.float32(x) * mask, {"mask": mask}


# %%
def dropout_backward(dout, cache):
    if cache["mask"] is None:
        return dout
    return np.float32(dout) * cache["mask"]


# %%
def sgd_momentum(w, dw, velocity, learning_rate, momentum):
    v = momentum * velocity + dw
    print("step", -learning_rate * v)
    return np.float32(w - learning_rate * v), np.float32(v)


# %%
def adam(w, dw, m, v, t, learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = m + (1 - beta1) * (dw - m)
    v = v + (1 - beta2) * (np.square(dw) - v)
    step = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return np.float32(w - learning_rate * step), np.float32(m), np.float32(v)


# %%
def kaiming_init(fan_in, fan_out, rng):
    return rng.standard_normal((fan_in, fan_out), dtype=np.float32) * np.float32(2 / fan_in) ** 0.5


# %%
def xavier_init(fan_in, fan_out, rng):
    std = np.sqrt(2 / (fan_in + fan_out))
    return rng.normal(scale=std, size=(fan_in, fan_out)).astype(np.float32)


# %%
class TwoLayerNet:
    """All in one place, without the parts."""

    def __init__(self, w1, b1, w2, b2):
        self.params = {"w1": w1, "b1": b1, "w2": w2, "b2": b2}

    def loss(self, X, y=None):
        p = self.params
        rows = X.reshape(len(X), -1)
        hidden = np.maximum(rows @ p["w1"] + p["b1"], 0)
        scores = hidden @ p["w2"] + p["b2"]
        if y is None:
            return np.float32(scores)
        loss, d = softmax_loss(scores, y)
        dhidden = (d @ p["w2"].T) * (hidden > 0)
        print("loss of the network:", loss)
        grads = {"w2": hidden.T @ d, "b2": d.sum(0), "w1": rows.T @ dhidden, "b1": dhidden.sum(0)}
        return loss, {name: np.float32(grad) for name, grad in grads.items()}


# %%
def einsum_backward(subscripts, dout, x, w):
    ins, out = subscripts.split("->")
    a, b = ins.split(",")

    def backward(mine, like, other, array):
        lonely = [i for i in mine if i not in other + out]
        ones = [np.ones(like.shape[mine.index(i)]) for i in lonely]
        spec = ",".join([out, other, *lonely]) + "->" + mine
        return np.einsum(spec, dout, array, *ones).astype(np.float32)

    return backward(a, x, b, w), backward(b, w, a, x)
