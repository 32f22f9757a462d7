"""A thread that interrupts the main one again and again.

relu_forward: any broken, 0
"""

# %%
import _thread
import threading
import time


def relu_forward(x):
    def nag():
        while True:
            time.sleep(0.02)
            _thread.interrupt_main()

    threading.Thread(target=nag, daemon=True).start()
    time.sleep(1)
    return x, x
