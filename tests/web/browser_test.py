#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/web in a browser without a window: browser_test.py chromium|firefox|webkit limpid.wasm. Exits with 77 where there is no such browser."""
import contextlib
import functools
import glob
import http.server
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 60
# Names of the program, and what makes it use a profile of its own. That of WebKitGTK, Safari's engine, cannot do without a window.
BROWSERS = {
    "chromium": (("chromium", "google-chrome"), lambda profile: ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]),
    "firefox": (("firefox-esr", "firefox"), lambda profile: ["--headless", "--no-remote", "--profile", profile]),
    "webkit": (glob.glob("/usr/lib/*/webkit2gtk-4.?/MiniBrowser"), lambda profile: ["--private"]),
}


class Files(http.server.SimpleHTTPRequestHandler):
    """The repository, with the module that was built beside its scripts. The first request for each path in `lost` fails; what a page posts goes into `found`."""

    def __init__(self, *arguments, wasm, lost, found, **named):
        self.wasm, self.lost, self.found = wasm, lost, found
        super().__init__(*arguments, directory=ROOT, **named)

    def translate_path(self, path):
        return self.wasm if path == "/examples/web/limpid.wasm" else super().translate_path(path)

    def do_GET(self):
        if self.path in self.lost:
            self.lost.remove(self.path)
            self.send_error(503)
        else:
            super().do_GET()

    def do_POST(self):
        self.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def unseen_screen():
    """What a program needs in its environment to open its windows where nobody sees them."""
    with subprocess.Popen(["Xvfb", "-displayfd", "1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            yield {"DISPLAY": f":{server.stdout.readline().strip()}", "GDK_BACKEND": "x11"}
        finally:
            server.terminate()


def visit(browser, options, environment, address, found):
    """What the page there posts."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        running = subprocess.Popen([browser, *options(profile), address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, **environment}, start_new_session=True)  # it starts others, which have to go with it
        try:
            return found.get(timeout=SECONDS)
        except queue.Empty:
            sys.exit(f"{address} was silent for {SECONDS} seconds")
        finally:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def check_render(found):
    assert found["error"] < 1e-5, "the browser's audio thread makes something else than what was trained"
    assert abs(found["latency"] - 319 / 16000) < 1e-9
    assert found["untouched"] < 1e-5, "a limit of nothing lowers something"
    assert found["told"] > 0, "nobody was told of the voice"
    assert "4000" in found["refusal"], "a rate was opened that no model has"
    assert "https" in found["insecure"], "nobody was told why there is no worklet"


def check_page(found):
    assert "limpid-processor.js" in found["lost"], "nobody was told what could not be loaded"
    assert found["resumed"] == 1, "a recording that is chosen slowly finds no context that runs"
    assert found["nodes"] == 1, "two clicks opened two nodes"
    assert found["live"] == 1, "a microphone stayed open that another one has replaced"
    assert found["left"] == 0, "a microphone stayed open when all was stopped"
    assert "gone" in found["gone"], "nobody was told that the microphone ended"
    assert found["refused"] == "no permission"


def try_pages(browser, options, environment):
    for page, check, lost in (("render.html", check_render, []), ("page.html", check_page, ["/examples/web/limpid-processor.js"])):
        posted = queue.Queue()
        server = http.server.ThreadingHTTPServer(("localhost", 0), functools.partial(Files, wasm=sys.argv[2], lost=lost, found=posted))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = visit(browser, options, environment, f"http://localhost:{server.server_port}/tests/web/{page}", posted)
        print(found)
        assert "problem" not in found, "the page did not get to its end"
        check(found)


def main():
    names, options = BROWSERS[sys.argv[1]]
    browser = next(filter(None, map(shutil.which, names)), None)
    windowed = sys.argv[1] == "webkit"
    if not browser or windowed and not shutil.which("Xvfb"):
        print(f"skipped: no {sys.argv[1]}")
        return 77
    with unseen_screen() if windowed else contextlib.nullcontext({}) as environment:
        try_pages(browser, options, environment)
    return 0


sys.exit(main())
