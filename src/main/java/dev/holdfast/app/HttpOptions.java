package dev.holdfast.app;

import picocli.CommandLine.Option;

/** Options of the HTTP server for kubelet and Prometheus. */
final class HttpOptions {
    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "Port of /healthz, /readyz and /metrics. Default: ${DEFAULT-VALUE}.")
    int port;
}
