package org.ghosthost.simulate;

/**
 * A roll that is to happen.
 *
 * @param atNs when, ns of virtual time, more than 0
 * @param jar the policy that comes, as it was named
 */
record RollPlan(long atNs, String jar) {
}
