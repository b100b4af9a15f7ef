"""What people run: corpora, tasks, comparison, command line."""

import importlib.util
from pathlib import Path

# The packages have short names that an older package (lsm-db, say) may take first on the path.
for _name in ("reservoir", "esn", "physical", "readout", "baseline"):
    _spec = importlib.util.find_spec(_name)
    if _spec is None or _spec.origin is None or Path(_spec.origin).parents[1] != Path(__file__).parents[1]:
        raise ImportError(
            f"the package '{_name}' that Python finds is not Millpond's; run from its checkout or install it alone"
        )
