/** First in, first out, by one agent for all CPUs. */
@NullMarked
package org.ghosthost.policies.fifocentralized;

import org.jspecify.annotations.NullMarked;
