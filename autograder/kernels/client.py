"""The lines to a kernel, ready as soon as both ways are open."""

import time
from queue import Empty

from jupyter_client.asynchronous.client import AsyncKernelClient

_PATIENCE = 1.0
_LISTENING = 0.05


class PromptClient(AsyncKernelClient):
    """jupyter_client's, without the fifth of a second for which that listens whether anything else
    comes from a kernel that was just started."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and its outputs come through. timeout: seconds; none for
        as long as it lives. Raises RuntimeError."""
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while not await self._answers():
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    async def _answers(self) -> bool:
        """Ask it once; outputs come last, and none where its first ones went by unheard."""
        asked = self.kernel_info()
        try:
            reply = await self.shell_channel.get_msg(timeout=_PATIENCE)
            self._handle_kernel_info_reply(reply)
            while True:
                output = await self.iopub_channel.get_msg(timeout=_LISTENING)
                ended = output["content"].get("execution_state") == "idle"
                if ended and output["parent_header"].get("msg_id") == asked:
                    return True
        except Empty:
            return False
