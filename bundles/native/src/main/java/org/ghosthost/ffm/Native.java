package org.ghosthost.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The restricted methods of the JDK, all of them. */
@SuppressWarnings("restricted") // this class is where they are; the launcher grants this module native access
final class Native {
    private static final Linker LINKER = Linker.nativeLinker();

    private Native() {}

    static SymbolLookup libc() {
        return LINKER.defaultLookup();
    }

    /** Loads a library for good: code that may be called is never unloaded. Empty if it cannot be loaded. */
    static Optional<SymbolLookup> library(String nameOrPath) {
        try {
            return Optional.of(nameOrPath.indexOf('/') >= 0
                    ? SymbolLookup.libraryLookup(Path.of(nameOrPath), Arena.global())
                    : SymbolLookup.libraryLookup(nameOrPath, Arena.global()));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    static MethodHandle function(
            SymbolLookup library, String name, FunctionDescriptor type, Linker.Option... options) {
        return LINKER.downcallHandle(library.find(name)
                .orElseThrow(() -> new IllegalStateException("the library has no function " + name)), type, options);
    }

    static MemorySegment callback(MethodHandle target, FunctionDescriptor type, Arena arena) {
        return LINKER.upcallStub(target, type, arena);
    }

    /** The memory at an address. The action runs when nobody can reach the segment any more. */
    static MemorySegment memory(long address, long bytes, @Nullable Consumer<MemorySegment> whenUnreachable) {
        MemorySegment start = MemorySegment.ofAddress(address);
        return whenUnreachable == null ? start.reinterpret(bytes)
                : start.reinterpret(bytes, Arena.ofAuto(), whenUnreachable);
    }

    /** The C string at an address. */
    static String text(MemorySegment start, int maxBytes) {
        return start.address() == 0 ? "" : start.reinterpret(maxBytes).getString(0);
    }
}
