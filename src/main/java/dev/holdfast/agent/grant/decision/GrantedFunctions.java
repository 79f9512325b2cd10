package dev.holdfast.agent.grant.decision;

import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.api.node.Grant;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.text.NamespacedName;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Functions that running VMs have: no second QEMU may get one of them. Pure. */
public final class GrantedFunctions {
    private GrantedFunctions() {}

    /**
     * Returns the answer to a pod for functions of which a running VM of another pod has one. It is to wait: the process of
     * that VM may be ending.
     *
     * @param grants grants of running VMs
     */
    public static Optional<Decision> ofOthers(List<Grant> grants, String podUid, Collection<PciAddress> functions) {
        return grants.stream()
                .filter(grant -> !grant.podUID().equals(podUid))
                .flatMap(grant -> grant.devices().stream()
                        .flatMap(device -> device.pciAddresses().stream())
                        .flatMap(address -> PciAddress.canonical(address).stream())
                        .filter(functions::contains)
                        .map(address -> (Decision) new Wait(address + " belongs to the running VM "
                                + NamespacedName.of(
                                        grant.vm().namespace(), grant.vm().name())
                                + "; a device serves one VM at a time, and is granted once that VM has ended")))
                .findFirst();
    }
}
