package dev.holdfast.testbed.apiserver;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.InClusterConfig;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A Kubernetes API server good enough for the demo and the tests: plain HTTP, no authentication, objects in memory,
 * our custom resources known from the start. What it does not check (schemas, CEL, field ownership by several
 * managers, RBAC, field selectors) needs a real one.
 */
public final class MockApiServer implements AutoCloseable {
    private final ApiHttpServer server;
    private final ApiDispatcher dispatcher;
    private final String url;

    private MockApiServer(ApiHttpServer server, ApiDispatcher dispatcher, String url) {
        this.server = server;
        this.dispatcher = dispatcher;
        this.url = url;
    }

    /** On a port of the loopback address that the kernel chooses. */
    public static MockApiServer start() {
        return start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Clock.systemUTC(), () -> false);
    }

    /**
     * Serves at {@code address} until closed; port 0 lets the kernel choose.
     *
     * @param vmStatusIsDown called at every write of a VM's status: with true the answer is 503
     */
    public static MockApiServer start(InetSocketAddress address, Clock clock, BooleanSupplier vmStatusIsDown) {
        ApiDispatcher dispatcher = new ApiDispatcher(
                List.of(
                        CustomResourceDefinitionContext.fromCustomResourceType(PassthroughVM.class),
                        CustomResourceDefinitionContext.fromCustomResourceType(PassthroughDeviceClass.class),
                        CustomResourceDefinitionContext.fromCustomResourceType(PassthroughNode.class)),
                clock,
                vmStatusIsDown);
        ApiHttpServer server = ApiHttpServer.start(address, dispatcher);
        return new MockApiServer(
                server, dispatcher, "http://" + address.getAddress().getHostAddress() + ":" + server.port());
    }

    /** From now on it has this much of Dynamic Resource Allocation; at first all of it. */
    public void support(DraSupport dra) {
        dispatcher.dra = dra;
    }

    /** {@code http://address:port}, without a slash at the end. */
    public String url() {
        return url;
    }

    public int port() {
        return server.port();
    }

    /** Returns the number of requests so far that would change an object, whoever sent them. */
    public long writes() {
        return dispatcher.writes();
    }

    /** A new client of this server, without anything from this machine's kubeconfig or environment. */
    public KubernetesClient client() {
        return client(url);
    }

    /** The agent's way to this server. */
    public ApiClient apiServer() {
        try {
            return new ApiClient(InClusterConfig.at(URI.create(url)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A client of the API server at {@code url}, for processes that have nothing else. */
    public static KubernetesClient client(String url) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(url)
                .withNamespace("default")
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    @Override
    public void close() {
        server.close();
    }
}
