/**
 * The JSON of rt-app files: values that know their place, duplicate names in order, comments, trailing commas and
 * members without a value. The last one is why no JSON library reads it.
 */
@NullMarked
package org.ghosthost.workload.json;

import org.jspecify.annotations.NullMarked;
