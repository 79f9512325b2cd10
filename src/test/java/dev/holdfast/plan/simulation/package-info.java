/**
 * Random schedules of user, scheduler, kubelet, agent, node, clock and operators around the plan of a VM's life, with what
 * must hold in all of them.
 */
@NullMarked
package dev.holdfast.plan.simulation;

import org.jspecify.annotations.NullMarked;
