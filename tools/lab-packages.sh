#!/usr/bin/env bash
# Installs the Debian packages that tests/lab needs, those that are missing. Needs root.
set -euo pipefail
exec "$(dirname "$0")/packages.sh" \
  busybox-static conntrack containerd containernetworking-plugins curl etcd-server git gpg gpg-agent iproute2 iptables \
  openssh-client openssh-server procps redis-tools runc strace tcpdump tini util-linux
