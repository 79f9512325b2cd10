package dev.holdfast.api;

/**
 * Patterns of names that Kubernetes takes from DNS (RFC 1123). They are constants, so that the rules of the schema can
 * contain them; where a rule bounds the length elsewhere, the unbounded form does.
 */
public final class DnsNames {
    /** A label of any length. */
    public static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

    /** A label of at most 63 characters. */
    public static final String LABEL_63 = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

    /** A subdomain of any length; as the API server, it is not strict about dots beside each other. */
    public static final String SUBDOMAIN = "[a-z0-9]([-.a-z0-9]*[a-z0-9])?";

    /** A subdomain of at most 253 characters. */
    public static final String SUBDOMAIN_253 = "[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?";

    private DnsNames() {}
}
