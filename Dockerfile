# docker build -t kdoctor . && docker run --rm --network none --read-only --tmpfs /tmp -v "$PWD/models:/models:ro" kdoctor scan /models
FROM python:3.12-slim
COPY . /source
RUN pip install --no-cache-dir /source && rm -rf /source && useradd --uid 1000 --create-home doctor
USER 1000
WORKDIR /models
ENTRYPOINT ["kdoctor"]
