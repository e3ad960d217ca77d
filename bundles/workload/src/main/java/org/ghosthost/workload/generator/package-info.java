/** Workloads that are made from one line of text: a kind and its parameters. */
@NullMarked
package org.ghosthost.workload.generator;

import org.jspecify.annotations.NullMarked;
