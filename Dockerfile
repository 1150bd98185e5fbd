# SPDX-License-Identifier: MIT
# The first stage builds; the second holds the binary, the libraries that it
# loads, what they are and their licences, the certificates that it trusts and
# nothing else: no shell, no package manager.  One library is built here, of
# Debian's source of the same day: server/deploy/libcurl says why.
#
#	docker build -t chatmem .
#	docker build -t chatmem:postgresql --build-arg POSTGRESQL=ON .
#
# It takes Debian as it is today, with its security updates.  A release that is
# to be built again names both: the base by digest, which `docker buildx
# imagetools inspect debian:12-slim` prints, and the packages by day.  To bump
# it, take a newer pair, build, and compare the two sbom.spdx.json.
#
#	--build-arg BASE=debian:12-slim@sha256:...
#	--build-arg SNAPSHOT=20261101T000000Z
#
# Debian 13 does too: --build-arg DEBIAN=13
ARG DEBIAN=12
ARG BASE=debian:${DEBIAN}-slim
FROM ${BASE} AS build
ARG POSTGRESQL=OFF
ARG SNAPSHOT=
WORKDIR /src
COPY . .
RUN . /etc/os-release && from=http://snapshot.debian.org/archive \
 && if [ -n "$SNAPSHOT" ]; then rm -rf /etc/apt/sources.list* \
 && for part in "debian/$SNAPSHOT $VERSION_CODENAME" \
    "debian-security/$SNAPSHOT $VERSION_CODENAME-security"; do \
    echo "deb [check-valid-until=no] $from/$part main"; \
    done >/etc/apt/sources.list; fi \
 && apt-get -qq update && apt-get -qq -y upgrade
RUN server/deploy/libcurl
# The URL, which is nowhere, has PostgreSQL built in.
RUN [ "$POSTGRESQL" = OFF ] || set -- --db postgresql:// \
 && ./server/run "$@" --version \
 && apt-get install -y -qq --no-install-recommends ca-certificates
RUN cmake --install build --component program --strip --prefix /image/usr \
 && install -D -t /image/etc/ssl/certs /etc/ssl/certs/ca-certificates.crt \
 && install -D /etc/os-release /image/etc/os-release \
 && echo 'hosts: files dns' >/image/etc/nsswitch.conf \
 && mkdir -p /volume/data \
 && ldd /image/usr/bin/chatmem | grep -o '/[^ ]*' | sort -u \
    | xargs cp --parents -L -t /image \
 && ldconfig -r /image /usr/local/lib \
 && install -D -m 644 -t /image/usr/share/doc/chatmem \
    server/deploy/debian/copyright \
 && server/deploy/sbom /image/usr/bin/chatmem /image >sbom.spdx.json \
 && install -m 644 -t /image/usr/share/doc/chatmem sbom.spdx.json

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
