package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.CaseCount;
import dev.holdfast.Slow;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.fixtures.BigNode;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the largest objects that users may write, with the heap that the DaemonSet gives an agent. Every object has 256
 * KiB of annotations, the maximum of the API server, and as much of everything else as its schema allows.
 */
@Slow
class WorstCaseTest {
    private static final Logger log = LoggerFactory.getLogger(WorstCaseTest.class);
    /** Many times the sixteen that are read at once. */
    private static final int TIMES = CaseCount.of(200, 1000);

    private static final int PAGES = 10;
    private static final int PER_PAGE = 100;
    private static final String ANNOTATIONS =
            "\"annotations\":{\"example.com/notes\":\"" + "x".repeat(256 << 10) + "\"}";

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Map<String, byte[]> objects = Map.of(
            "/api/v1/namespaces/lab/pods/big", bytes(pod()),
            "/apis/holdfast.dev/v1alpha1/namespaces/lab/passthroughvms/big", bytes(vm(32)),
            "/apis/holdfast.dev/v1alpha1/namespaces/lab/passthroughvms/endless", bytes(vm(20_000)),
            "/apis/holdfast.dev/v1alpha1/passthroughnodes/n1", bytes(node()));
    private HttpServer http;

    @BeforeEach
    void serve() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext("/", exchange -> {
            String query = String.valueOf(exchange.getRequestURI().getQuery());
            String path = exchange.getRequestURI().getPath();
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                if (query.contains("watch=true")) {
                    body.flush();
                    ended.await();
                } else if (path.endsWith("/passthroughdeviceclasses")) {
                    page(body, query.contains("continue=") ? Integer.parseInt(query.replaceAll(".*continue=", "")) : 0);
                } else if (path.endsWith("/nodes")) {
                    body.write(bytes(
                            "{\"items\":[{\"metadata\":{\"name\":\"n1\",%s,\"labels\":%s}}],\"metadata\":{\"resourceVersion\":\"1\"}}"
                                    .formatted(ANNOTATIONS, texts(64))));
                } else {
                    body.write(Objects.requireNonNull(objects.get(path), path));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        http.start();
    }

    @AfterEach
    void stop() {
        ended.countDown();
        http.stop(0);
    }

    @Test
    void anAgentReadsTheLargestObjectsRepeatedlyInItsHeap() throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Build.javaHome().resolve("bin/java").toString(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(optionsOfTheDaemonSet());
        command.addAll(List.of(
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                WorstCaseReader.class.getName(),
                "http://127.0.0.1:" + http.getAddress().getPort(),
                Integer.toString(TIMES)));
        Instant start = Instant.now();

        Process reader = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(reader.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(reader.waitFor()).as(output).isZero();
        log.atInfo()
                .addKeyValue(
                        "seconds",
                        java.time.Duration.between(start, Instant.now()).toSeconds())
                .addKeyValue("podBytes", size("/api/v1/namespaces/lab/pods/big"))
                .addKeyValue("vmBytes", size("/apis/holdfast.dev/v1alpha1/namespaces/lab/passthroughvms/big"))
                .log(output.lines().filter(line -> line.contains("Peak")).collect(Collectors.joining(", ")));
        assertThat(output.lines())
                .contains(
                        "classes " + (PAGES * PER_PAGE - 1),
                        "leftOut 1",
                        "devices " + BigNode.FUNCTIONS,
                        "read " + TIMES)
                .anyMatch(line -> line.startsWith("refused more than 32 elements in "));
    }

    private int size(String path) {
        return Objects.requireNonNull(objects.get(path)).length;
    }

    private static List<String> optionsOfTheDaemonSet() throws IOException {
        return Files.readAllLines(Path.of("deploy/agent-daemonset.yaml")).stream()
                .map(String::strip)
                .filter(line -> line.startsWith("value: -Xm"))
                .flatMap(
                        line -> Arrays.stream(line.substring("value: ".length()).split(" ")))
                .toList();
    }

    /** Writes a page of classes: every tenth is as large as the schema allows, and one cannot be decoded. */
    private static void page(OutputStream out, int page) throws IOException {
        out.write(bytes("{\"items\":["));
        for (int i = 0; i < PER_PAGE; i++) {
            boolean undecodable = page == 3 && i == 7;
            out.write(bytes((i == 0 ? "" : ",")
                    + "{\"metadata\":{\"name\":\"class-%d-%d\",%s},\"spec\":{\"selectors\":%s,\"binding\":\"%s\"%s}}"
                            .formatted(
                                    page,
                                    i,
                                    ANNOTATIONS,
                                    array(i % 10 == 0 ? 32 : 1, WorstCaseTest::selector),
                                    undecodable ? "Sideways" : "Adopt",
                                    i % 10 == 0 ? ",\"nodeSelector\":" + texts(64) : "")));
        }
        out.write(bytes("],\"metadata\":{\"resourceVersion\":\"1\"%s}}"
                .formatted(page + 1 < PAGES ? ",\"continue\":\"" + (page + 1) + "\"" : "")));
    }

    private static String selector(int number) {
        return """
                {"vendorID":"%04x","deviceID":"20b0","subsystemVendorID":"10de","subsystemID":"1234",
                 "classCode":"030200","address":"0000:03:00.0"}""".formatted(number);
    }

    private static String vm(int devices) {
        return """
                {"apiVersion":"holdfast.dev/v1alpha1","kind":"PassthroughVM",
                 "metadata":{%s,"managedFields":%s,"name":"big","namespace":"lab","uid":"vm"},
                 "spec":{"devices":{"gpus":%s,"hostDevices":%s},"volumes":%s},
                 "status":{"memlock":{"policy":"Exact","requiredBytes":1,"marginBytes":1,"limitBytes":2,"maxBytes":2,
                                      "unlimited":false,"terms":%s},
                           "podName":"big","podUID":"pod"}}""".formatted(
                ANNOTATIONS,
                managedFields(),
                array(devices, WorstCaseTest::device),
                array(devices, number -> device(1000 + number)),
                array(
                        16,
                        i -> "{\"name\":\"v%d\",\"cloudInitNoCloud\":{\"userData\":\"%s\"}}"
                                .formatted(i, "#".repeat(16 << 10))),
                array(64, i -> "{\"name\":\"t%d\",\"bytes\":1,\"reason\":\"%s\"}".formatted(i, "r".repeat(1000))));
    }

    private static String device(int number) {
        return "{\"name\":\"%s\",\"deviceName\":\"holdfast.dev/%s\"}"
                .formatted(("g" + number + "x".repeat(63)).substring(0, 63), "c".repeat(63));
    }

    private static String pod() {
        return """
                {"metadata":{%s,"managedFields":%s,"name":"big","namespace":"lab","uid":"pod",
                             "ownerReferences":[{"apiVersion":"holdfast.dev/v1alpha1","kind":"PassthroughVM","uid":"vm","controller":true}]},
                 "spec":{"nodeName":"n1","containers":%s},"status":{"qosClass":"Burstable","containerStatuses":%s}}""".formatted(
                        ANNOTATIONS,
                        managedFields(),
                        array(
                                100,
                                i -> "{\"name\":\"c%d\",\"env\":[{\"name\":\"A\",\"value\":\"%s\"}]}"
                                        .formatted(i, "e".repeat(4 << 10))),
                        array(100, i -> "{\"name\":\"c%d\",\"containerID\":\"containerd://%064d\"}".formatted(i, i)));
    }

    private static String node() {
        String status = new KubernetesSerialization()
                .asJson(BigNode.report(1, "vfio-pci").status(null, Instant.parse("2026-11-22T12:00:00Z")));
        return "{\"metadata\":{%s,\"name\":\"n1\"},\"status\":%s}".formatted(ANNOTATIONS, status);
    }

    private static String managedFields() {
        return array(
                20,
                i -> "{\"manager\":\"m%d\",\"fieldsV1\":{\"f:spec\":%s}}"
                        .formatted(
                                i,
                                IntStream.range(0, 100)
                                        .mapToObj(field -> "\"k:{\\\"name\\\":\\\"%d-%d\\\"}\":{}".formatted(i, field))
                                        .collect(Collectors.joining(",", "{", "}"))));
    }

    private static String texts(int entries) {
        return IntStream.range(0, entries)
                .mapToObj(i -> "\"%s/key-%d\":\"%s\"".formatted("a".repeat(253), i, "v".repeat(63)))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String array(int size, IntFunction<String> element) {
        return IntStream.range(0, size).mapToObj(element).collect(Collectors.joining(",", "[", "]"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
