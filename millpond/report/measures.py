"""Table of the measures of all reservoirs."""

from __future__ import annotations

from typing import Any

from millpond.page import Section, note, table, text


def section(cards: dict[str, Any]) -> Section | None:
    """Return one column for each reservoir with a benchmark profile, and one line for each without."""
    if not cards:
        return None
    made = {name: card for name, card in cards.items() if isinstance(card, dict)}
    reasons = {name: why for name, why in cards.items() if not isinstance(why, dict)}
    body = ""
    if made:
        measures = list(dict.fromkeys(m for card in made.values() for m in card["results"]))
        rows = [_row(m, [card["results"].get(m) for card in made.values()]) for m in measures]
        body += table("measures", ["measure", *map(text, made)], rows, ["measure"] * len(rows))
        body += note(
            "Each reservoir has the configuration of this comparison and the first seed. Its input is the same random "
            "signal with one channel instead of the task. docs/measures.md of Millpond explains the measures."
        )
        by = list(dict.fromkeys(card.get("by", "an older version") for card in made.values()))
        body += note(f"Measured by {'; '.join(by)}; the values are stored until the configuration changes.")
    same: dict[str, list[str]] = {}
    for name, why in reasons.items():
        same.setdefault(why, []).append(name)
    return Section("measures", "Measures", body + note(*(f"{', '.join(n)}: {why}." for why, n in same.items())))


def _row(name: str, results: list[dict[str, Any] | None]) -> list[str]:
    """Return the values of a measure for all reservoirs; an explanation that all share is shown once."""
    said = {result["said"] for result in results if result is not None}
    shared = len(said) == 1
    head = text(name) + (f"<small>{text(*said)}</small>" if shared else "")
    return [head, *(_cell(result, not shared) for result in results)]


def _cell(result: dict[str, Any] | None, with_words: bool) -> str:
    if result is None:
        return ""
    value = "not finite" if result.get("value") is None else f"{result['value']:.3g}"
    return value + (f"<small>{text(result['said'])}</small>" if with_words else "")
