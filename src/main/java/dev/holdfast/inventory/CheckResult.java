package dev.holdfast.inventory;

/**
 * What was found of one thing that passing devices through takes.
 *
 * @param holds    UNKNOWN when nothing tells
 * @param prevents whether no device can be given to a VM because of it
 * @param reason   one CamelCase word for programs
 * @param message  what was found, and what to do unless all is well
 */
public record CheckResult(Holds holds, boolean prevents, String reason, String message) {
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

    /** All is well. */
    public static CheckResult good(String reason, String message) {
        return new CheckResult(Holds.TRUE, false, reason, message);
    }

    /** There is something to do, without which no device can be given to a VM. */
    public static CheckResult bad(String reason, String message) {
        return new CheckResult(Holds.FALSE, true, reason, message);
    }

    /** There is something to do, and devices can be given to VMs all the same. */
    static CheckResult tolerable(String reason, String message) {
        return new CheckResult(Holds.FALSE, false, reason, message);
    }

    static CheckResult unknown(String reason, String message) {
        return new CheckResult(Holds.UNKNOWN, false, reason, message);
    }

    /** Whether there is something to do. */
    public boolean fails() {
        return holds == Holds.FALSE;
    }

    /** What was found, without what to do. */
    String found() {
        int remedy = message.indexOf(';');
        return remedy < 0 ? message : message.substring(0, remedy);
    }
}
