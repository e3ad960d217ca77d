package org.ghosthost.enclave;

import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;

/** Which message is which callback. A type that is not known here is none of the policy's business. */
final class Callbacks {
    private Callbacks() {}

    static void call(Policy policy, int type, Message message) {
        switch (type) {
            case MessageType.TASK_WAKEUP -> policy.taskWakeup(message);
            case MessageType.TASK_BLOCKED -> policy.taskBlocked(message);
            case MessageType.TASK_PREEMPT -> policy.taskPreempted(message);
            case MessageType.TASK_YIELD -> policy.taskYield(message);
            case MessageType.TASK_NEW -> policy.taskNew(message);
            case MessageType.TASK_DEAD -> policy.taskDead(message);
            case MessageType.TASK_DEPARTED -> policy.taskDeparted(message);
            default -> callRare(policy, type, message);
        }
    }

    private static void callRare(Policy policy, int type, Message message) {
        switch (type) {
            case MessageType.TASK_SWITCHTO -> policy.taskSwitchto(message);
            case MessageType.TASK_AFFINITY_CHANGED -> policy.taskAffinityChanged(message);
            case MessageType.TASK_ON_CPU -> policy.taskOnCpu(message);
            case MessageType.TASK_PRIORITY_CHANGED -> policy.taskPriorityChanged(message);
            case MessageType.TASK_LATCH_FAILURE -> policy.taskLatchFailure(message);
            case MessageType.CPU_TICK -> policy.cpuTick(message);
            case MessageType.CPU_TIMER_EXPIRED -> policy.timerExpired(message);
            case MessageType.CPU_NOT_IDLE -> policy.cpuNotIdle(message);
            case MessageType.CPU_AVAILABLE -> policy.cpuAvailable(message);
            case MessageType.CPU_BUSY -> policy.cpuBusy(message);
            case MessageType.CPU_AGENT_BLOCKED -> policy.agentBlocked(message);
            case MessageType.CPU_AGENT_WAKEUP -> policy.agentWakeup(message);
            default -> { }
        }
    }
}
