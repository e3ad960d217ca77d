/** Linux threads, scheduled through sched_ext: the BPF program, its loader, and the enclaves on it. */
@NullMarked
package org.ghosthost.kernel.schedext;

import org.jspecify.annotations.NullMarked;
