#!/usr/bin/env bash
# Builds what a release has, from what is committed, into dist/: wheel, sdist, SBOM (CycloneDX) and their checksums.
# Wheel and sdist are built twice, in two places and with other rights of new files: they must be the same, bit by bit.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
release=$PWD/.tools/release/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() {
  mkdir -p "$work/$1"
  git archive HEAD | tar -x -m -C "$work/$1"
  (cd "$work/$1" && "$bin/hatchling" build --directory "$work/dist-$1" >/dev/null)
  (cd "$work/dist-$1" && sha256sum -- *) >"$work/sums-$1"
}
(umask 022 && build one)
(umask 077 && build another)
if ! cmp "$work/sums-one" "$work/sums-another"; then
  echo "two builds of one commit differ" >&2
  exit 1
fi

rm -rf dist
mkdir dist
cp "$work"/dist-one/* dist/
wheel=$(echo dist/*.whl)
# What a user gets who installs this wheel today, at the versions that the tests ran with.
"$release/uv" venv --quiet --python "$bin/python" "$work/env"
"$release/uv" pip install --quiet --python "$work/env/bin/python" --constraint requirements-dev.txt "$wheel"
"$release/cyclonedx-py" environment --output-reproducible --output-format JSON --pyproject pyproject.toml \
  --mc-type application -o "${wheel%-py3-none-any.whl}.cdx.json" "$work/env/bin/python"
(cd dist && sha256sum -- * >SHA256SUMS && cat SHA256SUMS)
