package dev.holdfast.app;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Records all writes of a client except those of Events, as {@code METHOD /path}; one can be held back. */
final class WriteRecorder implements Interceptor {
    private final List<String> writes = new CopyOnWriteArrayList<>();
    private final CountDownLatch heldBack = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);
    private volatile @Nullable String held;

    KubernetesClient client(String url) {
        Config config = new ConfigBuilder(Config.empty()).withMasterUrl(url).build();
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withHttpClientBuilderConsumer(builder -> builder.addOrReplaceInterceptor("writes", this))
                .build();
    }

    List<String> writes() {
        return List.copyOf(writes);
    }

    /** Makes the next writes to paths with this end wait for {@link #release}, before the client sends them. */
    void hold(String pathEnd) {
        held = pathEnd;
    }

    boolean holdsOne() {
        return heldBack.getCount() == 0;
    }

    void release() {
        open.countDown();
    }

    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
        String path = request.uri().getPath();
        if (!request.method().equals("GET") && !path.contains("/events")) {
            waitIfHeld(path);
            writes.add(request.method() + " " + path);
        }
    }

    private void waitIfHeld(String path) {
        String end = held;
        if (end == null || !path.endsWith(end)) {
            return;
        }
        heldBack.countDown();
        try {
            if (!open.await(1, TimeUnit.MINUTES)) {
                throw new AssertionError("not released: " + path);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
