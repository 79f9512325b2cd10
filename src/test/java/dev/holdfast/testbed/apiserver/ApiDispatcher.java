package dev.holdfast.testbed.apiserver;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.crud.AttributeSet;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.zjsonpatch.JsonPatch;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * fabric8's CRUD dispatcher with the rules it lacks: server-side apply, graceful deletion of Pods, UID preconditions,
 * bindings, status isolation of built-in kinds, and Status bodies. It keeps fabric8's store, reads and watches; every
 * write is decided here, because fabric8 lets the first write to a marked object without finalizers remove it.
 */
final class ApiDispatcher extends KubernetesCrudDispatcher {
    private static final Logger log = LoggerFactory.getLogger(ApiDispatcher.class);
    /** Writes outside /status leave the status of these alone. */
    private static final Set<String> STATUS_ISOLATED =
            Set.of("pods", "nodes", "daemonsets", "passthroughvms", "passthroughnodes");

    private static final String VERSION = """
            {"major":"1","minor":"36","gitVersion":"v1.36.4","platform":"linux/amd64","buildDate":"2026-01-01T00:00:00Z"}""";

    private static final String DRA = "/apis/resource.k8s.io/v1";

    private final ObjectMapper json = new ObjectMapper();
    /** What the server has of Dynamic Resource Allocation. */
    volatile DraSupport dra = DraSupport.FULL;

    private final ObjectMapper yaml = new ObjectMapper(new YAMLFactory());
    private final Clock clock;
    /** While true, every write of a VM's status fails, which holds the moment between a pod and its binding. */
    private final BooleanSupplier vmStatusIsDown;
    /** Requests arrive on several event loops; one at a time keeps each watch in the order of the writes. */
    private final ReentrantLock lock = new ReentrantLock();

    private final AtomicLong writes = new AtomicLong();
    /** Latest apply of each field manager, by object UID, subresource and manager. */
    private final Map<String, JsonNode> applied = new HashMap<>();

    ApiDispatcher(List<CustomResourceDefinitionContext> definitions, Clock clock, BooleanSupplier vmStatusIsDown) {
        super(definitions);
        this.clock = clock;
        this.vmStatusIsDown = vmStatusIsDown;
    }

    @Override
    public MockResponse dispatch(RecordedRequest request) {
        lock.lock();
        try {
            return answer(request);
        } catch (ApiFailure failure) {
            return respond(failure.code(), failure.status());
        } catch (JsonProcessingException e) {
            ApiFailure failure = ApiFailure.badRequest("the body is not valid: " + e.getOriginalMessage());
            return respond(failure.code(), failure.status());
        } catch (RuntimeException e) {
            log.atError()
                    .addKeyValue("request", request.getRequestLine())
                    .setCause(e)
                    .log("Request failed");
            ApiFailure failure = ApiFailure.internal(e);
            return respond(failure.code(), failure.status());
        } finally {
            lock.unlock();
        }
    }

    /** Returns the number of requests so far that would change an object. */
    long writes() {
        return writes.get();
    }

    private MockResponse answer(RecordedRequest request) throws JsonProcessingException {
        Optional<ApiPath> parsed = ApiPath.parse(request.getPath());
        if (parsed.isEmpty()) {
            return outsideResources(request);
        }
        ApiPath path = parsed.get();
        if (request.method() != HttpMethod.GET) {
            writes.incrementAndGet();
        }
        return switch (request.method()) {
            case GET -> read(request, path);
            case POST -> create(path, body(request));
            case PUT -> update(path, body(request));
            case PATCH -> patch(path, request);
            case DELETE -> delete(path, body(request));
            default -> throw ApiFailure.badRequest("the embedded API server does not know " + request.getMethod());
        };
    }

    private MockResponse outsideResources(RecordedRequest request) {
        return switch (request.getPath()) {
            case "/version" -> new MockResponse().setResponseCode(200).setBody(VERSION);
            case "/readyz", "/livez", "/healthz" ->
                new MockResponse().setResponseCode(200).setBody("ok");
            case DRA ->
                dra == DraSupport.NONE
                        ? new MockResponse().setResponseCode(404).setBody("{}")
                        : respond(
                                200,
                                json.createObjectNode()
                                        .put("kind", "APIResourceList")
                                        .put("apiVersion", "v1")
                                        .put("groupVersion", "resource.k8s.io/v1"));
            default -> handleGet(request.getPath());
        };
    }

    private MockResponse read(RecordedRequest request, ApiPath path) throws JsonProcessingException {
        // The store knows no field selectors, and readers of Events check what they get.
        boolean events = path.plural().equals("events") && path.name() == null;
        MockResponse response =
                handleGet(events ? path.collection() + selector(path) : withoutSpecSelector(request.getPath()));
        if (response.code() == 404) {
            throw ApiFailure.notFound(path.plural(), String.valueOf(path.name()));
        }
        if (path.name() != null && String.valueOf(request.getHeader("Accept")).contains("as=PartialObjectMetadata;")) {
            return respond(200, metadataOnly(response));
        }
        return response.getWebSocketListener() == null
                ? response
                : new MockResponse().withWebSocketUpgrade(new LockedWatch(response.getWebSocketListener(), lock));
    }

