# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The report in a real browser; collected where chromium is installed."""

import json
import re
import shutil
import subprocess
import threading
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote

import pytest
from odd_sales import ODD_COLUMNS, SCRIPT, make_odd_sales

from sklearn_sales.cli import main

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync
    --disable-dev-shm-usage --virtual-time-budget=3000""".split()
DARK, LIGHT = "--blink-settings=preferredColorScheme=0", ""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of the odd sales."""
    folder = tmp_path_factory.mktemp("page")
    make_odd_sales().to_csv(folder / "odd.csv", index=False)
    path = folder / "page.html"
    argv = [str(folder / "odd.csv"), *ODD_COLUMNS, "--output", str(path), "--quiet"]
    assert main(["report", *argv]) == 0
    return path


@pytest.fixture
def browse(tmp_path):
    """Open a page: its elements after the script has run, as text."""

    def browse(path, fragment="", *, flags=()):
        profile = tmp_path / "profile"
        command = [shutil.which("chromium"), *FLAGS, *filter(None, flags)]
        command += [f"--user-data-dir={profile}", "--window-size=1200,900"]
        result = subprocess.run(
            [*command, "--dump-dom", path.as_uri() + fragment],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        shutil.rmtree(profile, ignore_errors=True)
        return result.stdout

    return browse


FRAME = """<!doctype html><meta name="color-scheme" content="light dark">
<body><iframe src="measured.html" width="{width}" height="800" style="border: 0">
</iframe><script>
addEventListener("message", (event) => {{ document.body.textContent = event.data; }});
</script></body>"""


@pytest.fixture
def measure(page, browse, tmp_path):
    """What a script in a copy of the page, in a frame of a width, tells."""

    def measure(script, *, width=1100, flags=()):
        # without its policy, which lets no other script run
        text = page.read_text("utf-8").replace("Content-Security-Policy", "x-nothing")
        script = f"const told = {{}};{script}\n"
        script += 'parent.postMessage(JSON.stringify(told), "*");'
        text = text.replace("</body>", f"<script>{script}</script></body>")
        (tmp_path / "measured.html").write_text(text, encoding="utf-8")
        frame = tmp_path / "frame.html"
        frame.write_text(FRAME.format(width=width), encoding="utf-8")
        dom = browse(frame, flags=flags)
        return json.loads(unescape(re.search(r"<body>(.*?)</body>", dom, re.S)[1]))

    return measure


def test_series_of_the_address_is_drawn(page, browse):
    name = "shop it's #1 %41?"
    dom = browse(page, "#series=" + quote(name, safe=""))
    assert f'<h3 id="shown">{name}</h3>' in dom
    chart = re.search(r'<div class="chart" id="series-chart">(.*?)</div>', dom, re.S)[1]
    points = {
        look: len(re.findall("[ML]", path))
        for look, path in re.findall(r'<path class="(\w+)" d="(.*?)"', chart)
    }
    assert points == {"band": 28, "sales": 120, "test": 28, "own": 14}
    assert f'aria-label="Sales, back-test and forecast of {name}"' in chart
    steps = re.search(r'<div class="chart" id="steps-chart">(.*?)</div>', dom, re.S)[1]
    assert len(re.findall(r'<path class="(?:own|naive)"', steps)) == 2


def test_names_are_text_and_run_nothing(page, browse):
    name = f"shop {SCRIPT}"
    dom = browse(page, "#series=" + quote(name, safe=""))
    title = re.search(r"<title>(.*?)</title>", dom)[1]
    assert title == "units: forecast of the next 14 days"
    shown = re.search(r'<h3 id="shown">(.*?)</h3>', dom)[1]
    assert unescape(shown) == name


SEARCH = """
const input = document.getElementById("search");
function type(text) {
  input.value = text;
  input.dispatchEvent(new Event("input"));
}
type("plain");
told.offered = [...document.getElementById("names").children].map((one) => one.value);
document.getElementById("finder").requestSubmit();
told.hash = decodeURIComponent(location.hash);
window.dispatchEvent(new HashChangeEvent("hashchange"));
told.shown = document.getElementById("shown").textContent;
document.getElementById("next").click();
window.dispatchEvent(new HashChangeEvent("hashchange"));
told.next = document.getElementById("shown").textContent;
document.getElementById("previous").click();
window.dispatchEvent(new HashChangeEvent("hashchange"));
told.back = document.getElementById("shown").textContent;
input.value = "nowhere";
document.getElementById("finder").requestSubmit();
told.message = document.getElementById("message").textContent;
const svg = document.querySelector("#series-chart svg");
const box = svg.getBoundingClientRect();
function point(x) {
  svg.dispatchEvent(new PointerEvent("pointermove", { clientX: x, clientY: box.top }));
}
point(box.right - 1);
told.last = document.getElementById("series-readout").textContent;
point(box.left);
told.first = document.getElementById("series-readout").textContent;
"""


def test_series_are_found_by_words_and_by_turning_pages(measure):
    result = measure(SEARCH)
    assert result["offered"] == ["shop plain"]
    assert result["hash"] == "#series=shop plain"
    assert result["shown"] == result["back"] == "shop plain"
    assert result["next"] == "shop Übergröße 漢字"
    assert result["message"] == "No series on this page is called “nowhere”."
    assert re.fullmatch(r"2023-05-14: forecast \d+, \S+ to \S+", result["last"])
    assert re.fullmatch(r"2023-01-01: units \d+", result["first"])


MEASURE = """
told.width = document.documentElement.scrollWidth;
told.window = window.innerWidth;
told.paper = getComputedStyle(document.body).backgroundColor;
told.ink = getComputedStyle(document.body).color;
told.sales = getComputedStyle(document.querySelector("path.sales")).stroke;
told.small = [...document.querySelectorAll("input, button")]
  .filter((one) => one.getBoundingClientRect().height < 40).length;
told.texts = [...document.querySelectorAll("#series-chart text")].map((one) => {
  const box = one.getBoundingClientRect();
  return [box.left, box.top, box.right, box.bottom];
});
"""


def luminance(color):
    """Relative luminance of "rgb(r, g, b)", as WCAG 2 defines it."""
    shares = [int(one) / 255 for one in re.findall(r"\d+", color)[:3]]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("width", [1100, 390], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_page_fits_its_window_in_light_and_dark(width, scheme, measure):
    result = measure(MEASURE, width=width, flags=[scheme])
    assert result["window"] == width
    assert result["width"] <= width
    assert (luminance(result["paper"]) < 0.05) == (scheme == DARK)
    assert contrast(result["ink"], result["paper"]) > 7
    assert contrast(result["sales"], result["paper"]) > 4.5
    assert result["small"] == 0
    assert not any(overlap(a, b) for a, b in pairs(result["texts"]))


def pairs(boxes):
    return [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]]


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


class Listener(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append(self.path)
        self.send_error(404)

    def log_message(self, *_):
        """Keep quiet."""


@pytest.mark.parametrize("guarded", [True, False])
def test_policy_keeps_the_page_from_the_network(guarded, page, browse, tmp_path):
    server = HTTPServer(("127.0.0.1", 0), Listener)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    text = page.read_text("utf-8")
    if not guarded:
        text = text.replace("Content-Security-Policy", "x-nothing")
    image = f'<img src="http://127.0.0.1:{server.server_port}/spy.png">'
    copy = tmp_path / "copy.html"
    copy.write_text(text.replace("<main>", f"<main>{image}"), encoding="utf-8")
    browse(copy)
    server.shutdown()
    thread.join()
    server.server_close()
    assert server.seen == ([] if guarded else ["/spy.png"])
