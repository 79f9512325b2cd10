# The images of Holdfast: `operator` for operator and agent, `launcher` for the pods of VMs. `make image` builds both.
#
# The context is target/image/context, to which src/main/image/context copies the distribution, the training kit and the
# sources of holdfast-vmctl, all with one file time:
#
#   make build && src/main/image/context "$(git log -1 --format=%ct)"
#   docker build -f Dockerfile --target operator --build-arg VERSION=... target/image/context
ARG BASE=docker.io/library/debian:trixie-slim

# Tools that only the build requires.
FROM ${BASE} AS tools
RUN export DEBIAN_FRONTEND=noninteractive \
    && mkdir -p /usr/share/man/man1 \
    && apt-get update -q \
    && apt-get install -y -q --no-install-recommends openjdk-25-jdk-headless binutils gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*

# A Java runtime of the modules that Holdfast uses, without debug symbols: half as large as Debian's package, whose JDK
# it is linked from. The archive of shared classes is for the commands without an AOT cache.
FROM tools AS java
RUN jlink --output /opt/java \
        --add-modules java.base,java.desktop,java.instrument,java.management,java.naming,java.net.http,java.sql,jdk.crypto.ec,jdk.httpserver,jdk.jfr,jdk.management,jdk.unsupported,jdk.zipfs \
        --strip-java-debug-attributes --strip-native-debug-symbols exclude-debuginfo-files \
        --no-header-files --no-man-pages --compress zip-0 \
    && /opt/java/bin/java -XX:+UseSerialGC -Xshare:dump \
    && mkdir /status.d && dpkg-query -s openjdk-25-jre-headless > /status.d/openjdk-25-jre-headless

# The stop hook of VM pods: static, because it starts while QEMU uses all the memory.
FROM tools AS vmctl
COPY vmctl /src
RUN gcc -std=c17 -O2 -static -s -Wall -Wextra -Werror -o /holdfast-vmctl /src/vmctl.c

# Common layers of both images. The users are fixed: deploy/ and the pods of VMs name them by number.
FROM ${BASE} AS runtime
RUN export SOURCE_DATE_EPOCH=0 \
    && groupadd --gid 65532 holdfast && useradd --uid 65532 --gid 65532 --no-create-home --home-dir / --shell /usr/sbin/nologin holdfast \
    && groupadd --gid 107 qemu && useradd --uid 107 --gid 107 --no-create-home --home-dir / --shell /usr/sbin/nologin qemu \
    && rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /var/log/lastlog /var/log/faillog
COPY --from=java /opt/java /opt/java
# Scanners read the packages that dpkg did not install here.
COPY --from=java /status.d /var/lib/dpkg/status.d
ENV JAVA_HOME=/opt/java PATH=/opt/holdfast/bin:/opt/java/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# An AOT cache is valid for jars of the same time and size. All files of the context have one time, which is also in
# holdfast/build-time: engines reuse a layer of an earlier build whose files differ only in their time.
FROM runtime AS distribution
COPY holdfast /opt/holdfast

# Runs each command with a cache once against a mock API server, with the runtime and the paths of the images.
FROM distribution AS training
COPY training /training
RUN /opt/java/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED \
        -cp "$(cat /training/classpath)" \
        dev.holdfast.testbed.Training /opt/holdfast /caches

FROM distribution AS operator
COPY --from=training /caches/operator.aot /caches/agent.aot /caches/commands.aot /opt/holdfast/lib/
USER 65532:65532
ENTRYPOINT ["/opt/holdfast/bin/holdfast"]
ARG VERSION
ARG REVISION=unknown
LABEL org.opencontainers.image.title="holdfast-operator" \
      org.opencontainers.image.description="Operator and node agent of Holdfast, virtual machines with GPUs passed through by VFIO" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="https://github.com/holdfast-dev/holdfast" \
      org.opencontainers.image.licenses="Apache-2.0"

# QEMU and its data: firmware, disk tools, time zones for guests' clocks.
FROM runtime AS machine
RUN export DEBIAN_FRONTEND=noninteractive \
    && apt-get update -q \
    && apt-get install -y -q --no-install-recommends qemu-system-x86 qemu-utils ovmf tzdata \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/cache/ldconfig/* /var/log/*

FROM machine AS launcher
COPY --from=vmctl /holdfast-vmctl /opt/holdfast/bin/holdfast-vmctl
COPY holdfast /opt/holdfast
COPY --from=training /caches/launch.aot /opt/holdfast/lib/
USER 107:107
ENTRYPOINT ["/opt/holdfast/bin/holdfast"]
ARG VERSION
ARG REVISION=unknown
LABEL org.opencontainers.image.title="holdfast-launcher" \
      org.opencontainers.image.description="Launcher and QEMU of Holdfast's virtual machine pods" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="https://github.com/holdfast-dev/holdfast" \
      org.opencontainers.image.licenses="Apache-2.0"
