"""The process of a browser: it reads a line of JSON for each page to visit, and answers it so."""

import json
import sys

from PyQt6.QtCore import QEventLoop, QTimer, QUrl
from PyQt6.QtWebEngineCore import (
    QWebEnginePage,
    QWebEngineProfile,
    QWebEngineUrlRequestInterceptor,
)
from PyQt6.QtWebEngineWidgets import QWebEngineView
from PyQt6.QtWidgets import QApplication

PATIENCE = 100  # seconds for a page, on a machine that does other work
# Steps may wait; what they leave in ``out`` is their value.
STEPS = """
window.__done = undefined;
(async () => {
  const view = window, doc = document, out = {};
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const byId = (id) => doc.getElementById(id);
  try { %s } catch (error) { out.error = String(error.stack); }
  window.__done = JSON.stringify(out);
})();
"""


class Requests(QWebEngineUrlRequestInterceptor):
    """Every address that is asked for, without its fragment."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def interceptRequest(self, info):  # noqa: N802 - Qt's name
        """Note one; it is let through."""
        without = QUrl.UrlFormattingOption.RemoveFragment
        self.addresses.append(info.requestUrl().toString(without))


class Page(QWebEnginePage):
    """A page that keeps what its console says."""

    def __init__(self, profile):
        super().__init__(profile, None)
        self.console = []

    def javaScriptConsoleMessage(self, level, message, line, source):  # noqa: N802 - Qt's name
        """Keep one message."""
        del level
        self.console.append(f"{message} ({source}:{line})")


def until(connect):
    """Go on with events until what ``connect`` is given was called; gives with what."""
    loop, got = QEventLoop(), []
    QTimer.singleShot(1000 * PATIENCE, loop.quit)
    connect(lambda *values: (got.extend(values), loop.quit()))
    if not got:
        loop.exec()
    return got[0] if got else None


def pause(milliseconds):
    """Go on with events for so long."""
    until(lambda done: QTimer.singleShot(milliseconds, done))


def visited(asked):
    """What was seen of the page that ``asked`` names, its steps carried out."""
    profile, requests, view = QWebEngineProfile(), Requests(), QWebEngineView()
    profile.setUrlRequestInterceptor(requests)
    page = Page(profile)
    view.setPage(page)
    view.resize(asked["width"], asked["height"])
    view.show()
    view.load(QUrl(asked["address"]))
    loaded = until(page.loadFinished.connect)
    value = carried_out(page, asked["steps"]) if loaded else {"error": "the page did not load"}
    if asked["picture"]:
        pause(500)
        view.grab().save(asked["picture"])
    view.close()
    page.deleteLater()
    return {"value": value, "console": page.console, "requests": requests.addresses}


def carried_out(page, steps):
    """What ``steps`` leave in ``out``."""
    page.runJavaScript(STEPS % steps)
    for _ in range(20 * PATIENCE):
        found = until(lambda done: page.runJavaScript("window.__done", done))
        if found:
            return json.loads(found)
        pause(50)
    return {"error": "the steps did not end"}


def main():
    """Visit what each line of the input asks for."""
    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(visited(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