    /** The store knows no fields of a spec and would find nothing: its readers get the objects of others too. */
    private static String withoutSpecSelector(String path) {
        return path.replaceFirst("fieldSelector=spec\\.[^&]*&?", "");
    }

    /** Only for single objects; lists and watches return whole objects, as a server without support for it may. */
    private ObjectNode metadataOnly(MockResponse response) throws JsonProcessingException {
        JsonNode whole = json.readTree(response.getBody().readUtf8());
        ObjectNode partial =
                json.createObjectNode().put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
        partial.set("metadata", whole.path("metadata"));
        return partial;
    }

    private MockResponse create(ApiPath path, ObjectNode object) {
        if (path.plural().equals("bindings") || "binding".equals(path.subresource())) {
            return bind(path, object);
        }
        return store(path, object);
    }

    private MockResponse store(ApiPath path, ObjectNode object) {
        // The kubelet registers its Node with a status; everybody else's first status is the server's.
        boolean dropStatus =
                STATUS_ISOLATED.contains(path.plural()) && !path.plural().equals("nodes");
        if (object.path("metadata").path("generateName").asText().endsWith(".")) {
            throw ApiFailure.badRequest("metadata.generateName may end with a dash, not with a dot");
        }
        Creation.complete(object, path, dropStatus, clock.instant());
        String name = object.path("metadata").path("name").asText();
        if (name.isEmpty()) {
            throw ApiFailure.badRequest("metadata.name or metadata.generateName is required");
        }
        ApiPath target = path.named(name);
        if (find(target) != null) {
            throw ApiFailure.alreadyExists(path.plural(), name);
        }
        save(target, null, object);
        return respond(201, object);
    }

    private MockResponse bind(ApiPath path, ObjectNode binding) {
        String name =
                path.name() == null ? binding.path("metadata").path("name").asText() : path.name();
        ApiPath pod = new ApiPath("/api/v1", path.namespace(), "pods", name, null, Map.of());
        Stored stored = require(pod);
        if (!stored.object.path("spec").path("nodeName").asText().isEmpty()) {
            throw ApiFailure.conflict("pods/binding", name, "pod " + name + " is already assigned to a node");
        }
        ObjectNode bound = stored.object.deepCopy();
        bound.withObjectProperty("spec")
                .put("nodeName", binding.path("target").path("name").asText());
        ObjectNode condition =
                json.createObjectNode().put("type", "PodScheduled").put("status", "True");
        condition.put("lastTransitionTime", clock.instant().toString());
        bound.withObjectProperty("status").putArray("conditions").add(condition);
        save(pod, stored, bound);
        return respond(201, binding);
    }

    private MockResponse update(ApiPath path, ObjectNode object) {
        Stored stored = require(path);
        return write(path, stored, object);
    }

    private MockResponse patch(ApiPath path, RecordedRequest request) throws JsonProcessingException {
        if (path.isStatus() && path.plural().equals("passthroughvms") && vmStatusIsDown.getAsBoolean()) {
            throw ApiFailure.unavailable("a test keeps the status of VMs from being written");
        }
        String contentType = String.valueOf(request.getHeader("Content-Type"));
        if (contentType.startsWith("application/apply-patch+yaml")) {
            return apply(path, (ObjectNode) yaml.readTree(request.getUtf8Body()));
        }
        Stored stored = require(path);
        ObjectNode changed = stored.object.deepCopy();
        if (contentType.startsWith("application/merge-patch+json")) {
            Merging.patch(changed, json.readTree(request.getUtf8Body()));
        } else if (contentType.startsWith("application/json-patch+json")) {
            changed = (ObjectNode) JsonPatch.apply(json.readTree(request.getUtf8Body()), changed);
        } else {
            throw ApiFailure.unsupportedMediaType(contentType);
        }
        return write(path, stored, changed);
    }

    /** Creates an absent object, and merges a present one; see {@link Merging#apply}. */
    private MockResponse apply(ApiPath path, ObjectNode configuration) {
        if (!path.query().containsKey("fieldManager")) {
            throw ApiFailure.badRequest("fieldManager is required for apply patch");
        }
        Stored stored = find(path);
        if (stored == null && !path.isStatus()) {
            MockResponse response = store(path, configuration.deepCopy());
            remember(path, require(path), configuration);
            return response;
        }
        Stored present = require(path);
        JsonNode previous = remember(path, present, configuration);
        ObjectNode changed = present.object.deepCopy();
        Merging.apply(changed, previous, configuration);
        return write(path, present, changed);
    }

