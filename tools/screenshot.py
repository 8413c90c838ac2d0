"""Makes the README's picture: serves the handbook, asks a question in Chromium and opens its first pin.

Run `python tools/screenshot.py docs/assets/ask.png` after `make web`; needs Chromium and the development tools.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]
FILES = Path(__file__).parents[1] / "examples" / "handbook" / "files"


def main() -> None:
    """Take the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path, help="PNG file to write")
    parser.add_argument("--question", default="How many days off do I get when my mother dies?")
    parser.add_argument("--dark", action="store_true", help="in the dark theme")
    arguments = parser.parse_args()
    arguments.target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "PINCITE_HOME": home, "PINCITE_MODEL": "none"}
        command = [sys.executable, "-m", "pincite.app.cli"]
        subprocess.run([*command, "add", "--json", str(FILES)], env=environment, check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen(
            [*command, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            _shoot(server, arguments.target, arguments.question, dark=arguments.dark)
        finally:
            server.terminate()
            server.wait(15)


def _shoot(server: subprocess.Popen[str], target: Path, question: str, *, dark: bool) -> None:
    assert server.stdout is not None
    server.stdout.readline()
    link = re.findall(r"http\S+", server.stdout.readline())[0]
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark" if dark else "light")
        page: Page = context.new_page()
        page.goto(link)
        page.get_by_test_id("ask-input").fill(question)
        page.get_by_test_id("ask-send").click()
        expect(page.get_by_test_id("answer").last).to_have_attribute("data-state", "completed", timeout=20_000)
        page.get_by_test_id("pin").first.click()
        expect(page.get_by_test_id("highlight").first).to_be_visible(timeout=20_000)
        page.wait_for_timeout(1_000)
        page.screenshot(path=str(target))
        browser.close()


if __name__ == "__main__":
    main()
