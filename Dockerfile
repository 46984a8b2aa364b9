# checkov:skip=CKV_DOCKER_2: the image holds no client that could ask; the platform asks /health/live and /health/ready
# checkov:skip=CKV_DOCKER_7: the bases are arguments with a version each
# Builds on any base that has Python 3.13 as python3; the second needs no shell and no pip. Pin both by digest for a release:
#   --build-arg BUILD_IMAGE=NAME@sha256:... --build-arg RUNTIME_IMAGE=NAME@sha256:...
ARG BUILD_IMAGE=python:3.13-slim-trixie
ARG RUNTIME_IMAGE=python:3.13-slim-trixie

FROM ${BUILD_IMAGE} AS build
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
WORKDIR /build
COPY requirements/image.txt .
RUN python3 -m venv tools \
 && tools/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile --no-deps \
    --require-hashes --only-binary=:all: --target=/opt/transfer-advisor/lib -r image.txt \
 && rm -rf /opt/transfer-advisor/lib/bin \
 && find /opt/transfer-advisor/lib -name '*.p[xy][xdi]' -delete
WORKDIR /opt/transfer-advisor
COPY openapi openapi
COPY service service
ENV PYTHONPATH=/opt/transfer-advisor:/opt/transfer-advisor/lib
RUN python3 -m service.knowledge.build \
 && python3 -m compileall -q --invalidation-mode unchecked-hash . && chmod -R a=rX .

FROM ${RUNTIME_IMAGE}
USER 0:0
RUN ["python3", "-c", "import compileall, py_compile, sysconfig; compileall.compile_dir(sysconfig.get_path('stdlib'), quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)"]
COPY --from=build /opt/transfer-advisor /opt/transfer-advisor
ENV PYTHONPATH=/opt/transfer-advisor:/opt/transfer-advisor/lib \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    TRANSFER_ADVISOR_HOST=0.0.0.0 \
    TRANSFER_ADVISOR_MAX_ANSWER_MEMORY_BYTES=100663296
ARG VERSION=unknown
ARG RULESET_VERSION=unknown
ARG RULESET_HASH=unknown
LABEL org.opencontainers.image.title="Transfer Advisor" \
      org.opencontainers.image.description="Answers a transfer-learning job with a plan that a trainer can run unchanged." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      transfer-advisor.ruleset.version="${RULESET_VERSION}" \
      transfer-advisor.ruleset.hash="${RULESET_HASH}"
EXPOSE 8000
USER 65532:65532
ENTRYPOINT ["python3", "-m", "service"]
