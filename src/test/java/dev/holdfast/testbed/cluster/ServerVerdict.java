package dev.holdfast.testbed.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The API server's verdict on an object, a text for each reason, without the prefix that names the object. */
public final class ServerVerdict {
    private static final Pattern INVALID = Pattern.compile("(?s)\\w+\\.holdfast\\.dev \".*?\" is invalid: (.*)");
    private static final Pattern UNDECODABLE =
            Pattern.compile("(?s)\\w+ in version \"v1alpha1\" cannot be handled as a \\w+: (.*)");
    private static final String STRICT = "strict decoding error: ";

    private ServerVerdict() {}

    /** Takes a refusal apart, and makes sure that nothing of it is lost: the parts make up the whole message. */
    public static List<String> texts(KubernetesClientException refusal) {
        Status status = refusal.getStatus();
        Matcher invalid = INVALID.matcher(status.getMessage());
        if (invalid.matches()) {
            List<String> texts = status.getDetails().getCauses().stream()
                    .map(cause -> cause.getField() + ": " + cause.getMessage())
                    .distinct()
                    .toList();
            assertThat(invalid.group(1))
                    .isEqualTo(texts.size() == 1 ? texts.getFirst() : "[" + String.join(", ", texts) + "]");
            return texts;
        }
        Matcher undecodable = UNDECODABLE.matcher(status.getMessage());
        assertThat(status.getMessage()).matches(UNDECODABLE);
        return undecodable.matches() && undecodable.group(1).startsWith(STRICT)
                ? List.of(undecodable.group(1).substring(STRICT.length()).split(", (?=unknown field)"))
                : List.of(undecodable.group(1));
    }
}
