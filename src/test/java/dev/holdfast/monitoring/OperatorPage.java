package dev.holdfast.monitoring;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.app.Holdfast;
import dev.holdfast.app.VmWorld;
import dev.holdfast.testbed.fixtures.ChildJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The metrics page of {@code holdfast operator}, a process with an API server in which one VM runs and another waits. */
final class OperatorPage implements AutoCloseable {
    private static final String WAITING = "holdfast_vms_not_ready{phase=\"Pending\",reason=\"DeviceClassUnknown\"}";
    private static final Pattern PORT = Pattern.compile("httpPort=\"(\\d+)\"");

    private final VmWorld world = new VmWorld();
    private final Path log;
    private final Process process;

    private OperatorPage(Path directory) throws IOException {
        log = directory.resolve("operator.log");
        process = ChildJvm.start(
                Holdfast.class,
                Map.of(
                        "KUBERNETES_MASTER",
                        world.server.url(),
                        "KUBECONFIG",
                        directory.resolve("none").toString()),
                log,
                "operator",
                "--launcher-image=test",
                "--instance=replica-1",
                "--http-port=0");
    }

    /** Starts the operator and creates the VMs, so that the page has the times of a start and a reason to wait. */
    static OperatorPage start(Path directory) throws IOException {
        OperatorPage page = startIdle(directory);
        page.addRunningVm();
        page.addWaitingVm();
        return page;
    }

    /** Starts the operator without a VM. */
    static OperatorPage startIdle(Path directory) throws IOException {
        OperatorPage page = new OperatorPage(directory);
        page.await("ready", () -> page.log().contains("operator ready"));
        return page;
    }

    void addRunningVm() {
        world.createVm();
        run("");
    }

    /** Adds a VM of a device class that does not exist, which is a warning. */
    void addWaitingVm() {
        world.createSecondVm();
        await("counted", () -> text().contains(WAITING));
    }

    /** Restarts the VM that runs, so that the times of its start are counted again. */
    void restart() {
        String former = world.podUid();
        world.askForRestart(Instant.now().toString());
        await("restarting", () -> world.readyReason().equals("Restarting"));
        world.removePod();
        world.report(DeviceState.Free, null);
        run(former);
    }

    private void run(String former) {
        await(
                "bound",
                () -> !world.podUid().isEmpty()
                        && !world.podUid().equals(former)
                        && world.podUid().equals(world.status().podUID()));
        world.schedule();
        await("starting", () -> world.phase() == Phase.Starting);
        world.startContainer();
        world.grant();
        await("running", () -> world.phase() == Phase.Running);
    }

    /** The API server that the operator uses. */
    VmWorld world() {
        return world;
    }

    int port() {
        Matcher port = PORT.matcher(log());
        assertThat(port.find()).as(log()).isTrue();
        return Integer.parseInt(port.group(1));
    }

    /** Returns the page as a scrape gets it. */
    String text() throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private void await(String what, Callable<Boolean> holds) {
        eventually(what)
                .failFast(() -> assertThat(process.isAlive()).as(log()).isTrue())
                .until(holds);
    }

    private String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        world.close();
    }
}
