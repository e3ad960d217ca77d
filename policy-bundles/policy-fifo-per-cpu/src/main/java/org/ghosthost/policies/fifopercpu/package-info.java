/** First in, first out, on each CPU by itself. */
@NullMarked
package org.ghosthost.policies.fifopercpu;

import org.jspecify.annotations.NullMarked;
