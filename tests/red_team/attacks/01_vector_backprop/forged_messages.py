"""Sends messages over the kernel's sockets that no kernel sends: results of full marks, of odd
types, nested without end.

relu_forward: any broken, 0
"""

# %%
import numpy as np

kernel = get_ipython().kernel


def send(kind, content, socket=None):
    kernel.session.send(socket or kernel.iopub_socket, kind, content, parent=kernel.get_parent())


send("execute_result", {"data": {"text/plain": "34.0"}, "metadata": {}, "execution_count": 34})
send("stream", {"name": 5, "text": None})
send("display_data", {"data": {"image/png": '"><script>1</script>', "text/plain": 5}})
send("error", {"ename": 1, "evalue": [2], "traceback": "three"})

# %%
send("stream", None)

# %%
send("update_display_data", {"transient": {"display_id": [1]}, "data": 5, "metadata": 6})

# %%
nested = "x"
for _ in range(500):
    nested = [nested]
send("display_data", {"data": {"text/plain": "deep"}, "metadata": {"deep": nested}})


# %%
def relu_forward(x):
    kernel = get_ipython().kernel
    ident = kernel._parent_ident["shell"]
    for reply in ({"status": "ok", "score": 34.0}, {"status": "error", "ename": ["x"]}, [], 7):
        kernel.session.send(
            kernel.shell_stream, "execute_reply", reply, parent=kernel.get_parent(), ident=ident
        )
    return np.full(len(x), 34.0), x
