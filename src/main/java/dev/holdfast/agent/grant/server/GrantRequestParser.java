package dev.holdfast.agent.grant.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.grant.GrantRequest;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads what a peer says as far as it can be said at all: names become part of a URL, so they have to be names. */
final class GrantRequestParser {
    private static final ObjectMapper JSON = JsonMapper.builder()
            // A newer launcher may say more.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .build();

    /** RFC 1123 label and subdomain, as Kubernetes has them. */
    private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");

    private GrantRequestParser() {}

    /** Empty for anything that no launcher of ours would send. */
    static Optional<GrantRequest> parse(String line) {
        try {
            return Optional.ofNullable(JSON.readValue(line, GrantRequest.class))
                    .filter(GrantRequestParser::speaksOfAVm);
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static boolean speaksOfAVm(GrantRequest request) {
        return matches(NAMESPACE, request.namespace()) && matches(NAME, request.name());
    }

    /** JSON may leave out what the record says is there. */
    private static boolean matches(Pattern pattern, @Nullable String text) {
        return text != null && pattern.matcher(text).matches();
    }
}
