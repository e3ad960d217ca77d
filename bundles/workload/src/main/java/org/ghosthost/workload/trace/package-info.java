/**
 * Recorded Linux traces: scheduling events read from text, turned into what each task did by itself and whom it woke,
 * and replayed under whatever policy is there.
 */
@NullMarked
package org.ghosthost.workload.trace;

import org.jspecify.annotations.NullMarked;
