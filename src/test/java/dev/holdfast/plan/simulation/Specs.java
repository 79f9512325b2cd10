package dev.holdfast.plan.simulation;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.RunStrategy;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The specs of the simulated VMs. */
final class Specs {
    static final String CLASS = "test-gpu";
    static final String RESOURCE = "holdfast.dev/" + CLASS;
    static final String CLAIM = "data";
    static final int USUAL = 0;
    static final int LARGER = 1;
    static final int WRONG_DEVICE = 2;
    static final int REFUSED_POLICY = 3;
    static final int WITH_CLAIM = 4;

    private static final String GPU = "gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]";
    private static final List<String> VARIANTS = List.of(
            "memory: {guest: 128Mi}\n  devices: {" + GPU + "}",
            "memory: {guest: 256Mi}\n  devices: {" + GPU + "}",
            "memory: {guest: 128Mi}\n  devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/nope}]}",
            "memory: {guest: 128Mi, memlock: {policy: Unlimited}}\n  devices: {" + GPU + "}",
            "memory: {guest: 128Mi}\n  devices: {" + GPU + ", disks: [{name: data}]}\n"
                    + "  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]");
    private static final Map<String, PassthroughVMSpec> KNOWN = new ConcurrentHashMap<>();

    private Specs() {}

    static int count() {
        return VARIANTS.size();
    }

    static PassthroughVMSpec of(RunStrategy strategy, int variant) {
        return KNOWN.computeIfAbsent(
                strategy + "/" + variant,
                key -> Serialization.unmarshal("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughVM
                metadata: {name: any}
                spec:
                  runStrategy: %s
                  %s
                """.formatted(strategy, VARIANTS.get(variant)), PassthroughVM.class)
                        .getSpec());
    }

    /** Returns whether a user would have to correct the spec because it can never run. */
    static boolean isWrong(int variant) {
        return variant == WRONG_DEVICE || variant == REFUSED_POLICY;
    }
}
