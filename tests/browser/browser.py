# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drive Chromium without a screen, and look at a page as a reader does."""

from __future__ import annotations

import base64
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)


def programs() -> tuple[str, str] | None:
    """The paths of Chromium and its driver, None where one of them is not installed."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


@dataclass(frozen=True)
class Look:
    """How a page is looked at: the viewport in CSS pixels and the colour scheme."""

    width: int
    height: int
    scheme: str


class Browser:
    """A Chromium that has its own empty profile and no way to the network but files."""

    def __init__(self, profile: Path) -> None:
        found = programs()
        assert found, "Chromium and chromedriver are not installed: tests/browser/install.sh"
        options = ChromeOptions()
        options.binary_location = found[0]
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self._driver = Chrome(options=options, service=Service(found[1], env=environment))

    def close(self) -> None:
        self._driver.quit()

    def open(self, path: Path, look: Look) -> None:
        self.command("Emulation.setDeviceMetricsOverride", width=look.width, height=look.height, deviceScaleFactor=1, mobile=False)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": look.scheme}])
        self._driver.get_log("browser")
        self._driver.get_log("performance")
        self._driver.get(path.as_uri())

    def command(self, name: str, **parameters: Any) -> Any:
        """A command of the browser's own protocol."""
        return self._driver.execute_cdp_cmd(name, parameters)

    def run(self, script: str, *arguments: Any) -> Any:
        return self._driver.execute_script(script, *arguments)

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key as a user does, such as Tab with code 9. text: what it writes, a carriage return for Enter."""
        self.command("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, text=text)
        self.command("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def said(self) -> list[str]:
        """What stands on the console since the page was opened."""
        return [str(entry["message"]) for entry in self._driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The URLs that were asked for since the page was opened."""
        events = (json.loads(entry["message"])["message"] for entry in self._driver.get_log("performance"))
        return [str(event["params"]["request"]["url"]) for event in events if event["method"] == "Network.requestWillBeSent"]

    def picture(self) -> bytes:
        """The whole page as PNG."""
        return base64.b64decode(self.command("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"])

    def print(self) -> bytes:
        """The page as PDF, as it is printed on A4."""
        printed = self.command("Page.printToPDF", printBackground=True, preferCSSPageSize=True, paperWidth=8.27, paperHeight=11.69)
        return base64.b64decode(printed["data"])
