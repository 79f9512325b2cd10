package dev.holdfast.agent.grant.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.api.DnsNames;
import dev.holdfast.grant.GrantRequest;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Parses the request of a peer. Names become part of a URL, so only valid names are accepted. */
final class GrantRequestParser {
    private static final ObjectMapper JSON = JsonMapper.builder()
            // A newer launcher may send more fields.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .build();

    /** RFC 1123 label and subdomain, as in Kubernetes. */
    private static final Pattern NAMESPACE = Pattern.compile(DnsNames.LABEL_63);

    private static final Pattern NAME = Pattern.compile(DnsNames.SUBDOMAIN_253);

    private GrantRequestParser() {}

    /** Returns the request; empty for any line that no launcher sends. */
    static Optional<GrantRequest> parse(String line) {
        try {
            return Optional.ofNullable(JSON.readValue(line, GrantRequest.class)).filter(GrantRequestParser::namesAVm);
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static boolean namesAVm(GrantRequest request) {
        return matches(NAMESPACE, request.namespace()) && matches(NAME, request.name());
    }

    /** Returns whether the text is there and matches: JSON may omit non-null components of the record. */
    private static boolean matches(Pattern pattern, @Nullable String text) {
        return text != null && pattern.matcher(text).matches();
    }
}
