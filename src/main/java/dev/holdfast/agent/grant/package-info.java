/**
 * Who gets how much, and when: the socket that launchers speak to, the decision, and the book of who holds what.
 *
 * <p>Whoever speaks is taken for hostile. {@code GrantServer} bounds and reads, {@code GrantDesk} collects what is true
 * of the peer, {@code IdentityCheck} and {@code GrantDecision} decide from that alone, {@code GrantBook} remembers.
 */
@NullMarked
package dev.holdfast.agent.grant;

import org.jspecify.annotations.NullMarked;
