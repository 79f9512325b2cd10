package dev.holdfast.testbed.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.stream.Collectors;

/**
 * An API server with many big VMs and pods, generated for each answer, so that it requires little memory itself: lists in
 * pages, watches that bring every object once more and then what the operator writes, creation of pods, and the status
 * of VMs. It takes whatever it is sent.
 */
public final class BigCluster implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NAMESPACE = "default";

    private final int count;
    private final BigObjects objects = new BigObjects();
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicLong version = new AtomicLong(1_000_000);
    private final Map<String, String> statuses = new ConcurrentHashMap<>();
    private final Map<String, String> podsOfVms = new ConcurrentSkipListMap<>();
    private final AtomicInteger events = new AtomicInteger();
    /** By the end of the path: what the watches that are open have still to send. */
    private final Map<String, List<BlockingQueue<String>>> news =
            Map.of("pods", new CopyOnWriteArrayList<>(), "passthroughvms", new CopyOnWriteArrayList<>());

    /** With as many VMs, and as many pods of others, on a port that the kernel chooses. */
    public BigCluster(int count) throws IOException {
        this.count = count;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** VMs whose status was written. */
    public int reported() {
        return statuses.size();
    }

    /** Pods that the operator made. */
    public int podsOfVms() {
        return podsOfVms.size();
    }

    /** Events of watches sent so far. */
    public int events() {
        return events.get();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            Map<String, String> query = query(exchange.getRequestURI());
            switch (exchange.getRequestMethod()) {
                case "GET" -> {
                    String name = path.substring(path.lastIndexOf('/') + 1);
                    if (query.containsKey("watch")) {
                        watch(exchange, path);
                    } else if (path.contains("/pods/")) {
                        String pod = podsOfVms.get(name);
                        send(exchange, pod == null ? 404 : 200, pod == null ? "{}" : pod);
                    } else {
                        send(exchange, 200, list(path, query));
                    }
                }
                case "POST" -> send(exchange, 201, created(path, exchange));
                default -> send(exchange, 200, patched(path, exchange));
            }
        }
    }

    private String list(String path, Map<String, String> query) {
        String kind = path.endsWith("/pods") ? "PodList" : path.endsWith("passthroughvms") ? "PassthroughVMList" : "";
        int all = kind.isEmpty() ? 0 : kind.equals("PodList") ? count + podsOfVms.size() : count;
        int from = Integer.parseInt(query.getOrDefault("continue", "0"));
        int to = Math.min(all, from + Integer.parseInt(query.getOrDefault("limit", "1000000")));
        List<String> items = new ArrayList<>();
        for (int i = from; i < to; i++) {
            items.add(kind.equals("PodList") ? pod(i) : vm(i));
        }
        String next = to < all ? ",\"continue\":\"" + to + "\"" : "";
        return "{\"kind\":\"%s\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"%d\"%s},\"items\":[%s]}"
                .formatted(kind.isEmpty() ? "List" : kind, version.get(), next, String.join(",", items));
    }

    private String vm(int index) {
        String name = "vm-" + index;
        return objects.vm(
                NAMESPACE, name, index + 1L, statuses.containsKey(name) ? ",\"status\":" + statuses.get(name) : "");
    }

    private String pod(int index) {
        return index < count
                ? objects.pod(NAMESPACE, "pod-" + index, index + 1L)
                : new ArrayList<>(podsOfVms.values()).get(index - count);
    }

    private String created(String path, HttpExchange exchange) throws IOException {
        ObjectNode object = (ObjectNode) JSON.readTree(exchange.getRequestBody());
        ObjectNode metadata = object.withObject("/metadata");
        String name = metadata.path("name").asText();
        metadata.put("uid", "uid-of-pod-of-" + name);
        metadata.put("creationTimestamp", "2026-11-29T12:00:00Z");
        metadata.put("resourceVersion", String.valueOf(version.incrementAndGet()));
        if (path.endsWith("/pods")) {
            podsOfVms.put(name, object.toString());
            tell("pods", "ADDED", object.toString());
        }
        return object.toString();
    }

    private String patched(String path, HttpExchange exchange) throws IOException {
        JsonNode patch = JSON.readTree(exchange.getRequestBody());
        String[] parts = path.split("/");
        String name = parts[parts.length - 2];
        statuses.put(name, patch.path("status").toString());
        String vm = objects.vm(NAMESPACE, name, version.incrementAndGet(), ",\"status\":" + statuses.get(name));
        tell("passthroughvms", "MODIFIED", vm);
        return vm;
    }

    private void tell(String kind, String type, String object) {
        String event = "{\"type\":\"%s\",\"object\":%s}\n".formatted(type, object);
        news.getOrDefault(kind, List.of()).forEach(queue -> queue.add(event));
    }

    /** Every object once more, as after a change that does not matter; then what is new. */
    private void watch(HttpExchange exchange, String path) throws IOException {
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        boolean wantsWebSocket =
                "websocket".equalsIgnoreCase(exchange.getRequestHeaders().getFirst("Upgrade"));
        exchange.sendResponseHeaders(200, wantsWebSocket ? -1 : 0);
        if (wantsWebSocket) {
            // It has learned by now that it gets none.
            return;
        }
        String kind = path.substring(path.lastIndexOf('/') + 1);
        BlockingQueue<String> queue = new LinkedBlockingQueue<>();
        news.getOrDefault(kind, new ArrayList<>()).add(queue);
        OutputStream out = exchange.getResponseBody();
        out.flush();
        try {
            if (kind.equals("passthroughvms")) {
                send(out, i -> changed(vm((int) i)));
            } else if (kind.equals("pods")) {
                send(out, i -> changed(pod((int) i).replaceFirst("\\{", "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",")));
            }
            while (true) {
                out.write(queue.take().getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            news.getOrDefault(kind, List.of()).remove(queue);
        }
    }

    private String changed(String object) {
        return object.replaceFirst(
                "\"resourceVersion\":\"\\d+\"", "\"resourceVersion\":\"" + version.incrementAndGet() + "\"");
    }

    private void send(OutputStream out, LongFunction<String> object) throws IOException {
        for (int i = 0; i < count; i++) {
            out.write("{\"type\":\"MODIFIED\",\"object\":%s}\n"
                    .formatted(object.apply(i))
                    .getBytes(StandardCharsets.UTF_8));
            out.flush();
            events.incrementAndGet();
        }
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static Map<String, String> query(URI uri) {
        return uri.getQuery() == null
                ? Map.of()
                : Arrays.stream(uri.getQuery().split("&"))
                        .map(pair -> pair.split("=", 2))
                        .collect(
                                Collectors.toMap(pair -> pair[0], pair -> pair.length > 1 ? pair[1] : "", (a, b) -> a));
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
