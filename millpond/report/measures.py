"""The measures of each reservoir side by side."""

from __future__ import annotations

from typing import Any

from millpond.page import Section, note, table, text


def section(cards: dict[str, Any]) -> Section | None:
    """Return a column for each reservoir that has a card, and one line for each that has none."""
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
            "Each reservoir as configured here, driven with the same random input of one channel instead of the task; "
            "first seed. What the measures are and how to read them: docs/measures.md of Millpond."
        )
        by = list(dict.fromkeys(card.get("by", "an older version") for card in made.values()))
        body += note(f"Measured by {'; '.join(by)}; cards are kept until the configuration changes.")
    alike: dict[str, list[str]] = {}
    for name, why in reasons.items():
        alike.setdefault(why, []).append(name)
    return Section("measures", "Measures", body + note(*(f"{', '.join(n)}: {why}." for why, n in alike.items())))


def _row(name: str, results: list[dict[str, Any] | None]) -> list[str]:
    """Return a measure of every reservoir; what is said alike of all is said once."""
    said = {result["said"] for result in results if result is not None}
    shared = len(said) == 1
    head = text(name) + (f"<small>{text(*said)}</small>" if shared else "")
    return [head, *(_cell(result, not shared) for result in results)]


def _cell(result: dict[str, Any] | None, with_words: bool) -> str:
    if result is None:
        return ""
    value = "not finite" if result.get("value") is None else f"{result['value']:.3g}"
    return value + (f"<small>{text(result['said'])}</small>" if with_words else "")
