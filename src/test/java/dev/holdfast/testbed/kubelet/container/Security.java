package dev.holdfast.testbed.kubelet.container;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SeccompProfile;
import io.fabric8.kubernetes.api.model.SecurityContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Privileges of a container: its own securityContext overrides that of its pod. */
public record Security(
        long uid,
        long gid,
        List<Long> additionalGids,
        @Nullable Long fsGroup,
        Set<String> capabilities,
        boolean noNewPrivileges,
        boolean readOnlyRoot,
        boolean runtimeDefaultSeccomp,
        boolean mustNotBeRoot) {

    public static Security of(PodSpec spec, Container container) {
        PodSecurityContext pod = Objects.requireNonNullElseGet(spec.getSecurityContext(), PodSecurityContext::new);
        SecurityContext own = Objects.requireNonNullElseGet(container.getSecurityContext(), SecurityContext::new);
        List<Long> groups = new ArrayList<>(pod.getSupplementalGroups());
        if (pod.getFsGroup() != null) {
            groups.add(pod.getFsGroup());
        }
        return new Security(
                first(own.getRunAsUser(), pod.getRunAsUser(), 0L),
                first(own.getRunAsGroup(), pod.getRunAsGroup(), 0L),
                List.copyOf(groups),
                pod.getFsGroup(),
                own.getCapabilities() == null
                        ? Capabilities.DEFAULT
                        : Capabilities.of(
                                own.getCapabilities().getAdd(),
                                own.getCapabilities().getDrop()),
                Boolean.FALSE.equals(own.getAllowPrivilegeEscalation()),
                Boolean.TRUE.equals(own.getReadOnlyRootFilesystem()),
                isRuntimeDefault(first(own.getSeccompProfile(), pod.getSeccompProfile(), new SeccompProfile())),
                first(own.getRunAsNonRoot(), pod.getRunAsNonRoot(), false));
    }

    private static boolean isRuntimeDefault(SeccompProfile profile) {
        return "RuntimeDefault".equals(profile.getType());
    }

    private static <T> T first(@Nullable T own, @Nullable T pod, T otherwise) {
        return own != null ? own : pod != null ? pod : otherwise;
    }

    /** The kubelet's refusal, when it applies. */
    public void check() throws ContainerProblem {
        if (mustNotBeRoot && uid == 0) {
            throw new ContainerProblem(
                    "CreateContainerConfigError", "container has runAsNonRoot and image will run as root");
        }
    }
}
