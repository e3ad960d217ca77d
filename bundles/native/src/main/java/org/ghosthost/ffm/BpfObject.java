package org.ghosthost.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** An object file with BPF programs and maps. Control operations; one thread at a time. */
public final class BpfObject implements AutoCloseable {
    private final LibBpf library;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = LibBpf.newState();
    private final MemorySegment object;
    private String log = "";
    private boolean closed;

    BpfObject(LibBpf library, byte[] file) throws NativeException {
        this.library = library;
        MemorySegment copy = arena.allocateFrom(ValueLayout.JAVA_BYTE, file);
        try (LibraryLog messages = new LibraryLog(library)) {
            object = (MemorySegment) library.openMemory.invokeExact(state, copy, (long) file.length,
                    MemorySegment.NULL);
            log = messages.text();
        } catch (Throwable t) { // declared by method handles; the function throws nothing
            throw new AssertionError(t);
        }
        if (object.address() == 0) {
            arena.close();
            throw new NativeException(LibBpf.errno(state), "libbpf cannot read the BPF object (" + log.strip() + ")");
        }
    }

    /** What libbpf said at the last {@link #load}, the verifier's log included; many lines. */
    public String log() {
        return log;
    }

    /** Whether a program is loaded; asked before {@link #load}. */
    public void setAutoload(String program, boolean load) throws NativeException {
        check(library.setAutoload, program(program), (byte) (load ? 1 : 0), "set autoload of " + program);
    }

    /** Number of entries of a map, before {@link #load}. */
    public void setMaxEntries(String map, int entries) throws NativeException {
        try {
            int result = (int) library.setMaxEntries.invokeExact(map(map), entries);
            Caller.checked(result, "libbpf cannot give the map " + map + " " + entries + " entries");
        } catch (NativeException e) {
            throw e;
        } catch (Throwable t) { // declared by method handles; the function throws nothing
            throw new AssertionError(t);
        }
    }

    /** The value that a map begins with, to be changed before {@link #load}: of a data section or a struct_ops map. */
    public MemorySegment initialValue(String map) throws NativeException {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment size = call.allocate(ValueLayout.JAVA_LONG);
            MemorySegment start = (MemorySegment) library.initialValue.invokeExact(state, map(map), size);
            if (start.address() == 0) {
                throw new NativeException("the map " + map + " of the BPF object has no initial value");
            }
            return Native.memory(start.address(), size.get(ValueLayout.JAVA_LONG, 0), null);
        } catch (NativeException e) {
            throw e;
        } catch (Throwable t) { // declared by method handles; the function throws nothing
            throw new AssertionError(t);
        }
    }

    /** Brings maps and programs into the kernel, which verifies them; {@link #log} tells what it did not like. */
    public void load() throws NativeException {
        int result;
        try (LibraryLog messages = new LibraryLog(library)) {
            result = (int) library.load.invokeExact(object);
            log = messages.text();
        } catch (Throwable t) { // declared by method handles; the function throws nothing
            throw new AssertionError(t);
        }
        Caller.checked(result, "the kernel does not take the BPF object");
    }

    /** The file of a map, which lives as long as this object. */
    public FileDescriptor mapFile(String map) throws NativeException {
        return FileDescriptor.borrowed(numberOf(library.mapFd, map(map), "map " + map));
    }

    /** The number of a program's file, for {@link ProgramRun}; lives as long as this object. */
    public int programNumber(String program) throws NativeException {
        return numberOf(library.programFd, program(program), "program " + program);
    }

    /** Attaches a struct_ops map. */
    public BpfLink attachStructOps(String map) throws NativeException {
        return link(library.attachStructOps, map(map), map);
    }

    /** Attaches a program where its section says. */
    public BpfLink attach(String program) throws NativeException {
        return link(library.attachProgram, program(program), program);
    }

    private BpfLink link(MethodHandle attach, MemorySegment what, String name) throws NativeException {
        MemorySegment link;
        try (LibraryLog messages = new LibraryLog(library)) {
            link = (MemorySegment) attach.invokeExact(state, what);
            log = messages.text();
        } catch (Throwable t) { // declared by method handles; the function throws nothing
            throw new AssertionError(t);
        }
        if (link.address() == 0) {
            throw new NativeException(LibBpf.errno(state), "the kernel does not attach " + name);
        }
        return new BpfLink(library, link);
    }

    private MemorySegment map(String name) throws NativeException {
        return find(library.findMap, name, "map");
    }

    private MemorySegment program(String name) throws NativeException {
        return find(library.findProgram, name, "program");
    }

    private MemorySegment find(MethodHandle find, String name, String kind) throws NativeException {
        if (closed) {
            throw new IllegalStateException("the BPF object is closed");
        }
        try (Arena call = Arena.ofConfined()) {
            MemorySegment found = (MemorySegment) find.invokeExact(state, object, call.allocateFrom(name));
            if (found.address() == 0) {
                throw new NativeException("the BPF object has no " + kind + " " + name);
            }
            return found;
        } catch (NativeException e) {
            throw e;
        } catch (Throwable t) { // declared by method handles; the function throws nothing
            throw new AssertionError(t);
        }
    }

    private static int numberOf(MethodHandle function, MemorySegment of, String name) throws NativeException {
        try {
            int number = (int) function.invokeExact(of);
            return (int) Caller.checked(number, "libbpf has no file of " + name);
        } catch (NativeException e) {
            throw e;
        } catch (Throwable t) { // declared by method handles; the function throws nothing
            throw new AssertionError(t);
        }
    }

    private static void check(MethodHandle function, MemorySegment of, byte value, String what)
            throws NativeException {
        try {
            Caller.checked((int) function.invokeExact(of, value), "libbpf cannot " + what);
        } catch (NativeException e) {
            throw e;
        } catch (Throwable t) { // declared by method handles; the function throws nothing
            throw new AssertionError(t);
        }
    }

    /** Takes maps and programs out of the kernel, but those that a link or a mapping holds. Idempotent. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            try {
                library.closeObject.invokeExact(object);
            } catch (Throwable t) { // declared by method handles; the function throws nothing
                throw new AssertionError(t);
            }
            arena.close();
        }
    }
}
