package org.ghosthost.workload.rtapp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ghosthost.workload.WorkloadException;

/** What the readers of one file share: its name, its resources, and the remarks so far. */
final class FileContext {
    private static final int MAX_REMARKS = 100;

    final String file;
    final Names mutexes = new Names();
    final Names conditions = new Names();
    final Names timers = new Names();
    final Names barriers = new Names();
    final Names semaphores = new Names();

    /** Index of each task definition by its name. */
    final Map<String, Integer> taskIndexes = new LinkedHashMap<>();

    private final List<String> remarks = new ArrayList<>();
    private int remarksLeftOut;

    FileContext(final String file) {
        this.file = file;
    }

    WorkloadException error(final int line, final int column, final String message) {
        return WorkloadException.at(file, line, column, message);
    }

    void remark(final int line, final int column, final String message) {
        if (remarks.size() < MAX_REMARKS) {
            remarks.add(file + ":" + line + ":" + column + ": " + message);
        } else {
            remarksLeftOut++;
        }
    }

    List<String> remarks() {
        final List<String> all = new ArrayList<>(remarks);
        if (remarksLeftOut > 0) {
            all.add(file + ": and " + remarksLeftOut + " more remarks of this kind");
        }
        return List.copyOf(all);
    }
}
