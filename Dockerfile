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

WORKDIR /heard

# The packages first, so that a change of the program alone does not install them again. A server needs neither window
# nor microphone nor training; torch comes without CUDA, which is most of its size.
COPY pyproject.toml ./
RUN pip install "pip>=25.1,<27" \
    && pip install --extra-index-url https://download.pytorch.org/whl/cpu --group server

COPY model.py utils.py build_voiceprint.py ./
COPY app app
COPY data/models data/models

RUN install -d -o 10001 -g 10001 -m 0700 /data
USER 10001:10001
VOLUME /data
EXPOSE 8765

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8765/v1/health', timeout=4)"]

# All addresses of the container; which of the host's lead here, -p says. For TLS add --certfile and --keyfile.
ENTRYPOINT ["python", "-m", "app", "serve", "--host", "0.0.0.0"]
