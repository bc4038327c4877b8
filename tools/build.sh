#!/usr/bin/env bash
# Builds the pinned programs of this folder into .tools/, each from the go.mod beside its name, unless they are there.
# Usage: tools/build.sh NAME...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(dirname "$here")/.tools
mkdir -p "$out"

# istioctl has no version of its own when it is built from a module: the stamp names the minor and the commit.
istio='istio.io/istio/pkg/version'
declare -A stamps=(
  [istioctl]="-X $istio.buildVersion=1.31-eed52ebb66ad -X $istio.buildGitRevision=eed52ebb66ad -X $istio.buildStatus=Clean"
)

for name in "$@"; do
  # A build is good for exactly these inputs.
  want=$(cat "$here/$name"/*.* "$0" | sha256sum | cut -d' ' -f1)
  if [ -x "$out/$name" ] && [ "$(cat "$out/$name.inputs" 2>/dev/null)" = "$want" ]; then
    continue
  fi
  start=$(date +%s)
  (cd "$here/$name" && go build -trimpath -ldflags "-s -w ${stamps[$name]-}" -o "$out/$name.new" tool)
  mv "$out/$name.new" "$out/$name"
  echo "$want" > "$out/$name.inputs"
  echo "$name: built in $(($(date +%s) - start)) s"
done
