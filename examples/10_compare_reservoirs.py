"""Compare two reservoirs on delayed exclusive or, with their controls. One seed and one fold: use more for claims."""

from pathlib import Path

from millpond import compare
from millpond.results import verdict

found = compare(
    "xor", ["esn", "water"], "generated", None, "streams", Path("xor"), units=100, n_seeds=1, n_folds=1,
    n_workers=1,
)  # fmt: skip

for row in found["rows"]:
    if row["kind"] != "control":
        score = row["score"]
        print(f"{row['model']:6} {100 * score['mean']:5.1f} % [{100 * score['low']:.1f}, {100 * score['high']:.1f}]")
for sentence in verdict(found):
    print(sentence)
