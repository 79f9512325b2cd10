package dev.holdfast.launch.disk;

/** A disk that cannot be. The message is one sentence. */
public final class DiskException extends Exception {
    private static final long serialVersionUID = 1;

    private final String sentence;

    DiskException(String sentence) {
        super(sentence);
        this.sentence = sentence;
    }

    DiskException(String sentence, Exception cause) {
        super(sentence, cause);
        this.sentence = sentence;
    }

    /** For the container's termination message. */
    public String sentence() {
        return sentence;
    }
}
