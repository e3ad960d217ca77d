/**
 * rt-app files: the grammar that rt-app's tutorial describes, read into task definitions, and the programs that follow
 * them with rt-app's own meaning of each event.
 */
@NullMarked
package org.ghosthost.workload.rtapp;

import org.jspecify.annotations.NullMarked;
