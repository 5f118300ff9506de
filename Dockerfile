# syntax=docker/dockerfile:1
# Holdfast as an image: sources as they are (Node runs TypeScript), production packages, and the tools of recovery.
# No secret is ever part of it: settings and tokens come from the environment at start.

FROM node:24-bookworm-slim AS packages
WORKDIR /holdfast
COPY package.json package-lock.json .npmrc ./
# The native parts of what draws pictures are optional packages, like those that only the sandbox runs: these go again.
RUN npm ci --omit=dev && rm -rf node_modules/local-slack-* node_modules/node-linux-*

FROM node:24-bookworm-slim
# pg_dump and pg_restore must be at least as new as any server that they are used on; the server's programs run the
# scratch servers into which backups are restored to prove them. They run as the user below: PostgreSQL refuses root.
ARG POSTGRES_MAJOR=18
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates gnupg openssh-client postgresql-common \
  && echo 'create_main_cluster = false' >> /etc/postgresql-common/createcluster.conf \
  && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
  && apt-get install -y --no-install-recommends "postgresql-${POSTGRES_MAJOR}" "postgresql-client-${POSTGRES_MAJOR}" \
  && rm -rf /var/lib/apt/lists/*
# A volume that is mounted here for the first time takes over the owner.
RUN install -d -o node -g node -m 0700 /var/lib/holdfast

ENV NODE_ENV=production \
  PATH=/usr/lib/postgresql/${POSTGRES_MAJOR}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  WORK_DIR=/var/lib/holdfast \
  HEALTH_PORT=8080 \
  MALLOC_ARENA_MAX=2
WORKDIR /holdfast
# The code belongs to root, and the process runs as someone else: it cannot change what it is.
COPY --from=packages /holdfast/node_modules ./node_modules
COPY package.json LICENSE ./
COPY src ./src
COPY systems ./systems
USER node

HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEALTH_PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# Run it with --init (docker-compose.yml does): something must bury the children of killed tools.
# Without a role it is bot and worker in one; a role is added like any argument: `--role worker`.
# Backups flow through in small pieces: a large young generation and many heaps of the C library would only hold memory.
ENTRYPOINT ["node", "--max-semi-space-size=8", "src/main.ts"]
