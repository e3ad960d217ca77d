package org.ghosthost.host;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The records that go over the control socket: one byte of kind, four bytes of length, then the payload. The client
 * says {@link #DIRECTORY} once and {@link #LINE} for each command; the host answers a line with any number of
 * {@link #OUT} and {@link #ERR}, then one {@link #STATUS}. Every payload is bounded.
 */
final class Frames {
    /** From the client: its working directory, in UTF-8. */
    static final byte DIRECTORY = 'D';
    /** From the client: a command line, in UTF-8. */
    static final byte LINE = 'L';
    /** From the host: bytes for standard output. */
    static final byte OUT = 'O';
    /** From the host: bytes for standard error. */
    static final byte ERR = 'E';
    /** From the host: the line is done; one byte of exit status. */
    static final byte STATUS = 'S';

    /** Longest payload, and so the longest command line. */
    static final int MAX_BYTES = 1 << 16;

    /** One record; whoever holds it may read the payload and must not change it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Frame(byte kind, byte[] payload) {
        String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        int status() {
            return payload.length == 1 ? payload[0] & 0xff : GhostException.FAILED;
        }
    }

    private Frames() {}

    /**
     * Reads the next record; null at the end.
     *
     * @throws IOException if it is longer than {@link #MAX_BYTES} or ends in the middle
     */
    static @Nullable Frame read(InputStream from) throws IOException {
        DataInputStream in = new DataInputStream(from);
        int kind = in.read();
        if (kind < 0) {
            return null;
        }
        int length = in.readInt();
        if (length < 0 || length > MAX_BYTES) {
            throw new IOException("a command may be " + MAX_BYTES + " bytes long, not " + length);
        }
        byte[] payload = in.readNBytes(length);
        if (payload.length < length) {
            throw new EOFException("the connection broke off");
        }
        return new Frame((byte) kind, payload);
    }

    /** Writes one record. */
    static void write(OutputStream to, byte kind, byte[] bytes, int offset, int length) throws IOException {
        byte[] record = new byte[1 + Integer.BYTES + length];
        ByteBuffer.wrap(record).put(kind).putInt(length).put(bytes, offset, length);
        to.write(record);
        to.flush();
    }

    /** Writes a text as one record. */
    static void write(OutputStream to, byte kind, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_BYTES) {
            throw new IOException("a command may be " + MAX_BYTES + " bytes long, not " + bytes.length);
        }
        write(to, kind, bytes, 0, bytes.length);
    }

    /** A stream whose bytes become records of one kind. Several of them may share {@code to}. */
    static OutputStream stream(OutputStream to, byte kind) {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                for (int at = 0; at < length; at += MAX_BYTES) {
                    synchronized (to) {
                        Frames.write(to, kind, bytes, offset + at, Math.min(MAX_BYTES, length - at));
                    }
                }
            }
        };
    }
}
