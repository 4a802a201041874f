#!/usr/bin/env bash
# Runs the tests of the library on other versions of Node, which it installs into the user's cache folder.
#
#   scripts/test-on-node.sh 22 24
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cache=${CHORALE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chorale}

for version in "$@"; do
  folder=$cache/node-$version
  node=$folder/node_modules/node/bin/node
  if ! [ -x "$node" ]; then
    mkdir -p "$folder"
    npm install --no-save --no-audit --no-fund --prefix "$folder" "node@$version" >&2
  fi
  printf '\nNode %s\n' "$("$node" --version)"
  PATH="$(dirname "$node"):$PATH" "$node" node_modules/vitest/vitest.mjs run --project unit \
    test/orchestration test/contracts test/foundation test/store
done
