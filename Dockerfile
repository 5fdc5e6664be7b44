# The portal, the programs, and an image that holds both and nothing else. `cargo xtask compose-check` checks this file.

FROM rust:1.95-bookworm AS sources
# The auditor's program runs in a page too.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends clang \
    && rm -rf /var/lib/apt/lists/* \
    && rustup target add wasm32-wasip1
WORKDIR /source
COPY Cargo.toml Cargo.lock ./
COPY .cargo/ .cargo/
COPY api/ api/
COPY audit/ audit/
COPY bench/ bench/
COPY contracts/artifacts/ contracts/artifacts/
COPY devstack/ devstack/
COPY docs/problems/ docs/problems/
COPY governance/ governance/
COPY migrations/ migrations/
COPY tests/ tests/
COPY xtask/ xtask/

FROM sources AS page
# The cache is not part of the layer, so what was built is copied out of it in the same step; so below.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    cargo build --locked --target wasm32-wasip1 --profile page --package audit --bins \
    && install -D -t /page target/wasm32-wasip1/page/rochdale-audit.wasm

FROM node:22-bookworm-slim AS portal
WORKDIR /source/portal
COPY portal/package.json portal/package-lock.json portal/.npmrc ./
RUN npm ci
COPY portal/ ./
COPY --from=page /page/ src/lib/audit/
RUN npm run build

# The server holds the portal, so it is built after it.
FROM sources AS programs
COPY --from=portal /source/portal/dist/ portal/dist/
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    cargo build --release --locked --package server --package audit --bins \
    && install -D -t /programs target/release/rochdale target/release/rochdale-audit

# A local chain for the profile dev of docker-compose.yml, never part of a deployment.
FROM node:22-bookworm-slim AS chain
WORKDIR /contracts
COPY contracts/package.json contracts/package-lock.json contracts/.npmrc ./
RUN npm ci \
    && ln -s /contracts/node_modules/@foundry-rs/anvil-*/bin/anvil /usr/local/bin/anvil \
    && install -d -o node /state
# The user "node" of the image, by number, so that whoever runs it need not know the name.
USER 1000:1000
VOLUME /state
EXPOSE 8545
ENTRYPOINT ["anvil", "--host", "0.0.0.0", "--chain-id", "31337", "--slots-in-an-epoch", "1", "--block-time", "2"]
CMD ["--state", "/state/chain.json", "--state-interval", "1", "--preserve-historical-states"]

FROM debian:bookworm-slim AS rochdale
# Certificates should be the newest that the distribution has: a pinned version would vanish from its mirrors.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -m 0700 -o 10001 -g 10001 /var/lib/rochdale \
    && install -d -m 0755 -o 10001 -g 10001 /var/lib/rochdale-log
COPY --from=programs /programs/ /usr/local/bin/
ENV ROCHDALE_CONFIG=/etc/rochdale/rochdale.toml
USER 10001:10001
WORKDIR /var/lib/rochdale
EXPOSE 8080
ENTRYPOINT ["rochdale"]
CMD ["serve"]
