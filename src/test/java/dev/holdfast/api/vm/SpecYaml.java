package dev.holdfast.api.vm;

import io.fabric8.kubernetes.client.utils.Serialization;

/** Specs of VMs in YAML or JSON. */
public final class SpecYaml {
    private SpecYaml() {}

    /** Reads a spec, valid or not. */
    public static PassthroughVMSpec spec(String yaml) {
        return Serialization.unmarshal("spec:\n" + yaml.indent(2), PassthroughVM.class)
                .getSpec();
    }
}
