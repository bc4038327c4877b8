#!/usr/bin/env bash
# Run the tests with one end of the ranges in pyproject.toml: lowest-direct or highest, as uv resolves it.
set -euo pipefail
cd "$(dirname "$0")/.."
end=$1
uv=$PWD/.tools/release/bin/uv
folder=$PWD/.tools/ends/$end

rm -rf "$folder"
"$uv" venv --quiet --python "${PYTHON:-python3}" "$folder"
"$uv" pip install --quiet --python "$folder/bin/python" --resolution "$end" --editable .
"$uv" pip freeze --quiet --python "$folder/bin/python" --exclude-editable >"$folder/runtime.txt"
# The test tools are those that development pins; the dependencies under test stay as they are.
grep -oE '^(coverage|execnet|hatchling|hypothesis|iniconfig|kubernetes-validate|lupa|pytest|pytest-xdist|pip)==[^ ]+' \
  requirements-dev.txt >"$folder/tools.txt"
"$uv" pip install --quiet --python "$folder/bin/python" --constraint "$folder/runtime.txt" \
  --requirement "$folder/tools.txt" pip setuptools types-PyYAML
echo "with:" $(tr '\n' ' ' <"$folder/runtime.txt")
"$folder/bin/pytest" -n auto "${@:2}"
