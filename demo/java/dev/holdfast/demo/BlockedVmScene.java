package dev.holdfast.demo;

import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Testbed;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Optional;

/** A VM that requires a group with a function on another driver shows that function, and waits. */
final class BlockedVmScene {
    private static final String NAME = "blocked-vm";

    private final Build build;
    private final Testbed stage;
    private final Transcript transcript;

    BlockedVmScene(Build build, Testbed stage, Transcript transcript) {
        this.build = build;
        this.stage = stage;
        this.transcript = transcript;
    }

    Result.Blocked play() {
        transcript.step("kubectl apply -f examples/blocked-vm.yaml: it requests a GPU whose audio function is in use");
        stage.api().apply(build.root().resolve("examples/blocked-vm.yaml"));
        Condition condition = stage.await("the blocked VM's condition names the blocker")
                .until(
                        this::condition,
                        found -> found.filter(BlockedVmScene::namesTheBlocker).isPresent())
                .orElseThrow();
        transcript.show("DevicesAllocated=%s, %s".formatted(condition.getStatus(), condition.getReason()));
        transcript.show(condition.getMessage());
        stage.api().deleteVm(NAME);
        stage.await("the blocked VM and its pod are gone")
                .until(() ->
                        stage.api().vm(NAME).isEmpty() && stage.api().pod(NAME).isEmpty());
        transcript.show("deleted");
        return new Result.Blocked(condition.getReason(), condition.getMessage());
    }

    private Optional<Condition> condition() {
        stage.checkAlive();
        return stage.api().condition(NAME, "DevicesAllocated");
    }

    private static boolean namesTheBlocker(Condition condition) {
        return "False".equals(condition.getStatus()) && condition.getMessage().contains("snd_hda_intel");
    }
}
