package org.ghosthost.policies.fifopercpu;

import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.PolicyCases;

/** The policy on the simulated machine. */
class OnTheMachineTest extends PolicyCases {
    OnTheMachineTest() {
        super("fifo-per-cpu", PolicyModel.PER_CPU, new FifoPerCpu());
    }
}
