package dev.holdfast.agent;

/**
 * What was found of one thing that passing devices through takes.
 *
 * @param holds   UNKNOWN when nothing tells
 * @param reason  one CamelCase word for programs
 * @param message what was found, and what to do unless all is well
 */
public record Finding(Holds holds, String reason, String message) {
    /** Whether it is there. The names are those of a condition's status. */
    public enum Holds {
        TRUE("True"),
        FALSE("False"),
        UNKNOWN("Unknown");

        private final String status;

        Holds(String status) {
            this.status = status;
        }

        /** As a condition spells it. */
        public String status() {
            return status;
        }
    }

    static Finding good(String reason, String message) {
        return new Finding(Holds.TRUE, reason, message);
    }

    static Finding bad(String reason, String message) {
        return new Finding(Holds.FALSE, reason, message);
    }

    static Finding unknown(String reason, String message) {
        return new Finding(Holds.UNKNOWN, reason, message);
    }

    /** Whether there is something to do. */
    public boolean fails() {
        return holds == Holds.FALSE;
    }
}
