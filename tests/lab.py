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

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    TimeoutError,
    expect,
    sync_playwright,
)

_START = 60.0
# Milliseconds: for a notebook to open, for a cell to be sent to the kernel, and for it to end.
_OPENING = 45_000
_TAKEN = 15_000
_PATIENCE = 100_000
# And between two looks at the page: a look at every frame would keep the browser drawing.
_LOOKING = 250
# The prompts of cells that did not run yet; a folded cell's is empty.
_WAITING = (
    "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]"
    ".filter(one => one.textContent && !/\\d/.test(one.textContent))"
)
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
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
        one = playwright.chromium.launch(executable_path=chromium(), args=_ARGUMENTS)
        yield one
        one.close()


@contextmanager
def window(profile: Path, width: int, height: int) -> Iterator[BrowserContext]:
    """The same with a folder for its own files: what it has compiled once opens sooner again."""
    with sync_playwright() as playwright:
        one = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium(),
            args=_ARGUMENTS,
            viewport={"width": width, "height": height},
        )
        yield one
        one.close()


class Notebook:
    """A notebook open in JupyterLab, its kernel ready."""

    def __init__(self, page: Page, address: str, path: str, pictures: Path) -> None:
        self.page = page
        self._address = address
        self._path = path
        self._pictures = pictures
        page.set_default_timeout(_OPENING)
        with self._pictured_when_stuck():
            page.goto(f"{address}/lab/tree/{path}?reset")
            page.locator(".jp-Notebook .jp-Cell").first.wait_for()
            self._await_kernel()

    def _await_kernel(self) -> None:
        """Until the status bar says so: what is run before there is a kernel, JupyterLab drops in
        silence, while the circle in the toolbar says "idle" from the first moment."""
        self.page.locator("#jp-main-statusbar").get_by_text(re.compile(r"\| Idle$")).wait_for()

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
        outputs = self.start(text)
        with self._pictured_when_stuck():
            prompt = self.cell(text).locator(".jp-InputPrompt").first
            expect(prompt).to_have_text(re.compile(r"\d"), timeout=_PATIENCE)
        return outputs

    def start(self, text: str) -> Locator:
        """Begin to run the cell that holds ``text``; gives its outputs, which may still come."""
        cell = self.cell(text)
        prompt = cell.locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        with self._pictured_when_stuck():
            cell.locator(".cm-content").click()
            expect(cell.locator(".cm-focused")).to_be_visible()
            self.page.keyboard.press("Control+Enter")
            expect(prompt).not_to_have_text(before, timeout=_TAKEN)
        return cell.locator(".jp-OutputArea-output")

    def start_all(self) -> None:
        """Begin to run all cells."""
        self.menu("Run", "Run All Cells")

    def finish_all(self) -> None:
        """Wait until every code cell has run, as long as one after the other ends."""
        with self._pictured_when_stuck():
            while waiting := self.page.evaluate(f"{_WAITING}.length"):
                fewer = f"() => {_WAITING}.length < {waiting}"
                self.page.wait_for_function(fewer, timeout=_PATIENCE, polling=_LOOKING)

    @contextmanager
    def _pictured_when_stuck(self) -> Iterator[None]:
        try:
            yield
        except (AssertionError, TimeoutError):
            running = self.page.locator(".jp-InputPrompt", has_text="[*]")
            if running.count():
                running.first.scroll_into_view_if_needed()
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
        saved = "() => !document.querySelector('.jp-mod-dirty')"
        self.page.wait_for_function(saved, polling=_LOOKING)

    def errors(self) -> list[str]:
        """The tracebacks on the page."""
        selector = ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']"
        return self.page.locator(selector).all_inner_texts()

    def close(self) -> None:
        """Close the page and shut its kernel down."""
        for session in self.page.request.get(f"{self._address}/api/sessions").json():
            if session["path"] == self._path:
                self._delete(f"{self._address}/api/sessions/{session['id']}")
        self.page.close(run_before_unload=False)

    def _delete(self, address: str) -> None:
        cookies = {one["name"]: one["value"] for one in self.page.context.cookies()}
        headers = {"X-XSRFToken": cookies["_xsrf"]}
        assert self.page.request.delete(address, headers=headers).ok

    def picture(self, name: str) -> None:
        """Keep what is seen as ``<name>.png``."""
        self.page.screenshot(path=self._pictures / f"{name}.png")
