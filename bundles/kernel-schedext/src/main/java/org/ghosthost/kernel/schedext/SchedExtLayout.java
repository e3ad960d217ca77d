package org.ghosthost.kernel.schedext;

/**
 * The records of {@code ghost_abi.h} that only this backend knows, byte by byte; messages, status words and
 * transactions are drawn in {@code org.ghosthost.policy.abi}. A test compares every number with what the C compiler
 * says.
 */
final class SchedExtLayout {
    static final int ABI_VERSION = 1;
    static final int MAX_ENCLAVES = 64;
    static final int MAX_CPUS = 512;
    static final int MAX_QUEUES = 1024;
    static final int MAX_STATUS_WORDS = 65536;
    /** {@code GHOST_NONE}: no enclave, no queue, no status word. */
    static final int NONE = -1;

    private SchedExtLayout() {}

    /** {@code struct ghost_commit_request}: which slots one agent commits. */
    static final class CommitRequest {
        static final int SIZE = 128;
        static final int CPUS = 0;
        static final int SYNC_GROUP = 64;
        static final int COMMITTED = 68;

        private CommitRequest() {}
    }

    /** {@code struct ghost_queue}. */
    static final class Queue {
        static final int SIZE = 32;
        static final int ENCLAVE = 0;
        static final int WAKEUP_CPU = 4;
        static final int MESSAGES = 8;
        static final int OVERFLOWS = 16;

        private Queue() {}
    }

    /** {@code struct ghost_cpu}. */
    static final class Cpu {
        static final int SIZE = 128;
        static final int CURRENT_GTID = 0;
        static final int CPU_SEQNUM = 8;
        static final int RUNNING_CLASS = 16;
        static final int ONLINE = 20;
        static final int LAST_SWITCH_NS = 24;
        static final int DISPATCHES = 32;
        static final int ENCLAVE = 64;
        static final int AGENT_STATUS_WORD = 68;
        static final int AGENT_TID = 72;
        static final int AGENT_QUEUE = 76;
        static final int AGENT_SLEEPING = 80;
        static final int LATCHED = 84;
        static final int RUN_FLAGS = 88;

        private Cpu() {}
    }

    /** {@code struct ghost_enclave}. */
    static final class Enclave {
        static final int SIZE = 256;
        static final int STATE = 0;
        static final int ID = 4;
        static final int MODE = 8;
        static final int DELIVER = 12;
        static final int HEARTBEAT_NS = 16;
        static final int HEARTBEAT_TIMEOUT_NS = 24;
        static final int IN_KERNEL_SLICE_NS = 32;
        static final int DEFAULT_QUEUE = 40;
        static final int GENERATION = 44;
        static final int STATUS_WORDS = 48;
        static final int FREE_WORD = 64;
        static final int NEXT_WORD = 72;
        static final int RESYNC = 76;
        static final int FALLBACKS = 80;
        static final int TASKS = 84;
        static final int VRUNTIME = 88;
        static final int MESSAGES = 128;
        static final int OVERFLOWS = 136;
        static final int TRANSACTIONS = 144;
        static final int COMMITS = 152;
        static final int ENTERED = 160;
        static final int DIED = 168;
        static final int DEPARTED = 176;
        static final int RETRIES = 184;
        static final int REENQUEUED = 192;
        static final int IN_KERNEL_DISPATCHES = 200;
        static final int NO_STATUS_WORD = 208;

        static final int DELIVER_TICKS = 1;
        static final int DELIVER_CPU_AVAILABILITY = 1 << 1;
        static final int DELIVER_AGENT_RUNNABILITY = 1 << 2;
        static final int COMMIT_AT_TICK = 1 << 3;
        static final int WAKE_ON_WAKER_CPU = 1 << 4;

        private Enclave() {}
    }

    /** {@code struct ghost_control}. */
    static final class Control {
        static final int SIZE = 1200;
        static final int VERSION = 0;
        static final int HOST_TGID = 4;
        static final int CPUS = 8;
        static final int ATTACHED = 12;
        static final int NEXT_GTID_GENERATION = 16;
        static final int UNINVITED = 24;
        static final int EXITED = 32;
        static final int EXIT_KIND = 36;
        static final int EXIT_CODE = 40;
        static final int EXIT_REASON = 48;
        static final int EXIT_REASON_BYTES = 128;
        static final int EXIT_MESSAGE = 176;
        static final int EXIT_MESSAGE_BYTES = 1024;

        private Control() {}
    }

    /** The table of callbacks, as libbpf shows it before it is loaded. */
    static final class Operations {
        static final int CPU_ACQUIRE = 80;
        static final int CPU_RELEASE = 88;
        static final int FLAGS = 176;

        private Operations() {}
    }

    /** {@code struct ghost_request}: what a syscall program is given and gives back. */
    static final class Request {
        static final int SIZE = 48;
        static final int RESULT = 0;
        static final int ENCLAVE = 4;
        static final int CPU = 8;
        static final int QUEUE = 12;
        static final int GTID = 16;
        static final int TID = 24;
        static final int BARRIER = 28;
        static final int STATUS_WORD = 32;
        static final int FLAGS = 36;
        static final int VALUE = 40;

        private Request() {}
    }
}
