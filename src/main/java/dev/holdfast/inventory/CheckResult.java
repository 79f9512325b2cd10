package dev.holdfast.inventory;

/**
 * Result of checking one requirement for passing devices through.
 *
 * @param holds    whether the requirement is met, UNKNOWN when that cannot be determined
 * @param prevents whether it prevents all devices from being given to a VM
 * @param reason   a CamelCase code for programs
 * @param message  what was found and, when an action is required, what to do
 */
public record CheckResult(Holds holds, boolean prevents, String reason, String message) {
    /** Result of the check, with the names of a condition's status. */
    public enum Holds {
        TRUE("True"),
        FALSE("False"),
        UNKNOWN("Unknown");

        private final String status;

        Holds(String status) {
            this.status = status;
        }

        /** Returns the value for a condition's status. */
        public String status() {
            return status;
        }
    }

    /** Returns a result that requires no action. */
    public static CheckResult good(String reason, String message) {
        return new CheckResult(Holds.TRUE, false, reason, message);
    }

    /** Returns a result that requires an action before any device can be given to a VM. */
    public static CheckResult bad(String reason, String message) {
        return new CheckResult(Holds.FALSE, true, reason, message);
    }

    /** Returns a result that requires an action, although devices can be given to VMs. */
    static CheckResult tolerable(String reason, String message) {
        return new CheckResult(Holds.FALSE, false, reason, message);
    }

    static CheckResult unknown(String reason, String message) {
        return new CheckResult(Holds.UNKNOWN, false, reason, message);
    }

    /** Returns whether an action is required. */
    public boolean fails() {
        return holds == Holds.FALSE;
    }

    /** Returns what was found, without what to do. */
    String found() {
        int remedy = message.indexOf(';');
        return remedy < 0 ? message : message.substring(0, remedy);
    }
}
