#!/usr/bin/env bash
# Builds the pinned programs of this folder into .tools/, each from the go.mod beside its name, unless they are there.
# Usage: tools/build.sh NAME...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(dirname "$here")/.tools
mkdir -p "$out"

# Programs that share the go.mod of another, and those whose package is not called as they are.
declare -A folders=(
  [kube-apiserver]=kubernetes
  [kube-controller-manager]=kubernetes
  [kube-proxy]=kubernetes
  [kube-scheduler]=kubernetes
  [kubectl]=kubernetes
  [kubelet]=kubernetes
  [pilot-agent]=istioctl
  [pilot-discovery]=istioctl
  [pilot-agent-1.30]=istioctl-1.30
  [pilot-discovery-1.30]=istioctl-1.30
  [sealed-secrets-controller]=kubeseal
)
declare -A packages=(
  [argocd]=cmd
  [istioctl-1.30]=istioctl
  [kubeconform-0.6.7]=kubeconform
  [kubeseal-0.27.1]=kubeseal
  [kustomize]=v5
  [kustomize-5.7.1]=v5
  [pilot-agent-1.30]=pilot-agent
  [pilot-discovery-1.30]=pilot-discovery
  [sealed-secrets-controller]=controller
)

# A program built from a module has no version of its own: the stamp gives it the release's (Istio: the minor and the commit).
component='k8s.io/component-base/version'
istio='istio.io/istio/pkg/version'
argo='github.com/argoproj/argo-cd/v3/common'
declare -A stamps=(
  [argocd]="-X $argo.version=3.5.7 -X $argo.gitTreeState=clean"
  [istioctl]="-X $istio.buildVersion=1.31-eed52ebb66ad -X $istio.buildGitRevision=eed52ebb66ad -X $istio.buildStatus=Clean"
  [istioctl-1.30]="-X $istio.buildVersion=1.30-9739e10eb9d7 -X $istio.buildGitRevision=9739e10eb9d7 -X $istio.buildStatus=Clean"
  [kubernetes]="-X $component.gitVersion=v1.35.4 -X $component.gitMajor=1 -X $component.gitMinor=35 -X $component.gitTreeState=clean"
  [kubeseal]="-X main.VERSION=0.36.6"
  [kubeseal-0.27.1]="-X main.VERSION=0.27.1"
)

for name in "$@"; do
  folder=${folders[$name]-$name}
  flags="-s -w ${stamps[$folder]-}"
  # A build is good for exactly these inputs.
  want=$(cat "$here/$folder"/*.* <(echo "$name $flags $(go version)") | sha256sum | cut -d' ' -f1)
  if [ -x "$out/$name" ] && [ "$(cat "$out/$name.inputs" 2>/dev/null)" = "$want" ]; then
    continue
  fi
  start=$(date +%s)
  cd "$here/$folder"
  package=$(go list -f '{{.ImportPath}}' tool | grep -E "(^|/)${packages[$name]-$name}\$")
  go build -trimpath -ldflags "$flags" -o "$out/$name.new" "$package"
  mv "$out/$name.new" "$out/$name"
  echo "$want" > "$out/$name.inputs"
  echo "$name: built in $(($(date +%s) - start)) s"
done
