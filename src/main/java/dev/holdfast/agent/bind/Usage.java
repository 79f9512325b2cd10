package dev.holdfast.agent.bind;

import dev.holdfast.host.DeviceNode;
import dev.holdfast.host.OpenFiles;
import dev.holdfast.host.PciAddress;
import dev.holdfast.host.PciFunction;
import dev.holdfast.host.PciUse;
import dev.holdfast.host.PciUsers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the node whether a group can be taken from whoever has it. Used by one thread. */
final class Usage {
    private static final Logger log = LoggerFactory.getLogger(Usage.class);

    private final PciUsers users;
    private final OpenFiles files;
    private boolean blindnessTold;

    Usage(PciUsers users, OpenFiles files) {
        this.users = users;
        this.files = files;
    }

    /**
     * Why it cannot.
     *
     * @return a sentence; empty when nobody uses it
     * @throws IOException when a function cannot be looked at
     */
    Optional<String> of(BindAction action) throws IOException {
        return switch (action) {
            case BindAction.Bind bind -> ofGroup(bind.moved(), ", then it will be bound");
            case BindAction.Restore restore -> ofVfio(restore);
        };
    }

    private Optional<String> ofGroup(List<PciFunction> functions, String then) throws IOException {
        for (PciFunction function : functions) {
            PciAddress address = function.address();
            List<PciUse> uses = new ArrayList<>(users.uses(address));
            if (uses.isEmpty()) {
                opener(users.nodes(address)).ifPresent(uses::add);
            }
            if (!uses.isEmpty()) {
                return Optional.of(InUse.sentence(address, uses.getFirst()) + then);
            }
        }
        return Optional.empty();
    }

    /** A group that neither the kubelet nor a grant knows of may be used by somebody else's virtual machine. */
    private Optional<String> ofVfio(BindAction.Restore restore) throws IOException {
        for (PciAddress address : restore.addresses()) {
            Optional<String> use = opener(users.vfioGroup(address).map(Set::of).orElse(Set.of()))
                    .map(opened -> InUse.sentence(address, opened) + ", then it will be given back");
            if (use.isPresent()) {
                return use;
            }
        }
        return Optional.empty();
    }

    private Optional<PciUse.Opened> opener(Collection<DeviceNode> nodes) {
        if (!blindnessTold && !files.allVisible()) {
            blindnessTold = true;
            log.warn("cannot see who has a device open, since CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH are missing;"
                    + " install the overlay overlays/bind as it is, or keep devices of classes that bind unused");
        }
        return files.opener(nodes);
    }
}
