# Heard as a service, on the CPU.
#
#     docker build -t heard .
#     docker run --init -p 127.0.0.1:8765:8765 -v heard:/data heard
#     docker exec CONTAINER cat /data/server-token

# Another base, say of a registry of your own: --build-arg BASE=...; it brings python 3.11 to 3.14 and pip.
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    OMP_NUM_THREADS=1 \
    HEARD_DATA=/data

# The package with its server; what a server never imports (the window, the microphone, the laboratory's mathematics) is
# half of the size and goes again before the layer is written.
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE model.py utils.py ./
COPY packaging packaging
COPY data/models data/models
COPY data/demo data/demo
COPY app app
RUN pip install --no-compile ".[server]" \
    && pip uninstall -y PySide6-Essentials shiboken6 sounddevice scipy \
    && rm -rf /source

WORKDIR /
RUN install -d -o 10001 -g 10001 -m 0700 /data
USER 10001:10001
VOLUME /data
EXPOSE 8765

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8765/v1/health', timeout=4)"]

# All addresses of the container; which of the host's lead here, -p says. For TLS add --certfile and --keyfile.
ENTRYPOINT ["heard", "serve", "--host", "0.0.0.0"]
