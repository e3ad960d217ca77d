package org.ghosthost.ffm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The library that loads BPF objects, found when it is first asked for. Every function that is used stands here.
 * Control operations; the library itself wants one thread at a time for each object.
 */
public final class LibBpf {
    /** Oldest version that can load what this product loads. */
    public static final int MIN_MAJOR = 1;
    /** Goes with {@link #MIN_MAJOR}. */
    public static final int MIN_MINOR = 4;
    /** What the dynamic linker is asked for. */
    public static final String DEFAULT_NAME = "libbpf.so.1";

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    final MethodHandle openMemory;
    final MethodHandle load;
    final MethodHandle closeObject;
    final MethodHandle findMap;
    final MethodHandle findProgram;
    final MethodHandle mapFd;
    final MethodHandle setMaxEntries;
    final MethodHandle initialValue;
    final MethodHandle programFd;
    final MethodHandle setAutoload;
    final MethodHandle attachStructOps;
    final MethodHandle attachProgram;
    final MethodHandle linkFd;
    final MethodHandle destroyLink;
    final MethodHandle setPrint;

    private final SymbolLookup library;
    private final String version;

    private LibBpf(SymbolLookup library, String version) {
        this.library = library;
        this.version = version;
        openMemory = pointer("bpf_object__open_mem", ADDRESS, JAVA_LONG, ADDRESS);
        load = number("bpf_object__load", ADDRESS);
        closeObject = Native.function(library, "bpf_object__close", FunctionDescriptor.ofVoid(ADDRESS));
        findMap = pointer("bpf_object__find_map_by_name", ADDRESS, ADDRESS);
        findProgram = pointer("bpf_object__find_program_by_name", ADDRESS, ADDRESS);
        mapFd = number("bpf_map__fd", ADDRESS);
        setMaxEntries = number("bpf_map__set_max_entries", ADDRESS, JAVA_INT);
        initialValue = pointer("bpf_map__initial_value", ADDRESS, ADDRESS);
        programFd = number("bpf_program__fd", ADDRESS);
        setAutoload = number("bpf_program__set_autoload", ADDRESS, JAVA_BYTE);
        attachStructOps = pointer("bpf_map__attach_struct_ops", ADDRESS);
        attachProgram = pointer("bpf_program__attach", ADDRESS);
        linkFd = number("bpf_link__fd", ADDRESS);
        destroyLink = number("bpf_link__destroy", ADDRESS);
        setPrint = Native.function(library, "libbpf_set_print", FunctionDescriptor.of(ADDRESS, ADDRESS));
    }

    /**
     * Finds the library.
     *
     * @param nameOrPath what the dynamic linker is asked for, or a path
     * @throws NativeException if there is none or it is too old; says what to install
     */
    public static LibBpf find(String nameOrPath) throws NativeException {
        SymbolLookup library = Native.library(nameOrPath).orElseThrow(() -> new NativeException(
                "libbpf was not found as " + nameOrPath + ": install libbpf " + MIN_MAJOR + "." + MIN_MINOR
                + " or newer, on Debian and Ubuntu the package libbpf1"));
        Optional<MemorySegment> major = library.find("libbpf_major_version");
        if (major.isEmpty()) {
            throw new NativeException(tooOld(nameOrPath, "older than 1.0"));
        }
        try {
            int majorNumber = (int) Native.function(library, "libbpf_major_version", FunctionDescriptor.of(JAVA_INT))
                    .invokeExact();
            int minorNumber = (int) Native.function(library, "libbpf_minor_version", FunctionDescriptor.of(JAVA_INT))
                    .invokeExact();
            String version = majorNumber + "." + minorNumber;
            if (majorNumber < MIN_MAJOR || (majorNumber == MIN_MAJOR && minorNumber < MIN_MINOR)) {
                throw new NativeException(tooOld(nameOrPath, version));
            }
            return new LibBpf(library, version);
        } catch (NativeException | RuntimeException e) {
            throw e;
        } catch (Throwable t) { // declared by method handles; the functions throw nothing
            throw new AssertionError(t);
        }
    }

    private static String tooOld(String nameOrPath, String version) {
        return nameOrPath + " is libbpf " + version + ", which is too old: install " + MIN_MAJOR + "." + MIN_MINOR
                + " or newer, on Debian 12 the package libbpf1 of bookworm-backports";
    }

    /** Version found, {@code major.minor}. */
    public String version() {
        return version;
    }

    private MethodHandle pointer(String name, MemoryLayout... arguments) {
        return Native.function(library, name, FunctionDescriptor.of(ADDRESS, arguments),
                Linker.Option.captureCallState("errno"));
    }

    private MethodHandle number(String name, MemoryLayout... arguments) {
        return Native.function(library, name, FunctionDescriptor.of(JAVA_INT, arguments));
    }

    static MemorySegment newState() {
        return Arena.ofAuto().allocate(STATE);
    }

    static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    /** Opens an object file that is in memory; nothing is in the kernel before {@link BpfObject#load}. */
    public BpfObject open(byte[] file) throws NativeException {
        return new BpfObject(this, file);
    }

    /** Sends what the library says to {@code messages}; null = away. */
    void listen(@Nullable LibraryLog messages) {
        try {
            MemorySegment callback = messages == null ? MemorySegment.NULL : messages.callback();
            MemorySegment before = (MemorySegment) setPrint.invokeExact(callback);
            assert before != null;
        } catch (Throwable t) { // declared by method handles; the function throws nothing
            throw new AssertionError(t);
        }
    }
}
