# SPDX-License-Identifier: MIT
# The first stage builds; the second holds the binary, the libraries that it
# loads, the certificates that it trusts and nothing else: no shell, no package
# manager.  Debian 13 does too: --build-arg DEBIAN=13
ARG DEBIAN=12
FROM debian:${DEBIAN}-slim AS build
WORKDIR /src
COPY . .
# The URL, which is nowhere, has PostgreSQL built in.
RUN ./server/run --db postgresql:// --version \
 && apt-get install -y -qq --no-install-recommends ca-certificates
RUN install -D -s build/chatmem /image/usr/bin/chatmem \
 && install -D -t /image/etc/ssl/certs /etc/ssl/certs/ca-certificates.crt \
 && echo 'hosts: files dns' >/image/etc/nsswitch.conf \
 && mkdir -p /volume/data \
 && ldd build/chatmem | grep -o '/[^ ]*' | sort -u \
    | xargs cp --parents -L -t /image

FROM scratch
COPY --from=build /image /
COPY --from=build --chown=65532:65532 /volume /
ENV CHATMEM_LISTEN=0.0.0.0:8080 CHATMEM_DB=/data/chatmem.db
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s CMD ["/usr/bin/chatmem", "health"]
ENTRYPOINT ["/usr/bin/chatmem"]
