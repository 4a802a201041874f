#!/usr/bin/env bash
# Makes the golden files of the statistics anew with scikit-learn, scipy and statsmodels, and holds ours to them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

references=${XDG_CACHE_HOME:-$HOME/.cache}/chorale/references
[ -x "$references/bin/python" ] || python3 -m venv "$references"
"$references/bin/pip" install --quiet --disable-pip-version-check numpy scipy scikit-learn statsmodels krippendorff
"$references/bin/python" test/fixtures/statistics/generate.py
"$references/bin/python" test/fixtures/statistics/agreement.py
npx vitest run --project unit test/foundation/statistics
