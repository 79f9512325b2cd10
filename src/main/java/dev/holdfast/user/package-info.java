/** What the commands of users read and write in the API server, with the user's own rights. Decisions and texts are pure. */
@NullMarked
package dev.holdfast.user;

import org.jspecify.annotations.NullMarked;
