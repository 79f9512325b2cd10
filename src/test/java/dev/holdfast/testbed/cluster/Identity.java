package dev.holdfast.testbed.cluster;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** User with a fixed token at the API server. Service accounts are not included: the API server issues their tokens. */
public enum Identity {
    /** May do everything. */
    ADMIN("admin", "system:masters"),
    CONTROLLER_MANAGER("system:kube-controller-manager"),
    SCHEDULER("system:kube-scheduler"),
    /** The kubelet of the virtual node: what a node may do, the Node authorizer says. */
    NODE("system:node:virtual-node", "system:nodes"),
    /** User without rights, except for those that a test grants. */
    USER("alice");

    private final String user;
    private final String groups;

    Identity(String user, String... groups) {
        this.user = user;
        this.groups = String.join(",", groups);
    }

    /** Returns the user's name in role bindings and the audit log. */
    public String user() {
        return user;
    }

    String token() {
        return "token-of-" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The API server's file of tokens: token, user, UID, groups. */
    static String tokenFile() {
        return Stream.of(values())
                .map(identity -> "%s,%s,%s,\"%s\"\n"
                        .formatted(identity.token(), identity.user, identity.name(), identity.groups))
                .collect(Collectors.joining());
    }
}
