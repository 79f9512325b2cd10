/**
 * The API server's judgement of an object, without an API server: the shipped CRDs, their schema and their CEL rules,
 * evaluated here with the server's messages. Pure; reads nothing but resources of the jar.
 */
@NullMarked
package dev.holdfast.schema;

import org.jspecify.annotations.NullMarked;
