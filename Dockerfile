FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY peduli peduli
COPY services services
COPY shared shared
COPY contracts contracts
COPY docs/publish.md docs/publish.md
RUN useradd --system --no-create-home peduli
USER peduli
ENTRYPOINT ["python", "-m", "peduli"]
