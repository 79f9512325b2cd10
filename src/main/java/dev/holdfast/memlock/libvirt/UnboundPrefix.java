package dev.holdfast.memlock.libvirt;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Message for a prefix that a document uses and does not declare, such as that of {@code <qemu:commandline>} in a
 * domain that was copied without its first line. The message of the JDK's parser is only a URL.
 */
final class UnboundPrefix {
    private static final Pattern MESSAGE = Pattern.compile(
            ".*#(?:Element|Attribute)PrefixUnbound\\?(?:.*&)?([A-Za-z][A-Za-z0-9_.-]{0,40})(?::.*|&.*)?");

    private UnboundPrefix() {}

    /** Returns a message for the user if the parser's message is about such a prefix. */
    static Optional<String> message(String parserMessage) {
        Matcher matcher = MESSAGE.matcher(parserMessage);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String prefix = matcher.group(1);
        return Optional.of("the prefix %s is not declared, must be declared; %s"
                .formatted(
                        prefix,
                        prefix.equals("qemu")
                                ? "add xmlns:qemu=\"" + UntrustedXml.QEMU + "\" to <domain>"
                                : "add its xmlns:%s to the root element".formatted(prefix)));
    }
}
