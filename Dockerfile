# syntax=docker/dockerfile:1
# One image for both services of docker-compose.yml: Airflow with the Step Functions pages, and the local AWS.
# For trying things out: production needs neither.
ARG PYTHON=3.12-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY converter converter
COPY dag2sfn_airflow dag2sfn_airflow
COPY plugins plugins
# aiobotocore: what deferrable operators of the amazon provider need.
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/venv/bin/pip install --constraint constraints.txt '.[airflow,local]' aiobotocore

FROM python:${PYTHON}
# Folders that become volumes belong to the user: a new volume takes that over.
RUN useradd --uid 50000 --gid 0 --home-dir /var/lib/airflow --no-create-home --shell /usr/sbin/nologin airflow \
    && install --directory --owner 50000 --group 0 --mode 0775 /var/lib/airflow /var/lib/aws /var/lib/bundles
COPY --from=build /opt/venv /opt/venv
WORKDIR /opt/dag2sfn
COPY playground playground
COPY dags dags
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    HOME=/var/lib/airflow \
    AIRFLOW_HOME=/var/lib/airflow
USER 50000:0
CMD ["dag2sfn", "--help"]
