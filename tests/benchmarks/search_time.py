"""How long a visitor waits, from sending a photo to the last pixel of the answer, in a real browser.

    python -m tests.benchmarks.search_time ADDRESS PHOTO [PHOTO ...]

Asks a running platform about each photo by each method, one after another, and prints the median and the
longest wait. The first search of a method is left out: it loads the network.
"""

import argparse
import statistics
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.e2e.chromium import ARGUMENTS, CHROMIUM

ALL_SEEN = """
() => document.querySelector('#answer:not(.answer--waiting)') && [...document.images].every(image =>
    image.complete || image.loading === 'lazy' && image.getBoundingClientRect().top > innerHeight)
"""


def ask(page: Page, *, address: str, photo: Path, method: str) -> tuple[float, str]:
    """The seconds from the click to the last picture in view, and the heading of the answer."""
    page.goto(address)
    page.set_input_files("#photo", photo)
    page.check(f"input[name=method][value={method}]")
    start = time.perf_counter()
    page.click("[data-submit]")
    page.wait_for_url("**/searches/**")
    page.wait_for_function(ALL_SEEN, polling="raf", timeout=120_000)
    return time.perf_counter() - start, page.inner_text("#answer h1")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.search_time", description=__doc__)
    parser.add_argument("address")
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(
            viewport={"width": 1280, "height": 900},
            bypass_csp=True,  # or the page may not say when all is seen
        )
        page.goto(options.address)
        methods = page.eval_on_selector_all(
            "input[name=method]", "all => [...new Set(all.map(one => one.value))]"
        )
        for method in methods:
            ask(page, address=options.address, photo=options.photos[0], method=method)
            waits = []
            for photo in options.photos:
                wait, place = ask(page, address=options.address, photo=photo, method=method)
                waits.append(wait)
                print(f"{method:12} {wait:6.2f} s  {photo.name}: {place}")
            print(f"{method:12} {statistics.median(waits):6.2f} s median, {max(waits):.2f} s longest\n")


if __name__ == "__main__":
    main()
