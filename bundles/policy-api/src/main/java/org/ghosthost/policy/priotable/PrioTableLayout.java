package org.ghosthost.policy.priotable;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Where everything is in the memory of a PrioTable; the layout of ghOSt's {@code prio_table}. Little endian.
 *
 * <pre>
 *              +-----------------------+ 0
 *              | header                |
 *  si_off ---> +-----------------------+ 64
 *              | sched_item [si_num]   |
 *  wc_off ---> +-----------------------+ 64 + 64 * si_num
 *              | work_class [wc_num]   |
 *  st_off ---> +-----------------------+ 64 + 64 * (si_num + wc_num)
 *              | stream                |
 *              +-----------------------+ maplen, a multiple of 64
 *
 *  header      0       2       4               8               12
 *              +-------+-------+---------------+---------------+---------------+
 *           0  |version| hdrlen| maplen        | si_num        | si_off        |
 *              +-------+-------+---------------+---------------+---------------+
 *          16  | wc_num        | wc_off        | st_cap        | st_off        |
 *              +---------------+---------------+---------------+---------------+
 *
 *  sched_item  0               4               8
 *              +---------------+---------------+-------------------------------+
 *           0  | sid           | wcid          | gpid (gtid of the worker)     |
 *              +---------------+---------------+-------------------------------+
 *          16  | flags         | seqcount      | deadline, ns                  |
 *              +---------------+---------------+-------------------------------+
 *
 *  work_class  0               4               8
 *              +---------------+---------------+---------------+---------------+
 *           0  | id            | flags         | qos           | unused        |
 *              +---------------+---------------+---------------+---------------+
 *          16  | exectime, ns                  | period, ns                    |
 *              +-------------------------------+-------------------------------+
 *
 *  stream      0               4               8
 *              +---------------+---------------+---------------+----- - -
 *           0  | scrape_all    | entries[0]    | entries[1]    |
 *              +---------------+---------------+---------------+----- - -
 * </pre>
 *
 * Each record begins at a multiple of 64 bytes, and what is left of its last 64 bytes is unused.
 */
public final class PrioTableLayout {
    /** The version of this layout. */
    public static final int VERSION = 0;
    /** Every record begins at a multiple of this many bytes. */
    public static final int ALIGNMENT = 64;

    /** Bytes of the header. */
    public static final int HEADER_BYTES = 64;
    /** Header: layout version, 16 bits. */
    public static final int VERSION_OFFSET = 0;
    /** Header: its own length in bytes, 16 bits. */
    public static final int HEADER_LENGTH_OFFSET = 2;
    /** Header: length of the whole table in bytes. */
    public static final int TABLE_LENGTH_OFFSET = 4;
    /** Header: number of sched items. */
    public static final int ITEM_COUNT_OFFSET = 8;
    /** Header: where the sched items begin. */
    public static final int ITEMS_OFFSET = 12;
    /** Header: number of work classes. */
    public static final int CLASS_COUNT_OFFSET = 16;
    /** Header: where the work classes begin. */
    public static final int CLASSES_OFFSET = 20;
    /** Header: number of entries of the stream. */
    public static final int STREAM_CAPACITY_OFFSET = 24;
    /** Header: where the stream begins. */
    public static final int STREAM_OFFSET = 28;
    /** Bytes of the header that are in use. */
    static final int HEADER_USED_BYTES = 32;

    /** Bytes of a sched item. */
    public static final int ITEM_BYTES = 64;
    /** Sched item: its own index. */
    public static final int ITEM_SID = 0;
    /** Sched item: index of its work class. */
    public static final int ITEM_WORK_CLASS = 4;
    /** Sched item: gtid of the worker thread; 0 if it has none yet. */
    public static final int ITEM_GTID = 8;
    /** Sched item: flags. */
    public static final int ITEM_FLAGS = 16;
    /** Sched item: sequence counter, odd while somebody writes. */
    public static final int ITEM_SEQCOUNT = 20;
    /** Sched item: deadline in ns, on a clock of the application's choice. */
    public static final int ITEM_DEADLINE = 24;
    /** Flag of a sched item: its thread has work. */
    public static final int ITEM_RUNNABLE = 1;

    /** Bytes of a work class. */
    public static final int CLASS_BYTES = 64;
    /** Work class: its own index. */
    public static final int CLASS_ID = 0;
    /** Work class: flags. */
    public static final int CLASS_FLAGS = 4;
    /** Work class: quality of service, bigger is more important. */
    public static final int CLASS_QOS = 8;
    /** Work class: expected run time of one piece of work, ns. */
    public static final int CLASS_EXEC_TIME = 16;
    /** Work class: period, ns. */
    public static final int CLASS_PERIOD = 24;
    /** Flag of a work class: an item has one piece of work, then it waits for the application. */
    public static final int CLASS_ONE_SHOT = 1;
    /** Flag of a work class: an item has new work each period. */
    public static final int CLASS_REPEATING = 2;

    /** Stream: greater than 0 if entries were lost and every item must be read. */
    public static final int STREAM_SCRAPE_ALL = 0;
    /** Stream: the first entry; 4 bytes each. */
    public static final int STREAM_ENTRIES = 4;
    /** What an entry holds when it is free. */
    public static final int STREAM_EMPTY = -1;

    static final VarHandle SHORT = JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    static final VarHandle INT = JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    static final VarHandle LONG = JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private PrioTableLayout() {
    }

    static long streamBytes(final int capacity) {
        return aligned(STREAM_ENTRIES + 4L * capacity);
    }

    static long aligned(final long bytes) {
        return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    }
}
