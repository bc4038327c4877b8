#!/usr/bin/env bash
# Installs the peers that `make bench` measures into .tools/peers, each pinned; what is there already stays.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
out=$root/.tools/peers
mkdir -p "$out"

go_program() { # NAME MODULE@VERSION
  [ -x "$out/$1" ] || GOBIN=$out go install -trimpath -ldflags "-s -w" "$2"
}
python_program() { # FOLDER
  [ -e "$out/$1/ready" ] && return
  python3 -m venv "$out/$1"
  "$out/$1/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$here/$1/requirements.txt"
  touch "$out/$1/ready"
}

cd "$out"
go_program jsonnet github.com/google/go-jsonnet/cmd/jsonnet@v0.22.0
go_program cue cuelang.org/go/cmd/cue@v0.17.1
go_program helm helm.sh/helm/v4/cmd/helm@v4.3.1
python_program kapitan
python_program cdk8s_python
if [ ! -e "$out/cdk8s/ready" ]; then
  mkdir -p "$out/cdk8s"
  cp "$here"/cdk8s/package*.json "$out/cdk8s"
  (cd "$out/cdk8s" && npm ci --no-audit --no-fund && touch ready)
fi
