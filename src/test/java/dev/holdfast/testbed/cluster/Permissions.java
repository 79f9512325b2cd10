package dev.holdfast.testbed.cluster;

import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.RoleRef;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Permissions of the roles that are bound to a service account, and its requests. All are written as
 * {@link AuditLog.Request#permission()} does: {@code patch passthroughvms/status.holdfast.dev}.
 *
 * @param granted of all roles that are bound to it by name, in whichever namespaces; a star stays a star
 * @param used    of all its requests that got past authorization
 * @param refused of its requests that were answered 403
 */
public record Permissions(SortedSet<String> granted, SortedSet<String> used, List<AuditLog.Request> refused) {
    private static final int FORBIDDEN = 403;
    private static final int CREATED = 201;

    /** Reads the current state. */
    public static Permissions of(RealCluster cluster, String namespace, String serviceAccount) {
        List<AuditLog.Request> requests =
                cluster.audit().of("system:serviceaccount:" + namespace + ":" + serviceAccount);
        return new Permissions(
                granted(cluster.admin(), namespace, serviceAccount),
                requests.stream()
                        .filter(request -> request.code() != FORBIDDEN)
                        .filter(request -> !request.resource().isEmpty())
                        .flatMap(Permissions::needed)
                        .collect(Collectors.toCollection(TreeSet::new)),
                requests.stream().filter(request -> request.code() == FORBIDDEN).toList());
    }

    /** Returns permissions that are granted and were never used. */
    public SortedSet<String> unused() {
        SortedSet<String> unused = new TreeSet<>(granted);
        unused.removeAll(used);
        return unused;
    }

    /** A server-side apply of what is not there is one request, a patch, that needs two permissions. */
    private static Stream<String> needed(AuditLog.Request request) {
        return request.verb().equals("patch") && request.code() == CREATED
                ? Stream.of(request.permission(), request.permission().replaceFirst("^patch", "create"))
                : Stream.of(request.permission());
    }

    private static SortedSet<String> granted(KubernetesClient admin, String namespace, String serviceAccount) {
        Stream<PolicyRule> everywhere = admin.rbac().clusterRoleBindings().list().getItems().stream()
                .filter(binding -> isFor(binding.getSubjects(), namespace, serviceAccount))
                .flatMap(binding -> rules(admin, "", binding.getRoleRef()));
        Stream<PolicyRule> inNamespaces = admin.rbac().roleBindings().inAnyNamespace().list().getItems().stream()
                .filter(binding -> isFor(binding.getSubjects(), namespace, serviceAccount))
                .flatMap(binding -> rules(admin, binding.getMetadata().getNamespace(), binding.getRoleRef()));
        return Stream.concat(everywhere, inNamespaces)
                .flatMap(Permissions::permissions)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isFor(Collection<Subject> subjects, String namespace, String serviceAccount) {
        return subjects.stream()
                .anyMatch(subject -> subject.getKind().equals("ServiceAccount")
                        && namespace.equals(subject.getNamespace())
                        && serviceAccount.equals(subject.getName()));
    }

    private static Stream<PolicyRule> rules(KubernetesClient admin, String namespace, RoleRef role) {
        return role.getKind().equals("ClusterRole")
                ? admin.rbac().clusterRoles().withName(role.getName()).get().getRules().stream()
                : admin.rbac().roles().inNamespace(namespace).withName(role.getName()).get().getRules().stream();
    }

    private static Stream<String> permissions(PolicyRule rule) {
        return rule.getVerbs().stream()
                .flatMap(verb -> rule.getResources().stream()
                        .flatMap(resource -> rule.getApiGroups().stream()
                                .map(group -> verb + " " + resource + (group.isEmpty() ? "" : "." + group))));
    }
}
