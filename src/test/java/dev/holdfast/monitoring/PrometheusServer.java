package dev.holdfast.monitoring;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.testbed.HostProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A real Prometheus on the loopback address, with data in a folder of the test. */
final class PrometheusServer implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final PrometheusApi api;
    private final HostProcess process;

    private PrometheusServer(PrometheusPrograms programs, Path folder, String configuration) throws IOException {
        Path file = Files.writeString(folder.resolve("prometheus.yaml"), configuration);
        int port = freePort();
        api = PrometheusApi.onPort(http, port);
        process = HostProcess.start(
                "prometheus",
                List.of(
                        programs.prometheus().toString(),
                        "--config.file=" + file,
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port),
                Map.of(),
                folder.resolve("prometheus.log"));
    }

    static PrometheusServer start(PrometheusPrograms programs, Path folder, String configuration) throws IOException {
        PrometheusServer server = new PrometheusServer(programs, folder, configuration);
        eventually("Prometheus is ready").failFast(server.process::checkAlive).until(server.api::isReady);
        return server;
    }

    PrometheusApi api() {
        return api;
    }

    /** Prometheus does not report the port that the kernel chose for port 0. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        process.close();
        http.close();
    }
}