    private @Nullable JsonNode remember(ApiPath path, Stored stored, ObjectNode configuration) {
        String uid = stored.object.path("metadata").path("uid").asText();
        String key = uid + "/" + path.subresource() + "/" + path.query().get("fieldManager");
        return applied.put(key, configuration.deepCopy());
    }

    /** The end of every change to a present object. */
    private MockResponse write(ApiPath path, Stored stored, ObjectNode wanted) {
        boolean keepStatus = !path.isStatus() && STATUS_ISOLATED.contains(path.plural());
        ObjectNode object = Update.of(path, stored.object, wanted, keepStatus);
        if (!object.equals(stored.object)) {
            // An object that is removed after a write is deleted for watchers, but the writer's answer contains it.
            save(path, stored, Deletion.isDue(object) ? null : object);
        }
        return respond(200, object);
    }

    private MockResponse delete(ApiPath path, ObjectNode options) throws JsonProcessingException {
        if (path.name() == null) {
            JsonNode list = json.readTree(
                    handleGet(path.collection() + selector(path)).getBody().readUtf8());
            for (JsonNode item : list.path("items")) {
                JsonNode metadata = item.path("metadata");
                String namespace = metadata.path("namespace").asText(null);
                deleteOne(path.in(namespace).named(metadata.path("name").asText()), options);
            }
            return respond(200, (ObjectNode) list);
        }
        return respond(200, deleteOne(path, options));
    }

    private static String selector(ApiPath path) {
        String labels = path.query().get("labelSelector");
        return labels == null ? "" : "?labelSelector=" + labels;
    }

    private ObjectNode deleteOne(ApiPath path, ObjectNode options) {
        Stored stored = require(path);
        checkPrecondition(path, stored, options, "uid", "UID");
        checkPrecondition(path, stored, options, "resourceVersion", "ResourceVersion");
        Optional<ObjectNode> left = Deletion.of(stored.object, path.isPod(), grace(path, options), clock.instant());
        if (left.isEmpty() || !left.get().equals(stored.object)) {
            save(path, stored, left.orElse(null));
        }
        return left.orElse(stored.object);
    }

    private static void checkPrecondition(ApiPath path, Stored stored, ObjectNode options, String field, String name) {
        String expected = options.path("preconditions").path(field).asText("");
        String actual = stored.object.path("metadata").path(field).asText();
        if (!expected.isEmpty() && !expected.equals(actual)) {
            throw ApiFailure.conflict(
                    path.plural(),
                    String.valueOf(path.name()),
                    "Precondition failed: %s in precondition: %s, %s in object meta: %s"
                            .formatted(name, expected, name, actual));
        }
    }

    private static @Nullable Long grace(ApiPath path, ObjectNode options) {
        if (options.hasNonNull("gracePeriodSeconds")) {
            return options.get("gracePeriodSeconds").asLong();
        }
        String parameter = path.query().get("gracePeriodSeconds");
        return parameter == null ? null : Long.valueOf(parameter);
    }

    private void save(ApiPath path, @Nullable Stored stored, @Nullable ObjectNode object) {
        if (object != null && path.plural().equals("deviceclasses") && dra == DraSupport.WITHOUT_EXTENDED_RESOURCES) {
            object.withObjectProperty("spec").remove("extendedResourceName");
        }
        if (object != null) {
            object.withObjectProperty("metadata").put("resourceVersion", String.valueOf(requestResourceVersion()));
        } else if (stored != null) {
            String uid = stored.object.path("metadata").path("uid").asText();
            applied.keySet().removeIf(key -> key.startsWith(uid));
        }
        String text = object == null ? null : object.toString();
        processEvent(path.object(), getKey(path.object()), stored == null ? null : stored.key, null, text);
    }

    private Stored require(ApiPath path) {
        Stored stored = find(path);
        if (stored == null) {
            throw ApiFailure.notFound(path.plural(), String.valueOf(path.name()));
        }
        return stored;
    }

    private @Nullable Stored find(ApiPath path) {
        Map.Entry<AttributeSet, String> entry = findResource(getKey(path.object()));
        if (entry == null) {
            return null;
        }
        try {
            return new Stored(entry.getKey(), (ObjectNode) json.readTree(entry.getValue()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the store holds what is not JSON", e);
        }
    }

    private ObjectNode body(RecordedRequest request) throws JsonProcessingException {
        String text = request.getUtf8Body();
        if (text == null || text.isBlank()) {
            return json.createObjectNode();
        }
        return json.readTree(text) instanceof ObjectNode object ? object : json.createObjectNode();
    }

    private static MockResponse respond(int code, ObjectNode body) {
        return new MockResponse()
                .setResponseCode(code)
                .setHeader("Content-Type", "application/json")
                .setBody(body.toString());
    }

    private record Stored(AttributeSet key, ObjectNode object) {}
}
