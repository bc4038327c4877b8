#!/usr/bin/env bash
# Installs Debian's Chromium and the fonts of the screenshots, those that are missing. Needs root.
set -euo pipefail
exec "$(dirname "$0")/packages.sh" chromium fonts-inter fonts-jetbrains-mono
