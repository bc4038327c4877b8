#!/usr/bin/env bash
# Installs the Debian packages that are named, or those that tests/lab needs, where they are missing. Needs root.
set -euo pipefail
packages=(
  busybox-static conntrack containerd containernetworking-plugins curl etcd-server git gpg gpg-agent iproute2 iptables
  openssh-client openssh-server procps redis-tools runc strace tcpdump tini util-linux
)
[ $# -eq 0 ] || packages=("$@")
missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "missing: ${missing[*]}; run as root: $0" >&2
  exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
echo "installed: ${missing[*]}"
