# syntax=docker/dockerfile:1

# Debian's slim image of Node: glibc for the native addons, on amd64 and arm64 alike.
ARG NODE_IMAGE=node:22.20.0-bookworm-slim

# Compiles. JavaScript is the same everywhere, so this runs on the builder's own architecture.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

# What runs: native addons of the target's architecture, and nothing of the others. TypeScript comes with Qdrant's client,
# which asks for it as a peer, for its types alone.
FROM ${NODE_IMAGE} AS dependencies
ARG TARGETARCH
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev \
  && case "${TARGETARCH:-$(dpkg --print-architecture)}" in arm64) keep=arm64 ;; *) keep=x64 ;; esac \
  && cd node_modules/onnxruntime-node/bin/napi-v6 \
  && rm -rf darwin win32 \
  && find linux -mindepth 1 -maxdepth 1 ! -name "$keep" -exec rm -rf {} + \
  && cd /app/node_modules \
  && rm -rf onnxruntime-web/dist typescript \
  && find . -name '*.map' -delete \
  && mkdir -p /data

FROM ${NODE_IMAGE} AS runtime
LABEL org.opencontainers.image.title="ZeroDB" org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
  ZERODB_HOST=0.0.0.0 \
  ZERODB_PORT=7700 \
  ZERODB_DATA_DIR=/data \
  ZERODB_DRAIN_DELAY_MS=5000
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE NOTICE ./
COPY config ./config
COPY models ./models
# An empty volume takes its owner from here. Everything else is root's, and may be mounted read-only.
COPY --from=dependencies --chown=1000:1000 /data /data
USER 1000:1000
VOLUME /data
EXPOSE 7700
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ZERODB_PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
