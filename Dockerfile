# The service: web, worker and beat are the same image with another command (see docker-compose.yml).

FROM python:3.13-slim-bookworm AS build
COPY requirements.lock /
# Wheels only: nothing is compiled, and no build tool gets near the final image.
RUN python -m venv /opt/assay \
    && /opt/assay/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: \
        -r /requirements.lock \
    && /opt/assay/bin/pip uninstall --yes pip

FROM python:3.13-slim-bookworm
# Pango sets the PDFs; DejaVu stands in for what the fonts in the project do not cover.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin assay \
    && install --directory --owner assay --mode 0750 /data

COPY --from=build /opt/assay /opt/assay
WORKDIR /app
COPY manage.py CHANGELOG.md LICENSE ./
COPY scripts/healthy.py scripts/healthy.py
COPY templates templates
COPY registry registry
COPY audits audits
COPY governance governance

# HOME and the caches lie in /tmp, so that the root file system can be read-only.
ENV PATH=/opt/assay/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    XDG_CACHE_HOME=/tmp/cache \
    ASSAY_VAR_DIR=/data \
    ASSAY_STATIC_DIR=/app/static-collected

# The settings want a place to write; the one of this step is thrown away.
RUN ASSAY_VAR_DIR=/tmp/build python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q registry audits governance \
    && rm -rf /tmp/build

USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "scripts/healthy.py"]
STOPSIGNAL SIGTERM
CMD ["gunicorn", "governance.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "4", "--timeout", "60", "--max-requests", "2000", "--max-requests-jitter", "200", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
