# One image for the worker, the dashboard, MLflow, Prefect and Spark: the same lock everywhere.
FROM python:3.12-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254

RUN apt-get update \
    && apt-get install --yes --no-install-recommends openjdk-17-jre-headless libgomp1 curl procps \
    && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir "uv>=0.9,<1"

WORKDIR /app
ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_LINK_MODE=copy PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --frozen --no-dev --no-install-project
COPY . .
RUN uv sync --frozen --no-dev \
    && useradd --create-home --uid 10001 shelfcast \
    && mkdir -p /data/home /data/lake /data/mlflow \
    && chown -R shelfcast /data /app
USER shelfcast
ENV SHELFCAST_HOME=/data/home
CMD ["shelfcast", "run"]
