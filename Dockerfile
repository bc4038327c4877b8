# An image with mcgen and git, for continuous integration: docs/ci.md. A mesh's own image for the bootstrap job, with
# istioctl, kubectl and kubeseal, is another one: its recipe is in the tree, bootstrap/image.
#   docker build --build-arg BASE_IMAGE=REGISTRY/python:3.13-slim@sha256:... .
ARG BASE_IMAGE=python:3.13-slim
FROM ${BASE_IMAGE} AS build
COPY . /src
RUN python3 -m venv /opt/mcgen && /opt/mcgen/bin/pip install --no-cache-dir /src && /opt/mcgen/bin/pip check

FROM ${BASE_IMAGE}
RUN set -eu; \
    apt-get update; \
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ca-certificates git; \
    rm -rf /var/lib/apt/lists/*; \
    useradd --uid 65532 --user-group --create-home mcgen; \
    # The checkout of a job belongs to somebody else.
    git config --system --add safe.directory '*'; \
    ln -s /opt/mcgen/bin/mcgen /usr/local/bin/mcgen
COPY --from=build /opt/mcgen /opt/mcgen
RUN mcgen --version && git --version
USER 65532:65532
