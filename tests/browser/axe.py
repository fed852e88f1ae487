"""axe-core in a page: what it finds against the rules of WCAG 2.2 AA and its own good practice."""

import importlib.resources
from collections.abc import Sequence
from typing import Any, Final

import axe_playwright_python  # type: ignore[import-untyped]
from playwright.async_api import Page

PROGRAM: Final = (importlib.resources.files(axe_playwright_python) / "axe.min.js").read_text()
ALL_RULES: Final[dict[str, Any]] = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]},
    "rules": {"target-size": {"enabled": True}, "frame-tested": {"enabled": False}},
}
"""Pages in frames are looked at for themselves."""
CONTRAST: Final[dict[str, Any]] = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
_RUN = """async (options) => {
  const found = await axe.run(document, {...options, preload: false, iframes: false, resultTypes: ["violations", "incomplete"]});
  const why = node => node.any.concat(node.all, node.none).map(one => one.message).join("; ");
  const brief = kind => found[kind].flatMap(rule => rule.nodes.map(node =>
    ({rule: rule.id, impact: node.impact, where: node.target.join(" "), why: why(node)})));
  return {violations: brief("violations"), incomplete: brief("incomplete"), passes: found.passes.length};
}"""


async def examine(page: Page, options: dict[str, Any], explained: Sequence[str] = ()) -> list[str]:
    """Violations, and what axe could not decide; rules in ``explained`` may stay undecided. Empty when all is well. The page may have a
    content security policy: the browser's instruments are not under it."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(PROGRAM)
    found = await page.evaluate(_RUN, options)
    assert found["passes"], "axe looked at nothing"
    undecided = [one for one in found["incomplete"] if one["rule"] not in explained]
    return [f"{one['rule']} ({one['impact']}) {one['where']}: {one['why']}" for one in (*found["violations"], *undecided)]
