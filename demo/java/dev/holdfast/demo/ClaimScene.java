package dev.holdfast.demo;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.DeviceClaims;
import dev.holdfast.testbed.Testbed;
import dev.holdfast.testbed.VmFiles;
import java.util.List;

/** The class of the GPU is switched to Dynamic Resource Allocation, and a template makes claims of its devices. */
final class ClaimScene {
    private static final String CLASS = "demo-gpu";

    private final Build build;
    private final Testbed stage;
    private final Transcript transcript;

    ClaimScene(Build build, Testbed stage, Transcript transcript) {
        this.build = build;
        this.stage = stage;
        this.transcript = transcript;
    }

    /** Returns the VM with its GPU by a claim. */
    PassthroughVM play(PassthroughVM vm) {
        DeviceClaims claims = new DeviceClaims(stage.api());
        transcript.step("kubectl patch ptclass %s --type=merge --patch='{\"spec\": {\"allocation\": \"DRA\"}}'"
                .formatted(CLASS));
        claims.allocate(CLASS, Allocation.DRA);
        List<String> published = stage.await("the agent has published the GPU in a ResourceSlice")
                .until(
                        () -> {
                            stage.checkAlive();
                            return claims.published();
                        },
                        devices -> !devices.isEmpty());
        transcript.step("The agent's ResourceSlice has: " + String.join(", ", published));
        claims.createTemplates(build.root().resolve("examples/claim-template.yaml"));
        transcript.show("ResourceClaimTemplate created: examples/claim-template.yaml");
        return VmFiles.byClaim(vm, CLASS);
    }
}
