package org.ghosthost.metrics;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A Perfetto trace read back as the viewer's importer does: one sequence, names interned before their use, times that
 * do not go back, slices that begin and end on tracks that were described. Anything else is an error.
 */
public final class ReadTrace {
    /** A slice of a track. */
    public record Slice(String name, long fromNs, long toNs) {
    }

    /** An instant of a track. */
    public record Instant(String name, long atNs) {
    }

    /** By name of the track. */
    public final Map<String, List<Slice>> slices = new LinkedHashMap<>();
    /** By name of the track. */
    public final Map<String, List<Instant>> instants = new LinkedHashMap<>();
    /** Track above each track. */
    public final Map<String, String> parents = new LinkedHashMap<>();

    private final Map<Long, String> tracks = new HashMap<>();
    private final Map<Long, String> names = new HashMap<>();
    private final Map<Long, Deque<Slice>> open = new HashMap<>();
    private long lastNs;

    /** Reads a whole file. */
    public ReadTrace(byte[] file) {
        boolean first = true;
        for (ProtoMessage packet : ProtoMessage.parse(file).messages(1)) {
            check(packet.number(10) == 1, "one sequence");
            check(packet.number(13) == (first ? 1 : 2), "state is cleared by the first packet only");
            check(packet.numberOr(87, 0) == (first ? 1 : 0), "first_packet_on_sequence");
            first = false;
            packet.messages(12).forEach(this::intern);
            packet.messages(60).forEach(this::track);
            packet.messages(11).forEach(event -> event(packet.number(8), event));
        }
        open.forEach((track, slice) -> check(slice.isEmpty(), "open slice on " + tracks.get(track)));
    }

    private void intern(ProtoMessage data) {
        for (ProtoMessage name : data.messages(2)) {
            check(name.number(1) != 0, "interned id 0");
            check(names.put(name.number(1), name.text(2)) == null, "interned twice: " + name.number(1));
        }
    }

    private void track(ProtoMessage descriptor) {
        long uuid = descriptor.number(1);
        String name = descriptor.text(2);
        check(uuid != 0 && !tracks.containsKey(uuid), "track described twice: " + uuid);
        check(!tracks.containsValue(name), "two tracks of one name would be merged: " + name);
        if (descriptor.has(5)) {
            String parent = tracks.get(descriptor.number(5));
            check(parent != null, "parent of " + name);
            parents.put(name, parent);
        }
        tracks.put(uuid, name);
        slices.put(name, new ArrayList<>());
        instants.put(name, new ArrayList<>());
        open.put(uuid, new ArrayDeque<>());
    }

    private void event(long atNs, ProtoMessage event) {
        check(atNs >= lastNs, "time goes back at " + atNs);
        lastNs = atNs;
        long uuid = event.number(11);
        String track = tracks.get(uuid);
        check(track != null, "event on track " + uuid);
        switch ((int) event.number(9)) {
            case 1 -> open.get(uuid).push(new Slice(name(event), atNs, -1));
            case 2 -> {
                Slice begun = open.get(uuid).poll();
                check(begun != null, "end without begin on " + track);
                slices.get(track).add(new Slice(begun.name, begun.fromNs, atNs));
            }
            case 3 -> instants.get(track).add(new Instant(name(event), atNs));
            default -> throw new AssertionError("event type " + event.number(9));
        }
    }

    private String name(ProtoMessage event) {
        if (event.has(23)) {
            return event.text(23);
        }
        String name = names.get(event.number(10));
        check(name != null, "name " + event.number(10) + " is not interned");
        return name;
    }

    private static void check(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }
}
