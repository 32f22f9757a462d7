"""JupyterLab in a real browser: a server on a folder of notebooks, and what a reader does there."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect, sync_playwright

_START = 60.0
_PATIENCE = 120_000
_SETTINGS = """{
 "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false},
 "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}
}"""


def chromium() -> str | None:
    """The path of the system's Chromium, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)


@contextmanager
def served(folder: Path, settings: Path) -> Iterator[str]:
    """A JupyterLab server on a folder; gives its address. settings: a folder for its own files."""
    (settings / "lab" / "settings").mkdir(parents=True)
    (settings / "lab" / "settings" / "overrides.json").write_text(_SETTINGS)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"]
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.root_dir": folder,
        "IdentityProvider.token": "",
        "LabApp.app_settings_dir": settings / "lab" / "settings",
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    places = {name: str(settings / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    log = (settings / "server.log").open("w")
    server = subprocess.Popen(
        [*command, *arguments], stdout=log, stderr=log, env={**os.environ, **places}
    )
    try:
        _await_answer(f"http://127.0.0.1:{port}/api", server, settings / "server.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def _await_answer(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2)
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        one = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        yield one
        one.close()


class Notebook:
    """A notebook open in JupyterLab."""

    def __init__(self, page: Page, address: str, name: str, pictures: Path) -> None:
        self.page = page
        self._pictures = pictures
        page.set_default_timeout(60_000)
        page.goto(f"{address}/lab/tree/{name}?reset")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()

    def cell(self, text: str) -> Locator:
        """The code cell that holds this text."""
        return self.page.locator(
            ".jp-CodeCell", has=self.page.locator(".cm-content", has_text=text)
        ).first

    def write(self, text: str, source: str) -> None:
        """Put another source into the cell that holds ``text``."""
        editor = self.cell(text).locator(".cm-content")
        editor.scroll_into_view_if_needed()
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def run(self, text: str) -> Locator:
        """Run the cell that holds ``text`` to its end; gives its outputs."""
        cell = self.cell(text)
        prompt = cell.locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        with self._pictured_when_stuck():
            expect(prompt).not_to_have_text(before, timeout=_PATIENCE)
            expect(prompt).to_have_text(re.compile(r"\d"), timeout=_PATIENCE)
        return cell.locator(".jp-OutputArea-output")

    def start_all(self) -> None:
        """Begin to run all cells."""
        self.menu("Run", "Run All Cells")

    def finish_all(self) -> None:
        """Wait until every code cell has run; a folded one has no number."""
        with self._pictured_when_stuck():
            self.page.wait_for_function(
                "() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]"
                ".every(one => !one.textContent || /\\d/.test(one.textContent))",
                timeout=_PATIENCE,
            )

    @contextmanager
    def _pictured_when_stuck(self) -> Iterator[None]:
        try:
            yield
        except (AssertionError, TimeoutError):
            self.picture("stuck")
            raise

    def menu(self, name: str, item: str) -> None:
        """Choose an item of the menu bar."""
        self.page.locator(f".lm-MenuBar-item:has-text('{name}')").first.click()
        self.page.locator(".lm-Menu-item", has_text=item).first.click()

    def save(self) -> None:
        """Save the notebook and wait until it is."""
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+s")
        self.page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")

    def errors(self) -> list[str]:
        """The tracebacks on the page."""
        selector = ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']"
        return self.page.locator(selector).all_inner_texts()

    def close(self) -> None:
        """Close the page; the kernel goes with the server."""
        self.page.close(run_before_unload=False)

    def picture(self, name: str) -> None:
        """Keep what is seen as ``<name>.png``."""
        self.page.screenshot(path=self._pictures / f"{name}.png")
