# syntax=docker/dockerfile:1
# One image for every part: `serve` (ingress and admin), `worker`, `local-pinghome`, `setup`.
# Build:  docker build -t pinghome-bridge .
# Run:    see docker-compose.yml. The root file system may be read-only; what is kept is in /config and /data.

FROM python:3.13-slim-bookworm AS builder

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# The dependencies first: they change less often than the code, and the layer is kept.
COPY requirements/run.txt requirements/build.txt requirements/
RUN python -m venv /opt/bridge \
 && /opt/bridge/bin/pip install --require-hashes --only-binary :all: -r requirements/run.txt \
 && pip install --require-hashes --only-binary :all: -r requirements/build.txt

COPY pyproject.toml README.md LICENSE ./
COPY bridge bridge
COPY workers workers
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/bridge/bin/pip install --no-deps --no-index /wheels/*.whl \
 && /opt/bridge/bin/python -m compileall -q /opt/bridge \
 && /opt/bridge/bin/pip uninstall --yes --quiet pip


FROM python:3.13-slim-bookworm

LABEL org.opencontainers.image.title="pinghome-bridge" \
      org.opencontainers.image.description="Takes alerts from AWS, GCP and Azure, stores them durably and delivers them to Pinghome" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"

RUN groupadd --gid 10001 bridge \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin bridge \
 && install --directory --owner=10001 --group=10001 --mode=0700 /config /data

COPY --from=builder /opt/bridge /opt/bridge

ENV PATH=/opt/bridge/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PINGHOME_BRIDGE_CONFIG=/config/bridge.yaml

USER 10001:10001
WORKDIR /data
EXPOSE 8080 8081
STOPSIGNAL SIGTERM

# For `serve`. It asks whether the process answers, not whether Redis does: a restart would not mend Redis.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/livez', timeout=2)"]

ENTRYPOINT ["pinghome-bridge"]
CMD ["serve"]
