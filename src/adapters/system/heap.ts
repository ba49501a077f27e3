/**
 * The heap's collector, for what this service does: very many short lives at once, and few long ones.
 *
 * - Young objects are collected by the thread that made them. Helper threads would save it a millisecond and cost several,
 *   on cores that the database and the other threads want.
 * - A thread's young space begins at its full 16 MiB instead of growing into it: the lives of requests that wait for one
 *   commit fit, so that they are not copied twice and grown old.
 *
 * Measured: an eighth less processor time for an order (`docs/performance.md`). For threads that start after it was called.
 */
import { setFlagsFromString } from "node:v8"

export const tune = (): void => {
  setFlagsFromString("--no-parallel-scavenge")
  setFlagsFromString("--min-semi-space-size=16")
}
