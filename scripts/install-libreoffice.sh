#!/usr/bin/env bash
# Installs LibreOffice Calc for the live test that opens results in a spreadsheet program: 96 MB to download, less than a minute.
# One that is there already is used. Needs apt-get and the rights to use it.
set -euo pipefail

if ! command -v soffice >/dev/null; then
  command -v apt-get >/dev/null || { echo 'install-libreoffice: needs soffice on the PATH, or apt-get' >&2; exit 1; }
  root=()
  if [ "$(id -u)" -ne 0 ]; then root=(sudo -n); fi
  "${root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends libreoffice-calc >/dev/null
fi
soffice --version
