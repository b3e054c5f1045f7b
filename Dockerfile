FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
RUN useradd --system --no-create-home peduli \
 && printf '#!/bin/sh\nexec python -m peduli "$@"\n' >/usr/local/bin/peduli && chmod 755 /usr/local/bin/peduli
COPY peduli peduli
COPY services services
COPY shared shared
COPY contracts contracts
COPY docs/publish.md docs/publish.md
USER peduli
ENTRYPOINT ["peduli"]
