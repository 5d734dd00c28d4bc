"""Licences: read as their packages name them, and docs/licences.md is what is installed."""

import platform
import sys

import pytest

from benchmarks import licences

# Elsewhere pip chooses other versions than those of requirements.lock.
LOCKED = (platform.system(), platform.machine(), sys.version_info[:2])


@pytest.mark.parametrize(
    ("licence", "permissive"),
    [
        ("MIT", True),
        ("BSD 3-Clause License", True),
        ("The BSD 2-Clause License", True),
        ("Apache-2.0 WITH LLVM-exception AND BSL-1.0", True),
        ("GPL-3.0-only OR MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", False),
        ("GNU General Public License v3 (GPLv3) AND MIT License", False),
        ("unknown", False),
    ],
)
def test_what_is_permissive(licence: str, permissive: bool) -> None:
    assert licences.permissive(licence) is permissive


def test_nothing_is_installed_that_was_not_looked_at() -> None:
    strict = {name for name, _, licence in licences.packages() if not licences.permissive(licence)}
    assert "certifi" in strict
    assert strict <= licences.ACCEPTED
    assert all(licences.permissive(licence) for _, _, licence in licences.models())


@pytest.mark.skipif(LOCKED != ("Linux", "x86_64", (3, 11)), reason="other versions than locked")
def test_the_page_is_what_is_installed() -> None:
    assert licences.PAGE.read_text(encoding="utf-8") == licences.page()
