/** Says in words whether this machine can run threads through sched_ext: by its files, before anything is loaded. */
@NullMarked
package org.ghosthost.kernel.schedext.probe;

import org.jspecify.annotations.NullMarked;
